// Sentences that are worth saying once.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <unordered_set>

#include "base/thread_annotations.hpp"

namespace vcplay {

/// Knows which sentences were said, so that a list that plays for months complains of a file once and not in
/// each round. Bounded: beyond kMost sentences it forgets all, and says them once more. Any thread.
class SaidOnce {
 public:
  static constexpr std::size_t kMost = 10'000;

  /// True for the first time.
  [[nodiscard]] bool is_new(std::string_view sentence) {
    const Lock lock(mutex_);
    if (said_.size() >= kMost) said_.clear();
    return said_.insert(std::hash<std::string_view>{}(sentence)).second;
  }

 private:
  Mutex mutex_;
  std::unordered_set<std::size_t> said_ GUARDED_BY(mutex_);
};

}  // namespace vcplay
