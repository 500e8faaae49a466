// What both gateways do alike with a client's connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string_view>

#include "base/clock.hpp"
#include "net/server.hpp"
#include "rehearsal/ack_window.hpp"
#include "rehearsal/replay_buffer.hpp"
#include "rehearsal/world.hpp"

namespace vcplay::rehearsal {

/// One client's connection to a gateway.
struct GatewayConnection {
  net::ServerSocket* socket = nullptr;  // nullptr: it is lost
  TimePoint opened{};
  const Person* person = nullptr;  // since IDENTIFY or RESUME
  AckWindow sent;
  std::optional<TimePoint> heartbeat_due;  // with tolerance
  bool closing = false;                    // we closed it: nothing counts any more

  [[nodiscard]] bool is_open() const noexcept { return socket != nullptr && !closing; }
  [[nodiscard]] bool is_of(Snowflake user) const noexcept {
    return person != nullptr && person->user == user;
  }
  /// False for those that are closing as well.
  [[nodiscard]] bool has_missed_heartbeat(TimePoint now) const noexcept {
    return !closing && heartbeat_due && *heartbeat_due <= now;
  }
  void expect_heartbeat(Duration interval, TimePoint now) noexcept {
    heartbeat_due = now + interval + interval / 2;
  }

  // On a connection that is not open these send nothing.
  void send(const nlohmann::json& message) const;
  void send_kept(const SentMessage& message) const;
  /// A numbered one: from now on heartbeats may name it, and a RESUME has it sent again.
  void send_kept(std::int64_t number, const SentMessage& message, TimePoint now);
  /// The latest `missed` messages once more.
  template <typename Number>
  void replay(const ReplayBuffer<Number>& kept, std::size_t missed, TimePoint now) {
    for (std::size_t age = missed; age > 0; --age) {
      send_kept(static_cast<std::int64_t>(kept.number_from_the_end(age)), kept.from_the_end(age), now);
    }
  }

  // Only while there is a socket.
  void close(std::uint16_t code, std::string_view reason);
  /// Ends TCP without a word.
  void drop();
};

/// True when one of the arguments of the URL that a client opened is `argument`, such as "v=8".
[[nodiscard]] bool has_argument(std::string_view query, std::string_view argument);

}  // namespace vcplay::rehearsal
