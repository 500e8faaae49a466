// How often a bot has identified, and when it may again.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "host/bot_key.hpp"
#include "host/identify_slots.hpp"
#include "host/locked_file.hpp"
#include "host/state_folder.hpp"
#include "host/wall_time.hpp"

namespace vcplay::host {

/// `session_start_limit` of GET /gateway/bot: Discord's own count, which knows of other machines.
struct SessionStartLimit {
  int total = 1000;
  int remaining = 1000;
  Duration reset_after{};   // then all of them remain
  int max_concurrency = 1;  // identifies per five seconds
};

/// Counts every identify that this user's runs make for one bot within 24 hours, successful or not,
/// and keeps them apart.
///
/// Discord resets the token of a bot that identifies more than 1,000 times a day, which a line in a crontab
/// reaches unnoticed. Each identify is written to a file of the state folder before it is sent. That file is
/// not forced to the disk: a power cut costs the count of a few seconds, and a machine that loses power every
/// few seconds does not get far with Discord either. One thread at a time; never blocks for another process.
class IdentifyLedger {
 public:
  static constexpr std::size_t kWarnFrom = 500;
  static constexpr std::size_t kMost = 900;
  static constexpr auto kWindow = std::chrono::hours(24);
  // Discord asks for five seconds; the rest is for a network that carries the second one faster.
  static constexpr auto kSpacing = std::chrono::milliseconds(5250);

  /// `folder` outlives this; nullptr: count this run only.
  IdentifyLedger(const StateFolder* folder, const BotKey& bot);

  /// Zero: one identify is counted, send it now. Else ask again after so long; nothing is counted. Throws
  /// Error{identify_budget} when there must be none for now. Warns once a run when there were many.
  [[nodiscard]] Duration reserve(WallTime now);

  /// What Discord says. Its count wins where it is the higher one.
  void reconcile(const SessionStartLimit& limit, WallTime now);

  /// How many there were within 24 hours, by the greater of both counts. Counts and writes nothing.
  [[nodiscard]] std::size_t used(WallTime now);

 private:
  using Times = std::vector<WallTime>;  // the oldest first
  struct Told {
    SessionStartLimit limit;
    WallTime when;
    WallTime until;
  };

  /// One of this run's, which it knows even while it cannot have the file.
  struct Own {
    WallTime time;
    bool written;  // into the file
  };
  /// What all runs share, while this one has it.
  struct Book {
    std::optional<LockedFile> file;
    IdentifySlots slots;
  };

  [[nodiscard]] bool open(Book& book);
  [[nodiscard]] bool store(const Book& book);
  void count_without_file(const std::string& reason);
  [[nodiscard]] Times settle(Book& book, WallTime now);
  [[nodiscard]] std::size_t used_by_discords_count(const Times& times, WallTime now) const;
  void refuse_if_used_up(const Times& times, WallTime now) const;
  void warn_if_many(std::size_t used);
  [[nodiscard]] Duration spacing(const Times& times, WallTime now) const;

  const StateFolder* folder_;
  const std::string name_;
  std::optional<Told> told_;
  std::vector<Own> own_;
  int busy_ = 0;  // how often in a row somebody else had the file
  bool warned_of_many_ = false;
  bool warned_of_file_ = false;
};

}  // namespace vcplay::host
