// Which lines of a log are worth the reader's time, when somebody can cause them at will.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"

namespace vcplay {

/// Lets a few lines of one kind through at once, then one a minute, and counts the others.
class Repeats {
 public:
  static constexpr int kAtOnce = 3;
  static constexpr Duration kPause = std::chrono::minutes(1);
  static constexpr std::size_t kSampleBytes = 200;

  /// The place in the program that a line comes from: file and line.
  using Kind = std::pair<const char*, int>;

  /// Nothing: leave `line` out. Else show it, and say that so many like it were left out since the last one.
  [[nodiscard]] std::optional<std::uint64_t> next(Kind kind, std::string_view line, TimePoint now);

  struct LeftOut {
    std::uint64_t count;
    std::string sample;  // the beginning of the last of them
  };
  /// What nobody has been told of yet.
  [[nodiscard]] std::vector<LeftOut> take_left_out();

 private:
  struct Count {
    TimePoint paid_until{};  // each line that is shown costs a pause, and a few may be owed
    LeftOut left_out{};
  };
  std::map<Kind, Count> kinds_;
};

}  // namespace vcplay
