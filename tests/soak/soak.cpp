// Plays through a storm of faults for as long as it is told, and the real program under hard conditions after
// that; says whether everything that must hold did hold.
#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <deque>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "net/event_loop.hpp"
#include "rehearsal/discord.hpp"
#include "soak/orders.hpp"
#include "soak/player.hpp"
#include "soak/programs.hpp"
#include "soak/readers.hpp"
#include "soak/storm.hpp"
#include "soak/vitals.hpp"
#include "soak/witness.hpp"
#include "words/descriptor_words.hpp"

namespace vcplay::soak {
namespace {

constexpr Duration kTurn = 100ms;            // of whoever watches
constexpr Duration kStartTime = 20s;         // until audio flows first; sanitizers are slow
constexpr Duration kQuietSockets = 12s;      // a socket that is closing may take so long
constexpr std::uint64_t kMostAhead = 10;     // frames: catching up takes three, and the watcher may be late
constexpr std::size_t kMostMoreSockets = 4;  // while some of them close and others open; of a channel 8 more
constexpr std::size_t kMostMoreKib = 16 << 10;
constexpr Duration kWarmUp = 30s;
constexpr std::size_t kLogLines = 400;

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

/// The guilds and channels of `vcplay rehearse --guilds N`.
std::vector<rehearsal::Place> places_for(const Orders& orders) {
  rehearsal::DiscordOptions options;
  options.further_places = rehearsal::made_up_places({options.guild, options.channel}, orders.channels - 1);
  return rehearsal::places_of(options);
}

rehearsal::DiscordOptions furnish(const Orders& orders, const Storm& storm) {
  rehearsal::DiscordOptions options;
  const std::vector<rehearsal::Place> places = places_for(orders);
  options.further_places.assign(places.begin() + 1, places.end());
  options.script = storm.script;
  options.rest_faults = storm.rest;
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

/// One of the channels: what its listener heard, and what was seen there so far.
struct Post {
  explicit Post(std::vector<Excuse> excuses) : witness(std::move(excuses)) {}

  Witness witness;
  std::map<std::string, std::uint64_t> findings = {};
  std::uint64_t identifies = 0;
  bool was_peace = false;
  std::uint64_t taken = 0;  // frames
  std::uint64_t refused = 0;
  std::uint64_t rebases = 0;
};

/// One storm from its beginning to its end.
class Soak {
 public:
  Soak(const Orders& orders, LogTail& log_tail)
      : orders_(orders),
        log_tail_(log_tail),
        storm_(make_storm(orders.seed, orders.length, places_for(orders))) {
    for (const auto& excuses : storm_.excuses) posts_.push_back(std::make_unique<Post>(excuses));
  }

  void run() {
    net::EventLoop().stop();  // the first loop allocates what all others use: no leak
    const Vitals before = take_vitals();
    {
      rehearsal::Discord discord(furnish(orders_, storm_));
      const std::vector<rehearsal::Place> places = rehearsal::places_of(discord.options());
      for (std::size_t i = 0; i < posts_.size(); ++i) {
        discord.set_listener_sink(places[i],
                                  [&witness = posts_[i]->witness](ByteView opus, const float*, std::size_t) {
                                    witness.hear(opus, Clock::now());
                                  });
      }
      discord.start();
      {
        Player player(discord);
        play(discord, player);
      }
      discord.stop();
      judge(discord.reports());
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
  void complain_of(std::size_t place, const std::string& what) {
    complain(posts_.size() == 1 ? what : fmt::format("channel {}: {}", place + 1, what));
  }
  void expect_same(std::string_view what, std::size_t wanted, std::size_t found) {
    if (wanted != found) complain(fmt::format("{} {} instead of {}", found, what, wanted));
  }
  /// When audio was heard first, which is in all channels at once.
  [[nodiscard]] TimePoint first() const { return *posts_.front()->witness.account().first; }

  void play(const rehearsal::Discord& discord, Player& player) {
    if (!await_audio(player)) {
      complain("no audio was heard to begin with");
    } else {
      log_tail_.count_from(first());
      std::this_thread::sleep_for(1s);  // before the first fault, the join's own connections have closed
      const Vitals steady = take_vitals();
      watch(discord, player, steady);
      if (player.is_playing()) expect_peace(player, steady);
    }
    if (auto error = player.stop()) complain(fmt::format("the player gave up: {}", error->what()));
    for (std::size_t i = 0; i < posts_.size(); ++i) settle_accounts(i, player.stats(i));
  }

  bool await_audio(const Player& player) const {
    const TimePoint deadline = Clock::now() + kStartTime;
    const auto hears = [](const auto& post) { return post->witness.account().first.has_value(); };
    while (!std::all_of(posts_.begin(), posts_.end(), hears)) {
      if (!player.is_playing() || Clock::now() > deadline) return false;
      std::this_thread::sleep_for(kTurn);
    }
    return true;
  }

  /// Until the storm is over.
  void watch(const rehearsal::Discord& discord, const Player& player, const Vitals& steady) {
    const TimePoint end = first() + orders_.length;
    TimePoint next_look{};
    while (Clock::now() < end && player.is_playing()) {
      const TimePoint before = Clock::now();
      const std::uint64_t position = player.position();
      std::this_thread::sleep_for(kTurn);
      const std::uint64_t played = player.position() - position;
      const auto slots = static_cast<std::uint64_t>((Clock::now() - before) / kFrameDuration);
      if (played > slots + kMostAhead) {
        complain(fmt::format("the tape ran ahead: {} frames in {} ms", played, slots * 20));
      }
      if (Clock::now() < next_look) continue;
      next_look = Clock::now() + 1s;
      look_at_process(steady);
      const auto reports = discord.reports();
      for (std::size_t i = 0; i < posts_.size(); ++i) look_at_sessions(i, reports[i].report);
    }
  }

  void look_at_process(const Vitals& steady) {
    const Vitals now = take_vitals();
    most_descriptors_ = std::max(most_descriptors_, now.descriptors);
    if (now.threads > steady.threads + 1)
      complain(fmt::format("{} threads run instead of {}", now.threads, steady.threads));
    if (now.descriptors > steady.descriptors + kMostMoreSockets + 8 * posts_.size()) {
      complain(
          fmt::format("{} file descriptors are open, {} to begin with", now.descriptors, steady.descriptors));
    }
    if (warm_kib_ == 0 && Clock::now() - first() > std::min(kWarmUp, orders_.length / 2)) {
      warm_kib_ = now.resident_kib;
    }
  }

  /// Whoever asks for a new voice session although nothing took the old one has lost audio without need.
  void look_at_sessions(std::size_t place, const rehearsal::Report& report) {
    Post& post = *posts_[place];
    for (const rehearsal::Finding& one : report.findings) {
      if (std::exchange(post.findings[one.rule], one.count) == one.count) continue;
      log::warning("the rehearsal found {} in channel {} ({} times): {}", one.rule, place + 1, one.count,
                   one.detail);
    }
    const bool is_peace = post.witness.is_peace(Clock::now());
    if (is_peace && post.was_peace && report.voice_identifies != post.identifies) {
      complain_of(place, fmt::format("a new voice session was asked for without need after {:.1f} s",
                                     seconds(Clock::now() - first())));
    }
    post.identifies = report.voice_identifies;
    post.was_peace = is_peace;
  }

  /// After the storm everything is as it was before.
  void expect_peace(const Player& player, const Vitals& steady) {
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
    for (std::size_t i = 0; i < posts_.size(); ++i) {
      if (!player.stats(i).speaking.load() || Clock::now() - *posts_[i]->witness.account().latest > 1s) {
        complain_of(i, "no audio flows after the storm");
      }
    }
  }

  /// Every frame that left the tape was sent, or ran on while nobody was there, or was refused by the socket.
  /// Where other channels took frames that this one could not, its listener misses those.
  void settle_accounts(std::size_t place, const send::SenderStats& stats) {
    Post& post = *posts_[place];
    const std::uint64_t sent = stats.audio_packets.load() + stats.unheard.load();
    post.taken = stats.track_frame.load() + 1;
    post.refused = stats.dropped.load() + stats.failed.load();
    post.rebases = stats.rebases.load();
    const std::uint64_t passed = posts_.size() == 1 ? 0 : post.witness.account().missing;
    if (sent > post.taken || post.taken > sent + post.refused + passed) {
      complain_of(place, fmt::format("{} frames left the tape, {} were sent, {} refused, and {} are missing",
                                     post.taken, sent, post.refused, passed));
    }
  }

  void judge(const std::vector<rehearsal::PlaceReport>& reports) {
    for (std::size_t i = 0; i < posts_.size(); ++i) {
      const rehearsal::Report& report = reports[i].report;
      for (const std::string& one : posts_[i]->witness.account().complaints) complain_of(i, one);
      for (const rehearsal::Finding& one : report.findings) {
        complain_of(i, fmt::format("{} ({} times): {}", one.rule, one.count, one.detail));
      }
      if (report.encryption.plaintext != 0) complain_of(i, "audio was sent without end-to-end encryption");
      if (!report.left_cleanly) complain_of(i, "the player did not take leave");
    }
    print(reports);
  }

  void print(const std::vector<rehearsal::PlaceReport>& reports) const {
    const auto add_faults = [](std::size_t sum, const auto& one) { return sum + one.report.faults.size(); };
    const rehearsal::Report& first = reports.front().report;
    fmt::print(
        "soak: {} faults of {}; main gateway: {} identifies, {} resumes; at most {} file descriptors; memory "
        "{} KiB warm, {} KiB in the end\n",
        std::accumulate(reports.begin(), reports.end(), std::size_t{0}, add_faults), storm_.script.size(),
        first.gateway_identifies, first.gateway_resumes, most_descriptors_, warm_kib_, end_kib_);
    for (std::size_t i = 0; i < posts_.size(); ++i) print(i, reports[i].report);
  }

  void print(std::size_t place, const rehearsal::Report& report) const {
    const Post& post = *posts_[place];
    const Witness::Account heard = post.witness.account();
    fmt::print(
        "channel {}: {} faults; {} frames played, {} heard, {} lost by the storm, {} refused by the socket;\n"
        "      longest silence {:.2f} s; voice: {} identifies, {} resumes; {} epochs; {} stalls of the "
        "sender\n",
        place + 1, report.faults.size(), post.taken, heard.heard, heard.missing, post.refused,
        seconds(heard.longest_silence), report.voice_identifies, report.voice_resumes,
        report.encryption.epochs, post.rebases);
  }

  const Orders orders_;
  LogTail& log_tail_;
  const Storm storm_;
  std::vector<std::unique_ptr<Post>> posts_;  // of the places, in their order
  std::vector<std::string> complaints_;
  std::size_t most_descriptors_ = 0;
  std::size_t warm_kib_ = 0;
  std::size_t end_kib_ = 0;
};

/// False when something did not hold.
bool judge(const Orders& orders, const std::vector<std::string>& complaints) {
  if (complaints.empty()) return true;
  fmt::print("soak: FAILED; again with --seed {}\n", orders.seed);
  for (const std::string& one : complaints) fmt::print("  {}\n", one);
  return false;
}

int soak(const Orders& orders) {
  if (orders.only_readers > 0s) {
    return judge(orders, soak_readers(orders.seed, orders.only_readers)) ? 0 : 1;
  }
  LogTail log_tail(orders.tells_all);
  Soak soak(orders, log_tail);
  const auto length = std::chrono::duration_cast<std::chrono::seconds>(orders.length).count();
  fmt::print("soak: seed {}, {} s, {} channels, {} faults\n", orders.seed, length, orders.channels,
             soak.storm().script.size());
  std::fflush(stdout);
  soak.run();
  if (soak.complaints().empty()) {
    if (orders.programs > 0s && !judge(orders, soak_programs(orders.seed, orders.programs))) return 1;
    fmt::print("soak: everything held\n");
    return 0;
  }
  fmt::print("the latest of the log:\n");
  log_tail.print();
  fmt::print("the storm, for vcplay rehearse --guilds {} --script:\n{}", orders.channels,
             to_text(soak.storm()));
  fmt::print("soak: FAILED; again with --seed {} --seconds {} --channels {}\n", orders.seed, length,
             orders.channels);
  for (const std::string& one : soak.complaints()) fmt::print("  {}\n", one);
  return 1;
}

}  // namespace
}  // namespace vcplay::soak

int main(int argc, char** argv) {
  const auto orders = vcplay::soak::read_orders({argv + 1, argv + argc});
  if (!orders) {
    vcplay::soak::print_usage();
    return 2;
  }
  if (orders->prints_script) {
    const auto places = vcplay::soak::places_for(*orders);
    fmt::print("{}", to_text(vcplay::soak::make_storm(orders->seed, orders->length, places)));
    return 0;
  }
  try {
    return vcplay::soak::soak(*orders);
  } catch (const std::exception& error) {
    fmt::print(stderr, "soak: {}\n", error.what());
    return 1;
  }
}
