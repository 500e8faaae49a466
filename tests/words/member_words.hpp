// An encrypted call with one player, and members who come and go.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "words/call_words.hpp"

namespace vcplay::rehearsal::test {

inline constexpr const char* kEverything = "Every member who was entitled to hear heard every packet.";

inline DiscordOptions with(std::vector<MemberScript> scripts) {
  DiscordOptions options = encrypted();
  options.member_scripts = std::move(scripts);
  return options;
}

/// Comes `after` the first audio packet.
inline MemberScript comer(Duration after) {
  MemberScript script;
  script.cue = Cue::audio;
  script.joins_after = after;
  return script;
}

/// A call with one player.
struct Call {
  explicit Call(DiscordOptions options = encrypted()) : discord(std::move(options)), player(discord) {}

  void begin() {
    player.get_ready();
    player.speak(1);
  }
  void end() {
    player.fall_silent();
    player.leave();
  }
  [[nodiscard]] Report report() const { return discord.report(); }
  [[nodiscard]] ListenerReport listener(std::size_t index) const {
    for (const ListenerReport& listener : report().listeners) {
      if (listener.user == discord.world.listeners().at(index)) return listener;
    }
    return {};
  }

  PaperDiscord discord;
  DavePlayer player;
};

/// Listeners of whom one comes or goes every `churn`, as the seed decides.
inline DiscordOptions churning(int listeners, Duration churn, std::uint32_t seed = 1) {
  DiscordOptions options = encrypted();
  options.listeners = listeners;
  options.churn = churn;
  options.churn_seed = seed;
  return options;
}

}  // namespace vcplay::rehearsal::test
