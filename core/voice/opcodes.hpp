// Discord, "Opcodes and Status Codes": those of the voice gateway.
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
  clients_connect = 11,
  client_disconnect = 13,
  dave_prepare_transition = 21,
  dave_execute_transition = 22,
  dave_transition_ready = 23,
  dave_prepare_epoch = 24,
  mls_external_sender = 25,
  mls_key_package = 26,
  mls_proposals = 27,
  mls_commit_welcome = 28,
  mls_announce_commit_transition = 29,
  mls_welcome = 30,
  mls_invalid_commit_welcome = 31,
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
