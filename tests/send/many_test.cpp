// Many Senders on one thread, and as many threads as they need.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "send/send_threads.hpp"
#include "words/cranked_pacer.hpp"
#include "words/outgoing.hpp"
#include "words/wait.hpp"

namespace vcplay::send {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// A listener who looks at the clock.
class Hearing final : public PacketSink {
 public:
  Hearing(Wire& wire, std::vector<TimePoint>& when, Pacer& pacer) : sink_(wire), when_(when), pacer_(pacer) {}
  [[nodiscard]] SendResult send(ByteView packet) noexcept override {
    when_.push_back(pacer_.now());
    return sink_.send(packet);
  }

 private:
  WireSink sink_;
  std::vector<TimePoint>& when_;
  Pacer& pacer_;
};

/// One channel: its Station, and who listens there.
struct Channel {
  Channel(stream::FrameLog& log, std::size_t place) : station(log, counts, {.lead_in_packets = 3}) {
    station.sender.take_place(place);
  }
  void begin(Pacer& pacer) {
    StartStream start = stream_to(wire, {.sequence = 1, .timestamp = 1, .ssrc = kSsrc});
    start.sink = std::make_unique<Hearing>(wire, when, pacer);
    ASSERT_TRUE(station.inbox.post(std::move(start)));
  }
  /// The network thread, which says SPEAKING at once.
  void answer() {
    while (const auto report = station.inbox.take_report()) {
      reports.push_back(*report);
      if (*report != SenderReport::wants_speaking) continue;
      ASSERT_TRUE(station.inbox.post(SpeakingIsOn{}));
    }
  }
  /// When the frame was heard; a time long ago: never.
  [[nodiscard]] TimePoint heard(std::uint64_t frame) const {
    const std::vector<Heard> all = wire.heard();
    for (std::size_t i = 0; i < all.size(); ++i) {
      const Bytes& payload = all[i].payload;
      const bool is_frame = payload.size() == kFrameBytes && payload[0] == kMusicToc;
      if (is_frame && load_be32(ByteView(payload).subspan(1)) == frame) return when[i];
    }
    return TimePoint{};
  }
  /// The frames in words, without the silence.
  [[nodiscard]] std::string music() const {
    std::string words;
    for (const Heard& one : wire.heard()) {
      if (one.payload.size() != kFrameBytes) continue;
      if (!words.empty()) words += ' ';
      words += std::to_string(load_be32(ByteView(one.payload).subspan(1)));
    }
    return words;
  }

  Wire wire;
  std::vector<TimePoint> when;
  std::shared_ptr<SenderStats> counts = std::make_shared<SenderStats>();
  SenderStats& stats = *counts;
  std::vector<SenderReport> reports;
  Station station;
};

std::string numbers(std::uint64_t first, std::uint64_t last) {
  std::string words = std::to_string(first);
  for (std::uint64_t i = first + 1; i <= last; ++i) words += ' ' + std::to_string(i);
  return words;
}

Duration moment_of(TimePoint time) { return time.time_since_epoch() % kFrameDuration; }

/// Channels on one thread, on a hand-cranked clock.
class ManyStory : public ::testing::Test {
 protected:
  explicit ManyStory(stream::Retention retention = stream::Retention::window) : log_(64, retention) {}
  ~ManyStory() override {
    pacer_.let_go();
    thread_.reset();
  }

  Channel& join() {
    Channel& channel = *channels_.emplace_back(std::make_unique<Channel>(log_, channels_.size()));
    channel.begin(pacer_);
    thread_->add(channel.station.sender);
    return channel;
  }
  /// A step takes 1 ms: the media thread writes what it may, and the network thread answers.
  void pass(Duration time) {
    for (const TimePoint end = now_ + time; now_ < end;) {
      while (media_goes_on_ && log_.size() < log_.capacity()) queue_frames(log_, 1, next_frame_);
      now_ += 1ms;
      pacer_.crank_to(now_);
      for (const auto& channel : channels_) channel->answer();
    }
  }
  /// The one that has come back.
  [[nodiscard]] Sender* returned() { return thread_->take_returned(); }

  stream::FrameLog log_;
  CrankedPacer pacer_;
  TimePoint now_{1s};
  bool media_goes_on_ = true;
  std::uint32_t next_frame_ = 0;
  std::vector<std::unique_ptr<Channel>> channels_;
  std::optional<SendThread> thread_{std::in_place, pacer_};
};

TEST_F(ManyStory, OneJoinsAndLeavesWhileAnotherPlays) {
  Channel& stays = join();
  pass(1s);
  Channel& visits = join();
  pass(500ms);
  SendThread::remove(visits.station.sender);
  const std::size_t packets_by_then = visits.wire.datagrams.size();
  pass(20ms);
  EXPECT_EQ(returned(), &visits.station.sender);
  pass(1s);

  const std::uint64_t last = stays.stats.track_frame.load();
  EXPECT_GT(last, 100U);
  EXPECT_EQ(stays.wire.story(), "s s r " + numbers(0, last)) << "it does not notice";
  EXPECT_EQ(stays.stats.underruns.load() + stays.stats.rebases.load(), 0U);
  EXPECT_EQ(visits.wire.datagrams.size(), packets_by_then) << "nothing is sent after that";
  const std::uint64_t visits_last = visits.stats.track_frame.load();
  const std::uint64_t visits_first = visits_last + 4 - packets_by_then;
  EXPECT_EQ(visits.wire.story(), "s s r " + numbers(visits_first, visits_last));
  for (std::uint64_t frame = visits_first; frame <= visits_last; ++frame) {
    const Duration apart = visits.heard(frame) - stays.heard(frame);
    EXPECT_GT(apart, -kFrameDuration) << frame;
    EXPECT_LT(apart, kFrameDuration) << frame;
  }
}

TEST_F(ManyStory, EachHasAMomentOfItsOwn) {
  constexpr std::size_t kChannels = 9;
  for (std::size_t i = 0; i < kChannels; ++i) join();
  pass(300ms);
  std::vector<Duration> moments;
  for (std::size_t i = 1; i < kChannels; ++i) {  // the first one began at once
    const std::vector<TimePoint>& when = channels_[i]->when;
    ASSERT_GT(when.size(), 5U);
    for (const TimePoint time : when) EXPECT_EQ(moment_of(time), moment_of(when.front()));
    moments.push_back(moment_of(when.front()));
  }
  EXPECT_THAT(moments, ElementsAre(10ms, 5ms, 15ms, 2500us, 12500us, 7500us, 17500us, 1250us));
  for (const auto& channel : channels_) EXPECT_EQ(channel->stats.worst_late_ns.load(), 0);
}

TEST_F(ManyStory, TheyBeginInTheSameSlotWhenTheyAreToldTo) {
  log_.clock().hold();
  join();
  join();
  pass(700ms);
  join();
  pass(300ms);
  for (const auto& channel : channels_) EXPECT_THAT(channel->wire.datagrams, IsEmpty());
  const TimePoint begin = now_ + 500ms + 7ms;
  log_.clock().open_at(begin);
  pass(1s);
  std::vector<Duration> moments;
  for (const auto& channel : channels_) {
    moments.push_back(channel->heard(0) - begin);
    const std::string story = channel->wire.story();
    EXPECT_EQ(story.substr(story.find('r')).substr(0, 8), "r 0 1 2 ") << story;
  }
  EXPECT_THAT(moments, ElementsAre(0ms, 10ms, 5ms));
}

TEST_F(ManyStory, OneIsHeldAndComesBackWhereTheOthersAre) {
  Channel& plays = join();
  Channel& held = join();
  pass(500ms);
  ASSERT_TRUE(held.station.inbox.post(HoldAudio{nullptr, Hold::pause}));
  pass(500ms);
  const std::uint64_t before = held.stats.track_frame.load();
  ASSERT_TRUE(held.station.inbox.post(SwapTransform{nullptr}));
  pass(500ms);
  const std::uint64_t last = plays.stats.track_frame.load();
  EXPECT_EQ(plays.wire.story(), "s s r " + numbers(0, last));
  EXPECT_EQ(held.heard(before + 1), TimePoint{}) << "it passed meanwhile";
  EXPECT_GT(held.station.cursor.skipped(), 20U);
  const Duration apart = held.heard(last - 1) - plays.heard(last - 1);
  EXPECT_LT(apart, kFrameDuration);
  EXPECT_GT(apart, -kFrameDuration);
}

TEST_F(ManyStory, AllAreHeldAndLoseNothing) {
  Channel& a = join();
  Channel& b = join();
  pass(500ms);
  for (Channel* const one : {&a, &b}) {
    ASSERT_TRUE(one->station.inbox.post(HoldAudio{nullptr, Hold::pause}));
  }
  pass(2s);
  const std::size_t packets = a.wire.datagrams.size();
  pass(1s);
  EXPECT_EQ(a.wire.datagrams.size(), packets);
  for (Channel* const one : {&a, &b}) ASSERT_TRUE(one->station.inbox.post(SwapTransform{nullptr}));
  pass(500ms);
  EXPECT_EQ(a.music(), numbers(0, a.stats.track_frame.load()));
}

TEST_F(ManyStory, TheyEndTogether) {
  join();
  join();
  pass(500ms);
  media_goes_on_ = false;
  log_.finish();
  pass(2s);
  for (const auto& channel : channels_) {
    EXPECT_EQ(channel->music(), numbers(0, next_frame_ - 1));
    EXPECT_EQ(channel->reports.back(), SenderReport::finished);
  }
}

struct ManyWholeStory : ManyStory {
  ManyWholeStory() : ManyStory(stream::Retention::whole) {}
};

TEST_F(ManyWholeStory, EachHearsAllHoweverLateItComes) {
  join();
  pass(1s);
  join();
  pass(1s);
  media_goes_on_ = false;
  log_.finish();
  pass(2s);
  EXPECT_EQ(channels_[0]->reports.back(), SenderReport::finished);
  join();
  pass(5s);
  for (const auto& channel : channels_) {
    EXPECT_EQ(channel->wire.story(), "s s r " + numbers(0, next_frame_ - 1) + " s s s s s");
    EXPECT_EQ(channel->reports.back(), SenderReport::finished);
  }
}

TEST_F(ManyWholeStory, OneIsHeldAndGoesOnWhereItWas) {
  join();
  Channel& held = join();
  pass(500ms);
  ASSERT_TRUE(held.station.inbox.post(HoldAudio{nullptr, Hold::pause}));
  pass(3s);
  ASSERT_TRUE(held.station.inbox.post(SwapTransform{nullptr}));
  pass(500ms);
  EXPECT_EQ(held.music(), numbers(0, held.stats.track_frame.load()));
}

// ── SendThreads ──

/// Says when it is destroyed.
class LastWords final : public PacketSink {
 public:
  explicit LastWords(std::atomic<bool>& gone) : gone_(gone) {}
  ~LastWords() override { gone_ = true; }
  [[nodiscard]] SendResult send(ByteView) noexcept override { return SendResult::sent; }

 private:
  std::atomic<bool>& gone_;
};

TEST(SendThreads, GiveBackWhatIsRemovedAndDestroyItHere) {
  stream::FrameLog log;
  const auto stats = std::make_shared<SenderStats>();
  MonotonicPacer pacer;
  SendThreads threads(pacer);
  EXPECT_EQ(threads.threads(), 0U);
  std::atomic<bool> gone{false};
  Wire wire;
  StartStream start = stream_to(wire, {});
  start.sink = std::make_unique<LastWords>(gone);
  auto waiting = std::make_unique<Station>(log, stats, Sender::Options{});
  ASSERT_TRUE(waiting->inbox.post(std::move(start)));
  Station& station = threads.add(std::move(waiting));
  EXPECT_EQ(threads.threads(), 1U);
  EXPECT_EQ(threads.senders(), 1U);
  threads.remove(station);
  EXPECT_TRUE(testing::eventually("it is out of use", [&] {
    threads.reap();
    return threads.senders() == 0;
  }));
  EXPECT_TRUE(gone);
}

TEST(SendThreads, EndWithStationsThatNobodyRemoved) {
  stream::FrameLog log;
  MonotonicPacer pacer;
  SendThreads threads(pacer);
  for (int i = 0; i < 20; ++i) {
    Station& station =
        threads.add(std::make_unique<Station>(log, std::make_shared<SenderStats>(), Sender::Options{}));
    if (i % 3 == 0) threads.remove(station);
  }
  EXPECT_EQ(threads.threads(), 1U);
}

TEST(ChooseThread, FillsOneBeforeItStartsTheNext) {
  const auto choose = [](std::vector<ThreadLoad> loads, std::size_t most) {
    return choose_thread(loads, most);
  };
  EXPECT_EQ(choose({}, 4), 0U) << "a new one";
  EXPECT_EQ(choose({{.share = 0.5, .senders = 900, .added = 0}}, 4), 0U);
  EXPECT_EQ(choose({{.share = 0.71, .senders = 900, .added = 0}}, 4), 1U) << "a new one";
  EXPECT_EQ(choose({{.share = 0.5, .senders = 900, .added = 400}}, 4), 1U) << "it is about to be full";
  EXPECT_EQ(choose({{.share = 0.9, .senders = 900, .added = 0}, {.share = 0.1, .senders = 9, .added = 0}}, 4),
            1U);
  EXPECT_EQ(choose({{.share = 0.9, .senders = 900, .added = 0}, {.share = 0.8, .senders = 9, .added = 0}}, 2),
            1U)
      << "there may be no more: the least busy one";
  EXPECT_EQ(choose({{.share = 0.1, .senders = SendThread::kMostSenders, .added = 0}}, 1), 1U) << "nobody";
}

}  // namespace
}  // namespace vcplay::send
