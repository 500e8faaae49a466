// A stop in the middle of the music: what is queued falls silent within 30 ms, without a click.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "media/soft_end.hpp"
#include "words/audio_files.hpp"
#include "words/playback.hpp"
#include "words/read_log.hpp"

namespace vcplay::testing {
namespace {

constexpr std::size_t kTaken = 40;     // frames that were sent when the stop comes
constexpr std::size_t kHeadStart = 3;  // frames that are sent unchanged after the stop
constexpr std::size_t kFade = 1440;    // samples

/// A queue and its sender, which has taken kTaken frames so far.
class Stream {
 public:
  explicit Stream(const Playback& source, std::size_t frames = 100) : queue_(128) {
    for (std::size_t i = 0; i < frames; ++i) {
      *queue_.claim() = source.frames.at(i);
      queue_.publish();
    }
    for (std::size_t i = 0; i < kTaken; ++i) take();
  }
  void take() {
    const OpusFrame* const frame = queue_.front();
    ASSERT_NE(frame, nullptr);
    sent_.frames.push_back(*frame);
    queue_.pop();
  }
  void take_all() {
    while (queue_.front() != nullptr) take();
  }
  [[nodiscard]] ReadLog& queue() { return queue_; }
  [[nodiscard]] const Playback& sent() const { return sent_; }

 private:
  ReadLog queue_;
  Playback sent_;
};

double power(const std::vector<float>& samples, std::size_t from, std::size_t count) {
  double sum = 0;
  for (std::size_t i = 2 * from; i < 2 * (from + count); ++i)
    sum += double{samples.at(i)} * double{samples[i]};
  return sum / (2 * static_cast<double>(count));
}

TEST(SoftEnd, IsTheMusicItselfFallingSilent) {
  const std::string song = make_audio("soft.flac", Content::sweep);
  for (const int bitrate : {48'000, 128'000, 256'000}) {
    const Playback source = play({{song, {}, 0, 0}}, {bitrate, 1.0, {}});
    Stream stream(source);
    media::end_softly(stream.queue());
    stream.take_all();
    EXPECT_TRUE(stream.queue().drained());
    ASSERT_EQ(stream.sent().frames.size(), kTaken + kHeadStart + 2);

    const std::vector<float> heard = stream.sent().heard();
    std::vector<float> expected = source.heard();
    // heard() leaves the encoder's delay out; the fade begins with a packet.
    const std::size_t delay = (stream.sent().frames.size() * kSamplesPerFrame * 2 - heard.size()) / 2;
    const std::size_t fade = (kTaken + kHeadStart) * kSamplesPerFrame - delay;
    std::vector<float> residual(heard.size());
    for (std::size_t i = 0; i < heard.size(); ++i) {
      const std::size_t at = i / 2;
      const double left = at < fade           ? 1.0
                          : at < fade + kFade ? 1.0 - static_cast<double>(at - fade) / kFade
                                              : 0.0;
      residual[i] = heard[i] - expected[i] * static_cast<float>(std::sin(left * M_PI_2));
    }
    EXPECT_EQ(power(residual, 0, fade), 0.0) << "the frames before are as they were";
    const double before = power(expected, fade - 960, 960);
    EXPECT_LT(power(residual, fade, 240), 0.001 * before) << bitrate;
    EXPECT_LT(power(residual, fade, kFade), 0.001 * before) << bitrate;
    EXPECT_LT(power(heard, fade + kFade, 400), 1e-4 * before) << bitrate;
  }
}

TEST(SoftEnd, KeepsTheNumbersOfTheFrames) {
  Stream stream(play(make_audio("numbers.flac", Content::speech)));
  media::end_softly(stream.queue());
  EXPECT_EQ(stream.queue().size(), kHeadStart + 2);
  stream.take_all();
  EXPECT_EQ(stream.sent().frames.back().track_frame, kTaken + kHeadStart + 1);
}

// The queue of a play is full, and what was sent is overwritten in it.
TEST(SoftEnd, ComesALittleLaterInAFullQueue) {
  const Playback source = play(make_audio("full.flac", Content::sweep));
  ReadLog queue(64);
  for (std::size_t i = 0; i < 64 + 7; ++i) {
    if (i == 64) {
      for (int taken = 0; taken < 7; ++taken) queue.pop();
    }
    *queue.claim() = source.frames[i];
    queue.publish();
  }
  media::end_softly(queue);
  EXPECT_EQ(queue.size(), 10U + 2U);
}

TEST(SoftEnd, LeavesAQueueAloneThatHasNextToNothing) {
  Stream stream(play(make_audio("short.flac", Content::speech)), kTaken + kHeadStart + 1);
  media::end_softly(stream.queue());
  EXPECT_FALSE(stream.queue().finished());
  EXPECT_EQ(stream.queue().size(), kHeadStart + 1);
}

TEST(SoftEnd, LeavesWhatIsNoOpusAlone) {
  Playback source = play(make_audio("broken.flac", Content::speech));
  source.frames[kTaken + 2].bytes.fill(0xff);  // a count of frames that its length cannot hold
  source.frames[kTaken + 2].size = 3;
  Stream stream(source);
  media::end_softly(stream.queue());
  EXPECT_FALSE(stream.queue().finished());
}

TEST(SoftEnd, OfAStreamThatWasNeverHeardIsNone) {
  ReadLog queue;
  for (int i = 0; i < 20; ++i) {
    *queue.claim() = {};
    queue.publish();
  }
  media::end_softly(queue);
  EXPECT_EQ(queue.size(), 20U);
}

// All of it is encoded, its last second waits in the queue, and there is no media thread any more.
TEST(SoftEnd, IsMadeOfTheLastSecondToo) {
  ReadLog queue(64);
  Witness witness;
  media::Pipeline pipeline({{make_audio("end.flac", Content::sweep, "-t 1"), {}, 0, 0}}, {128'000, 1.0, {}},
                           queue, witness);
  pipeline.start();
  ASSERT_TRUE(witness.wait_for_end());
  ASSERT_EQ(queue.size(), 51U);
  for (int taken = 0; taken < 20; ++taken) queue.pop();
  pipeline.stop_softly();
  EXPECT_EQ(queue.size(), kHeadStart + 2);
}

// A sender that was quicker than the fade: it meets the part of the ending that is left, or the end.
TEST(SoftEnd, EndsWhateverASenderHasTaken) {
  for (std::size_t taken = 0; taken <= 10; ++taken) {
    ReadLog queue(16);
    for (std::uint64_t i = 0; i < 12; ++i) {
      OpusFrame* const frame = queue.claim();
      *frame = {};
      frame->track_frame = i;
      queue.publish();
    }
    for (std::size_t i = 0; i < taken; ++i) {
      EXPECT_EQ(queue.front()->track_frame, i);
      queue.pop();
    }
    const OpusFrame* const in_hand = queue.front();  // the frame that the sender is about to send
    ReadLog::Ending ending{};
    ending[0].track_frame = 105;
    ending[1].track_frame = 106;
    queue.end_with(5, ending);
    EXPECT_EQ(queue.front(), in_hand);
    queue.pop();
    std::vector<std::uint64_t> rest;
    while (const OpusFrame* const frame = queue.front()) {
      rest.push_back(frame->track_frame);
      queue.pop();
    }
    EXPECT_TRUE(queue.drained());
    EXPECT_EQ(queue.size(), 0U);
    std::vector<std::uint64_t> expected;
    for (std::uint64_t i = taken + 1; i < 5; ++i) expected.push_back(i);
    for (std::uint64_t i = std::max<std::uint64_t>(taken + 1, 5); i < 7; ++i) expected.push_back(100 + i);
    EXPECT_EQ(rest, expected) << taken;
  }
}

}  // namespace
}  // namespace vcplay::testing
