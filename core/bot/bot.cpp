#include "bot/bot.hpp"

#include <fmt/format.h>

#include <random>
#include <variant>

#include "base/error.hpp"
#include "base/text.hpp"
#include "net/hosts.hpp"

namespace vcplay::bot {

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

void Bot::open(Snowflake guild, Duration patience, ShardListener& listener) {
  if (config_.api_url) {
    api_ = std::make_unique<rest::Api>(loop_, trust_, *config_.api_url, config_.token.duplicate(), patience);
  }
  if (config_.gateway_url) {
    const auto [id, count] = config_.shard.value_or(std::pair{0, 1});
    return open_shard(*config_.gateway_url, id, count, guild, listener);
  }
  listener.on_search_for_gateway();
  if (!api_) {
    throw Error(Cause::usage, "There is neither a gateway URL nor an API URL to ask for one.");
  }
  api_->gateway_bot([this, guild, &listener](rest::Result<rest::GatewayBot> result) {
    if (is_closing_) return;
    if (auto* failure = std::get_if<rest::Failure>(&result)) {
      return listener.on_gateway(gateway::Failed{std::move(failure->error)});
    }
    open_found(std::get<rest::GatewayBot>(result), guild, listener);
  });
}

void Bot::open_found(const rest::GatewayBot& found, Snowflake guild, ShardListener& listener) {
  const auto fail = [&listener](Cause cause, const std::string& sentence, Hint hint = Hint::none) {
    listener.on_gateway(gateway::Failed{Error(cause, sentence, hint)});
  };
  if (config_.on_identify_limit) config_.on_identify_limit(found);
  if (found.identifies_left < 1) {
    return fail(Cause::identify_budget,
                "This bot has used up Discord's identifies of the day; try again later.");
  }
  if (!may_speak_to(found.url)) {
    return fail(Cause::network,
                fmt::format("Discord's API named {} as its gateway, which is no server of Discord's: the "
                            "token does not go there.",
                            display_safe(found.url.host, 100)),
                Hint::name_gateway);
  }
  const int own = gateway::shard_of(guild, found.shards);
  const auto [id, count] = config_.shard.value_or(std::pair{own, found.shards});
  open_shard(found.url, id, count, guild, listener);
}

void Bot::open_shard(const net::Url& url, int id, int count, Snowflake guild, ShardListener& listener) {
  listener.on_gateway_found();
  shard_.emplace(loop_, trust_,
                 ShardConfig{.session = {.token = config_.token.duplicate(),
                                         .guild = guild,
                                         .shard_id = id,
                                         .shard_count = count,
                                         .random = random_fraction},
                             .url = url,
                             .may_speak_to = [this](const net::Url& to) { return may_speak_to(to); },
                             .may_identify = config_.may_identify},
                 listener);
}

void Bot::close() {
  is_closing_ = true;
  api_.reset();
  if (shard_) shard_->close();
}

}  // namespace vcplay::bot
