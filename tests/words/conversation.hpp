// A call and what the two gateways say to it, on a clock that moves when told.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "channel/call.hpp"

namespace vcplay::channel {

inline constexpr TimePoint kStart{1000s};
inline constexpr Snowflake kHome{10};
inline constexpr Snowflake kElsewhere{20};

/// The order of the actions, as words.
inline std::vector<std::string> words(const call::Actions& actions) {
  std::vector<std::string> all;
  for (const call::Action& action : actions) {
    if (const auto* const ask = std::get_if<call::Ask>(&action)) {
      all.push_back(ask->channel ? "ask " + ask->channel->str() : "leave");
    } else if (std::holds_alternative<call::CloseVoice>(action)) {
      all.emplace_back("close");
    } else if (const auto* const open = std::get_if<call::OpenVoice>(&action)) {
      all.push_back("open " + open->channel.str() + " " + open->session_id + " " + open->token);
    } else if (const auto* const moved = std::get_if<call::Moved>(&action)) {
      all.push_back("moved " + moved->channel.str());
    } else if (const auto* const retry = std::get_if<call::Retry>(&action)) {
      all.push_back("retry in " + std::to_string(retry->after / 1ms) + " ms");
    } else {
      all.emplace_back(std::get<call::Ended>(action).there ? "end and leave" : "end");
    }
  }
  return all;
}

/// A call and what the two gateways say to it.
class Conversation {
 public:
  explicit Conversation(OnMove on_move = OnMove::follow, OnKick on_kick = OnKick::exit)
      : call({.channel = kHome, .on_move = on_move, .on_kick = on_kick}) {}

  call::Actions state(std::optional<Snowflake> channel, const std::string& session = "s1") {
    return call.own_voice_state({.channel = channel, .session_id = session}, now);
  }
  call::Actions server(const std::string& token) { return call.voice_server({token, "voice.example"}, now); }
  call::Actions no_server() { return call.voice_server({"gone", std::nullopt}, now); }
  call::Actions after(Duration time) {
    now += time;
    return call.on_time(now);
  }
  call::Actions voice_ends(voice::After then, std::optional<std::uint16_t> code, Duration pause = {},
                           int most = 5) {
    return call.voice_is_over({then, pause, most, code, Error(Cause::network, "It broke.")}, now);
  }
  /// Joined, opened, described.
  Conversation& live() {
    static_cast<void>(call.join(now));
    static_cast<void>(state(kHome));
    static_cast<void>(server("t1"));
    static_cast<void>(call.voice_is_live(now));
    return *this;
  }

  TimePoint now = kStart;
  Call call;
};

}  // namespace vcplay::channel
