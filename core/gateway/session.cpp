#include "gateway/session.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/json.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "gateway/close.hpp"
#include "gateway/opcodes.hpp"

namespace vcplay::gateway {
namespace {

/// Discord, Gateway topic, "Sending Events": a longer message closes the connection.
constexpr std::size_t kMaxMessageBytes = 4096;

std::string message(Opcode opcode, nlohmann::json data) {
  return json::dump({{"op", static_cast<std::int64_t>(opcode)}, {"d", std::move(data)}});
}

Actions one(Action&& action) {
  Actions actions;
  actions.push_back(std::move(action));
  return actions;
}

Actions ignore(std::string_view what) {
  log::debug("gateway: ignored {}", what);
  return {};
}

/// The ids in READY's list of guilds.
std::vector<Snowflake> guild_ids(const nlohmann::json& ready) {
  std::vector<Snowflake> ids;
  for (const nlohmann::json& guild : json::list(ready, "guilds")) {
    if (const auto id = json::id(guild, "id")) ids.push_back(*id);
  }
  return ids;
}

std::string why_guild_is_missing(Snowflake guild, int shard_id, int shard_count) {
  const int owner = shard_of(guild, shard_count);
  if (owner != shard_id) {
    return fmt::format("Guild {0} belongs to shard {1}/{3}, not to {2}/{3}: use --shard {1}/{3}.",
                       guild.str(), owner, shard_id, shard_count);
  }
  return fmt::format(
      "The bot is not in guild {}: invite it with the link that the developer portal makes, or check the id.",
      guild.str());
}

}  // namespace

Session::Session(Config config) : config_(std::move(config)) {}

Actions Session::on_text(std::string_view text, TimePoint now) {
  if (state_ == State::over) return {};
  const nlohmann::json message = json::parse(text);
  const auto opcode = json::integer(message, "op");
  if (!opcode) return ignore("a message without an opcode");
  const nlohmann::json& data = json::field(message, "d");
  switch (static_cast<Opcode>(*opcode)) {
    case Opcode::dispatch:
      return on_dispatch(message);
    case Opcode::heartbeat:
      return beat();
    case Opcode::hello:
      return on_hello(data, now);
    case Opcode::heartbeat_ack:
      heartbeat_.on_ack();
      return {};
    case Opcode::reconnect:
      return fail(kCloseToResume, Cause::network,
                  "Discord asked for a new connection to its gateway: start again.");
    case Opcode::invalid_session:
      return fail(kCloseToResume, Cause::network,
                  "Discord did not accept the gateway session: start again in some seconds.");
    case Opcode::identify:
    case Opcode::voice_state_update:
    case Opcode::resume:
      break;  // only a client sends these
  }
  return ignore("an unknown opcode");
}

Actions Session::on_hello(const nlohmann::json& data, TimePoint now) {
  if (state_ != State::waiting_for_hello) return ignore("a second HELLO");
  const auto interval = Heartbeat::interval(json::number(data, "heartbeat_interval"));
  if (!interval)
    return fail(kCloseToResume, Cause::network, "Discord's gateway said HELLO without a heartbeat interval.");
  // Discord, Gateway topic, "Heartbeat Interval": the first beat falls anywhere in the interval, lest all
  // clients beat together.
  const double jitter = std::clamp(config_.jitter, 0.0, 1.0);
  const auto first =
      std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::nano>(*interval) * jitter);
  heartbeat_.start(now + first, *interval);
  state_ = State::waiting_for_ready;
  return identify();
}

Actions Session::identify() {
  std::string text = message(Opcode::identify,
                             {{"token", std::string(config_.token.reveal())},
                              {"intents", kIntents},
                              {"properties", {{"os", "linux"}, {"browser", "vcplay"}, {"device", "vcplay"}}},
                              {"shard", {config_.shard_id, config_.shard_count}}});
  if (text.size() >= kMaxMessageBytes) {
    return fail(kCloseForGood, Cause::token_refused,
                "The token is far too long to be one: check DISCORD_TOKEN or the token file.");
  }
  return one(SendText{std::move(text)});
}

Actions Session::on_dispatch(const nlohmann::json& message) {
  if (const auto sequence = json::integer(message, "s")) sequence_ = sequence;
  using Handler = Actions (Session::*)(const nlohmann::json&);
  static constexpr std::pair<std::string_view, Handler> kHandlers[] = {
      {"GUILD_CREATE", &Session::on_guild_create},
      {"GUILD_DELETE", &Session::on_guild_delete},
      {"CHANNEL_UPDATE", &Session::on_channel_update},
      {"CHANNEL_DELETE", &Session::on_channel_delete},
      {"VOICE_STATE_UPDATE", &Session::on_voice_state_update},
      {"VOICE_SERVER_UPDATE", &Session::on_voice_server_update},
  };
  const std::string name = json::text(message, "t").value_or("");
  const nlohmann::json& data = json::field(message, "d");
  if (name == "READY") return on_ready(data);
  if (state_ != State::ready) return ignore("a dispatch before READY");
  for (const auto& [known, handler] : kHandlers) {
    if (known == name) return (this->*handler)(data);
  }
  return {};  // Discord, Gateway topic: there are many more, and new ones may come
}

Actions Session::on_ready(const nlohmann::json& data) {
  if (state_ != State::waiting_for_ready) return ignore("a READY out of place");
  const auto user = json::id(json::field(data, "user"), "id");
  const auto session_id = json::text(data, "session_id");
  if (!user || !session_id || !json::field(data, "guilds").is_array()) {
    return fail(kCloseForGood, Cause::network,
                "Discord's gateway said READY without a user, a session id or guilds.");
  }
  std::vector<Snowflake> guilds = guild_ids(data);
  if (std::find(guilds.begin(), guilds.end(), config_.guild) == guilds.end()) {
    return fail(kCloseForGood, Cause::not_permitted,
                why_guild_is_missing(config_.guild, config_.shard_id, config_.shard_count));
  }
  state_ = State::ready;
  user_ = *user;
  session_id_ = *session_id;
  resume_url_ = json::text(data, "resume_gateway_url").value_or("");
  return one(Ready{user_, session_id_, resume_url_, std::move(guilds)});
}

Actions Session::on_guild_create(const nlohmann::json& data) {
  if (!is_about_our_guild(data, "id")) return {};
  auto guild = resources::guild_from(data);
  if (!guild) return {};
  return one(GuildCreated{std::move(*guild)});
}

Actions Session::on_guild_delete(const nlohmann::json& data) {
  if (!is_about_our_guild(data, "id")) return {};
  return one(GuildDeleted{json::flag(data, "unavailable").value_or(false)});
}

Actions Session::on_channel_update(const nlohmann::json& data) {
  if (!is_about_our_guild(data, "guild_id")) return {};
  auto channel = resources::channel_from(data);
  if (!channel) return ignore("a CHANNEL_UPDATE without an id");
  return one(ChannelUpdated{std::move(*channel)});
}

Actions Session::on_channel_delete(const nlohmann::json& data) {
  if (!is_about_our_guild(data, "guild_id")) return {};
  const auto channel = json::id(data, "id");
  if (!channel) return ignore("a CHANNEL_DELETE without an id");
  return one(ChannelDeleted{*channel});
}

Actions Session::on_voice_state_update(const nlohmann::json& data) {
  // Other members' states carry their session ids; with one of those the voice server answers 4006.
  if (!is_about_our_guild(data, "guild_id") || json::id(data, "user_id") != user_) return {};
  const auto session_id = json::text(data, "session_id");
  const auto channel = json::id(data, "channel_id");
  // A channel that is there but unreadable must not pass for "left the channel".
  if (!session_id || (!channel && !json::field(data, "channel_id").is_null())) {
    return ignore("a VOICE_STATE_UPDATE with wrong fields");
  }
  return one(OwnVoiceState{channel, *session_id, json::flag(data, "mute").value_or(false),
                           json::flag(data, "suppress").value_or(false)});
}

Actions Session::on_voice_server_update(const nlohmann::json& data) {
  if (!is_about_our_guild(data, "guild_id")) return {};
  auto token = json::text(data, "token");
  auto endpoint = json::text(data, "endpoint");
  if (!token || (!endpoint && !json::field(data, "endpoint").is_null())) {
    return ignore("a VOICE_SERVER_UPDATE with wrong fields");
  }
  return one(VoiceServer{std::move(*token), std::move(endpoint)});
}

Actions Session::on_close(std::optional<std::uint16_t> code, std::string_view detail, TimePoint /*now*/) {
  if (state_ == State::over) return {};
  end();
  return one(Failed{why_closed(code, detail, config_.shard_id, config_.shard_count)});
}

Actions Session::on_time(TimePoint now) {
  switch (heartbeat_.on_time(now)) {
    case Heartbeat::Due::nothing:
      return {};
    case Heartbeat::Due::beat:
      return beat();
    case Heartbeat::Due::lost:
      break;
  }
  return fail(kCloseToResume, Cause::network,
              "Discord's gateway stopped answering: a heartbeat was not acknowledged.");
}

std::optional<TimePoint> Session::deadline() const noexcept { return heartbeat_.deadline(); }

Actions Session::update_voice_state(std::optional<Snowflake> channel, bool self_mute, bool self_deaf) {
  if (state_ != State::ready) return {};
  nlohmann::json channel_id;  // null: leave
  if (channel) channel_id = channel->str();
  return one(SendText{message(Opcode::voice_state_update, {{"guild_id", config_.guild.str()},
                                                           {"channel_id", std::move(channel_id)},
                                                           {"self_mute", self_mute},
                                                           {"self_deaf", self_deaf}})});
}

Actions Session::beat() const {
  nlohmann::json last_seen;
  if (sequence_) last_seen = *sequence_;
  return one(SendText{message(Opcode::heartbeat, std::move(last_seen))});
}

Actions Session::fail(std::uint16_t close_code, Cause cause, const std::string& sentence) {
  end();
  Actions actions = one(CloseSocket{close_code, ""});
  actions.push_back(Failed{Error(cause, sentence)});
  return actions;
}

void Session::end() noexcept {
  state_ = State::over;
  heartbeat_.stop();
}

bool Session::is_about_our_guild(const nlohmann::json& data, const char* field) const {
  return json::id(data, field) == config_.guild;
}

}  // namespace vcplay::gateway
