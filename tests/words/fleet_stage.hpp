// A loopback Discord of several guilds, and the real program playing in all of them.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "words/stage.hpp"

namespace vcplay::testing {

/// A Discord of so many guilds, with a voice channel to play in each.
inline rehearsal::DiscordOptions guilds(std::size_t count, rehearsal::DiscordOptions options = {}) {
  options.further_places = rehearsal::made_up_places({options.guild, options.channel}, count - 1);
  return options;
}

class FleetStage : public Stage {
 public:
  explicit FleetStage(rehearsal::DiscordOptions options, const BeforeStart& before_start = {})
      : Stage(std::move(options), before_start) {}

  /// `vcplay play` in all places, in their order.
  [[nodiscard]] Command play_everywhere(const std::vector<std::string>& words) {
    std::vector<std::string> all;
    const auto places = rehearsal::places_of(discord().options());
    for (std::size_t i = 1; i < places.size(); ++i) {
      all.insert(all.end(), {"-c", places[i].guild.str() + "/" + places[i].channel.str()});
    }
    all.insert(all.end(), words.begin(), words.end());
    return play(all);
  }
  [[nodiscard]] std::string name_of(std::size_t place) {
    return rehearsal::places_of(discord().options())[place].channel.str();
  }
};

/// Expects that all of `seconds` was heard there, and that Discord is satisfied.
inline void expect_heard(const rehearsal::Report& report, double seconds, const std::string& where) {
  const auto frames = static_cast<std::uint64_t>(seconds * 50);
  EXPECT_EQ(findings(report), "") << where;
  EXPECT_EQ(report.packets_lost, 0U) << where;
  EXPECT_GE(report.audio_packets, frames) << where;
  EXPECT_LE(report.audio_packets, frames + 1) << where;
  EXPECT_EQ(report.packets_heard, report.packets_received) << where;
  EXPECT_GT(report.encryption.decrypted, 0U) << where;
  EXPECT_EQ(report.encryption.plaintext, 0U) << where;
  EXPECT_TRUE(report.left_cleanly) << where;
}

inline void expect_heard_everywhere(FleetStage& stage, double seconds) {
  for (const auto& [place, report] : stage.discord().reports()) {
    expect_heard(report, seconds, place.channel.str());
  }
}

/// The `targets` of the last event.
inline nlohmann::json targets_of(const std::string& events) {
  const std::size_t last = events.rfind('\n', events.size() - 2);
  const nlohmann::json event = nlohmann::json::parse(events.substr(last == std::string::npos ? 0 : last + 1));
  EXPECT_EQ(event.at("event"), "targets");
  return event.at("targets");
}

inline std::vector<int> statuses_of(const std::string& events) {
  std::vector<int> statuses;
  for (const auto& target : targets_of(events)) statuses.push_back(target.at("status"));
  return statuses;
}

}  // namespace vcplay::testing
