// A producer, a sender and the two clocks between them, all cranked by hand.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/milliseconds.hpp"
#include "media/live_pace.hpp"
#include "media/resampler.hpp"

namespace vcplay::media {
namespace {

constexpr Duration kLatency = 300ms;

/// Makes a chunk of sound whenever its own clock says so.
struct Producer {
  double rate = 48'000;     // samples of real time, where it says 48,000
  std::size_t chunk = 480;  // samples at once
  TimePoint next{};
  void crank() {
    next += std::chrono::duration_cast<Duration>(
        std::chrono::duration<double>(static_cast<double>(chunk) / rate));
  }
};

/// The line between a producer and a sender that takes 960 samples each 20 ms, with the real resampler.
class Line {
 public:
  Line(LivePace& pace, std::size_t chunk) : pace_(pace) {
    frame_ = FramePtr(made(av_frame_alloc()));
    frame_->format = AV_SAMPLE_FMT_FLT;
    frame_->sample_rate = 48'000;
    frame_->nb_samples = static_cast<int>(chunk);
    av_channel_layout_default(&frame_->ch_layout, 2);
    if (av_frame_get_buffer(frame_.get(), 0) < 0) throw std::bad_alloc();
  }

  void starts_to_take() { taken_ = true; }

  void comes(TimePoint now) {
    // A tone whose phase runs on, as a sound card's does.
    auto* samples = reinterpret_cast<float*>(frame_->data[0]);
    for (int i = 0; i < frame_->nb_samples; ++i, ++phase_) {
      samples[2 * i] = samples[2 * i + 1] = static_cast<float>(std::sin(static_cast<double>(phase_) * 0.05));
    }
    resampler_.take(*frame_);
    while (resampler_.convert(fifo_)) {
    }
    fifo_.drop(fifo_.size());  // counted, not kept
    const std::uint64_t made = fifo_.position() - seen_;
    seen_ = fifo_.position();
    held_ += made;
    judge(now);
  }

  void judge(TimePoint now) {
    const LivePace::Orders orders =
        pace_.on_sound({seen_, queued_, held_, queued_ + held_ >= kRoom, taken_}, now);
    held_ -= orders.leave_out;
    holds_ = orders.hold;
    resampler_.stretch(orders.stretch);
    while (!orders.hold && held_ >= 960 && queued_ < kRoom) {
      held_ -= 960;
      queued_ += 960;
    }
  }

  /// The sender's next 20 ms.
  void takes() {
    if (!taken_) return;
    if (queued_ == 0) {
      ++underruns_;
    } else {
      queued_ -= 960;
    }
  }

  [[nodiscard]] bool holds() const { return holds_; }
  [[nodiscard]] std::size_t waiting() const { return queued_ + held_; }
  [[nodiscard]] std::size_t queued() const { return queued_; }
  [[nodiscard]] int underruns() const { return underruns_; }

 private:
  static constexpr std::size_t kRoom = 64 * 960;
  LivePace& pace_;
  FramePtr frame_;
  Resampler resampler_;
  PcmFifo fifo_;
  std::uint64_t seen_ = 0;
  std::uint64_t phase_ = 0;
  std::size_t queued_ = 0;
  std::size_t held_ = 0;
  bool taken_ = false;
  bool holds_ = false;
  int underruns_ = 0;
};

/// Runs both clocks for so long; the sender begins to take after `connecting`.
struct Simulation {
  LivePace pace;
  Producer producer;
  Line line;
  TimePoint now{std::chrono::hours(1)};
  TimePoint next_take{};
  double worst_ms = 0;  // distance of the smoothed latency from its target

  Simulation(LivePace made, Producer from) : pace(std::move(made)), producer(from), line(pace, from.chunk) {
    producer.next = now;
    next_take = now;
  }

  void run(Duration span) {
    const TimePoint end = now + span;
    while (now < end) {
      now = std::min(producer.next, next_take);
      if (now == producer.next) {
        line.comes(now);
        producer.crank();
      } else {
        line.takes();
        next_take += 20ms;
      }
      worst_ms = std::max(worst_ms, std::abs(milliseconds(pace.latency() - kLatency)));
    }
  }
};

struct Clocks {
  const char* name;
  double rate;
  std::size_t chunk;
};

class Drift : public ::testing::TestWithParam<Clocks> {};

TEST_P(Drift, IsFollowedForTenMinutesWithoutAnUnderrun) {
  Simulation story(LivePace(kLatency, true), Producer{GetParam().rate, GetParam().chunk, {}});
  story.run(1s);  // while the connection is made
  story.line.starts_to_take();
  story.run(5s);
  story.worst_ms = 0;
  story.run(std::chrono::minutes(10));

  EXPECT_EQ(story.line.underruns(), 0);
  EXPECT_LE(story.worst_ms, 40.0);
  EXPECT_EQ(story.pace.stalls(), 0U);
  EXPECT_NEAR(story.pace.drift(), GetParam().rate / 48'000 - 1, 0.0002);
}

INSTANTIATE_TEST_SUITE_P(Of, Drift,
                         ::testing::Values(Clocks{"AFastCard", 48'200, 480}, Clocks{"ASlowCard", 47'800, 480},
                                           Clocks{"TheSameClock", 48'000, 480},
                                           Clocks{"AFastCardInLargePortions", 48'200, 6'000},
                                           Clocks{"ASlowCardInLargePortions", 47'800, 6'000}),
                         [](const auto& row) { return row.param.name; });

TEST(LivePace, AProducerTooFastToBeFollowedIsFollowedAsFarAsCanBe) {
  Simulation story(LivePace(kLatency, true), Producer{.rate = 48'480});
  story.run(1s);
  story.line.starts_to_take();
  story.run(std::chrono::minutes(2));
  EXPECT_NEAR(story.pace.drift(), LivePace::kMostStretch, 0.0005) << "its own is twice that";
  EXPECT_GT(story.pace.latency(), 700ms) << "the other half of a percent piles up,";
  story.run(std::chrono::minutes(3));
  EXPECT_LT(story.pace.latency(), 1'400ms) << "but never to more than a second";
  EXPECT_GT(story.pace.left_out(), 0U);
}

TEST(LivePace, TheShortestLatencyBeginsWithFirstWordsToo) {
  Simulation story(LivePace(40ms, true), Producer{});
  story.run(1s);
  EXPECT_GE(story.line.queued(), 5 * 960U) << "a sender begins with no fewer";
  story.line.starts_to_take();
  story.run(60s);
  EXPECT_NEAR(milliseconds(story.pace.latency()), 40, 20);
}

TEST(LivePace, TheLongestLatencyIsThereFromTheBeginning) {
  Simulation story(LivePace(1s, true), Producer{});
  story.run(300ms);
  EXPECT_EQ(story.line.queued(), 0U) << "a fast join waits for the rest of the second";
  story.run(720ms);
  EXPECT_GE(story.line.queued(), 960U);
  story.line.starts_to_take();
  story.run(2s);
  EXPECT_NEAR(milliseconds(story.pace.latency()), 1'000, 40);
}

TEST(LivePace, WhatWasSaidDuringALongJoinIsNotHeardLate) {
  Simulation story(LivePace(kLatency, true), Producer{});
  story.run(8s);
  EXPECT_LE(story.line.waiting(), 14'400U + 960U + 480U);
  EXPECT_GE(story.line.queued(), 960U) << "the sender begins only when there is something to take";
  story.line.starts_to_take();
  story.run(1s);
  EXPECT_NEAR(milliseconds(story.pace.latency()), 300, 40);
}

TEST(LivePace, ASilentProducerIsBridgedOnceAndItsDistanceSetAnew) {
  Simulation story(LivePace(kLatency, true), Producer{});
  story.run(1s);
  story.line.starts_to_take();
  story.run(10s);
  const int before = story.line.underruns();
  story.producer.next += 2s;  // it says nothing
  story.run(2s);
  const int silent = story.line.underruns() - before;
  EXPECT_NEAR(silent, (2'000 - 300) / 20, 2);
  story.run(20s);
  EXPECT_EQ(story.pace.stalls(), 1U);
  EXPECT_LE(story.line.underruns() - before - silent, 300 / 20 + 1) << "only while it fills up again";
  EXPECT_NEAR(milliseconds(story.pace.latency()), 300, 40);
}

TEST(LivePace, FewWordsAfterASilenceAreNotHeldBackForEver) {
  LivePace pace(kLatency, true);
  const TimePoint start(std::chrono::hours(1));
  (void)pace.on_sound({14'400, 4'800, 9'600, false, true}, start);
  EXPECT_TRUE(pace.on_sound({16'400, 0, 2'000, false, true}, start + 5s).hold);
  EXPECT_TRUE(pace.on_sound({16'400, 0, 2'000, false, true}, start + 5s + 200ms).hold);
  EXPECT_FALSE(pace.on_sound({16'400, 0, 2'000, false, true}, start + 5s + pace.patience()).hold);
}

TEST(LivePace, AProducerThatIsFarAheadAtOnceIsAFile) {
  LivePace pace(kLatency, false);
  const TimePoint start(std::chrono::hours(1));
  EXPECT_EQ(pace.on_sound({960, 0, 960, false, false}, start).leave_out, 0U);
  EXPECT_EQ(pace.pace(), Pace::unknown);
  (void)pace.on_sound({62'400, 61'440, 960, true, false}, start + 50ms);
  EXPECT_EQ(pace.pace(), Pace::file);
  const LivePace::Orders orders = pace.on_sound({550'000, 61'440, 9'600, true, true}, start + 10s);
  EXPECT_EQ(orders.leave_out, 0U) << "it waits, and nothing of it is lost";
  EXPECT_FALSE(orders.hold);
  EXPECT_EQ(orders.stretch, 0);
}

TEST(LivePace, AProducerThatKeepsTimeIsLiveAfterASecond) {
  Simulation story(LivePace(kLatency, false), Producer{});
  story.run(900ms);
  EXPECT_EQ(story.pace.pace(), Pace::unknown);
  EXPECT_GT(story.line.queued(), 40'000U) << "until then nothing is held back";
  story.run(200ms);
  EXPECT_EQ(story.pace.pace(), Pace::live);
}

TEST(LivePace, AProducerThatIsOnlyHalfAsFastAgainIsAFileAndLosesNothing) {
  Simulation story(LivePace(kLatency, false), Producer{.rate = 72'000});
  story.run(300ms);
  story.line.starts_to_take();
  story.run(10s);
  EXPECT_EQ(story.pace.pace(), Pace::file);
  EXPECT_EQ(story.pace.left_out(), 0U);
}

TEST(LivePace, WhatAPipeHeldWhenItWasOpenedMakesNoFileOfIt) {
  Simulation story(LivePace(kLatency, false), Producer{});
  for (int i = 0; i < 34; ++i) story.line.comes(story.now);  // a third of a second
  story.run(2s);
  EXPECT_EQ(story.pace.pace(), Pace::live);
}

TEST(LivePace, AProducerThatTurnsOutFasterThanAnyClockWasAFileAfterAll) {
  Simulation story(LivePace(kLatency, false), Producer{});
  story.line.starts_to_take();
  story.run(3s);
  ASSERT_EQ(story.pace.pace(), Pace::live);
  const std::uint64_t left_out = story.pace.left_out();
  story.producer.rate = 480'000;
  story.run(1s);
  EXPECT_EQ(story.pace.pace(), Pace::file);
  EXPECT_EQ(story.pace.left_out(), left_out);
}

TEST(LivePace, StartsOverWithWhatItKnowsAfterNobodyFollowedItsOrders) {
  LivePace pace(kLatency, false);
  TimePoint now(std::chrono::hours(1));
  std::uint64_t came = 0;
  for (std::size_t packets = 0; packets < 4'000 && !pace.is_off(); ++packets) {
    now += 20ms;
    came += 964;  // of a producer that is 0.4 % fast, and whose packets go past the resampler
    static_cast<void>(pace.on_sound({came, 14'400 + 4 * packets, 0, false, true}, now));
  }
  ASSERT_TRUE(pace.is_off());
  pace.start_over(now);
  EXPECT_EQ(pace.pace(), Pace::live) << "no second of finding out again";
  EXPECT_NEAR(pace.drift(), 4.0 / 960, 0.0002);
  EXPECT_FALSE(pace.is_off());
  EXPECT_EQ(pace.on_sound({came, 4'800, 14'400, false, true}, now).leave_out, 4'800U);
}

// ── a producer of whom nobody said that it is live ──

TEST(UncertainPace, LetsItsProducerWaitUntilAudioFlowsAndLosesNothing) {
  Simulation story(LivePace(kLatency, false), Producer{});
  story.run(8s);
  EXPECT_FALSE(story.line.holds());
  EXPECT_EQ(story.line.queued(), 64 * 960U) << "the queue is full, and nobody reads the pipe";
  story.line.starts_to_take();
  story.run(10s);
  EXPECT_EQ(story.pace.left_out(), 0U);
  EXPECT_EQ(story.line.underruns(), 0);
}

TEST(UncertainPace, StaysLiveWhateverThePipeHeldMeanwhile) {
  Simulation story(LivePace(kLatency, false), Producer{});
  story.run(2s);
  story.line.starts_to_take();
  story.run(20ms);
  for (int i = 0; i < 300; ++i) story.line.comes(story.now);  // 3 s, of a microphone at a low rate
  story.run(5s);
  EXPECT_EQ(story.pace.pace(), Pace::live);
  EXPECT_EQ(story.pace.left_out(), 0U);
}

TEST(UncertainPace, ComesToItsDistanceByStretchingAlone) {
  Simulation story(LivePace(kLatency, false), Producer{});
  story.run(1'200ms);  // in which a second is made
  story.line.starts_to_take();
  story.run(30s);
  EXPECT_EQ(story.pace.pace(), Pace::live);
  EXPECT_NEAR(milliseconds(story.pace.latency()), 1'200 - 30 * 5, 60);
  story.run(std::chrono::minutes(4));
  EXPECT_NEAR(milliseconds(story.pace.latency()), 300, 40);
  EXPECT_NEAR(story.pace.drift(), 0, 0.0002) << "what was there from the beginning is no drift";
  EXPECT_EQ(story.pace.left_out(), 0U);
  EXPECT_EQ(story.line.underruns(), 0);
}

TEST(UncertainPace, PlaysAllThatItsProducerSaysAtOnceAfterASilence) {
  Simulation story(LivePace(kLatency, false), Producer{});
  story.line.starts_to_take();
  story.run(3s);
  ASSERT_EQ(story.pace.pace(), Pace::live);
  story.producer.next += 2s;
  story.run(1'900ms);
  for (int i = 0; i < 120; ++i) story.line.comes(story.now);  // a sentence of 1.2 s
  story.run(20s);
  EXPECT_EQ(story.pace.left_out(), 0U);
  EXPECT_EQ(story.pace.pace(), Pace::live);
}

TEST(UncertainPace, OfWhatPassesIsNotOffForWhatWasThereFromTheBeginning) {
  LivePace pace(kLatency, false);
  TimePoint now(std::chrono::hours(1));
  std::uint64_t came = 0;
  for (std::size_t packets = 0; packets < 1'000; ++packets) {
    now += 20ms;
    came += 960;
    static_cast<void>(pace.on_sound({came, 48'000, 0, false, true}, now));
  }
  EXPECT_EQ(pace.pace(), Pace::live);
  EXPECT_FALSE(pace.is_off());
  for (std::size_t packets = 0; packets < 1'000; ++packets) {
    now += 20ms;
    came += 964;
    static_cast<void>(pace.on_sound({came, 48'000 + 4 * packets, 0, false, true}, now));
  }
  EXPECT_TRUE(pace.is_off());
  pace.start_over(now);
  EXPECT_EQ(pace.on_sound({came, 38'000, 14'400, false, true}, now).leave_out, 3'840U)
      << "by that much the clocks have differed";
  EXPECT_FALSE(pace.is_off());
}

TEST(LivePace, WhoIsCertainlyLiveNeverFallsFarBehind) {
  Simulation story(LivePace(kLatency, true), Producer{});
  story.run(1s);
  story.line.starts_to_take();
  story.run(3s);
  story.producer.rate = 96'000;  // no sound card: what it is late with after a stop
  story.run(2s);
  EXPECT_LE(story.line.waiting(), 48'000U * 13 / 10 + 960U);
  EXPECT_GT(story.pace.left_out(), 20'000U);
}

TEST(LivePace, SeesThatAFileWasCalledLive) {
  Simulation file(LivePace(kLatency, true), Producer{.rate = 480'000});
  file.run(100ms);
  EXPECT_FALSE(file.pace.outran_time()) << "a pipe may have held a second";
  file.run(100ms);
  EXPECT_TRUE(file.pace.outran_time());
  EXPECT_NEAR(static_cast<double>(file.pace.left_out()), 96'000 - 14'400, 4'800) << "nobody has heard any";
}

TEST(LivePace, SeesNoFileInAClockThatRunsFast) {
  Simulation story(LivePace(kLatency, true), Producer{.rate = 48'200});
  story.run(2s);
  story.line.starts_to_take();
  story.run(10min);
  EXPECT_FALSE(story.pace.outran_time()) << "2.5 s in the end";
}

}  // namespace
}  // namespace vcplay::media
