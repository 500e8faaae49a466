// Names to addresses without ever blocking the loop.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/event_loop.hpp"

namespace vcplay::net {

/// What a name service answered.
struct Addresses {
  std::vector<std::string> numeric;  // IPv4 and IPv6, the best first
  std::string failure;               // why there is none
};

/// Asks a name service and waits for its answer, however long that takes. Runs on a thread of its own.
using LookUp = std::function<Addresses(const std::string& host)>;

/// Asks the system: /etc/hosts, DNS, whatever it is set up for.
[[nodiscard]] Addresses system_look_up(const std::string& host);

/// True for "127.0.0.1", "::1" and the like: nobody needs to be asked.
[[nodiscard]] bool is_numeric_address(const std::string& host);

/// One question to a name service. The answer comes on the loop's thread; destroyed before that, never. A
/// service that hangs holds up neither the loop nor this object's destruction nor the loop's: its thread is
/// left to itself.
class Resolution {
 public:
  using Done = std::function<void(const Addresses&)>;
  Resolution(EventLoop& loop, const LookUp& look_up, const std::string& host, Done done);
  /// Of the service that the loop's connections ask.
  Resolution(EventLoop& loop, const std::string& host, Done done);

 private:
  std::shared_ptr<Done> done_;  // the helper thread holds only a weak reference
};

}  // namespace vcplay::net
