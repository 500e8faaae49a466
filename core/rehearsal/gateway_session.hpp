// A session with the main gateway, and the connection that it has at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "rehearsal/gateway_connection.hpp"
#include "rehearsal/replay_buffer.hpp"
#include "rehearsal/shard.hpp"
#include "rehearsal/world.hpp"

namespace vcplay::rehearsal {

/// By which of our names a client came.
enum class GatewayDoor : std::uint8_t {
  front,   // of /gateway/bot
  resume,  // of READY's resume_gateway_url
};

struct MainConnection;

/// From READY on, over as many connections as it takes.
struct GatewaySession {
  std::string id;
  const Person* person = nullptr;
  Shard shard;
  std::uint64_t intents = 0;
  ReplayBuffer<std::uint64_t> dispatches{1};
  std::int64_t acknowledged = 0;         // by a heartbeat, the greatest
  MainConnection* connection = nullptr;  // nullptr: it is lost
  std::optional<TimePoint> lost;
  bool is_forgotten = false;  // a RESUME is refused
  bool is_over = false;       // … and it ends with its connection
  bool had_no_room = false;   // when its client closed it: next to all of a minute's messages had been sent

  /// Of the latest dispatch.
  [[nodiscard]] std::int64_t sequence() const noexcept {
    return static_cast<std::int64_t>(dispatches.next_number()) - 1;
  }
  [[nodiscard]] bool is_subscribed_to(std::uint64_t intent) const noexcept { return (intents & intent) != 0; }
};

/// A client's connection to the main gateway.
struct MainConnection : GatewayConnection {
  GatewayDoor door{};
  GatewaySession* session = nullptr;  // since READY or RESUMED, until opcode 9
  std::deque<TimePoint> received;     // within the last minute
  bool is_to_resume = false;          // opcode 7 or 9 said so
  std::string declared_invalid;       // the session that opcode 9 was about
};

}  // namespace vcplay::rehearsal
