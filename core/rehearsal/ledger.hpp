// What each account did, written down while it happens.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/snowflake.hpp"
#include "rehearsal/histogram.hpp"
#include "rehearsal/report.hpp"
#include "rehearsal/rules.hpp"

namespace vcplay::rehearsal {

/// One account's part of the report, growing. Its size does not depend on how long the account stays.
class Ledger {
 public:
  /// The first breach of a rule keeps its sentence, later ones are counted.
  void breach(Rule rule, std::string detail);
  /// A message of the account's own, by its word in the report.
  void says(std::string_view word);
  void suffers(std::string fault, TimePoint now);
  /// A packet of its audio that came then went to the listener.
  void is_heard(TimePoint when);
  /// The account's time begins at `when`, unless it began earlier.
  void begins(TimePoint when);
  /// Keeps the earliest `when` of each phase.
  void first(std::string_view phase, TimePoint when);
  /// Keeps the latest `when` of each phase.
  void latest(std::string_view phase, TimePoint when);
  // The same by the kernel's clock.
  void first_arrival(std::string_view phase, TimePoint when);
  void latest_arrival(std::string_view phase, TimePoint when);
  /// The kernel's clock went on by so much while ours stood still.
  void stood_still(Duration span) noexcept { behind_ += span; }

  /// Everything but what the listener measured.
  [[nodiscard]] Report report() const;

  Report facts;  // counters; findings, phases and arrival are kept below
  ErrorHistogram arrival;
  bool excused = false;  // the server disturbed it: how it leaves says nothing about the account

 private:
  std::map<Rule, Finding> findings_;
  std::map<std::string, TimePoint, std::less<>> phases_;
  TimePoint begin_ = TimePoint::max();
  Duration behind_{};
  std::optional<TimePoint> last_heard_;
};

/// All ledgers: one for each account, and one for connections that never said who they are.
class Books {
 public:
  [[nodiscard]] Ledger& of(Snowflake user);
  /// What was written about the account so far no longer counts, except for whether it is excused.
  void begin_anew(Snowflake user);
  [[nodiscard]] Ledger& of_nobody() { return nobody_; }
  /// The account's report; the breaches of strangers count for everybody.
  [[nodiscard]] Report report_of(Snowflake user) const;
  /// The kernel's clock went on by so much while everybody's here stood still.
  void stood_still(Duration span);

 private:
  std::map<Snowflake, Ledger> ledgers_;
  Ledger nobody_;
  Duration behind_{};
};

}  // namespace vcplay::rehearsal
