#include "base/repeats.hpp"

#include <algorithm>

namespace vcplay {

std::optional<std::uint64_t> Repeats::next(Kind kind, std::string_view line, TimePoint now) {
  Count& count = kinds_[kind];
  if (count.paid_until - now > (kAtOnce - 1) * kPause) {
    ++count.left_out.count;
    count.left_out.sample = line.substr(0, kSampleBytes);
    return std::nullopt;
  }
  count.paid_until = std::max(count.paid_until, now) + kPause;
  return std::exchange(count.left_out.count, 0);
}

std::vector<Repeats::LeftOut> Repeats::take_left_out() {
  std::vector<LeftOut> all;
  for (auto& [kind, count] : kinds_) {
    if (count.left_out.count > 0) all.push_back(std::exchange(count.left_out, {}));
  }
  return all;
}

}  // namespace vcplay
