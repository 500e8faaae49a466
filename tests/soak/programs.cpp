#include "soak/programs.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <future>
#include <nlohmann/json.hpp>
#include <random>
#include <stdexcept>
#include <thread>

#include "base/milliseconds.hpp"
#include "soak/performance.hpp"
#include "soak/pulses.hpp"
#include "soak/readers.hpp"

namespace vcplay::soak {
namespace {

using Json = nlohmann::json;
using testing::Subprocess;

constexpr Duration kLatency = 300ms;
constexpr Duration kTolerance = 40ms;
constexpr Duration kSettling = 15s;
constexpr std::size_t kPortion = 480;                 // samples that a card gives at once
constexpr Duration kOpusDelay = 6500us;               // of encoder and decoder together: 312 samples
constexpr auto kDeadline = std::chrono::seconds(30);  // to play out and leave
constexpr double kDriftTolerance = 400e-6;

Duration seconds(double span) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(span));
}

/// A named pipe that this process writes; it never waits for somebody to read.
class NamedPipe {
 public:
  explicit NamedPipe(const std::string& path) {
    // For reading, too: then it opens at once, and nobody's leaving kills us.
    if (::mkfifo(path.c_str(), 0600) != 0 || (fd_ = ::open(path.c_str(), O_RDWR | O_CLOEXEC)) < 0) {
      throw std::runtime_error("no named pipe at " + path);
    }
  }
  ~NamedPipe() { close(); }
  NamedPipe(const NamedPipe&) = delete;
  NamedPipe& operator=(const NamedPipe&) = delete;

  /// Writes as a sound card does, which does not wait. False when there was no room.
  [[nodiscard]] bool pour(const std::string& bytes) const {
    ::fcntl(fd_, F_SETFL, O_NONBLOCK);
    return ::write(fd_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
  }
  /// Waits for room; false when there was none for half a minute.
  [[nodiscard]] bool fill(const std::string& bytes) const {
    for (int patience = 3'000; patience > 0; --patience) {
      if (pour(bytes)) return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_ = -1;
};

const std::vector<std::string> kRawPcm = {"-f", "s16le", "--rate", "48000", "--channels", "2"};

std::vector<std::string> operator+(std::vector<std::string> words, const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

// ── a sound card whose clock differs ──

/// Makes `rate` samples in each second of ours, in portions; returns when its first one existed.
TimePoint run_card(Performance& performance, const NamedPipe& pipe, double rate, Duration length) {
  const TimePoint begin = Clock::now();
  const auto portions =
      static_cast<std::uint64_t>(std::chrono::duration<double>(length).count() * rate / kPortion);
  std::uint64_t lost = 0;
  for (std::uint64_t portion = 0; portion < portions; ++portion) {
    std::this_thread::sleep_until(begin + seconds(static_cast<double>((portion + 1) * kPortion) / rate));
    if (!pipe.pour(pulses(portion * kPortion, kPortion))) ++lost;
  }
  performance.expect(lost == 0, fmt::format("the pipe had no room for {} portions", lost));
  return begin;
}

struct Distance {
  Duration least = Duration::max();
  Duration most = Duration::min();
  int pulses = 0;
};

/// How long after it came out of the card each pulse was sent.
Distance measure_distance(const PulseEar& ear, TimePoint begin, double rate) {
  const Duration period = seconds(static_cast<double>(kPulseSamples) / rate);
  const Duration portion =
      seconds(kPortion / rate);  // a portion begins with the pulse and is written when it is complete
  Distance distance;
  for (const PulseEar::Pulse& pulse : ear.pulses()) {
    if (pulse.when < begin + kSettling) continue;
    const Duration behind = (pulse.when - begin) % period - portion - kOpusDelay;
    distance.least = std::min(distance.least, behind);
    distance.most = std::max(distance.most, behind);
    ++distance.pulses;
  }
  return distance;
}

std::vector<std::string> follow_card(double rate, Duration length) {
  Performance performance(fmt::format("a card of {:.0f} Hz", rate));
  const std::string path = performance.file("card");
  NamedPipe pipe(path);
  Subprocess player(
      performance.play(std::vector<std::string>{"--live"} + kRawPcm + std::vector<std::string>{path}));
  performance.expect(player.wait_for_text("\"start\"", kDeadline), "it did not start");
  const TimePoint begin = run_card(performance, pipe, rate, length);
  pipe.close();
  const Json statistics = performance.end(player);
  if (statistics.is_null()) return performance.verdict("no figures");

  const Distance distance = measure_distance(performance.ear(), begin, rate);
  const auto wanted = static_cast<int>((length - kSettling) / 1s) - 1;
  performance.expect(distance.pulses >= wanted,
                     fmt::format("{} pulses were heard of {}", distance.pulses, wanted));
  performance.expect(distance.least >= kLatency - kTolerance && distance.most <= kLatency + kTolerance,
                     "its distance left the 40 ms about 300");
  const double drift = statistics.at("live").at("drift_ppm").get<double>() * 1e-6;
  performance.expect(std::abs(drift - (rate / kSampleRate - 1)) < kDriftTolerance,
                     "its clock was measured wrongly");
  performance.expect(statistics.at("live").at("stalls") == 0, "it seemed to fall silent");
  performance.expect(statistics.at("underruns") == 0, "the queue ran dry");
  performance.expect(statistics.at("dropped") == 0 && statistics.at("failed") == 0, "packets were refused");
  return performance.verdict(fmt::format("{} pulses {:.0f} to {:.0f} ms behind it, its clock {:+.2f} %",
                                         distance.pulses, milliseconds(distance.least),
                                         milliseconds(distance.most), drift * 100));
}

// ── a pipe that is filled as fast as it drains ──

std::vector<std::string> fill_pipe(Duration length) {
  Performance performance("a fast pipe");
  const std::string path = performance.file("pipe");
  NamedPipe pipe(path);
  Subprocess player(performance.play(kRawPcm + std::vector<std::string>{path}));
  const auto pulses_sent = static_cast<std::uint64_t>(length / 1s);
  for (std::uint64_t sample = 0; sample < pulses_sent * kPulseSamples; sample += kPortion) {
    if (pipe.fill(pulses(sample, kPortion))) continue;
    performance.complain("nobody read the pipe any more");
    break;
  }
  pipe.close();
  const Json statistics = performance.end(player);
  if (statistics.is_null()) return performance.verdict("no figures");

  const auto heard = performance.ear().pulses();
  performance.expect(heard.size() == pulses_sent,
                     fmt::format("{} pulses were heard of {}", heard.size(), pulses_sent));
  for (std::size_t i = 1; i < heard.size(); ++i) {
    const std::uint64_t apart = heard[i].position - heard[i - 1].position;
    if (apart < kPulseSamples - 10 || apart > kPulseSamples + 10) {
      performance.complain("{} samples were heard between two pulses instead of {}", apart, kPulseSamples);
    }
  }
  // The last frame is the encoder's delay.
  const std::uint64_t frames = pulses_sent * kPulseSamples / kSamplesPerFrame + 1;
  performance.expect(statistics.at("audio_packets") == frames, "its frames were not sent one by one");
  performance.expect(statistics.at("underruns") == 0, "the queue ran dry");
  performance.expect(statistics.at("live").at("left_out_ms") == 0, "something was left out");
  return performance.verdict(fmt::format("{} s sent, {} packets heard of {}", pulses_sent,
                                         statistics.at("audio_packets").get<std::uint64_t>(), frames));
}

// ── a player that is stopped and woken ──

std::vector<std::string> stop_and_wake(std::uint64_t seed, Duration length) {
  // Both gateways give a player up after 6 s.
  rehearsal::DiscordOptions options;
  options.heartbeat_interval = 4s;
  options.voice_heartbeat_interval_ms = 4'000;
  Performance performance("a player that is stopped", options);
  std::mt19937_64 random(seed);
  const auto between = [&random](Duration least, Duration most) {
    return least +
           static_cast<std::int64_t>(random() % static_cast<std::uint64_t>((most - least) / 1ms)) * 1ms;
  };
  const Duration nap = between(500ms, 3s);
  const Duration sleep = between(8s, 12s);
  const auto pulses_sent = static_cast<std::uint64_t>((length - 20s) / 1s);
  Subprocess player(performance.play(
      {performance.folder().write("song.wav", wav(pulses(0, pulses_sent * kPulseSamples)))}));
  for (const Duration stop : {nap, sleep}) {
    std::this_thread::sleep_for(between(4s, 8s));
    player.send(SIGSTOP);
    std::this_thread::sleep_for(stop);
    player.send(SIGCONT);
  }
  player.live_on(std::chrono::duration_cast<std::chrono::milliseconds>(length));
  // Whoever is stopped says nothing, not even silence.
  const Json statistics =
      performance.end(player, {"gateway-heartbeat-missed", "voice-heartbeat-missed", "missing-silence"});
  if (statistics.is_null()) return performance.verdict("no figures");

  // Packets that were on their way to the session before are lost.
  constexpr std::uint64_t kMostLost = 2;
  const auto heard = performance.ear().pulses().size();
  performance.expect(heard <= pulses_sent && heard + kMostLost >= pulses_sent,
                     fmt::format("{} pulses were heard of {}", heard, pulses_sent));
  return performance.verdict(fmt::format("for {:.1f} and {:.1f} s; {} pulses heard of {}, {} reconnects",
                                         milliseconds(nap) / 1000, milliseconds(sleep) / 1000, heard,
                                         pulses_sent, statistics.at("reconnects").get<int>()));
}

}  // namespace

std::vector<std::string> soak_programs(std::uint64_t seed, Duration length) {
  std::vector<std::function<std::vector<std::string>()>> tasks = {
      [&] { return follow_card(48'200, length); }, [&] { return follow_card(47'800, length); },
      [&] { return fill_pipe(length); },           [&] { return stop_and_wake(seed, length); },
      [&] { return drown(seed, length); },         [&] { return read_now_and_then(seed, length); }};
  std::vector<std::future<std::vector<std::string>>> running;
  running.reserve(tasks.size());
  for (auto& task : tasks) running.push_back(std::async(std::launch::async, std::move(task)));
  std::vector<std::string> complaints;
  for (auto& one : running) {
    for (std::string& complaint : one.get()) complaints.push_back(std::move(complaint));
  }
  return complaints;
}

}  // namespace vcplay::soak
