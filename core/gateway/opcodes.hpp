// Discord, "Opcodes and Status Codes": those of the main gateway.
#pragma once

#include <cstdint>

namespace vcplay::gateway {

enum class Opcode : std::int64_t {
  dispatch = 0,
  heartbeat = 1,
  identify = 2,
  voice_state_update = 4,
  resume = 6,
  reconnect = 7,
  invalid_session = 9,
  hello = 10,
  heartbeat_ack = 11,
};

/// Close codes that the server sends.
enum class CloseCode : std::uint16_t {
  normal = 1000,      // RFC 6455 s7.4.1
  going_away = 1001,  // the same
  unknown_error = 4000,
  unknown_opcode = 4001,
  decode_error = 4002,
  not_authenticated = 4003,
  authentication_failed = 4004,
  already_authenticated = 4005,
  invalid_seq = 4007,
  rate_limited = 4008,
  session_timed_out = 4009,
  invalid_shard = 4010,
  sharding_required = 4011,
  invalid_api_version = 4012,
  invalid_intents = 4013,
  disallowed_intents = 4014,
};

// What we close with. 1000 ends Discord's session at once; anything from 4000 up keeps it for a resume.
inline constexpr std::uint16_t kCloseForGood = 1000;
inline constexpr std::uint16_t kCloseToResume = 4000;

}  // namespace vcplay::gateway
