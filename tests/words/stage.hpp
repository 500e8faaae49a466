// A loopback Discord and the real program playing into it.
#pragma once

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "rehearsal/discord.hpp"
#include "words/subprocess.hpp"
#include "words/temporary_folder.hpp"

namespace vcplay::testing {

/// Where the build put the program.
inline const std::string kProgram = VCPLAY_PROGRAM;

/// Removes, when it goes, what players of one server leave in the folder that this user's real plays have
/// too.
class Leftovers {
 public:
  explicit Leftovers(const std::string& api_url) {
    const std::size_t begin = api_url.find("://") + 3;
    server_ = api_url.substr(begin, api_url.find('/', begin) - begin) + "_";
  }
  ~Leftovers() {
    const passwd* const user = ::getpwuid(::geteuid());
    if (user == nullptr) return;
    std::error_code ignored;
    const auto folder = std::filesystem::path(user->pw_dir) / ".local/state/vcplay";
    for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
      if (entry.path().filename().string().starts_with(server_))
        std::filesystem::remove(entry.path(), ignored);
    }
  }
  Leftovers(const Leftovers&) = delete;
  Leftovers& operator=(const Leftovers&) = delete;

 private:
  std::string server_;  // "127.0.0.1:4444_"
};

/// Runs `vcplay play` as a child process against a Discord in this one.
class Stage {
 public:
  explicit Stage(rehearsal::DiscordOptions options = {}) : discord_(std::move(options)) {
    discord_.start();
    ca_file_ = folder_.write("ca.pem", discord_.ca_pem());
    leftovers_.emplace(discord_.api_url());
  }

  [[nodiscard]] rehearsal::Discord& discord() { return discord_; }
  [[nodiscard]] const TemporaryFolder& folder() const { return folder_; }
  [[nodiscard]] const std::string& ca_file() const { return ca_file_; }

  /// `vcplay play` with all that it needs to get in, and `words` after that. The environment holds the token
  /// alone.
  [[nodiscard]] Command play(const std::vector<std::string>& words) const {
    const auto& options = discord_.options();
    Command command;
    command.words = {kProgram, "play",      "--api-url",           discord_.api_url(), "--ca-file",
                     ca_file_, "--channel", options.channel.str(), "--guild",          options.guild.str()};
    command.words.insert(command.words.end(), words.begin(), words.end());
    command.environment = {{"DISCORD_TOKEN", options.accounts.front().token}};
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
  std::optional<Leftovers> leftovers_;
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
