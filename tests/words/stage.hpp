// A loopback Discord and the real program playing into it.
#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "rehearsal/discord.hpp"
#include "words/subprocess.hpp"
#include "words/temporary_folder.hpp"

namespace vcplay::testing {

/// Where the build put the program.
inline const std::string kProgram = VCPLAY_PROGRAM;

/// Runs `vcplay play` as a child process against a Discord in this one.
class Stage {
 public:
  using BeforeStart = std::function<void(rehearsal::Discord&)>;
  explicit Stage(rehearsal::DiscordOptions options = {}, const BeforeStart& before_start = {})
      : discord_(std::move(options)) {
    if (before_start) before_start(discord_);
    discord_.start();
    ca_file_ = folder_.write("ca.pem", discord_.ca_pem());
    std::filesystem::create_directory(home());
  }

  [[nodiscard]] rehearsal::Discord& discord() { return discord_; }
  [[nodiscard]] const TemporaryFolder& folder() const { return folder_; }
  [[nodiscard]] const std::string& ca_file() const { return ca_file_; }
  /// Stands for the home of whoever plays here, whose real one no test touches.
  [[nodiscard]] std::string home() const { return folder_.file("home"); }

  /// `vcplay play` with all that it needs to get in, and `words` after that. The environment holds the token
  /// and the home.
  [[nodiscard]] Command play(const std::vector<std::string>& words) const {
    const auto& options = discord_.options();
    Command command;
    command.words = {kProgram, "play",      "--api-url",           discord_.api_url(), "--ca-file",
                     ca_file_, "--channel", options.channel.str(), "--guild",          options.guild.str()};
    command.words.insert(command.words.end(), words.begin(), words.end());
    command.environment = {{"DISCORD_TOKEN", options.accounts.front().token}, {"VCPLAY_HOME", home()}};
    return command;
  }

  /// A sine of 440 Hz as 16-bit stereo WAV at 48 kHz.
  [[nodiscard]] std::string tone(std::string_view name, double seconds) const {
    return folder_.write(name, wav(pcm(seconds)));
  }

  [[nodiscard]] static std::string pcm(double seconds);            // s16le, 2 channels, 48 kHz
  [[nodiscard]] static std::string wav(const std::string& s16le);  // with a RIFF header

 private:
  TemporaryFolder folder_;
  rehearsal::Discord discord_;
  std::string ca_file_;
};

/// The rules that were broken, for a readable failure.
[[nodiscard]] inline std::string findings(const rehearsal::Report& report) {
  std::string text;
  for (const auto& finding : report.findings) {
    text += fmt::format("{} ({}×): {}\n", finding.rule, finding.count, finding.detail);
  }
  return text;
}

}  // namespace vcplay::testing
