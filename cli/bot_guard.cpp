#include "cli/bot_guard.hpp"

#include <utility>

#include "host/prune.hpp"
#include "host/wall_time.hpp"

namespace vcplay::cli {
namespace {

host::BotKey key_of(const bot::BotConfig& bot) {
  const auto& url = bot.gateway_url ? bot.gateway_url : bot.api_url;
  return {url ? host::server_name(url->host, url->port) : "discord.com", host::bot_name(bot.token.reveal())};
}

}  // namespace

BotGuard::BotGuard(const bot::BotConfig& bot)
    : bot_(key_of(bot)), folder_(host::StateFolder::open()), ledger_(folder_ ? &*folder_ : nullptr, bot_) {
  if (folder_) host::prune(*folder_, host::wall_now());
}

bool BotGuard::enter(Snowflake guild, const host::Patience& patience) {
  if (!folder_) return true;
  auto lock = host::PlayerLock::acquire(*folder_, bot_, guild, patience);
  if (!lock) return false;
  locks_.push_back(std::move(*lock));
  return true;
}

void BotGuard::watch(bot::BotConfig& bot) {
  bot.may_identify = [this] { return ledger_.reserve(host::wall_now()); };
  bot.on_identify_limit = [this](const rest::GatewayBot& told) {
    ledger_.reconcile({.total = told.identifies_total,
                       .remaining = told.identifies_left,
                       .reset_after = told.reset_after,
                       .max_concurrency = told.max_concurrency},
                      host::wall_now());
  };
}

std::size_t BotGuard::identifies_used() { return ledger_.used(host::wall_now()); }

}  // namespace vcplay::cli
