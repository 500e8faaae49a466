// Discord, "Opcodes and Status Codes": those of the voice gateway, but for end-to-end
// encryption's, which are dave::Opcode.
#pragma once

#include <cstdint>

namespace vcplay::voice {

enum class Opcode : std::int64_t {
  identify = 0,
  select_protocol = 1,
  ready = 2,
  heartbeat = 3,
  session_description = 4,
  speaking = 5,
  heartbeat_ack = 6,
  resume = 7,
  hello = 8,
  resumed = 9,
};

/// Close codes that the server sends.
enum class CloseCode : std::uint16_t {
  unknown_opcode = 4001,
  failed_to_decode = 4002,
  not_authenticated = 4003,
  authentication_failed = 4004,
  already_authenticated = 4005,
  session_no_longer_valid = 4006,
  session_timeout = 4009,
  server_not_found = 4011,
  unknown_protocol = 4012,
  webrtc_crashed = 4013,
  disconnected = 4014,
  server_crashed = 4015,
  unknown_encryption_mode = 4016,
  dave_required = 4017,
  bad_request = 4020,
  rate_limited = 4021,
  call_terminated = 4022,
};

// What we close with. 1000 ends Discord's session at once; anything from 4000 up keeps it for a resume.
inline constexpr std::uint16_t kCloseForGood = 1000;
inline constexpr std::uint16_t kCloseToResume = 4900;

}  // namespace vcplay::voice
