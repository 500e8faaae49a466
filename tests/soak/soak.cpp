// Plays through a storm of faults for as long as it is told, and the real program under hard conditions after
// that; says whether everything that must hold did hold.
#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "net/event_loop.hpp"
#include "rehearsal/discord.hpp"
#include "soak/player.hpp"
#include "soak/programs.hpp"
#include "soak/storm.hpp"
#include "soak/vitals.hpp"
#include "soak/witness.hpp"
#include "words/descriptor_words.hpp"

namespace vcplay::soak {
namespace {

constexpr Duration kTurn = 100ms;             // of whoever watches
constexpr Duration kStartTime = 20s;          // until audio flows first; sanitizers are slow
constexpr Duration kQuietSockets = 12s;       // a socket that is closing may take so long
constexpr std::uint64_t kMostAhead = 10;      // frames: catching up takes three, and the watcher may be late
constexpr std::size_t kMostMoreSockets = 12;  // while some of them close and others open
constexpr std::size_t kMostMoreKib = 16 << 10;
constexpr Duration kWarmUp = 30s;
constexpr std::size_t kLogLines = 400;

struct Orders {
  std::uint64_t seed = 0;
  Duration length = 1min;
  bool prints_script = false;
  bool tells_all = false;
  Duration programs = 1min;  // 0: none
};

rehearsal::DiscordOptions furnish(const Orders& orders, const Storm& storm) {
  rehearsal::DiscordOptions options;
  options.script = storm.script;
  options.fault_seed = static_cast<std::uint32_t>(orders.seed);
  options.listeners = 4;
  options.occupants = 4;
  options.churn = 2s;
  options.churn_seed = static_cast<std::uint32_t>(orders.seed);
  options.server_update_first = (orders.seed & 1) != 0;
  if ((orders.seed & 2) != 0) std::reverse(options.modes.begin(), options.modes.end());
  // So that unanswered ones are noticed within the storm.
  options.heartbeat_interval = 4s;
  options.voice_heartbeat_interval_ms = 1000.5;
  return options;
}

/// The latest lines of the log, for whoever has to find out what went wrong.
class LogTail {
 public:
  explicit LogTail(bool tells_all) {
    log::set_level(log::Level::debug);
    log::set_sink([this, tells_all](log::Level, std::string_view line) {
      if (line.find("libwebsockets") != std::string_view::npos) return;
      const double since = std::chrono::duration<double>(Clock::now() - begin_.load()).count();
      lines_.push_back(fmt::format("{:9.3f} {}", since, line));
      if (tells_all) fmt::print("{}\n", lines_.back());
      if (lines_.size() > kLogLines) lines_.pop_front();
    });
  }
  ~LogTail() { log::set_sink({}); }
  LogTail(const LogTail&) = delete;
  LogTail& operator=(const LogTail&) = delete;
  /// Like the storm, from the first audio on.
  void count_from(TimePoint begin) noexcept { begin_ = begin; }
  void print() const {
    for (const std::string& line : lines_) fmt::print("  {}\n", line);
  }

 private:
  std::atomic<TimePoint> begin_ = Clock::now();
  std::deque<std::string> lines_;
};

/// One storm from its beginning to its end.
class Soak {
 public:
  Soak(const Orders& orders, LogTail& log_tail)
      : orders_(orders),
        log_tail_(log_tail),
        storm_(make_storm(orders.seed, orders.length)),
        witness_(storm_) {}

  void run() {
    net::EventLoop().stop();  // the first one of a process leaves behind what the others need
    const Vitals before = take_vitals();
    {
      rehearsal::Discord discord(furnish(orders_, storm_));
      discord.set_listener_sink(
          [this](ByteView opus, const float*, std::size_t) { witness_.hear(opus, Clock::now()); });
      discord.start();
      {
        Player player(discord);
        play(discord, player);
      }
      discord.stop();
      judge(discord.report());
    }
    const Vitals after = take_vitals();
    constexpr std::size_t kLoops = 2;  // Discord's and the player's
    expect_same("file descriptors are left after the end",
                before.descriptors + kLoops * testing::left_by_each_loop(), after.descriptors);
    expect_same("threads are left after the end", before.threads, after.threads);
  }

  [[nodiscard]] const Storm& storm() const noexcept { return storm_; }
  [[nodiscard]] const std::vector<std::string>& complaints() const noexcept { return complaints_; }

 private:
  void complain(std::string what) {
    if (complaints_.size() < 50) complaints_.push_back(std::move(what));
  }
  void expect_same(std::string_view what, std::size_t wanted, std::size_t found) {
    if (wanted != found) complain(fmt::format("{} {} instead of {}", found, what, wanted));
  }

  void play(const rehearsal::Discord& discord, Player& player) {
    if (!await_audio(player)) {
      complain("no audio was heard to begin with");
    } else {
      log_tail_.count_from(*witness_.account().first);
      std::this_thread::sleep_for(1s);  // before the first fault, the join's own connections have closed
      const Vitals steady = take_vitals();
      watch(discord, player, steady);
      if (player.is_playing()) expect_peace(player.stats(), steady);
    }
    if (auto error = player.stop()) complain(fmt::format("the player gave up: {}", error->what()));
    settle_accounts(player.stats());
  }

  bool await_audio(const Player& player) const {
    const TimePoint deadline = Clock::now() + kStartTime;
    while (!witness_.account().first) {
      if (!player.is_playing() || Clock::now() > deadline) return false;
      std::this_thread::sleep_for(kTurn);
    }
    return true;
  }

  /// Until the storm is over.
  void watch(const rehearsal::Discord& discord, const Player& player, const Vitals& steady) {
    const TimePoint end = *witness_.account().first + orders_.length;
    TimePoint next_look{};
    while (Clock::now() < end && player.is_playing()) {
      const TimePoint before = Clock::now();
      const std::uint64_t position = player.stats().track_frame.load();
      std::this_thread::sleep_for(kTurn);
      const std::uint64_t played = player.stats().track_frame.load() - position;
      const auto slots = static_cast<std::uint64_t>((Clock::now() - before) / kFrameDuration);
      if (played > slots + kMostAhead) {
        complain(fmt::format("the tape ran ahead: {} frames in {} ms", played, slots * 20));
      }
      if (Clock::now() < next_look) continue;
      next_look = Clock::now() + 1s;
      look_at_process(steady);
      look_at_sessions(discord);
    }
  }

  void look_at_process(const Vitals& steady) {
    const Vitals now = take_vitals();
    most_descriptors_ = std::max(most_descriptors_, now.descriptors);
    if (now.threads > steady.threads + 1)
      complain(fmt::format("{} threads run instead of {}", now.threads, steady.threads));
    if (now.descriptors > steady.descriptors + kMostMoreSockets) {
      complain(
          fmt::format("{} file descriptors are open, {} to begin with", now.descriptors, steady.descriptors));
    }
    const TimePoint begin = *witness_.account().first;
    if (warm_kib_ == 0 && Clock::now() - begin > std::min(kWarmUp, orders_.length / 2)) {
      warm_kib_ = now.resident_kib;
    }
  }

  /// Whoever asks for a new voice session although nothing took the old one has lost audio without need.
  void look_at_sessions(const rehearsal::Discord& discord) {
    const rehearsal::Report report = discord.report();
    const std::uint64_t identifies = report.voice_identifies;
    for (const rehearsal::Finding& one : report.findings) {
      if (std::exchange(findings_[one.rule], one.count) == one.count) continue;
      log::warning("the rehearsal found {} ({} times): {}", one.rule, one.count, one.detail);
    }
    const bool is_peace = witness_.is_peace(Clock::now());
    if (is_peace && was_peace_ && identifies != identifies_) {
      complain(fmt::format("a new voice session was asked for without need after {:.1f} s",
                           std::chrono::duration<double>(Clock::now() - *witness_.account().first).count()));
    }
    identifies_ = identifies;
    was_peace_ = is_peace;
  }

  /// After the storm everything is as it was before.
  void expect_peace(const send::SenderStats& stats, const Vitals& steady) {
    const TimePoint deadline = Clock::now() + kQuietSockets;
    Vitals now = take_vitals();
    while ((now.descriptors != steady.descriptors || now.threads != steady.threads) &&
           Clock::now() < deadline) {
      std::this_thread::sleep_for(kTurn);
      now = take_vitals();
    }
    expect_same("file descriptors are open after the storm", steady.descriptors, now.descriptors);
    expect_same("threads run after the storm", steady.threads, now.threads);
    end_kib_ = now.resident_kib;
    if (kMemoryTells && warm_kib_ != 0 && end_kib_ > warm_kib_ + kMostMoreKib) {
      complain(fmt::format("memory grew from {} to {} KiB", warm_kib_, end_kib_));
    }
    if (!stats.speaking.load() || Clock::now() - *witness_.account().latest > 1s) {
      complain("no audio flows after the storm");
    }
  }

  /// Every frame that left the tape was sent, or ran on while nobody was there, or was refused by the socket.
  void settle_accounts(const send::SenderStats& stats) {
    const std::uint64_t taken = stats.track_frame.load() + 1;
    const std::uint64_t sent = stats.audio_packets.load() + stats.unheard.load();
    const std::uint64_t refused = stats.dropped.load() + stats.failed.load();
    if (sent > taken || taken > sent + refused) {
      complain(fmt::format("{} frames left the tape, {} were sent and {} refused", taken, sent, refused));
    }
    taken_ = taken;
    refused_ = refused;
    rebases_ = stats.rebases.load();
  }

  void judge(const rehearsal::Report& report) {
    const Witness::Account heard = witness_.account();
    for (const std::string& one : heard.complaints) complain(one);
    for (const rehearsal::Finding& one : report.findings) {
      complain(fmt::format("{} ({} times): {}", one.rule, one.count, one.detail));
    }
    if (report.encryption.plaintext != 0) complain("audio was sent without end-to-end encryption");
    if (!report.left_cleanly) complain("the player did not take leave");
    fmt::print(
        "soak: {} faults of {}; {} frames played, {} heard, {} lost by the storm, {} refused by the socket; "
        "longest "
        "silence {:.2f} s;\n"
        "      main gateway: {} identifies, {} resumes; voice: {} identifies, {} resumes; {} epochs; {} "
        "stalls of the "
        "sender;\n"
        "      at most {} file descriptors; memory {} KiB warm, {} KiB in the end\n",
        report.faults.size(), storm_.script.size(), taken_, heard.heard, heard.missing, refused_,
        std::chrono::duration<double>(heard.longest_silence).count(), report.gateway_identifies,
        report.gateway_resumes, report.voice_identifies, report.voice_resumes, report.encryption.epochs,
        rebases_, most_descriptors_, warm_kib_, end_kib_);
  }

  const Orders orders_;
  LogTail& log_tail_;
  const Storm storm_;
  Witness witness_;
  std::vector<std::string> complaints_;
  std::map<std::string, std::uint64_t> findings_;
  std::uint64_t identifies_ = 0;
  bool was_peace_ = false;
  std::size_t most_descriptors_ = 0;
  std::size_t warm_kib_ = 0;
  std::size_t end_kib_ = 0;
  std::uint64_t taken_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t rebases_ = 0;
};

int usage() {
  fmt::print(
      stderr,
      "usage: soak [MINUTES] [--seconds N] [--programs N] [--seed N] [--print-script] [--tell-all]\n"
      "Plays through a storm of faults, 1 minute of it unless it says otherwise. --seed repeats one,\n"
      "--print-script only writes it as `vcplay rehearse --script` reads it, --tell-all writes the log.\n"
      "After it the real program plays for N seconds (60; 0: not at all) from sound cards whose clocks "
      "differ,\n"
      "from a fast pipe, and while it is stopped and woken.\n");
  return 2;
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<Orders> read_orders(const std::vector<std::string_view>& words) {
  constexpr std::uint64_t kMostSeconds = 24 * 60 * 60;
  Orders orders;
  orders.seed = std::random_device{}();
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool has_value = words[i] == "--seed" || words[i] == "--seconds" || words[i] == "--programs";
    if (words[i] == "--print-script") {
      orders.prints_script = true;
    } else if (words[i] == "--tell-all") {
      orders.tells_all = true;
    } else {
      if (has_value && i + 1 == words.size()) return std::nullopt;
      const auto value = whole_number(words[has_value ? i + 1 : i]);
      if (!value || (words[i] != "--seed" && *value > kMostSeconds)) return std::nullopt;
      if (words[i] == "--seed") {
        orders.seed = *value;
      } else if (words[i] == "--programs") {
        orders.programs = std::chrono::seconds(*value);
        if (*value != 0 && orders.programs < kShortestPrograms) return std::nullopt;
      } else if (*value == 0) {
        return std::nullopt;
      } else {
        orders.length = std::chrono::seconds(words[i] == "--seconds" ? *value : *value * 60);
      }
      if (has_value) ++i;
    }
  }
  return orders;
}

/// False when something did not hold.
bool soak_the_program(const Orders& orders) {
  const std::vector<std::string> complaints = soak_programs(orders.seed, orders.programs);
  if (complaints.empty()) return true;
  fmt::print("soak: FAILED; again with --seed {}\n", orders.seed);
  for (const std::string& one : complaints) fmt::print("  {}\n", one);
  return false;
}

int soak(const Orders& orders) {
  LogTail log_tail(orders.tells_all);
  Soak soak(orders, log_tail);
  fmt::print("soak: seed {}, {} s, {} faults\n", orders.seed,
             std::chrono::duration_cast<std::chrono::seconds>(orders.length).count(),
             soak.storm().script.size());
  std::fflush(stdout);
  soak.run();
  if (soak.complaints().empty()) {
    if (orders.programs > 0s && !soak_the_program(orders)) return 1;
    fmt::print("soak: everything held\n");
    return 0;
  }
  fmt::print("the latest of the log:\n");
  log_tail.print();
  fmt::print("the storm, for vcplay rehearse --script:\n{}", to_text(soak.storm()));
  fmt::print("soak: FAILED; again with --seed {} --seconds {}\n", orders.seed,
             std::chrono::duration_cast<std::chrono::seconds>(orders.length).count());
  for (const std::string& one : soak.complaints()) fmt::print("  {}\n", one);
  return 1;
}

}  // namespace
}  // namespace vcplay::soak

int main(int argc, char** argv) {
  const auto orders = vcplay::soak::read_orders({argv + 1, argv + argc});
  if (!orders) return vcplay::soak::usage();
  if (orders->prints_script) {
    fmt::print("{}", to_text(vcplay::soak::make_storm(orders->seed, orders->length)));
    return 0;
  }
  try {
    return vcplay::soak::soak(*orders);
  } catch (const std::exception& error) {
    fmt::print(stderr, "soak: {}\n", error.what());
    return 1;
  }
}
