#include "gateway/session.hpp"

#include <fmt/core.h>

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

/// All that is looked at of any message's `d`: which message it is may stand behind it.
std::vector<json::Field> data_fields() {
  std::vector<json::Field> fields = {// HELLO and READY
                                     {"heartbeat_interval"},
                                     json::objects("user", kWithId),
                                     {"session_id"},
                                     {"resume_gateway_url"},
                                     json::objects("guilds", kWithId),
                                     // GUILD_DELETE, VOICE_STATE_UPDATE and VOICE_SERVER_UPDATE
                                     {"unavailable"},
                                     {"guild_id"},
                                     {"user_id"},
                                     {"channel_id"},
                                     {"mute"},
                                     {"suppress"},
                                     {"request_to_speak_timestamp"},
                                     {"token"},
                                     {"endpoint"}};
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

Session::Session(Config config) : config_(with_random(std::move(config))), backoff_(kWaits, config_.random) {}

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

/// As much of the message as is looked at; of the members of a guild that is the bot itself.
nlohmann::json Session::read(std::string_view text) const {
  static const std::vector<json::Field> kData = data_fields();
  static const json::Field kMessage[] = {{"op"}, {"s"}, {"t"}, json::objects("d", kData)};
  const auto wanted = [this](std::string_view list, const nlohmann::json& element) {
    return list != "members" || json::id(json::field(element, "user"), "id") == user_;
  };
  return json::parse(text, kMessageLimits, kMessage, wanted);
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
  answer_due_.reset();
  was_reached();
  if (can_resume()) {
    if (std::string text = resume_message(); text.size() < kMaxMessageBytes) {
      state_ = State::waiting_for_resumed;
      answer_due_ = now + kAnswerTimeout;
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
  switch (heartbeat_.on_time(now)) {
    case Heartbeat::Due::nothing:
      return {};
    case Heartbeat::Due::beat:
      return beat();
    case Heartbeat::Due::lost:
      break;
  }
  return is_lost("Discord's gateway stopped answering: a heartbeat was not acknowledged.");
}

std::optional<TimePoint> Session::deadline() const noexcept {
  return earlier(answer_due_, heartbeat_.deadline());
}

Actions Session::update_voice_state(std::optional<Snowflake> channel, bool self_mute, bool self_deaf) {
  if (!is_ready()) return {};
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

}  // namespace vcplay::gateway
