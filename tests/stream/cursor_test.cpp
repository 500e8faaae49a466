// Cursors that keep time with each other, or do not.
#include <gtest/gtest.h>

#include "words/stream_words.hpp"

namespace vcplay::stream {
namespace {

const TimePoint kStart{1000s};

TimePoint slot(int number, Duration moment = 0ms) { return kStart + number * kFrameDuration + moment; }

struct Window : testing::Test {
  FrameLog log;
  Writer writer{log};
  FrameCursor a{log};
  FrameCursor b{log};
};

TEST_F(Window, GivesAllTheSameFrameInTheSameSlot) {
  for (int i = 0; i < 200; ++i) {
    writer.fill();
    ASSERT_EQ(take(a, slot(i)), std::to_string(i));
    ASSERT_EQ(take(b, slot(i, 12ms)), std::to_string(i));
  }
  EXPECT_EQ(log.size(), 63U);
}

TEST_F(Window, TakesALateOneInAtThePresentFrame) {
  writer.fill();
  for (int i = 0; i < 50; ++i) take(a, slot(i));
  writer.fill();
  EXPECT_EQ(b.size(), a.size()) << "so much would be there if it began now";
  EXPECT_EQ(take(b, slot(49, 7ms)), "49") << "the slot has begun, and its end is not over";
  EXPECT_EQ(take(a, slot(50)), "50");
  EXPECT_EQ(take(b, slot(50, 7ms)), "50");
  EXPECT_EQ(b.skipped(), 0U) << "it had not begun";
}

TEST_F(Window, TakesOneThatWasHeldBackInAtThePresentFrame) {
  writer.fill();
  for (int i = 0; i < 10; ++i) {
    take(a, slot(i));
    take(b, slot(i, 5ms));
  }
  b.rest();
  for (int i = 10; i <= 40; ++i) take(a, slot(i));
  EXPECT_EQ(take(b, slot(40, 5ms)), "40");
  EXPECT_EQ(b.skipped(), 30U);
  EXPECT_EQ(take(a, slot(41)), "41");
  EXPECT_EQ(take(b, slot(41, 5ms)), "41");
}

TEST_F(Window, WaitsWhileAllRest) {
  writer.fill();
  for (int i = 0; i < 10; ++i) {
    take(a, slot(i));
    take(b, slot(i, 5ms));
  }
  a.rest();
  b.rest();
  EXPECT_EQ(writer.fill(), 10);
  EXPECT_EQ(take(b, slot(5000)), "10");
  EXPECT_EQ(take(a, slot(5000, 15ms)), "10");
  EXPECT_EQ(a.skipped() + b.skipped(), 0U);
}

TEST_F(Window, GoesOnWithoutOneThatIsGone) {
  writer.fill();
  {
    FrameCursor gone(log);
    EXPECT_EQ(take(gone, slot(0)), "0");
    EXPECT_EQ(take(gone, slot(1)), "1");
  }
  EXPECT_EQ(take(a, slot(700)), "2") << "the stream stood still";
}

TEST_F(Window, TakesOneThatFellOutOfItToThePresent) {
  writer.fill();
  EXPECT_EQ(take(a, slot(0)), "0");
  EXPECT_EQ(take(b, slot(0, 5ms)), "0");
  for (int i = 1; i < 300; ++i) {
    writer.fill();
    ASSERT_EQ(take(a, slot(i)), std::to_string(i));
  }
  writer.fill();
  EXPECT_EQ(take(b), "300") << "what it would have read is overwritten";
  EXPECT_EQ(take(b, slot(301, 5ms)), "301");
  EXPECT_EQ(b.skipped(), 299U);
}

TEST_F(Window, KeepsAMomentBehindTheForemost) {
  writer.fill();
  EXPECT_EQ(take(b), "0");
  for (int i = 0; i < 17; ++i) take(a);
  writer.fill();
  for (int i = 1; i < 17; ++i) EXPECT_EQ(take(b), std::to_string(i)) << "the writer is as far as it gets";
}

TEST_F(Window, EndsForOneThatRestsWhenItEndsForTheOthers) {
  writer.fill(5);
  log.finish();
  EXPECT_EQ(take(b, slot(0)), "0");
  b.rest();
  for (int i = 0; i < 5; ++i) take(a, slot(i, 2ms));
  EXPECT_TRUE(a.drained());
  EXPECT_TRUE(b.drained());
  EXPECT_EQ(b.size(), 0U);
}

// ── the soft end ──

FrameLog::Ending ending() {
  FrameLog::Ending frames{};
  make_frame(frames[0], 1000);
  make_frame(frames[1], 1001);
  return frames;
}

TEST_F(Window, EndsSoftlyForAll) {
  writer.fill();
  for (int i = 0; i < 5; ++i) {
    take(a, slot(i));
    take(b, slot(i, 5ms));
  }
  take(a, slot(5));
  a.take_up(slot(6));
  const OpusFrame* const in_hand = a.front();
  log.end_with(7, ending());
  EXPECT_EQ(log.size(), 3U);
  EXPECT_EQ(a.front(), in_hand);
  EXPECT_EQ(take(b, slot(5, 5ms)), "5");
  EXPECT_EQ(take(a), "6");
  EXPECT_EQ(take(b, slot(6, 5ms)), "6");
  for (FrameCursor* const cursor : {&a, &b}) {
    EXPECT_FALSE(cursor->drained());
    EXPECT_EQ(take(*cursor), "1000");
    EXPECT_EQ(take(*cursor), "1001");
    EXPECT_EQ(take(*cursor), "-");
    EXPECT_TRUE(cursor->drained());
    EXPECT_EQ(cursor->size(), 0U);
  }
}

TEST(WholeStreams, EndSoftlyForWhoeverIsBeforeTheirEnd) {
  FrameLog log(64, Retention::whole);
  Writer writer(log);
  writer.fill();
  FrameCursor past(log);
  FrameCursor there(log);
  for (int i = 0; i < 40; ++i) take(past);
  log.end_with(20, ending());
  EXPECT_EQ(take(past), "-");
  EXPECT_TRUE(past.drained());
  for (int i = 0; i < 20; ++i) ASSERT_EQ(take(there), std::to_string(i));
  EXPECT_EQ(take(there), "1000");
  EXPECT_EQ(take(there), "1001");
  EXPECT_TRUE(there.drained());
}

}  // namespace
}  // namespace vcplay::stream
