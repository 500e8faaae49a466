#include "fleet/plan.hpp"

#include <algorithm>

namespace vcplay::fleet {

Plan::Plan(const std::vector<Snowflake>& guilds, std::size_t max_joined)
    : guilds_(guilds), max_joined_(std::max<std::size_t>(max_joined, 1)) {
  std::set<Snowflake> seen;
  for (std::size_t target = 0; target < guilds_.size(); ++target) {
    if (seen.insert(guilds_[target]).second) {
      ready_.insert(target);
    } else {
      waiting_[guilds_[target]].push_back(target);
    }
  }
}

std::optional<std::size_t> Plan::take_next() {
  if (ready_.empty() || begun_ >= max_joined_) return std::nullopt;
  ++begun_;
  return ready_.extract(ready_.begin()).value();
}

void Plan::ended(std::size_t target) {
  --begun_;
  const auto behind = waiting_.find(guilds_[target]);
  if (behind == waiting_.end()) return;
  ready_.insert(behind->second.front());
  behind->second.pop_front();
  if (behind->second.empty()) waiting_.erase(behind);
}

void Plan::stop() {
  ready_.clear();
  waiting_.clear();
}

}  // namespace vcplay::fleet
