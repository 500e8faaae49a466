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

void Ledger::begins(TimePoint when) { begin_ = std::min(begin_, when); }

void Ledger::first(std::string_view phase, TimePoint when) {
  begins(when);
  phases_.emplace(phase, when);
}

void Ledger::latest(std::string_view phase, TimePoint when) {
  begins(when);
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
