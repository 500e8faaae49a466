#include "bot/bot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <tuple>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "net/hosts.hpp"

namespace vcplay::bot {
namespace {

// Whatever has not closed by then is dropped.
constexpr Duration kCloseTimeout = 250ms;

}  // namespace

double random_fraction() {
  std::random_device device;
  return static_cast<double>(device()) / (static_cast<double>(std::random_device::max()) + 1.0);
}

Bot::Bot(net::EventLoop& loop, const net::TlsTrust& trust, BotConfig config)
    : loop_(loop), trust_(trust), config_(std::move(config)) {}

bool Bot::may_speak_to(const net::Url& url) const {
  const auto is_elsewhere = [](const std::optional<net::Url>& named) {
    return named && !net::is_discords(named->host);
  };
  return net::is_discords(url.host) || is_elsewhere(config_.api_url) || is_elsewhere(config_.gateway_url);
}

// ── who plays where ──

void Bot::expect(Snowflake guild) { expected_.insert(guild); }

void Bot::forget(Snowflake guild) {
  expected_.erase(guild);
  if (Shard* const shard = this->shard(guild)) shard->forget(guild);
}

void Bot::attach(Snowflake guild, ShardListener& listener) {
  if (is_closing_) throw Error(Cause::unexpected, "The bot is closing already.");
  expect(guild);
  if (gateway_) return place(guild, listener);
  if (!waiting_.emplace(guild, &listener).second) throw already_plays_in(guild);
  if (failed_) return listener.on_gateway(gateway::Failed{*failed_});
  if (is_searching_) listener.on_search_for_gateway();
}

void Bot::detach(Snowflake guild, const ShardListener& listener) noexcept {
  const auto found = waiting_.find(guild);
  if (found != waiting_.end() && found->second == &listener) waiting_.erase(found);
  if (Shard* const shard = this->shard(guild)) shard->detach(guild, listener);
}

template <class Tell>
void Bot::tell_waiting(Tell&& tell) {
  const std::map<Snowflake, ShardListener*> present = waiting_;
  for (const auto& [guild, listener] : present) {
    const auto found = waiting_.find(guild);
    if (found != waiting_.end() && found->second == listener) tell(guild, *listener);
  }
}

// ── where the gateway is ──

void Bot::open(Duration patience) {
  if (std::exchange(is_open_, true) || is_closing_) return;
  try {
    if (config_.api_url) {
      api_ =
          std::make_unique<rest::Api>(loop_, trust_, *config_.api_url, config_.token.duplicate(), patience);
    }
  } catch (const Error& reason) {
    return fail(reason);
  }
  if (config_.gateway_url) {
    const auto [id, count] = config_.shard.value_or(std::pair{0, 1});
    return found({*config_.gateway_url, count, id}, 1);
  }
  is_searching_ = true;
  tell_waiting([](Snowflake, ShardListener& each) { each.on_search_for_gateway(); });
  if (!api_) {
    return fail(Error(Cause::usage, "There is neither a gateway URL nor an API URL to ask for one."));
  }
  api_->gateway_bot([this](rest::Result<rest::GatewayBot> result) {
    if (is_closing_) return;
    if (const auto* const failure = std::get_if<rest::Failure>(&result)) return fail(failure->error);
    on_answer(std::get<rest::GatewayBot>(result));
  });
}

void Bot::on_answer(const rest::GatewayBot& answer) {
  if (config_.on_identify_limit) config_.on_identify_limit(answer);
  if (answer.identifies_left < 1) {
    return fail(Error(Cause::identify_budget,
                      "This bot has used up Discord's identifies of the day; try again later."));
  }
  if (!may_speak_to(answer.url)) {
    return fail(Error(Cause::network,
                      fmt::format("Discord's API named {} as its gateway, which is no server of Discord's: "
                                  "the token does not go there.",
                                  display_safe(answer.url.host, 100)),
                      Hint::name_gateway));
  }
  Gateway there{answer.url, std::max(answer.shards, 1)};
  if (config_.shard) std::tie(there.only, there.shards) = *config_.shard;
  found(std::move(there), answer.max_concurrency);
}

void Bot::found(Gateway where, int max_concurrency) {
  is_searching_ = false;
  gateway_ = std::move(where);
  turns_ = IdentifyTurns(max_concurrency);
  tell_waiting([this](Snowflake guild, ShardListener& each) {
    waiting_.erase(guild);
    place(guild, each);
  });
}

void Bot::fail(const Error& reason) {
  is_searching_ = false;
  failed_ = reason;
  tell_waiting([&](Snowflake, ShardListener& each) { each.on_gateway(gateway::Failed{reason}); });
}

// ── its shards ──

int Bot::shard_of(Snowflake guild) const noexcept {
  return gateway_ ? gateway::shard_of(guild, gateway_->shards) : 0;
}

Shard* Bot::shard(Snowflake guild) noexcept {
  const auto found = shards_.find(shard_of(guild));
  return found == shards_.end() ? nullptr : &found->second;
}

void Bot::place(Snowflake guild, ShardListener& listener) {
  const int id = shard_of(guild);
  if (gateway_->only && *gateway_->only != id) {
    return listener.on_gateway(
        gateway::GuildMissing{gateway::not_in_ready(guild, *gateway_->only, gateway_->shards), guild});
  }
  const auto found = shards_.find(id);
  Shard& shard = found == shards_.end() ? open_shard(id) : found->second;
  shard.attach(guild, listener);
}

Shard& Bot::open_shard(int id) {
  std::vector<Snowflake> guilds;
  for (const Snowflake guild : expected_) {
    if (shard_of(guild) == id) guilds.push_back(guild);
  }
  return shards_
      .try_emplace(id, loop_, trust_,
                   ShardConfig{.session = {.token = config_.token.duplicate(),
                                           .guilds = std::move(guilds),
                                           .shard_id = id,
                                           .shard_count = gateway_->shards,
                                           .random = random_fraction},
                               .url = gateway_->url,
                               .may_speak_to = [this](const net::Url& to) { return may_speak_to(to); },
                               .may_identify = [this, id] { return turn_of(id); },
                               .on_guild = on_guild_,
                               .on_closed = [this] { tell_if_closed(); }})
      .first->second;
}

/// Its turn among this bot's shards, then that among all runs of this bot. A single shard's
/// own pauses are enough.
Duration Bot::turn_of(int shard) {
  const TimePoint now = loop_.now();
  if (shards_.size() > 1) {
    if (const Duration wait = turns_.wait(shard, now); wait > Duration::zero()) return wait;
  }
  const Duration wait = config_.may_identify ? config_.may_identify() : Duration::zero();
  if (wait <= Duration::zero()) turns_.identifies(shard, now);
  return wait;
}

// ── the end ──

void Bot::close(std::function<void()> closed) {
  if (std::exchange(is_closing_, true)) return;
  closed_ = std::move(closed);
  api_.reset();
  close_timer_.start_at(loop_.now() + kCloseTimeout);
  for (auto& [id, shard] : shards_) shard.close();
  tell_if_closed();
}

void Bot::tell_if_closed() {
  const auto is_closed = [](const auto& entry) { return entry.second.is_closed(); };
  if (!is_closing_ || !std::all_of(shards_.begin(), shards_.end(), is_closed)) return;
  close_timer_.cancel();
  if (const auto closed = std::exchange(closed_, nullptr)) closed();
}

}  // namespace vcplay::bot
