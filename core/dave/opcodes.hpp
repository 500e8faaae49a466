// Discord, "Opcodes and Status Codes": those of the voice gateway that DAVE is about.
#pragma once

#include <cstdint>

namespace vcplay::dave {

enum class Opcode : std::uint8_t {
  clients_connect = 11,
  client_disconnect = 13,
  prepare_transition = 21,
  execute_transition = 22,
  transition_ready = 23,
  prepare_epoch = 24,
  external_sender = 25,
  key_package = 26,
  proposals = 27,
  commit_welcome = 28,
  announce_commit_transition = 29,
  welcome = 30,
  invalid_commit_welcome = 31,
};

}  // namespace vcplay::dave
