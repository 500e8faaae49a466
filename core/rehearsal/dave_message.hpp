// What the voice server says to the members of a call about end-to-end encryption.
#pragma once

#include <functional>
#include <string>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/snowflake.hpp"
#include "dave/opcodes.hpp"

namespace vcplay::rehearsal {

/// One of DAVE's messages from the voice server to one member of a call.
struct DaveMessage {
  Snowflake to;
  dave::Opcode opcode{};
  std::string text;  // 21, 22, 24: the JSON of `d`
  Bytes binary;      // 25, 27, 29, 30: the body behind the sequence number and opcode
};

using SendDave = std::function<void(const DaveMessage&, TimePoint now)>;

}  // namespace vcplay::rehearsal
