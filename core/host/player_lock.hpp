// One bot, one guild, one player.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "base/snowflake.hpp"
#include "host/bot_key.hpp"
#include "host/locked_file.hpp"
#include "host/state_folder.hpp"

namespace vcplay::host {

/// How long to stand in line for a PlayerLock.
struct Patience {
  Duration longest{};  // zero: do not wait at all
  int interrupt = -1;  // a descriptor that is readable when the wait is to end at once; -1: none
  /// Told once, before the wait begins, for whom: "vcplay (process 1234)". Empty: nobody wants to know.
  std::function<void(const std::string& whom)> on_wait = {};
};

/// The right to play in one guild with one bot, until this goes or the process ends, however it ends.
///
/// Discord gives a bot one voice connection per guild: a second player would end the first one's, and be
/// ended by its attempt to come back.
class PlayerLock {
 public:
  /// Nothing when the wait was interrupted. Throws Error{busy} when another player has the guild and keeps it
  /// for longer than `patience`. Where the lock's file cannot be had at all, there is a warning instead, and
  /// a lock that keeps nobody out.
  [[nodiscard]] static std::optional<PlayerLock> acquire(const StateFolder& folder, const BotKey& bot,
                                                         Snowflake guild, const Patience& patience);
  PlayerLock(PlayerLock&&) noexcept = default;
  PlayerLock& operator=(PlayerLock&&) = delete;
  ~PlayerLock();

 private:
  explicit PlayerLock(std::optional<LockedFile> file) : file_(std::move(file)) {}

  std::optional<LockedFile> file_;
};

}  // namespace vcplay::host
