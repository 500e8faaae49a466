#include "net/resolver.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <system_error>
#include <thread>

#include "base/signals_blocked.hpp"
#include "net/event_loop_impl.hpp"

namespace vcplay::net {
namespace {

struct FreeAddresses {
  void operator()(addrinfo* list) const noexcept { ::freeaddrinfo(list); }
};

}  // namespace

bool is_numeric_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return ::inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
}

Addresses system_look_up(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;  // no IPv6 addresses on a machine without IPv6
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
  const std::unique_ptr<addrinfo, FreeAddresses> owner(list);

  Addresses found;
  if (error != 0) {
    found.failure = ::gai_strerror(error);
    return found;
  }
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    std::array<char, 64> text{};
    if (::getnameinfo(entry->ai_addr, entry->ai_addrlen, text.data(), text.size(), nullptr, 0,
                      NI_NUMERICHOST) != 0) {
      continue;
    }
    std::string address = text.data();
    if (std::find(found.numeric.begin(), found.numeric.end(), address) == found.numeric.end()) {
      found.numeric.push_back(std::move(address));
    }
  }
  if (found.numeric.empty()) found.failure = "the name has no address";
  return found;
}

Resolution::Resolution(EventLoop& loop, const std::string& host, Done done)
    : Resolution(loop, loop.impl().look_up, host, std::move(done)) {}

Resolution::Resolution(EventLoop& loop, const LookUp& look_up, const std::string& host, Done done)
    : done_(std::make_shared<Done>(std::move(done))) {
  const std::weak_ptr<Done> asker = done_;
  const std::shared_ptr<Mailbox> mailbox =
      loop.impl().mailbox;  // outlives the loop for as long as the thread runs
  const auto answer = [mailbox, asker](Addresses found) {
    mailbox->post([asker, found = std::move(found)] {
      if (const std::shared_ptr<Done> still_there = asker.lock()) (*still_there)(found);
    });
  };
  if (is_numeric_address(host)) {
    answer({{host}, ""});
    return;
  }
  try {
    const SignalsBlocked blocked;
    std::thread([look_up, host, answer]() noexcept {
      try {
        answer(look_up(host));
      } catch (...) {  // no memory for an answer: whoever asked has a deadline
        return;
      }
    }).detach();
  } catch (const std::system_error& error) {
    answer({{}, std::string("no thread could be started to ask for it: ") + error.what()});
  }
}

}  // namespace vcplay::net
