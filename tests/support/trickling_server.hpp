// A web server that never stops answering and never gets anywhere.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <thread>

namespace vcplay::testing {

/// Sends one client the head of an answer and then a byte a second, until the client hangs up.
class TricklingServer {
 public:
  explicit TricklingServer(std::string head) : head_(std::move(head)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 4) != 0 ||
        ::getsockname(listener_, generic, &size) != 0) {
      throw std::runtime_error("no port for the trickling server");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~TricklingServer() {
    ::shutdown(listener_, SHUT_RDWR);  // wakes accept()
    thread_.join();
    ::close(listener_);
  }
  TricklingServer(const TricklingServer&) = delete;
  TricklingServer& operator=(const TricklingServer&) = delete;

  [[nodiscard]] std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }

 private:
  void serve() {
    const int client = ::accept(listener_, nullptr, nullptr);
    if (client < 0) return;
    static_cast<void>(::send(client, head_.data(), head_.size(), MSG_NOSIGNAL));
    read_request(client);
    pollfd hung_up{.fd = client, .events = POLLIN, .revents = 0};
    while (::poll(&hung_up, 1, 1000) == 0) {
      if (::send(client, "\0", 1, MSG_NOSIGNAL) != 1) break;
    }
    ::close(client);
  }

  static void read_request(int client) {
    std::string request;
    char byte = 0;
    while (request.find("\r\n\r\n") == std::string::npos && ::recv(client, &byte, 1, 0) == 1) request += byte;
  }

  std::string head_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace vcplay::testing
