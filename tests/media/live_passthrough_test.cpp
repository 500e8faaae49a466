// Opus that comes from a live producer, on two clocks that are cranked by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "base/said_once.hpp"
#include "media/live_follower.hpp"
#include "media/opus_passthrough.hpp"
#include "words/audio_files.hpp"
#include "words/opus_files.hpp"
#include "words/playback.hpp"
#include "words/read_log.hpp"

namespace vcplay::testing {
namespace {

using ::testing::HasSubstr;

/// The line from a producer, whose packets come by its own clock, to a sender, which takes one each 20 ms.
class Story {
 public:
  explicit Story(double rate) : period_(std::chrono::duration<double>(kSamplesPerFrame / rate)) {
    follower_.begin(true, false, "a pipe");
  }

  /// Plays a file's packets as they would come through a live pipe.
  void play(const std::string& song) {
    const media::Media media = file(song);
    media::Source source(media, 0, {stop_, progress_, trust_, web_});
    media::OpusPassthrough passthrough(maker_, limit_, stop_, said_);
    maker_.begin_track(0);
    passthrough.play(source, {.began = [](const std::string&) {},
                              .titled = [](const std::string&) {},
                              .passed =
                                  [this] {
                                    live_on();
                                    return follower_.on_packet(now_);
                                  },
                              .decoded =
                                  [this](std::span<const float> samples) {
                                    hear(samples);
                                    return true;
                                  }});
    reason_ = passthrough.account();
    passed_ = passthrough.passed();
  }

  [[nodiscard]] const std::string& reason() const { return reason_; }
  [[nodiscard]] double passed_seconds() const { return static_cast<double>(passed_) * 0.02; }
  [[nodiscard]] int underruns() const { return underruns_; }
  [[nodiscard]] double furthest_ms() const { return furthest_ms_; }
  [[nodiscard]] double latency_ms() const {
    return std::chrono::duration<double, std::milli>(gauge_.read().latency).count();
  }
  [[nodiscard]] double drift() const { return gauge_.read().drift; }

 private:
  static constexpr std::size_t kJoin =
      15;  // packets, before the sender takes any: as long as the latency asked for

  void hear(std::span<const float> samples) {
    live_on();
    follower_.give(samples);
    while (resampler_.convert(maker_.fifo())) {
      follower_.on_samples(now_);
      maker_.encode_whole_frames(false);
    }
  }

  /// Lets the time of one packet of the producer's pass. The sender takes the packets that are due.
  void live_on() {
    now_ += std::chrono::duration_cast<Duration>(period_);
    if (++packets_ <= kJoin) {
      next_take_ = now_ + 20ms;
      return;
    }
    for (; next_take_ <= now_; next_take_ += 20ms) {
      if (queue_.front() == nullptr) {
        ++underruns_;
      } else {
        queue_.pop();
      }
    }
    if (gauge_.read().live) furthest_ms_ = std::max(furthest_ms_, std::abs(latency_ms() - 300));
  }

  const std::chrono::duration<double> period_;
  ReadLog queue_;
  Witness witness_;
  media::Outlet outlet_{queue_, witness_};
  media::Event stop_;
  media::Progress progress_;
  const media::TrustAnchors trust_{""};
  SaidOnce said_;
  const media::WebRules web_;
  const std::atomic<int> bitrate_{64'000};
  const std::atomic<int> limit_{0};
  media::FrameMaker maker_{bitrate_, 1.0, {}, outlet_, stop_, progress_};
  media::Resampler resampler_;
  media::LiveGauge gauge_;
  media::LiveFollower follower_{{}, outlet_, maker_, resampler_, gauge_};
  TimePoint now_{std::chrono::hours(1)};
  TimePoint next_take_{};
  std::size_t packets_ = 0;
  int underruns_ = 0;
  double furthest_ms_ = 0;
  std::string reason_;
  std::uint64_t passed_ = 0;
};

std::string a_minute() {
  return make_file("minute.opus", music(60 * kSampleRate), "-c:a libopus -b:a 64k -compression_level 0");
}

TEST(LivePassthrough, GoesOnWhileTheClocksAreTheSame) {
  Story story(48'000);
  story.play(a_minute());
  EXPECT_EQ(story.reason(), "");
  EXPECT_EQ(story.underruns(), 0);
  EXPECT_GT(story.passed_seconds(), 59.9);
}

class LivePassthroughOfAnotherClock : public ::testing::TestWithParam<double> {};

TEST_P(LivePassthroughOfAnotherClock, IsEncodedAnewOnceItIsTooFarOrTooNear) {
  Story story(GetParam());
  story.play(a_minute());
  EXPECT_THAT(story.reason(), HasSubstr("instead of 300, whose clock differs (from "));
  EXPECT_GT(story.passed_seconds(), 5) << "40 ms of drift take a while";
  EXPECT_LT(story.passed_seconds(), 20);
  EXPECT_EQ(story.underruns(), 0);
  EXPECT_LT(story.furthest_ms(), 60) << "a little further than where it was noticed";
  EXPECT_NEAR(story.latency_ms(), 300, 40);
  EXPECT_NEAR(story.drift(), GetParam() / 48'000 - 1, 0.0008);
}

INSTANTIATE_TEST_SUITE_P(Media, LivePassthroughOfAnotherClock, ::testing::Values(48'200.0, 47'800.0),
                         [](const auto& rate) { return rate.param > 48'000 ? "Fast" : "Slow"; });

}  // namespace
}  // namespace vcplay::testing
