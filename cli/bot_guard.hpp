// What a play owes to the other plays of its bot.
#pragma once

#include <optional>
#include <vector>

#include "bot/bot.hpp"
#include "host/bot_key.hpp"
#include "host/identify_ledger.hpp"
#include "host/player_lock.hpp"
#include "host/state_folder.hpp"

namespace vcplay::cli {

/// Keeps one bot from playing twice in a guild, and from identifying more often than Discord bears, over all
/// of this user's runs.
class BotGuard {
 public:
  /// The bot and the server are those of `bot`. Where there is no folder to meet in, this warns and
  /// guards nothing. Throws Error{usage} when VCPLAY_HOME names a folder that cannot be used.
  explicit BotGuard(const bot::BotConfig& bot);
  BotGuard(const BotGuard&) = delete;
  BotGuard& operator=(const BotGuard&) = delete;

  /// Takes the guild beside those that it has, until this goes. False when the wait for it was
  /// interrupted. Throws Error{busy}.
  [[nodiscard]] bool enter(Snowflake guild, const host::Patience& patience);
  /// From now on `bot` asks before each IDENTIFY. It must not outlive this, and one thread asks.
  void watch(bot::BotConfig& bot);
  /// How often this bot has identified within 24 hours, as far as this user's runs know. Changes nothing.
  [[nodiscard]] std::size_t identifies_used();

 private:
  const host::BotKey bot_;
  const std::optional<host::StateFolder> folder_;
  std::vector<host::PlayerLock> locks_;
  host::IdentifyLedger ledger_;
};

}  // namespace vcplay::cli
