// A call in which faults happen as a script says.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rehearsal/fault_script.hpp"
#include "words/call_words.hpp"

namespace vcplay::rehearsal::test {

inline DiscordOptions with(std::string_view text, DiscordOptions options = PaperDiscord::unencrypted()) {
  options.script = parse_script(text);
  return options;
}

/// A call in the clear with one player, about to speak.
template <class Player = PaperPlayer>
struct Play {
  explicit Play(DiscordOptions options) : discord(std::move(options)), player(discord) {
    player.get_ready();
    player.speak(1);
  }
  void end() {
    player.fall_silent();
    player.leave();
  }
  [[nodiscard]] Report report() const { return discord.report(); }
  [[nodiscard]] std::vector<std::string> faults() const {
    std::vector<std::string> faults;
    for (const InjectedFault& one : report().faults) faults.push_back(one.fault);
    return faults;
  }

  PaperDiscord discord;
  Player player;
};

}  // namespace vcplay::rehearsal::test
