// One writer and readers of different speed on threads of their own: worth most under ThreadSanitizer.
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "words/stream_words.hpp"
#include "words/wait.hpp"

namespace vcplay::stream {
namespace {

constexpr std::uint64_t kFrames = 20'000;

void write_all(FrameLog& log) {
  Writer writer(log);
  for (std::uint64_t number = 0; number < kFrames; ++number) {
    // Sizes that leave traces of other frames in a slot.
    if (!testing::eventually("the log has room", [&] { return writer.write(1 + number % 400); })) break;
  }
  log.finish();
}

struct Reading {
  std::uint64_t heard = 0;
  std::uint64_t broken = 0;
  std::uint64_t backwards = 0;
};

/// Reads to the end, and gives way to others `pause` times after each frame.
Reading read_all(FrameCursor& cursor, int pause) {
  Reading reading;
  std::uint64_t next = 0;
  while (!cursor.drained()) {
    const OpusFrame* frame = nullptr;
    if (!testing::eventually("there is a frame, or the end",
                             [&] { return (frame = cursor.front()) != nullptr || cursor.drained(); })) {
      break;
    }
    if (frame == nullptr) break;
    if (!is_intact(*frame)) ++reading.broken;
    if (frame->track_frame < next) ++reading.backwards;
    next = frame->track_frame + 1;
    ++reading.heard;
    cursor.pop();
    testing::give_way(pause);
  }
  return reading;
}

TEST(FrameLogThreads, HearAWholeStreamEachAtItsOwnSpeed) {
  FrameLog log(64, Retention::whole);
  std::vector<Reading> readings(4);
  std::vector<std::thread> readers;
  for (std::size_t i = 0; i < readings.size(); ++i) {
    readers.emplace_back([&, i] {
      FrameCursor cursor(log);
      readings[i] = read_all(cursor, static_cast<int>(i));
    });
  }
  write_all(log);
  for (std::thread& reader : readers) reader.join();
  for (const Reading& reading : readings) {
    EXPECT_EQ(reading.heard, kFrames);
    EXPECT_EQ(reading.broken, 0U);
    EXPECT_EQ(reading.backwards, 0U);
  }
}

TEST(FrameLogThreads, NeverHearAFrameThatIsBeingOverwritten) {
  FrameLog log(4);
  std::vector<Reading> readings(4);
  std::vector<std::thread> readers;
  for (std::size_t i = 0; i < readings.size(); ++i) {
    readers.emplace_back([&, i] {
      FrameCursor cursor(log);
      readings[i] = read_all(cursor, static_cast<int>(5 * i));
    });
  }
  write_all(log);
  for (std::thread& reader : readers) reader.join();
  for (const Reading& reading : readings) {
    EXPECT_GT(reading.heard, 0U);
    EXPECT_EQ(reading.broken, 0U);
    EXPECT_EQ(reading.backwards, 0U);
  }
}

/// Slots of a clock of their own, a moment apart; each now and then rests.
TEST(FrameLogThreads, KeepTimeWithEachOther) {
  FrameLog log;
  std::vector<Reading> readings(3);
  std::vector<std::thread> readers;
  for (std::size_t i = 0; i < readings.size(); ++i) {
    readers.emplace_back([&, i] {
      FrameCursor cursor(log);
      TimePoint now = TimePoint{1h} + i * 3ms;
      Reading& reading = readings[i];
      while (!cursor.drained()) {
        if (!testing::eventually("there is a frame, or the end",
                                 [&] { return cursor.size() > 0 || cursor.drained(); })) {
          return;
        }
        cursor.take_up(now);
        const OpusFrame* const frame = cursor.front();
        now += kFrameDuration;
        if (frame != nullptr) {
          if (!is_intact(*frame)) ++reading.broken;
          ++reading.heard;
          cursor.pop();
          if (reading.heard % (40 + i) == 0) cursor.rest();
        }
      }
    });
  }
  write_all(log);
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(log.taken(), kFrames);
  for (const Reading& reading : readings) EXPECT_EQ(reading.broken, 0U);
}

}  // namespace
}  // namespace vcplay::stream
