// How the sender meets a socket that fails and a clock that jumps.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "words/sender_story.hpp"

namespace vcplay::send {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// ── the socket ──

TEST_F(SenderStory, APacketThatWouldBlockIsLostAndNotRepeated) {
  begin_audio();
  tick(1);
  wire_.answer = SendResult::would_block;
  tick(1);
  wire_.answer = SendResult::failed;
  tick(1);
  wire_.answer = SendResult::sent;
  tick(2);
  EXPECT_EQ(wire_.story(), "0 1 2 3 4") << "offered once each";
  EXPECT_THAT(timestamp_steps(wire_), ElementsAre(1, 1, 1, 1))
      << "a lost packet has used its sequence number";
  EXPECT_EQ(stats_.dropped.load(), 1U);
  EXPECT_EQ(stats_.failed.load(), 1U);
  EXPECT_EQ(stats_.audio_packets.load(), 3U);
}

TEST_F(SenderStory, ACipherThatIsUsedUpSendsNothingMore) {
  queue(8);
  StartStream begin = stream_to(wire_, kFirst);
  begin.cipher =
      std::make_unique<rtp::TransportCipher>(wire_.mode, rtp::TransportKey(), 0xFFFFFFFFU - kLeadIn - 1);
  post(std::move(begin));
  tick();
  post(SpeakingIsOn{});
  tick(kLeadIn + 3);
  EXPECT_EQ(wire_.story(), lead_in(kLeadIn) + " 0");
  EXPECT_EQ(stats_.failed.load(), 2U);
}

TEST_F(SenderStory, KeepalivesGoOutEveryFiveSecondsOfQuiet) {
  start(wire_);
  tick();
  const TimePoint begin = now_;
  while (now_ < begin + 10s) tick();
  ASSERT_EQ(wire_.keepalives.size(), 2U);
  EXPECT_EQ(to_hex(wire_.keepalives[0]), "1337cafe00000000");
  EXPECT_EQ(to_hex(wire_.keepalives[1]), "1337cafe00000001");
}

TEST_F(SenderStory, AudioNeedsNoKeepalivesAndAPauseDoes) {
  begin_audio();
  for (int i = 0; i < 300; ++i) {  // six seconds
    queue(1);
    tick();
  }
  EXPECT_THAT(wire_.keepalives, IsEmpty());
  tick(5 + kSilencePackets);
  const TimePoint last_packet = now_;
  while (wire_.keepalives.empty()) tick();
  EXPECT_EQ(now_ - last_packet, kKeepaliveInterval);
}

// ── time ──

TEST_F(SenderStory, DoesNotDriftInAMillionSlots) {
  begin_audio();
  wire_.deaf = true;
  const TimePoint first = sender_.next_deadline();
  constexpr int kSlots = 1'000'000;
  Duration jitter = 0ns;
  for (int i = 0; i < kSlots; ++i) {
    if (log_.size() < 5) queue(40);
    jitter = (jitter + 7'777'777ns) % 19ms;  // always late, never by the same
    now_ = sender_.next_deadline() + jitter;
    sender_.tick(now_);
  }
  EXPECT_EQ(sender_.next_deadline() - first, kSlots * Duration(kFrameDuration));
  EXPECT_EQ(stats_.rebases.load(), 0U);
  EXPECT_EQ(stats_.audio_packets.load(), static_cast<std::uint64_t>(kSlots));
}

TEST_F(SenderStory, ThreePacketsLateCatchUpAtOnce) {
  begin_audio();
  tick(1);
  const TimePoint slot = sender_.next_deadline();
  now_ = slot + kMaxLatePackets * kFrameDuration;
  tick(4);
  EXPECT_EQ(now_, slot + kMaxLatePackets * kFrameDuration) << "all four in one moment";
  EXPECT_EQ(wire_.story(), "0 1 2 3 4");
  EXPECT_THAT(timestamp_steps(wire_), ElementsAre(1, 1, 1, 1));
  EXPECT_EQ(stats_.rebases.load(), 0U);
  EXPECT_EQ(sender_.next_deadline(), slot + 4 * kFrameDuration);
}

TEST_F(SenderStory, ALongerStallSkipsTimeAndNoAudio) {
  begin_audio();
  tick(1);
  const TimePoint slot = sender_.next_deadline();
  now_ = slot + 1007ms;
  tick(1);
  EXPECT_EQ(stats_.rebases.load(), 1U);
  EXPECT_GT(sender_.next_deadline(), now_) << "no burst";
  EXPECT_EQ((sender_.next_deadline() - slot) % kFrameDuration, Duration::zero())
      << "the slots stay where they were";
  tick(1);
  EXPECT_EQ(wire_.story(), "0 1 2");
  EXPECT_THAT(timestamp_steps(wire_), ElementsAre(51, 1));
  EXPECT_EQ(stats_.rebases.load(), 1U);
}

TEST_F(SenderStory, LatenessIsCountedInMicroseconds) {
  begin_audio();
  const auto on_time = stats_.late_us[0].load();
  now_ = sender_.next_deadline() + 42'999ns;
  tick();
  EXPECT_EQ(stats_.late_us[42].load(), 1U);
  EXPECT_EQ(stats_.worst_late_ns.load(), 42'999);
  tick();
  EXPECT_EQ(stats_.late_us[0].load(), on_time + 1);
  now_ = sender_.next_deadline() + 50ms;
  tick();
  EXPECT_EQ(stats_.late_us[SenderStats::kLateBuckets - 1].load(), 1U);
  EXPECT_EQ(stats_.worst_late_ns.load(), 50'000'000);
}

// ── a clock that can stand still ──

TEST_F(SenderStory, WaitsExactlyWhileSomebodyElseMustAct) {
  EXPECT_TRUE(sender_.waiting()) << "for a stream";
  start(wire_);
  sender_.read_inbox();
  EXPECT_TRUE(sender_.waiting()) << "for frames";
  queue(5);
  EXPECT_FALSE(sender_.waiting());
  tick();
  EXPECT_TRUE(sender_.waiting()) << "for SPEAKING";
  post(SpeakingIsOn{});
  sender_.read_inbox();
  for (int i = 0; i < kLeadIn + 5; ++i) {
    EXPECT_FALSE(sender_.waiting());
    tick();
  }
  EXPECT_TRUE(sender_.waiting()) << "for more frames";
  log_.finish();
  for (int i = 0; i < kSilencePackets; ++i) {
    EXPECT_FALSE(sender_.waiting());
    tick();
  }
  EXPECT_TRUE(sender_.waiting()) << "for the end";
  EXPECT_EQ(stats_.underruns.load(), 0U);
}

}  // namespace
}  // namespace vcplay::send
