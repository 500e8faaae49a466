#include "rehearsal/ledger.hpp"

#include <algorithm>
#include <utility>

namespace vcplay::rehearsal {

void Ledger::breach(Rule rule, std::string detail) {
  const auto known = findings_.find(rule);
  if (known != findings_.end()) {
    ++known->second.count;
  } else {
    findings_.emplace(rule, Finding{std::string(word(rule)), std::move(detail), 1});
  }
}

void Ledger::says(std::string_view word) {
  if (facts.wire.size() < Report::kMostWords) facts.wire.emplace_back(word);
  if (word == "gateway-identify") ++facts.gateway_identifies;
  if (word == "voice-identify") ++facts.voice_identifies;
}

void Ledger::suffers(std::string fault, TimePoint now) {
  constexpr std::size_t kMostFaults = 1024;
  if (facts.faults.size() == kMostFaults) return;
  const auto audio = phases_.find("first-audio");
  const Duration since = audio == phases_.end() ? Duration::zero() : now + behind_ - audio->second;
  facts.faults.push_back({std::move(fault), std::max(since, Duration::zero())});
}

void Ledger::is_heard(TimePoint when) {
  if (last_heard_) facts.longest_gap = std::max(facts.longest_gap, when - *last_heard_);
  last_heard_ = when;
}

void Ledger::begins(TimePoint when) { begin_ = std::min(begin_, when + behind_); }

void Ledger::first(std::string_view phase, TimePoint when) { first_arrival(phase, when + behind_); }

void Ledger::latest(std::string_view phase, TimePoint when) { latest_arrival(phase, when + behind_); }

void Ledger::first_arrival(std::string_view phase, TimePoint when) {
  begin_ = std::min(begin_, when);
  phases_.emplace(phase, when);
}

void Ledger::latest_arrival(std::string_view phase, TimePoint when) {
  begin_ = std::min(begin_, when);
  const auto known = phases_.find(phase);
  if (known != phases_.end()) {
    known->second = std::max(known->second, when);
  } else {
    phases_.emplace(phase, when);
  }
}

Report Ledger::report() const {
  Report report = facts;
  report.arrival = arrival.pacing();
  for (const auto& [rule, finding] : findings_) report.findings.push_back(finding);
  for (const auto& [name, when] : phases_) report.phases.push_back({name, when - begin_});
  std::stable_sort(report.phases.begin(), report.phases.end(),
                   [](const Phase& a, const Phase& b) { return a.since_start < b.since_start; });
  return report;
}

Ledger& Books::of(Snowflake user) {
  const auto [entry, is_new] = ledgers_.try_emplace(user);
  if (is_new) entry->second.stood_still(behind_);
  return entry->second;
}

void Books::begin_anew(Snowflake user) {
  Ledger& ledger = of(user);
  Ledger fresh;
  fresh.stood_still(behind_);
  fresh.excused = ledger.excused;
  ledger = std::move(fresh);
}

void Books::stood_still(Duration span) {
  behind_ += span;
  nobody_.stood_still(span);
  for (auto& [user, ledger] : ledgers_) ledger.stood_still(span);
}

Report Books::report_of(Snowflake user) const {
  Report report;
  if (const auto known = ledgers_.find(user); known != ledgers_.end()) report = known->second.report();
  const Report strangers = nobody_.report();
  for (const Finding& finding : strangers.findings) {
    const auto same = std::find_if(report.findings.begin(), report.findings.end(),
                                   [&](const Finding& own) { return own.rule == finding.rule; });
    if (same == report.findings.end()) {
      report.findings.push_back(finding);
    } else {
      same->count += finding.count;
    }
  }
  return report;
}

}  // namespace vcplay::rehearsal
