// What a FrameLog keeps, and how far its writer gets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "words/stream_words.hpp"

namespace vcplay::stream {
namespace {

TEST(FrameLog, LetsTheWriterBeASecondAhead) {
  FrameLog log;
  Writer writer(log);
  EXPECT_EQ(writer.fill(), 64) << "nobody reads yet";
  EXPECT_EQ(log.size(), 64U);
  FrameCursor cursor(log);
  EXPECT_EQ(take(cursor), "0");
  EXPECT_EQ(writer.fill(), 1);
  EXPECT_EQ(log.published(), 65U);
  EXPECT_EQ(log.taken(), 1U);
}

TEST(FrameLog, ReckonsFromTheForemostReader) {
  FrameLog log(64, Retention::whole);
  Writer writer(log);
  writer.fill();
  FrameCursor slow(log);
  FrameCursor fast(log);
  for (int i = 0; i < 30; ++i) take(fast);
  for (int i = 0; i < 10; ++i) take(slow);
  EXPECT_EQ(writer.fill(), 30);
  for (int i = 0; i < 20; ++i) take(slow);
  EXPECT_EQ(writer.fill(), 0);
  EXPECT_EQ(take(slow), "30");
  EXPECT_EQ(writer.fill(), 1) << "the slow one is the foremost now";
}

TEST(FrameLog, ShowsTheWriterWhatItWroteLast) {
  FrameLog log(16);
  Writer writer(log);
  FrameCursor cursor(log);
  for (int i = 0; i < 20; ++i) {
    writer.write();
    take(cursor);
  }
  for (std::size_t number = 4; number < 20; ++number) {
    EXPECT_EQ(log.peek(number).track_frame, number);
    EXPECT_TRUE(is_intact(log.peek(number)));
  }
}

TEST(FrameLog, CountsAMissingFrameOnceHoweverManyMissIt) {
  FrameLog log;
  Writer writer(log);
  FrameCursor a(log);
  FrameCursor b(log);
  const TimePoint t{10s};
  writer.fill(1);
  EXPECT_EQ(take(a, t), "0");
  EXPECT_EQ(take(b, t + 10ms), "0");
  EXPECT_EQ(take(a, t + 20ms), "-");
  a.note_underrun();
  EXPECT_EQ(take(b, t + 30ms), "-");
  b.note_underrun();
  EXPECT_EQ(log.underruns(), 1U);
  writer.fill(1);
  EXPECT_EQ(take(a, t + 40ms), "1");
  a.note_underrun();
  EXPECT_EQ(log.underruns(), 2U);
}

TEST(FrameLog, GivesWhatTookAnothersPlaceToWhoeverHasNotReadIt) {
  FrameLog log;
  Writer writer(log);
  FrameCursor early(log);
  FrameCursor late(log);
  const TimePoint t{10s};
  writer.fill(10);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(take(early, t + i * kFrameDuration), std::to_string(i));
  std::vector<OpusFrame> others(3);
  for (std::size_t i = 0; i < others.size(); ++i) make_frame(others[i], 104 + i);
  EXPECT_TRUE(log.replace(4, others));
  EXPECT_EQ(log.peek(5).track_frame, 105U);
  for (const char* expected : {"3", "104", "105", "106", "7"}) EXPECT_EQ(take(early), expected);
  EXPECT_FALSE(log.replace(8, others)) << "the late one may still read those";
  EXPECT_EQ(take(late, t + 3 * kFrameDuration), "3");
  EXPECT_EQ(take(late), "104");
  while (log.taken() < 7 + 16 + 1) {
    writer.fill(1);
    take(early);
  }
  writer.fill(10);
  EXPECT_TRUE(log.replace(log.taken() + 2, others));
  EXPECT_EQ(log.peek(log.taken() + 2).track_frame, 104U);
}

// ── the whole stream ──

TEST(WholeStream, IsHeardFromTheFirstFrameByWhoeverComesAndWhenever) {
  FrameLog log(64, Retention::whole);
  Writer writer(log);
  FrameCursor first(log);
  std::uint64_t heard = 0;
  for (std::size_t size = 1; size < 3'000; ++size) {
    ASSERT_TRUE(writer.write(size % kMaxOpusBytes));
    ASSERT_EQ(take(first), std::to_string(heard++));
  }
  ASSERT_TRUE(writer.write(0));
  ASSERT_TRUE(writer.write(kMaxOpusBytes));
  ASSERT_EQ(take(first), std::to_string(heard++));
  ASSERT_EQ(take(first), std::to_string(heard++));
  log.finish();
  EXPECT_TRUE(first.drained());

  FrameCursor late(log);
  EXPECT_EQ(late.size(), heard);
  for (std::uint64_t number = 0; number < heard; ++number) {
    ASSERT_EQ(take(late, TimePoint{1h} + number * kFrameDuration), std::to_string(number));
    if (number % 100 == 0) late.rest();  // it goes on where it was
  }
  EXPECT_TRUE(late.drained());
  EXPECT_EQ(late.skipped(), 0U);
}

TEST(WholeStream, MayBeReadWithoutLooking) {
  FrameLog log(512, Retention::whole);
  Writer writer(log);
  writer.fill(500, 1000);
  FrameCursor cursor(log);
  for (int i = 0; i < 300; ++i) cursor.pop();
  EXPECT_EQ(take(cursor), "300");
  EXPECT_EQ(take(cursor), "301");
}

TEST(WholeStream, FitsAnHourAt128KilobitsAndNotTwo) {
  constexpr std::uint64_t kHour = 180'000;
  EXPECT_GE(FrameLog::room_for(320), kHour);
  EXPECT_LT(FrameLog::room_for(320), 2 * kHour);
  EXPECT_LT(FrameLog::room_for(0), 100 * kHour) << "a frame takes room, be it empty";
  EXPECT_GT(FrameLog::room_for(0), FrameLog::room_for(320));
  EXPECT_EQ(FrameLog::room_for(SIZE_MAX), FrameLog::room_for(kMaxOpusBytes)) << "no frame is longer";
}

TEST(WholeStream, HasAsMuchRoomAsItSays) {
  FrameLog log(64, Retention::whole);
  Writer writer(log);
  FrameCursor cursor(log);
  const std::uint64_t room = FrameLog::room_for(kMaxOpusBytes);
  for (std::uint64_t number = 0; number < room; ++number) {
    ASSERT_TRUE(writer.write(kMaxOpusBytes));
    cursor.pop();
  }
  EXPECT_TRUE(log.kept_all());
  ASSERT_TRUE(writer.write(kMaxOpusBytes));
  EXPECT_FALSE(log.kept_all());
}

/// Whoever said that it fits was wrong: what can be kept is, and nobody is held up.
TEST(WholeStream, ThatIsTooMuchGoesOnAsAWindow) {
  FrameLog log(64, Retention::whole);
  Writer writer(log);
  FrameCursor present(log);
  std::uint64_t kept = 0;
  for (; log.kept_all(); ++kept) {
    ASSERT_TRUE(writer.write(kMaxOpusBytes));
    ASSERT_EQ(take(present), std::to_string(kept));
  }
  --kept;  // the last one was too much
  EXPECT_GE(kept * kMaxOpusBytes, KeptFrames::kMostBytes / 100 * 95);
  EXPECT_LE(kept * kMaxOpusBytes, KeptFrames::kMostBytes);
  FrameCursor late(log);
  FrameCursor near(log);
  for (std::uint64_t number = 0; number < kept; ++number) {
    ASSERT_EQ(take(late), std::to_string(number));
    ASSERT_EQ(take(near), std::to_string(number));
  }
  EXPECT_EQ(take(near), std::to_string(kept)) << "it is not far behind";
  for (int i = 1; i < 500; ++i) {
    ASSERT_TRUE(writer.write());
    ASSERT_EQ(take(present), std::to_string(kept + static_cast<std::uint64_t>(i)));
  }
  ASSERT_TRUE(writer.write());
  EXPECT_EQ(take(late), std::to_string(kept + 500)) << "it hears the beginning, and then the present";
  EXPECT_EQ(late.skipped(), 500U);
}

}  // namespace
}  // namespace vcplay::stream
