// What a person decides beforehand about what others may do to the bot.
#pragma once

#include <cstdint>

namespace vcplay::channel {

/// What to do while nobody is in the channel to listen.
enum class WhenAlone : std::uint8_t {
  play,  // the position runs on, as a radio's would
  wait,  // hold at the position until somebody comes
  exit,  // leave, with Cause::nobody_there
};

/// What to do when a moderator moves the bot to another channel.
enum class OnMove : std::uint8_t {
  follow,
  go_back,  // to the channel that it was told to play in; five times a minute at most
  exit,     // leave, with Cause::removed
};

/// What to do when the bot is removed from the channel.
enum class OnKick : std::uint8_t {
  exit,    // leave, with Cause::removed
  rejoin,  // once a minute at most, five times in all
};

/// What to do while the bot is in the audience of a stage and may not speak.
enum class OnSuppressed : std::uint8_t {
  wait,  // hold at the position until it is invited
  exit,  // leave, with Cause::not_permitted
};

}  // namespace vcplay::channel
