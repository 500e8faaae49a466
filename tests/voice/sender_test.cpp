// The sender on a hand-cranked clock: what leaves, when, and what it tells the network thread.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "words/sender_story.hpp"

namespace vcplay::voice {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// ── from the first packet to the last ──

TEST_F(SenderStory, PlaysAFileFromLeadInToTheLastSilence) {
  queue(6);
  queue_.finish();
  start(wire_);
  tick();
  EXPECT_THAT(reports(), ElementsAre(kWantsSpeaking));
  tick(3);
  EXPECT_THAT(wire_.datagrams, IsEmpty()) << "nothing before SPEAKING";
  EXPECT_FALSE(stats_.speaking.load());

  post(SpeakingIsOn{});
  tick(kLeadIn);
  EXPECT_TRUE(stats_.speaking.load());
  tick(6 + kSilencePackets - 1);
  EXPECT_THAT(reports(), IsEmpty()) << "one silence packet is still to come";
  tick();
  EXPECT_THAT(reports(), ElementsAre(kFinished));
  EXPECT_TRUE(sender_.finished());
  EXPECT_FALSE(stats_.speaking.load());
  EXPECT_EQ(wire_.story(), lead_in(kLeadIn) + " 0 1 2 3 4 5 " + silence(kSilencePackets));
  EXPECT_EQ(stats_.packets.load(), 15U);
  EXPECT_EQ(stats_.audio_packets.load(), 6U);
  EXPECT_EQ(stats_.underruns.load(), 0U);
  EXPECT_EQ(queue_.underruns(), 0U) << "it had come to its end";
  EXPECT_EQ(stats_.track.load(), 7U);
  EXPECT_EQ(stats_.track_frame.load(), 5U);

  tick(1000);
  EXPECT_EQ(wire_.datagrams.size(), 15U);
  EXPECT_THAT(wire_.keepalives, IsEmpty());
}

TEST_F(SenderStory, CountsSequenceTimestampAndNonceFromTheGivenStart) {
  queue(20);
  start(wire_, {.sequence = 65534, .timestamp = 0xFFFFFFFF - 959, .ssrc = kSsrc});
  tick();
  post(SpeakingIsOn{});
  tick(10);
  const auto all = wire_.heard();
  ASSERT_EQ(all.size(), 10U);
  EXPECT_EQ(all[0].header.sequence, 65534);
  EXPECT_EQ(all[0].header.timestamp, 0xFFFFFFFF - 959);
  EXPECT_EQ(all[0].header.ssrc, kSsrc);
  EXPECT_EQ(all[1].header.timestamp, 0U);
  EXPECT_EQ(all[2].header.sequence, 0);
  EXPECT_THAT(timestamp_steps(wire_), testing::Each(1));
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i].nonce, i + 1);
}

TEST_F(SenderStory, SpeaksWhenFiveFramesWait) {
  start(wire_);
  queue(4);
  tick(50);
  EXPECT_THAT(reports(), IsEmpty());
  queue(1);
  tick();
  EXPECT_THAT(reports(), ElementsAre(kWantsSpeaking));
  tick(50);
  EXPECT_THAT(reports(), IsEmpty()) << "it asks once";
}

TEST_F(SenderStory, SpeaksEvenOneFrameWhenNoMoreWillCome) {
  queue(1);
  queue_.finish();
  start(wire_);
  tick();
  post(SpeakingIsOn{});
  tick(kLeadIn + 1 + kSilencePackets);
  EXPECT_EQ(wire_.story(), lead_in(kLeadIn) + " 0 " + silence(kSilencePackets));
  EXPECT_THAT(reports(), ElementsAre(kWantsSpeaking, kFinished));
}

TEST_F(SenderStory, SaysNothingWhenThereIsNothingToSay) {
  queue_.finish();
  tick(3);
  EXPECT_THAT(reports(), IsEmpty()) << "no stream yet";
  start(wire_);
  tick();
  EXPECT_THAT(reports(), ElementsAre(kFinished));
  EXPECT_THAT(wire_.datagrams, IsEmpty());
}

TEST_F(SenderStory, ItsFirstTickIsDueAtOnceAndSoIsThatOfANewStream) {
  EXPECT_LE(sender_.next_deadline(), now_);
  queue(5);
  start(wire_);
  tick();
  EXPECT_LE(sender_.next_deadline() - now_, 1ms) << "an answer is on its way, no slot is to be kept";
  post(SpeakingIsOn{});
  tick();
  EXPECT_EQ(wire_.datagrams.size(), 1U);
  EXPECT_EQ(stats_.first_packet_ns.load(), now_.time_since_epoch().count());
  tick(kLeadIn);
  EXPECT_EQ(stats_.first_audio_ns.load() - stats_.first_packet_ns.load(),
            kLeadIn * Duration(kFrameDuration).count());
}

TEST_F(SenderStory, AnEarlyTickDoesNothing) {
  begin_audio();
  sender_.tick(sender_.next_deadline() - 1ns);
  EXPECT_THAT(wire_.datagrams, IsEmpty());
  sender_.tick(sender_.next_deadline());
  EXPECT_EQ(wire_.story(), "0");
}

TEST_F(SenderStory, APacketCanBePreparedALittleAheadAndLeavesOnTime) {
  begin_audio();
  const TimePoint slot = sender_.next_deadline();
  EXPECT_FALSE(sender_.prepare(slot - kMostHeadStart - 1ns)) << "not earlier than that";
  EXPECT_TRUE(sender_.prepare(slot - kMostHeadStart));
  EXPECT_THAT(wire_.datagrams, IsEmpty());
  EXPECT_EQ(sender_.next_deadline(), slot);
  post(DropStream{});  // too late for this packet
  sender_.send_prepared(slot + 3us);
  EXPECT_EQ(wire_.story(), "0");
  EXPECT_EQ(stats_.late_us[3].load(), 1U);
  EXPECT_EQ(sender_.next_deadline(), slot + kFrameDuration);
  EXPECT_FALSE(sender_.prepare(slot + kFrameDuration)) << "dropped";
}

// ── the queue runs dry ──

TEST_F(SenderStory, AnUnderrunEndsInSilenceAndLosesNoFrame) {
  begin_audio();
  tick(5);
  tick(kSilencePackets);
  EXPECT_THAT(reports(), ElementsAre(kWentQuiet));
  EXPECT_EQ(stats_.underruns.load(), 1U);
  EXPECT_FALSE(stats_.speaking.load());

  tick(7);
  queue(kResumeFrames - 1);
  tick(3);
  EXPECT_THAT(reports(), IsEmpty());
  queue(1);
  tick();
  EXPECT_THAT(reports(), ElementsAre(kWantsSpeaking));
  post(SpeakingIsOn{});
  EXPECT_EQ(queue_.underruns(), 1U) << "what is encoded from now on follows silence";
  tick(1 + kResumeFrames);
  EXPECT_EQ(wire_.story(), "0 1 2 3 4 s s s s s r " + frames(5, 14)) << "no second lead-in";
  EXPECT_EQ(stats_.underruns.load(), 1U);
}

TEST_F(SenderStory, TheTimestampRunsOnInAPauseAndTheSequenceDoesNot) {
  begin_audio();
  tick(5 + kSilencePackets);
  tick(11);
  queue(kResumeFrames);
  tick();
  post(SpeakingIsOn{});
  tick(2);
  // frames 0 to 4, five of silence, then 12 slots without a packet, then the resumed audio
  EXPECT_THAT(timestamp_steps(wire_), ElementsAre(1, 1, 1, 1, 1, 1, 1, 1, 1, 13, 1));
}

TEST_F(SenderStory, APauseKeepsTheSlotsWhereTheyWere) {
  begin_audio();
  const TimePoint slot = sender_.next_deadline();
  tick(5 + kSilencePackets);
  now_ += 1234567us;  // the thread slept through a part of the pause
  queue(kResumeFrames);
  tick();
  post(SpeakingIsOn{});
  tick();
  EXPECT_EQ((now_ - slot) % kFrameDuration, Duration::zero());
  const auto all = wire_.heard();
  const auto slots = static_cast<std::uint32_t>((now_ - slot) / kFrameDuration);
  EXPECT_EQ(all.back().header.timestamp - all.front().header.timestamp, slots * rtp::kTimestampStep);
  EXPECT_EQ(stats_.rebases.load(), 0U) << "nothing was due in the pause";
}

TEST_F(SenderStory, FramesThatComeDuringTheTrailingSilenceWaitForTheirTurn) {
  begin_audio();
  tick(5 + 1);
  queue(20);
  tick(kSilencePackets - 1);
  EXPECT_THAT(reports(), ElementsAre(kWentQuiet));
  tick();
  EXPECT_THAT(reports(), ElementsAre(kWantsSpeaking));
  post(SpeakingIsOn{});
  tick(2);
  EXPECT_EQ(wire_.story(), "0 1 2 3 4 s s s s s r 5");
}

TEST_F(SenderStory, AnEndThatIsKnownLateIsNoUnderrun) {
  begin_audio();
  tick(5 + 2);
  queue_.finish();
  tick(kSilencePackets - 2);
  EXPECT_THAT(reports(), ElementsAre(kFinished));
  EXPECT_EQ(stats_.underruns.load(), 0U);
  EXPECT_EQ(wire_.story(), "0 1 2 3 4 s s s s s");
}

TEST_F(SenderStory, AnEndInTheMiddleOfAPauseNeedsNoMoreSilence) {
  begin_audio();
  tick(5 + kSilencePackets);
  EXPECT_THAT(reports(), ElementsAre(kWentQuiet));
  queue_.finish();
  tick();
  EXPECT_THAT(reports(), ElementsAre(kFinished));
  EXPECT_EQ(wire_.datagrams.size(), 10U);
}

TEST_F(SenderStory, FewFramesResumeWhenTheyAreTheLast) {
  begin_audio();
  tick(5 + kSilencePackets);
  queue(2);
  queue_.finish();
  tick();
  EXPECT_THAT(reports(), ElementsAre(kWentQuiet, kWantsSpeaking));
  post(SpeakingIsOn{});
  tick(1 + 2 + kSilencePackets);
  EXPECT_EQ(wire_.story(), "0 1 2 3 4 s s s s s r 5 6 s s s s s");
  EXPECT_THAT(reports(), ElementsAre(kFinished));
}

// ── told to stop ──

TEST_F(SenderStory, StopLeavesTheQueueAndSaysFiveSilences) {
  begin_audio();
  tick(2);
  post(StopPlaying{});
  tick(kSilencePackets);
  EXPECT_EQ(wire_.story(), "0 1 s s s s s");
  EXPECT_THAT(reports(), ElementsAre(kFinished));
  EXPECT_EQ(queue_.size(), 3U);
}

TEST_F(SenderStory, StopInTheLeadInAlsoEndsInSilence) {
  ask();
  post(SpeakingIsOn{});
  tick(2);
  post(StopPlaying{});
  tick(kSilencePackets);
  EXPECT_EQ(wire_.story(), silence(2 + kSilencePackets));
  EXPECT_THAT(reports(), ElementsAre(kFinished));
}

TEST_F(SenderStory, StopBeforeTheFirstPacketSendsNothing) {
  ask();
  post(SpeakingIsOn{});
  post(StopPlaying{});
  tick();
  EXPECT_THAT(reports(), ElementsAre(kFinished));
  EXPECT_THAT(wire_.datagrams, IsEmpty());
}

TEST_F(SenderStory, StopInAPauseFinishesAtOnce) {
  begin_audio();
  tick(5 + kSilencePackets + 3);
  EXPECT_THAT(reports(), ElementsAre(kWentQuiet));
  post(StopPlaying{});
  tick();
  EXPECT_THAT(reports(), ElementsAre(kFinished));
  EXPECT_EQ(wire_.datagrams.size(), 10U);
}

TEST_F(SenderStory, StopWithoutAStreamFinishesAtOnce) {
  queue(5);
  post(StopPlaying{});
  tick();
  EXPECT_THAT(reports(), ElementsAre(kFinished));
}

TEST_F(SenderStory, StopDuringTheTrailingSilenceAddsNone) {
  begin_audio();
  tick(5 + 2);
  post(StopPlaying{});
  post(StopPlaying{});
  tick(kSilencePackets - 2);
  EXPECT_THAT(reports(), ElementsAre(kFinished));
  EXPECT_EQ(wire_.story(), "0 1 2 3 4 s s s s s");
}

// ── the connection goes and comes ──

TEST_F(SenderStory, ADroppedStreamHoldsThePositionForTheNextOne) {
  begin_audio();
  queue(10);
  tick(3);
  post(DropStream{});
  tick(100);
  EXPECT_EQ(wire_.story(), "0 1 2");
  EXPECT_FALSE(stats_.speaking.load());

  Wire second(rtp::TransportMode::xchacha20_poly1305_rtpsize);
  start(second, {.sequence = 9, .timestamp = 77, .ssrc = 0xBEEF});
  tick();
  EXPECT_THAT(reports(), ElementsAre(kWantsSpeaking));
  post(SpeakingIsOn{});
  tick(kLeadIn + 2);
  EXPECT_EQ(second.story(), lead_in(kLeadIn) + " 3 4");
  const auto all = second.heard();
  EXPECT_EQ(all[0].header.sequence, 9);
  EXPECT_EQ(all[0].header.timestamp, 77U) << "the new stream counts from where it was told";
  EXPECT_EQ(all[0].header.ssrc, 0xBEEFU);
  EXPECT_EQ(all[0].nonce, 1U);
  EXPECT_EQ(wire_.story(), "0 1 2");
}

TEST_F(SenderStory, ANewStreamInMidPlayReplacesTheOldOneWhole) {
  begin_audio();
  queue(10);
  tick(3);
  Wire second;
  start(second, {.sequence = 1, .timestamp = 2, .ssrc = 3});
  tick();
  EXPECT_THAT(reports(), ElementsAre(kWantsSpeaking));
  post(SpeakingIsOn{});
  tick(kLeadIn + 1);
  EXPECT_EQ(wire_.story(), "0 1 2");
  EXPECT_EQ(second.story(), lead_in(kLeadIn) + " 3");
}

TEST_F(SenderStory, AnAnswerToAnOldQuestionIsNoPermission) {
  begin_audio();
  Wire second;
  start(second);
  post(SpeakingIsOn{});  // meant for the stream before
  tick(5);
  EXPECT_THAT(second.datagrams, IsEmpty());
}

TEST_F(SenderStory, LosingTheStreamAfterTheLastFrameIsAnEnd) {
  begin_audio();
  queue_.finish();
  tick(5 + 2);
  post(DropStream{});
  tick();
  EXPECT_THAT(reports(), ElementsAre(kFinished));
  EXPECT_TRUE(sender_.finished());
}

TEST_F(SenderStory, LosingTheStreamWhileStoppingIsAnEnd) {
  begin_audio();
  tick(2);
  post(StopPlaying{});
  tick(2);
  post(DropStream{});
  tick();
  EXPECT_THAT(reports(), ElementsAre(kFinished));
}

// ── what the network thread gets back ──

class Counted final : public FrameTransform {
 public:
  Counted(int& alive, std::uint8_t mark) : alive_(alive), mark_(mark) { ++alive_; }
  ~Counted() override { --alive_; }
  std::size_t apply(ByteSpan buffer, std::size_t size) noexcept override {
    EXPECT_GE(buffer.size(), size + kMaxDaveOverhead);
    if (mark_ == 0) return 0;
    buffer[size] = mark_;
    return size + 1;
  }

 private:
  int& alive_;
  std::uint8_t mark_;
};

TEST_F(SenderStory, WhatIsRetiredIsDestroyedByTheNetworkThreadAlone) {
  int alive = 0;
  StartStream begin = stream_to(wire_, kFirst);
  begin.transform = std::make_unique<Counted>(alive, 1);
  post(std::move(begin));
  tick();
  post(SwapTransform{std::make_unique<Counted>(alive, 2)});
  tick();
  EXPECT_EQ(alive, 2) << "the sender does not free";
  inbox_.destroy_retired();
  EXPECT_EQ(alive, 1);
  post(DropStream{});
  tick();
  EXPECT_EQ(alive, 1);
  inbox_.destroy_retired();
  EXPECT_EQ(alive, 0);
}

TEST_F(SenderStory, TheTransformTouchesMediaAndNeverSilence) {
  int alive = 0;
  queue(8);
  StartStream begin = stream_to(wire_, kFirst);
  begin.transform = std::make_unique<Counted>(alive, 0xAA);
  post(std::move(begin));
  tick();
  post(SpeakingIsOn{});
  tick(kLeadIn + 2);
  post(SwapTransform{std::make_unique<Counted>(alive, 0xBB)});
  tick();
  post(SwapTransform{nullptr});
  tick();
  post(StopPlaying{});
  tick();
  EXPECT_EQ(wire_.story(), silence(kLeadIn - 1) + " ? ? ? ? 3 s") << "DAVE lets one kind of it through";
  const auto all = wire_.heard();
  EXPECT_EQ(all[kLeadIn].payload.size(), kFrameBytes + 1);
  EXPECT_EQ(all[kLeadIn + 1].payload.back(), 0xAA);
  EXPECT_EQ(all[kLeadIn + 2].payload.back(), 0xBB);
  sender_.~Sender();
  new (&sender_) Sender(queue_, inbox_, stats_, {});  // so that nothing outlives `alive`
  inbox_.destroy_retired();
  EXPECT_EQ(alive, 0);
}

TEST_F(SenderStory, AFrameThatMayNotBeSentIsDroppedAndTimeRunsOn) {
  int alive = 0;
  begin_audio();
  tick(1);
  post(SwapTransform{std::make_unique<Counted>(alive, 0)});
  tick(2);
  post(SwapTransform{nullptr});
  tick(2);
  EXPECT_EQ(wire_.story(), "0 3 4");
  EXPECT_EQ(stats_.failed.load(), 2U);
  EXPECT_THAT(timestamp_steps(wire_), ElementsAre(3, 1)) << "its slot passes, no sequence is missed";
  inbox_.destroy_retired();
}

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
    if (queue_.size() < 5) queue(40);
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
  queue_.finish();
  for (int i = 0; i < kSilencePackets; ++i) {
    EXPECT_FALSE(sender_.waiting());
    tick();
  }
  EXPECT_TRUE(sender_.waiting()) << "for the end";
  EXPECT_EQ(stats_.underruns.load(), 0U);
}

// ── the inbox ──

TEST(SenderInbox, RefusesTheSeventeenthUnreadCommand) {
  SenderInbox inbox;
  for (int i = 0; i < 16; ++i) EXPECT_TRUE(inbox.post(SpeakingIsOn{}));
  EXPECT_FALSE(inbox.post(StopPlaying{}));
  inbox.pop();
  EXPECT_TRUE(inbox.post(StopPlaying{}));
}

}  // namespace
}  // namespace vcplay::voice
