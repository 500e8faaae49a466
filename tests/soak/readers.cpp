#include "soak/readers.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <future>
#include <iterator>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include "rehearsal/fault.hpp"
#include "soak/performance.hpp"
#include "soak/vitals.hpp"

namespace vcplay::soak {
namespace {

constexpr Duration kPeace = 20s;   // at the end, without a flood
constexpr Duration kFinale = 15s;  // shorter than the whole is the song, so that it is played out by then

std::chrono::milliseconds whole(Duration span) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(span);
}

/// Every two seconds another flood, or another word about the key.
rehearsal::FaultScript floods(std::uint64_t seed, Duration length) {
  using rehearsal::FaultKind;
  constexpr FaultKind kKinds[] = {FaultKind::flood_voice, FaultKind::flood_gateway,
                                  FaultKind::rekey,       FaultKind::rekey_same,
                                  FaultKind::rekey_first, FaultKind::flood_proposals};
  std::mt19937_64 random(seed);
  rehearsal::FaultScript script;
  for (Duration at = 1s; at < length; at += 2s) {
    script.push_back({at, {kKinds[random() % std::size(kKinds)], 500 + random() % 2'000, {}, false}});
  }
  return script;
}

/// The most that it ever held; 0 when the kernel does not say.
std::size_t peak_kib(const testing::Subprocess& player) {
  std::ifstream status(fmt::format("/proc/{}/status", player.pid()));
  for (std::string word; status >> word;) {
    std::size_t peak = 0;
    if (word == "VmHWM:" && status >> peak) return peak;
  }
  return 0;
}

/// One play in floods.
class Flooded {
 public:
  Flooded(std::string name, std::uint64_t seed, Duration length)
      : performance_(std::move(name), furnish(seed, length)),
        pulses_sent_(static_cast<std::uint64_t>((length - kFinale) / 1s)) {}

  [[nodiscard]] testing::Command command() const {
    return performance_.play(
        {"-vv", performance_.folder().write("song.wav", wav(pulses(0, pulses_sent_ * kPulseSamples)))});
  }
  Performance& performance() noexcept { return performance_; }

  /// Waits for its end; what has to hold whoever reads.
  std::vector<std::string> end(testing::Subprocess& player) {
    constexpr std::size_t kMostKib = 150 * 1024;
    const std::size_t peak = peak_kib(player);
    const nlohmann::json statistics = performance_.end(player);
    if (statistics.is_null()) return performance_.verdict("no figures");
    performance_.expect(!kMemoryTells || peak < kMostKib, fmt::format("it held {} KiB", peak));
    const auto heard = performance_.ear().pulses().size();
    performance_.expect(heard == pulses_sent_,
                        fmt::format("{} pulses were heard of {}", heard, pulses_sent_));
    return performance_.verdict(fmt::format("{} pulses heard of {}, {} MiB held at the most, {} KiB said",
                                            heard, pulses_sent_, peak / 1024,
                                            performance_.errors().size() / 1024));
  }

 private:
  /// Heartbeats come so often that none can be late without being missed.
  static rehearsal::DiscordOptions furnish(std::uint64_t seed, Duration length) {
    rehearsal::DiscordOptions options;
    options.script = floods(seed, length - kPeace);
    options.heartbeat_interval = 2s;
    options.voice_heartbeat_interval_ms = 2'000;
    return options;
  }

  Performance performance_;
  const std::uint64_t pulses_sent_;
};

}  // namespace

std::vector<std::string> drown(std::uint64_t seed, Duration length) {
  Flooded flooded("a player in floods whose errors nobody reads", seed, length);
  testing::Command command = flooded.command();
  command.error_is_stuck = true;
  testing::Subprocess player(command);
  player.live_on(whole(length - kPeace));
  return flooded.end(player);
}

std::vector<std::string> read_now_and_then(std::uint64_t seed, Duration length) {
  Flooded flooded("a player in floods whose errors are read now and then", seed, length);
  std::mt19937_64 random(seed);
  const auto drawn = [&random](Duration most) {
    return whole(100ms + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most / 1ms)) * 1ms);
  };
  testing::Subprocess player(flooded.command());
  const TimePoint end = Clock::now() + length - kPeace;
  int stops = 0;
  for (; Clock::now() < end; ++stops) {
    player.live_on(drawn(1s));
    player.stop_reading_errors();
    player.live_on(drawn(4s));
    player.unstick();
  }
  flooded.performance().expect(stops > 2, "its reader hardly ever stopped");
  std::vector<std::string> complaints = flooded.end(player);
  // What was read at last are whole lines.
  std::istringstream lines(flooded.performance().errors());
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("vcplay: ")) complaints.push_back("a line that was read late is torn: " + line);
  }
  return complaints;
}

std::vector<std::string> soak_readers(std::uint64_t seed, Duration length) {
  auto never = std::async(std::launch::async, [&] { return drown(seed, length); });
  std::vector<std::string> complaints = read_now_and_then(seed, length);
  for (std::string& one : never.get()) complaints.push_back(std::move(one));
  return complaints;
}

}  // namespace vcplay::soak
