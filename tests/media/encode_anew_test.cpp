// A bitrate that falls while a second of the stream is encoded already.
#include "media/encode_anew.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "words/audio_files.hpp"
#include "words/playback.hpp"
#include "words/read_log.hpp"

namespace vcplay::testing {
namespace {

constexpr std::size_t kTaken = 40;     // frames that were sent before it fell
constexpr std::size_t kHeadStart = 3;  // that are sent as they are meanwhile
constexpr std::size_t kFrames = 100;
constexpr double kFaint = 1e-5;  // -50 dBFS

/// A queue whose reader has taken kTaken of its kFrames, and what that one has heard.
class HalfTaken {
 public:
  explicit HalfTaken(const Playback& source, stream::Retention retention = stream::Retention::window)
      : queue_(128, retention) {
    for (std::size_t i = 0; i < kFrames; ++i) {
      *queue_.claim() = source.frames.at(i);
      queue_.publish();
    }
    take(kTaken);
  }
  void take(std::size_t frames) {
    for (std::size_t i = 0; i < frames && queue_.front() != nullptr; ++i) {
      sent_.frames.push_back(*queue_.front());
      queue_.pop();
    }
  }
  [[nodiscard]] ReadLog& queue() { return queue_; }
  [[nodiscard]] const Playback& sent() const { return sent_; }

 private:
  ReadLog queue_;
  Playback sent_;
};

/// Bit/s of some frames in a row.
double bitrate_of(const Playback& sent, std::size_t from, std::size_t end) {
  std::size_t bytes = 0;
  for (std::size_t i = from; i < end; ++i) bytes += sent.frames.at(i).size;
  return static_cast<double>(bytes) * 8 * 50 / static_cast<double>(end - from);
}

double power(const std::vector<float>& samples, std::size_t frame) {
  double sum = 0;
  for (std::size_t i = frame * 1920; i < (frame + 1) * 1920; ++i)
    sum += double{samples.at(i)} * double{samples[i]};
  return sum / 1920;
}

class EncodeAnew : public ::testing::TestWithParam<Content> {};

TEST_P(EncodeAnew, SpendsNoMoreThanIsAllowedOnTheSameSound) {
  const Playback source = play({{make_audio("anew.flac", GetParam()), {}, 0, 0}}, {128'000, 1.0, {}});
  HalfTaken stream(source);
  media::encode_anew(stream.queue(), 48'000, {});
  stream.take(kFrames);
  const Playback& sent = stream.sent();
  ASSERT_EQ(sent.frames.size(), kFrames);
  EXPECT_GT(bitrate_of(sent, 0, kTaken + kHeadStart), 90'000) << "as it was";
  // The first one of them gets more, for a seam that nobody hears, and the last one tells
  // the encoder what follows.
  EXPECT_LT(bitrate_of(sent, kTaken + kHeadStart, kFrames - 1), 1.25 * 48'000);
  // It is the same sound: a gap would leave a residual as loud as what was there, a shift twice as much.
  const std::vector<float> expected = source.heard();
  std::vector<float> residual = sent.heard();
  for (std::size_t i = 0; i < residual.size(); ++i) residual[i] -= expected[i];
  for (std::size_t frame = kTaken; frame + 2 < kFrames; ++frame) {
    const double around =
        std::max({power(expected, frame - 1), power(expected, frame), power(expected, frame + 1)});
    EXPECT_LT(power(residual, frame), 0.5 * std::max(around, kFaint)) << frame;
  }
}

INSTANTIATE_TEST_SUITE_P(Of, EncodeAnew, ::testing::Values(Content::sweep, Content::speech),
                         [](const auto& row) { return row.param == Content::sweep ? "sweep" : "speech"; });

class Waiting : public ::testing::Test {
 protected:
  const Playback source_ = play({{make_audio("waiting.flac", Content::speech), {}, 0, 0}}, {96'000, 1.0, {}});
  /// True when `stream` gives what it was given.
  [[nodiscard]] bool is_unchanged(HalfTaken& stream) const {
    stream.take(kFrames);
    const std::vector<OpusFrame>& sent = stream.sent().frames;
    return std::equal(sent.begin(), sent.end(), source_.frames.begin(), [](const auto& a, const auto& b) {
      return std::ranges::equal(a.view(), b.view()) && a.track_frame == b.track_frame;
    });
  }
};

TEST_F(Waiting, FramesKeepTheirNumbers) {
  HalfTaken stream(source_);
  media::encode_anew(stream.queue(), 16'000, {});
  stream.take(kFrames);
  for (std::size_t i = 0; i < kFrames; ++i) EXPECT_EQ(stream.sent().frames[i].track_frame, i);
}

TEST_F(Waiting, FramesThatFitAreLeftAlone) {
  HalfTaken stream(source_);
  media::encode_anew(stream.queue(), 128'000, {});
  EXPECT_TRUE(is_unchanged(stream));
}

TEST_F(Waiting, FramesOfAStreamThatIsKeptWholeAreLeftAlone) {
  HalfTaken stream(source_, stream::Retention::whole);
  media::encode_anew(stream.queue(), 16'000, {});
  EXPECT_TRUE(is_unchanged(stream));
}

TEST_F(Waiting, FramesAreEncodedAnewASecondTimeOnlyOnceTheFirstAreGone) {
  HalfTaken stream(source_);
  media::encode_anew(stream.queue(), 48'000, {});
  stream.take(10);
  media::encode_anew(stream.queue(), 16'000, {});
  stream.take(kFrames);
  EXPECT_GT(bitrate_of(stream.sent(), kTaken + 20, kFrames - 1), 30'000);
}

}  // namespace
}  // namespace vcplay::testing
