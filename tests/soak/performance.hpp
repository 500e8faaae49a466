// The real program as it plays in a loopback Discord, and what is found wrong with it.
#pragma once

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "rehearsal/discord.hpp"
#include "soak/pulses.hpp"
#include "words/stage.hpp"
#include "words/subprocess.hpp"
#include "words/temporary_folder.hpp"

namespace vcplay::soak {

/// A play in a loopback Discord of its own, and what is found wrong with it.
class Performance {
 public:
  Performance(std::string name, rehearsal::DiscordOptions options = {})
      : name_(std::move(name)), discord_(std::move(options)) {
    discord_.set_listener_sink([this](ByteView, const float* interleaved, std::size_t samples) {
      ear_.hear(interleaved, samples, Clock::now());
    });
    discord_.start();
  }

  [[nodiscard]] std::string file(const std::string& name) const { return folder_.file(name); }
  [[nodiscard]] const testing::TemporaryFolder& folder() const noexcept { return folder_; }
  /// What it said on standard error, known in the end.
  [[nodiscard]] const std::string& errors() const noexcept { return errors_; }
  [[nodiscard]] const PulseEar& ear() const noexcept { return ear_; }

  [[nodiscard]] testing::Command play(const std::vector<std::string>& words) const {
    const auto& options = discord_.options();
    testing::Command command;
    command.words = {testing::kProgram,
                     "play",
                     "--json",
                     "--api-url",
                     discord_.api_url(),
                     "--ca-file",
                     folder_.write("ca.pem", discord_.ca_pem()),
                     "--guild",
                     options.guild.str(),
                     "--channel",
                     options.channel.str()};
    command.words.insert(command.words.end(), words.begin(), words.end());
    command.environment = {{"DISCORD_TOKEN", options.accounts.front().token},
                           {"VCPLAY_HOME", folder_.file("")}};
    return command;
  }

  template <typename... Values>
  void complain(fmt::format_string<Values...> format, Values&&... values) {
    complaints_.push_back(name_ + ": " + fmt::format(format, std::forward<Values>(values)...));
  }
  void expect(bool holds, const std::string& otherwise) {
    if (!holds) complain("{}", otherwise);
  }

  /// Its own figures; `excused` are rules that this play had to break.
  nlohmann::json end(testing::Subprocess& player, const std::vector<std::string>& excused = {}) {
    constexpr auto kDeadline = std::chrono::seconds(30);  // to play out and leave
    const testing::Finished finished = player.finish(kDeadline);
    errors_ = finished.err;
    if (finished.timed_out || finished.exit_status != 0) {
      complain("it ended with {} and said: {}", finished.exit_status, finished.err);
    }
    discord_.stop();
    for (const rehearsal::Finding& one : discord_.report().findings) {
      if (std::find(excused.begin(), excused.end(), one.rule) != excused.end()) continue;
      complain("{} ({} times): {}", one.rule, one.count, one.detail);
    }
    std::istringstream lines(finished.out);
    for (std::string line; std::getline(lines, line);) {
      nlohmann::json event = nlohmann::json::parse(line, nullptr, false);
      if (event.is_object() && event.value("event", "") == "statistics") return event;
    }
    complain("it gave no statistics");
    return {};
  }

  [[nodiscard]] std::vector<std::string> verdict(const std::string& story) const {
    fmt::print("soak: {}: {}\n", name_, story);
    std::fflush(stdout);
    return complaints_;
  }

 private:
  const std::string name_;
  testing::TemporaryFolder folder_;
  PulseEar ear_;
  rehearsal::Discord discord_;
  std::vector<std::string> complaints_;
  std::string errors_;
};

/// Samples as pulses() makes them, as a WAV file whose length nobody knows.
[[nodiscard]] std::string wav(const std::string& s16le);

}  // namespace vcplay::soak
