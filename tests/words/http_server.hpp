// A web server whose every byte the test writes, without TLS.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <list>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace vcplay::testing {

/// One request and the connection that it came by, which ends with it.
class HttpExchange {
 public:
  HttpExchange(int socket, std::size_t number, std::string request)
      : socket_(socket), number_(number), request_(std::move(request)) {}

  /// 0 for the server's first one.
  [[nodiscard]] std::size_t number() const { return number_; }
  [[nodiscard]] const std::string& request() const { return request_; }
  [[nodiscard]] std::string path() const {
    const std::size_t start = request_.find(' ') + 1;
    return request_.substr(start, request_.find(' ', start) - start);
  }
  /// The first byte that is wanted; 0 when no Range says otherwise.
  [[nodiscard]] std::size_t first_byte() const {
    const std::size_t at = request_.find("Range: bytes=");
    return at == std::string::npos ? 0 : std::strtoul(request_.c_str() + at + 13, nullptr, 10);
  }
  void send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  /// An answer with a length; `most` cuts the body off.
  void answer(const std::string& body, std::size_t most = std::string::npos) const {
    send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n");
    send(std::string_view(body).substr(0, most));
  }
  /// The same for whoever asks for a part.
  void answer_range(const std::string& body, std::size_t most = std::string::npos) const {
    const std::size_t first = std::min(first_byte(), body.size());
    const std::string all = std::to_string(body.size());
    send(
        "HTTP/1.1 206 Partial Content\r\nConnection: close\r\nAccept-Ranges: bytes\r\nContent-Range: bytes " +
        std::to_string(first) + '-' + std::to_string(body.size() - 1) + '/' + all +
        "\r\nContent-Length: " + std::to_string(body.size() - first) + "\r\n\r\n");
    send(std::string_view(body).substr(first).substr(0, most));
  }
  void refuse(const std::string& status) const {
    send("HTTP/1.1 " + status + "\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  }
  void redirect(const std::string& where) const {
    send("HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\nLocation: " + where + "\r\n\r\n");
  }
  /// The connection breaks instead of ending: what is under way is lost, and the client sees a reset.
  void reset() const {
    const linger at_once{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  /// True when the client hung up within this time.
  [[nodiscard]] bool hung_up_within(int milliseconds) const {
    pollfd gone{.fd = socket_, .events = POLLIN, .revents = 0};
    return ::poll(&gone, 1, milliseconds) != 0;
  }

 private:
  int socket_;
  std::size_t number_;
  std::string request_;
};

/// Answers each request on a thread of its own, until the test is over.
class HttpServer {
 public:
  using Script = std::function<void(const HttpExchange&)>;

  explicit HttpServer(Script script) : script_(std::move(script)) {
    for (const char* const name : {"http_proxy", "https_proxy", "all_proxy"}) ::unsetenv(name);
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 16) != 0 ||
        ::getsockname(listener_, generic, &size) != 0) {
      throw std::runtime_error("no port for the web server");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { accept_all(); });
  }
  ~HttpServer() {
    ::shutdown(listener_, SHUT_RDWR);  // wakes accept()
    thread_.join();
    for (Exchange& one : exchanges_) one.thread.join();
    ::close(listener_);
  }
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  [[nodiscard]] std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }
  /// The requests so far, whole heads.
  [[nodiscard]] std::vector<std::string> requests() const {
    const std::scoped_lock lock(mutex_);
    return requests_;
  }

 private:
  void accept_all() {
    for (int client = ::accept(listener_, nullptr, nullptr); client >= 0;
         client = ::accept(listener_, nullptr, nullptr)) {
      exchanges_.remove_if([](Exchange& one) {  // the stacks of hundreds would be the memory that media take
        if (one.is_over) one.thread.join();
        return one.is_over.load();
      });
      Exchange& exchange = exchanges_.emplace_back();
      exchange.thread = std::thread([this, client, &exchange] {
        serve(client);
        exchange.is_over = true;
      });
    }
  }

  void serve(int client) {
    std::string request;
    char byte = 0;
    while (request.find("\r\n\r\n") == std::string::npos && ::recv(client, &byte, 1, 0) == 1) request += byte;
    std::size_t number = 0;
    {
      const std::scoped_lock lock(mutex_);
      number = requests_.size();
      requests_.push_back(request);
    }
    if (!request.empty()) script_(HttpExchange(client, number, request));
    ::close(client);
  }

  struct Exchange {
    std::thread thread;
    std::atomic<bool> is_over = false;
  };

  Script script_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::thread thread_;
  std::list<Exchange> exchanges_;  // of thread_ alone, until it has ended
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
};

}  // namespace vcplay::testing
