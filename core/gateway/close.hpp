// What it means when Discord closes the main gateway, and what is to be done about it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/error.hpp"

namespace vcplay::gateway {

/// How to go on behind a close code.
enum class AfterClose : std::uint8_t {
  resume,
  resume_once,    // closed like that again before a success: identify
  resume_later,   // too much was sent: the minute's budget has to come back first
  resume_warily,  // what we sent was not understood: a bug of ours, which must not go round for ever
  identify,       // Discord has no session to resume any more
  give_up,        // the same would happen again
};
/// Nothing: the connection ended without a close frame, or did not come about.
[[nodiscard]] AfterClose after_close(std::optional<std::uint16_t> code) noexcept;

/// The sentence and the cause for a connection that ended with `code` (nothing: without a close
/// frame). The sentence is true of a connection that will be made again and of one that will not.
/// `detail` is text from outside.
[[nodiscard]] Error why_closed(std::optional<std::uint16_t> code, std::string_view detail, int shard_id,
                               int shard_count);

}  // namespace vcplay::gateway
