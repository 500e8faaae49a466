// How people write times, and which word they meant.
#include <gtest/gtest.h>

#include "base/spelling.hpp"
#include "base/time_text.hpp"

namespace vcplay {
namespace {

TEST(ReadTime, TakesSecondsMillisecondsAndClocks) {
  EXPECT_EQ(read_time("3"), 3s);
  EXPECT_EQ(read_time("3s"), 3s);
  EXPECT_EQ(read_time("0.57"), 570ms) << "rounded, not cut off";
  EXPECT_EQ(read_time("500ms"), 500ms);
  EXPECT_EQ(read_time("1.5MS"), 1500us);
  EXPECT_EQ(read_time("-1"), -1s) << "whoever asks knows whether that can be";
  EXPECT_EQ(read_time("1:30"), 90s);
  EXPECT_EQ(read_time("90:00"), 90min);
  EXPECT_EQ(read_time("1:02:03"), 1h + 2min + 3s);
  EXPECT_EQ(read_time("1h"), 1h);
  EXPECT_EQ(read_time("1.5h"), 90min);
  EXPECT_EQ(read_time("90min"), 90min);
  EXPECT_EQ(read_time("0:00.5"), 500ms);
}

TEST(ReadTime, TakesNothingElse) {
  for (const char* text :
       {"",    "s",    "ms",    "3 s",    "3m",     "1,5", "nan", "inf",        "1e9",   "1:60",
        "1:5", "1:-5", "-1:05", "1.5:00", "1e1:00", ":30", "1:",  "1:02:03:04", "1:30s", "\xff"}) {
    EXPECT_EQ(read_time(text), std::nullopt) << text;
  }
}

TEST(TimeText, IsReadAsWhatItWas) {
  for (const Duration time : {Duration(0s), Duration(3s), Duration(90s), Duration(1500ms), Duration(300us)}) {
    EXPECT_EQ(read_time(time_text(time)), time) << time_text(time);
  }
  EXPECT_EQ(time_text(90s), "90s");
  EXPECT_EQ(time_text(1500ms), "1500ms");
}

TEST(NearestSpelling, IsNearOrNothing) {
  EXPECT_EQ(nearest_spelling("mgirate", {"kick", "migrate"}), "migrate");
  EXPECT_EQ(nearest_spelling("--volum", {"--verbose", "--volume"}), "--volume");
  EXPECT_EQ(nearest_spelling("frobnicate", {"kick", "migrate"}), std::nullopt);
  EXPECT_EQ(nearest_spelling("", {"kick"}), std::nullopt);
}

}  // namespace
}  // namespace vcplay
