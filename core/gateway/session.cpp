#include "gateway/session.hpp"

#include <fmt/core.h>

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/deadline.hpp"
#include "base/json.hpp"
#include "gateway/close.hpp"
#include "gateway/opcodes.hpp"
#include "gateway/session_impl.hpp"

namespace vcplay::gateway {
namespace {

/// Discord, Gateway topic, "Sending Events": a longer message closes the connection.
constexpr std::size_t kMaxMessageBytes = 4096;

constexpr Duration kHelloTimeout = 10s;
constexpr Duration kAnswerTimeout = 30s;  // READY and a long replay take their time when Discord is ill

std::string message(Opcode opcode, nlohmann::json data) {
  return json::dump({{"op", static_cast<std::int64_t>(opcode)}, {"d", std::move(data)}});
}

constexpr json::Field kWithId[] = {{"id"}};

/// All that is looked at of most messages: which one it is may stand behind it.
constexpr json::Field kPlainFields[] = {  // HELLO and READY
    {"heartbeat_interval"},
    json::objects("user", kWithId),
    {"session_id"},
    {"resume_gateway_url"},
    json::objects("guilds", kWithId),
    // whatever is about a guild
    {"id"},
    {"guild_id"},
    {"unavailable"},
    // VOICE_STATE_UPDATE and VOICE_SERVER_UPDATE
    {"user_id"},
    {"channel_id"},
    {"mute"},
    {"suppress"},
    {"request_to_speak_timestamp"},
    {"token"},
    {"endpoint"}};

/// What describes a guild or a channel.
std::vector<json::Field> described_fields() {
  std::vector<json::Field> fields;
  for (const auto& more : {resources::guild_fields(), resources::channel_fields()}) {
    fields.insert(fields.end(), more.begin(), more.end());
  }
  return fields;
}

Config with_random(Config config) {
  if (!config.random) config.random = [] { return 0.5; };
  return config;
}

}  // namespace

Session::Session(Config config) : config_(with_random(std::move(config))), backoff_(kWaits, config_.random) {
  for (const Snowflake guild : config_.guilds) guilds_.add(guild);
}

Actions Session::on_open(TimePoint now) {
  if (state_ != State::waiting_for_hello && state_ != State::between_sockets) return {};
  state_ = State::waiting_for_hello;
  answer_due_ = now + kHelloTimeout;
  return {};
}

Actions Session::on_text(std::string_view text, TimePoint now) {
  if (state_ == State::over || state_ == State::between_sockets) return {};
  notice_good_life(now);
  const nlohmann::json message = read(text);
  const auto opcode = json::integer(message, "op");
  if (!opcode) return ignore("a message without an opcode, or one that is too long");
  const nlohmann::json& data = json::field(message, "d");
  switch (static_cast<Opcode>(*opcode)) {
    case Opcode::dispatch:
      return on_dispatch(message, now);
    case Opcode::heartbeat:
      budget_.sent(now);
      return beat();
    case Opcode::hello:
      return on_hello(data, now);
    case Opcode::heartbeat_ack:
      heartbeat_.on_ack();
      return {};
    case Opcode::reconnect:
      return on_reconnect(now);
    case Opcode::invalid_session:
      return on_invalid_session(data, now);
    case Opcode::identify:
    case Opcode::voice_state_update:
    case Opcode::resume:
      break;  // only a client sends these
  }
  return ignore("an unknown opcode");
}

/// As much of the message as is looked at. A bot may be in thousands of guilds, so the lists of a
/// GUILD_CREATE are read only where the bot is to play; of the members there that is the bot itself.
nlohmann::json Session::read(std::string_view text) const {
  static constexpr json::Field kMessage[] = {{"op"}, {"s"}, {"t"}, json::objects("d", kPlainFields)};
  nlohmann::json message = json::parse(text, kMessageLimits, kMessage);
  if (!is_worth_reading(message)) return message;
  static const std::vector<json::Field> kDescribed = described_fields();
  static const json::Field kWhole[] = {{"op"}, {"s"}, {"t"}, json::objects("d", kDescribed)};
  // More than the largest guild has of each (kMessageLimits): what has more is no guild.
  struct List {
    std::string_view name;
    std::size_t left;
  };
  std::array<List, 4> lists = {{{"roles", 1'000},
                                {"channels", 2'000},
                                {"permission_overwrites", 40'000},  // of all channels together
                                {"voice_states", 20'000}}};
  bool is_guild = true;
  const auto wanted = [&](std::string_view list, const nlohmann::json& element) {
    if (list == "members") return json::id(json::field(element, "user"), "id") == user_;
    for (List& one : lists) {
      if (one.name != list) continue;
      if (one.left == 0) return is_guild = false;
      --one.left;
    }
    return is_guild;
  };
  nlohmann::json whole = json::parse(text, kMessageLimits, kWhole, wanted);
  return is_guild ? whole : nlohmann::json(nlohmann::json::value_t::discarded);
}

/// It describes a guild to be played in, or a channel there.
bool Session::is_worth_reading(const nlohmann::json& message) const {
  const std::string name = json::text(message, "t").value_or("");
  const nlohmann::json& data = json::field(message, "d");
  if (name == "GUILD_CREATE") return our_guild(data, "id").has_value();
  return (name == "CHANNEL_CREATE" || name == "CHANNEL_UPDATE") && our_guild(data, "guild_id").has_value();
}

Actions Session::on_hello(const nlohmann::json& data, TimePoint now) {
  if (state_ != State::waiting_for_hello) return ignore("a second HELLO");
  const auto interval = Heartbeat::interval(json::number(data, "heartbeat_interval"));
  if (!interval) {
    return hang_up(
        retry(Error(Cause::network, "Discord's gateway said HELLO without a heartbeat interval."), now));
  }
  // Discord, Gateway topic, "Heartbeat Interval": the first beat falls anywhere in the interval, lest all
  // clients beat together.
  heartbeat_.start(now + drawn(*interval), *interval);
  budget_.begin(*interval);
  answer_due_.reset();
  was_reached();
  if (can_resume()) {
    if (std::string text = resume_message(); text.size() < kMaxMessageBytes) {
      state_ = State::waiting_for_resumed;
      answer_due_ = now + kAnswerTimeout;
      budget_.sent(now);
      return one(SendText{std::move(text)});
    }
    forget_session();  // an id of that length is none
  }
  state_ = State::waiting_for_identify;
  return one(WantsIdentify{});
}

Actions Session::identify(TimePoint now) {
  if (state_ != State::waiting_for_identify) return {};
  std::string text = message(Opcode::identify,
                             {{"token", std::string(config_.token.reveal())},
                              {"intents", kIntents},
                              {"properties", {{"os", "linux"}, {"browser", "vcplay"}, {"device", "vcplay"}}},
                              {"shard", {config_.shard_id, config_.shard_count}}});
  if (text.size() >= kMaxMessageBytes) {
    return hang_up(
        end(Error(Cause::token_refused, "The token is far too long to be one.", Hint::copy_token_again)));
  }
  ++identifies_;
  state_ = State::waiting_for_ready;
  answer_due_ = now + kAnswerTimeout;
  budget_.sent(now);
  return one(SendText{std::move(text)});
}

std::string Session::resume_message() const {
  return message(Opcode::resume, {{"token", std::string(config_.token.reveal())},
                                  {"session_id", session_id_},
                                  {"seq", sequence_.value_or(0)}});
}

Actions Session::on_time(TimePoint now) {
  notice_good_life(now);
  const auto is_lost = [&](const char* sentence) {
    return hang_up(retry(Error(Cause::network, sentence), now));
  };
  if (answer_due_ && now >= *answer_due_) {
    return is_lost(state_ == State::waiting_for_hello
                       ? "Discord's gateway did not say HELLO in time."
                       : "Discord's gateway did not take up the session in time.");
  }
  Actions actions;
  switch (heartbeat_.on_time(now)) {
    case Heartbeat::Due::nothing:
      break;
    case Heartbeat::Due::beat:
      actions = beat();
      break;
    case Heartbeat::Due::lost:
      return is_lost("Discord's gateway stopped answering: a heartbeat was not acknowledged.");
  }
  send_waiting(now, actions);
  return actions;
}

std::optional<TimePoint> Session::deadline() const noexcept {
  const auto own = earlier(answer_due_, heartbeat_.deadline());
  return is_ready() && waiting_.next() != nullptr ? earlier(own, budget_.free_at()) : own;
}

Actions Session::update_voice_state(const VoiceStateUpdate& update, TimePoint now) {
  const bool can_wait = !update.channel && can_resume() && state_ != State::over;
  if (is_ready() || can_wait) waiting_.put(update);
  if (!is_ready()) return {};
  Actions actions;
  send_waiting(now, actions);
  if (waiting_.has(update.guild)) actions.emplace_back(VoiceStateWaits{update.guild});
  return actions;
}

/// As many op 4s as the budget bears.
void Session::send_waiting(TimePoint now, Actions& actions) {
  while (is_ready() && waiting_.next() != nullptr && budget_.take(now)) {
    const VoiceStateUpdate next = *waiting_.next();
    waiting_.take_next();
    nlohmann::json channel_id;  // null: leave
    if (next.channel) channel_id = next.channel->str();
    actions.emplace_back(SendText{message(Opcode::voice_state_update, {{"guild_id", next.guild.str()},
                                                                       {"channel_id", std::move(channel_id)},
                                                                       {"self_mute", next.self_mute},
                                                                       {"self_deaf", next.self_deaf}})});
    actions.emplace_back(VoiceStateSent{next.guild});
  }
}

Actions Session::beat() const {
  nlohmann::json last_seen;
  if (sequence_) last_seen = *sequence_;
  return one(SendText{message(Opcode::heartbeat, std::move(last_seen))});
}

}  // namespace vcplay::gateway
