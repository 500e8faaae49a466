// Which shard of a bot may identify when.
#pragma once

#include <algorithm>
#include <map>

#include "base/clock.hpp"

namespace vcplay::bot {

/// Discord, Gateway topic, "Max Concurrency": shards whose number leaves the same rest identify one after the
/// other, 5 s apart; those of other rests do not hold them up.
class IdentifyTurns {
 public:
  // Discord asks for five seconds; the rest is for a network that carries the second one faster.
  static constexpr Duration kSpacing = 5250ms;

  explicit IdentifyTurns(int max_concurrency = 1) noexcept : buckets_(std::max(max_concurrency, 1)) {}

  /// How long until this shard may identify; zero: now.
  [[nodiscard]] Duration wait(int shard, TimePoint now) const {
    const auto latest = latest_.find(shard % buckets_);
    if (latest == latest_.end()) return Duration::zero();
    return std::max<Duration>(latest->second + kSpacing - now, Duration::zero());
  }
  /// This shard identifies now.
  void identifies(int shard, TimePoint now) { latest_[shard % buckets_] = now; }

 private:
  int buckets_;
  std::map<int, TimePoint> latest_;  // of each bucket
};

}  // namespace vcplay::bot
