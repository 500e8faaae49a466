// A media thread that fails ends the play: out of the channel, in one sentence.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/stat.h>

#include <atomic>
#include <string>
#include <string_view>

#include "cli/exit_status.hpp"
#include "cli/player.hpp"
#include "cli/signals.hpp"
#include "rehearsal/discord.hpp"
#include "words/starved_memory.hpp"
#include "words/temporary_folder.hpp"

namespace {

constexpr std::string_view kPoison = "poison.wav";
std::atomic<bool> is_poisonous{false};

bool is_media_thread() {
  char name[16] = {};
  ::pthread_getname_np(::pthread_self(), name, sizeof name);
  return std::string_view(name) == "vcplay-media";
}

}  // namespace

/// Stands in front of the C library's: whoever looks at that file finds no memory from then on.
extern "C" int stat(const char* path, struct stat* about) noexcept {
  if (is_poisonous && std::string_view(path).ends_with(kPoison) && is_media_thread()) {
    vcplay::testing::starve_this_thread();
  }
  return ::fstatat(AT_FDCWD, path, about, 0);
}

namespace vcplay::cli {
namespace {

/// A second of a sound, 48 kHz, mono, 16 bits.
std::string wav() {
  constexpr std::uint32_t kBytes = 2 * kSampleRate;
  const auto little = [](std::uint32_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xFF);
    return text;
  };
  std::string sound;
  for (std::uint32_t i = 0; i < kSampleRate; ++i) sound += little(i % 100 * 100, 2);
  return "RIFF" + little(36 + kBytes, 4) + "WAVEfmt " + little(16, 4) + little(1, 2) + little(1, 2) +
         little(kSampleRate, 4) + little(2 * kSampleRate, 4) + little(2, 2) + little(16, 2) + "data" +
         little(kBytes, 4) + sound;
}

PlayerSetup play(const rehearsal::Discord& discord, const std::vector<std::string>& files) {
  PlayerSetup setup;
  setup.bot.token = SecretString(discord.options().accounts.front().token);
  setup.bot.gateway_url = net::Url::parse(discord.gateway_url());
  setup.targets = {{discord.options().guild, discord.options().channel, "here"}};
  setup.ca_pem = discord.ca_pem();
  setup.bitrate = 64'000;
  for (const std::string& file : files) setup.media.push_back({file, {}, 0, 0});
  return setup;
}

TEST(Players, LeaveWhenTheMediaThreadFails) {
  const testing::TemporaryFolder folder;
  const std::string song = folder.write("song.wav", wav());
  const std::string poison = folder.write(std::string(kPoison), wav());
  Signals signals;
  rehearsal::Discord discord{rehearsal::DiscordOptions{}};
  discord.start();
  send::MonotonicPacer pacer;
  PlayerView nobody;
  is_poisonous = true;
  const PlayerOutcome outcome = Player(play(discord, {song, poison, song}), pacer, signals, nobody).run();
  is_poisonous = false;
  ASSERT_TRUE(outcome.error);
  EXPECT_STREQ(outcome.error->what(), "The media thread has no memory left.");
  EXPECT_EQ(static_cast<int>(to_exit_status(outcome.error->cause())), 1);
  EXPECT_FALSE(outcome.signal);
  discord.stop();
  const rehearsal::Report report = discord.report();
  EXPECT_TRUE(report.left_cleanly);
  EXPECT_TRUE(report.findings.empty());
  EXPECT_GE(report.audio_packets, 1U) << "it played until then";
}

}  // namespace
}  // namespace vcplay::cli
