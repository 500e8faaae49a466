// The sender on a hand-cranked clock: what leaves, and when, until the music ends or is told to stop.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "words/sender_story.hpp"

namespace vcplay::send {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// ── from the first packet to the last ──

TEST_F(SenderStory, PlaysAFileFromLeadInToTheLastSilence) {
  queue(6);
  log_.finish();
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
  EXPECT_EQ(log_.underruns(), 0U) << "it had come to its end";
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
  log_.finish();
  start(wire_);
  tick();
  post(SpeakingIsOn{});
  tick(kLeadIn + 1 + kSilencePackets);
  EXPECT_EQ(wire_.story(), lead_in(kLeadIn) + " 0 " + silence(kSilencePackets));
  EXPECT_THAT(reports(), ElementsAre(kWantsSpeaking, kFinished));
}

TEST_F(SenderStory, SaysNothingWhenThereIsNothingToSay) {
  log_.finish();
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
  EXPECT_EQ(log_.underruns(), 1U) << "what is encoded from now on follows silence";
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
  log_.finish();
  tick(kSilencePackets - 2);
  EXPECT_THAT(reports(), ElementsAre(kFinished));
  EXPECT_EQ(stats_.underruns.load(), 0U);
  EXPECT_EQ(wire_.story(), "0 1 2 3 4 s s s s s");
}

TEST_F(SenderStory, AnEndInTheMiddleOfAPauseNeedsNoMoreSilence) {
  begin_audio();
  tick(5 + kSilencePackets);
  EXPECT_THAT(reports(), ElementsAre(kWentQuiet));
  log_.finish();
  tick();
  EXPECT_THAT(reports(), ElementsAre(kFinished));
  EXPECT_EQ(wire_.datagrams.size(), 10U);
}

TEST_F(SenderStory, FewFramesResumeWhenTheyAreTheLast) {
  begin_audio();
  tick(5 + kSilencePackets);
  queue(2);
  log_.finish();
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
  EXPECT_EQ(log_.size(), 3U);
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

}  // namespace
}  // namespace vcplay::send
