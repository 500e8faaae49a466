// What a hung network file system does to whoever asks about a file on it.
#pragma once

#include <string>

namespace vcplay::testing {

/// A file of which stat() says nothing for as long as this lives; one at a time.
class HungStat {
 public:
  explicit HungStat(const std::string& path);
  ~HungStat();
  HungStat(const HungStat&) = delete;
  HungStat& operator=(const HungStat&) = delete;
  /// How many threads have come to hang in it.
  [[nodiscard]] int held() const;
};

}  // namespace vcplay::testing
