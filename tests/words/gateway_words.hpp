// The main gateway's words, and a session that hears them in a thread of time.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/session.hpp"
#include "words/actions.hpp"

namespace vcplay::gateway {

using nlohmann::json;

inline constexpr TimePoint kStart{1000s};
inline constexpr Snowflake kGuild{81384788765712384};
inline constexpr Snowflake kRoom{381870553235193857};
inline constexpr Snowflake kBot{100000000000000002};
inline constexpr const char* kToken = "MTAwMDAw.GxAbCd.not-a-real-one";
inline constexpr const char* kResumeUrl = "wss://gateway-us-east1-b.discord.gg";

/// `random` is what each draw comes to.
inline Config config(double random = 0.5) {
  Config config;
  config.token = SecretString(kToken);
  config.guilds = {kGuild};
  config.random = [random] { return random; };
  return config;
}

// ── op 4 ──

inline constexpr VoiceStateUpdate kJoin{.guild = kGuild, .channel = kRoom};
inline constexpr VoiceStateUpdate kLeave{.guild = kGuild, .channel = {}};

// ── what Discord says ──

inline json hello(double interval_ms = 40'000) {
  return {{"op", 10}, {"d", {{"heartbeat_interval", interval_ms}}}, {"s", nullptr}};
}
inline json ack() { return {{"op", 11}, {"d", nullptr}}; }
inline json reconnect() { return {{"op", 7}, {"d", nullptr}}; }
inline json invalid_session(bool resumable) { return {{"op", 9}, {"d", resumable}}; }
inline json dispatch(int sequence, const char* name, json data) {
  return {{"op", 0}, {"s", sequence}, {"t", name}, {"d", std::move(data)}};
}
inline json ready(const std::vector<const char*>& guilds = {"81384788765712384", "300000000000000001"},
                  const char* session_id = "abcdef") {
  json list = json::array();
  for (const char* const guild : guilds) list.push_back({{"id", guild}, {"unavailable", true}});
  return dispatch(1, "READY",
                  {{"v", 10},
                   {"user", {{"id", "100000000000000002"}, {"username", "dj"}}},
                   {"session_id", session_id},
                   {"resume_gateway_url", kResumeUrl},
                   {"guilds", list}});
}
inline json resumed(int sequence = 9) { return dispatch(sequence, "RESUMED", {{"_trace", json::array()}}); }
inline json guild_create(const char* id = "81384788765712384") {
  return dispatch(2, "GUILD_CREATE",
                  {{"id", id},
                   {"name", "Jazz Club"},
                   {"owner_id", "100000000000000001"},
                   {"channels", {{{"id", "381870553235193857"}, {"type", 2}, {"bitrate", 96000}}}}});
}
inline json voice_state(const char* user, json channel, const char* guild = "81384788765712384") {
  return dispatch(3, "VOICE_STATE_UPDATE",
                  {{"guild_id", guild},
                   {"user_id", user},
                   {"channel_id", std::move(channel)},
                   {"session_id", "voice-session"},
                   {"mute", false},
                   {"suppress", true}});
}
inline json voice_server(json endpoint, const char* guild = "81384788765712384") {
  return dispatch(4, "VOICE_SERVER_UPDATE",
                  {{"guild_id", guild}, {"token", "voice-token"}, {"endpoint", std::move(endpoint)}});
}

/// A session, its owner and the thread of time that they live on.
struct Conversation {
  explicit Conversation(Config with = config()) : session(std::move(with)) {
    EXPECT_TRUE(session.on_open(now).empty());
  }

  Actions hears(const json& message) { return session.on_text(message.dump(), now); }
  Actions closes(std::optional<std::uint16_t> code, std::string_view detail = "") {
    return session.on_close(code, detail, now);
  }
  /// Lets time pass up to the session's next deadline.
  Actions waits() {
    now = session.deadline().value();
    return session.on_time(now);
  }
  Actions may_identify() { return session.identify(now); }
  Actions asks(const VoiceStateUpdate& update) { return session.update_voice_state(update, now); }
  /// HELLO comes, and the budget allows an IDENTIFY where one is wanted.
  Actions hears_hello(double interval_ms = 40'000) {
    Actions actions = hears(hello(interval_ms));
    return test::count<WantsIdentify>(actions) == 1 ? may_identify() : actions;
  }
  Conversation& become_ready() {
    hears_hello();
    hears(ready());
    EXPECT_TRUE(session.is_ready());
    return *this;
  }
  /// Waits as long as the Reconnect among `actions` says; then the new socket opens.
  Conversation& follows(const Actions& actions) {
    now += test::only<Reconnect>(actions).after;
    EXPECT_TRUE(session.on_open(now).empty());
    return *this;
  }
  /// The same, but the new socket does not open.
  Actions fails_to_follow(const Actions& actions) {
    now += test::only<Reconnect>(actions).after;
    return session.on_close(std::nullopt, "connection refused", now);
  }
  /// From the Reconnect among `actions` to RESUMED.
  Conversation& resumes(const Actions& actions) {
    follows(actions);
    EXPECT_EQ(test::sent<SendText>(hears_hello())["op"], 6);
    EXPECT_EQ(test::count<Resumed>(hears(resumed())), 1U);
    return *this;
  }
  /// From the Reconnect among `actions` to an IDENTIFY.
  Conversation& identifies(const Actions& actions) {
    follows(actions);
    EXPECT_EQ(test::sent<SendText>(hears_hello())["op"], 2);
    return *this;
  }

  Session session;
  TimePoint now = kStart;
};

inline std::string why(const Actions& actions) {
  return test::count<Failed>(actions) == 1 ? test::only<Failed>(actions).error.what()
                                           : test::only<Reconnect>(actions).reason.what();
}

}  // namespace vcplay::gateway
