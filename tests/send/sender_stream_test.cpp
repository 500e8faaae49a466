// Streams that the sender loses and gets, and what it hands back to the network thread.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "words/sender_story.hpp"

namespace vcplay::send {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

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
  EXPECT_EQ(all[0].nonce, kLeadIn + 3 + 1U) << "the key might be one that was there before";
  EXPECT_EQ(wire_.story(), "0 1 2");
}

TEST_F(SenderStory, UnderOneKeyNoNonceComesTwiceHoweverOftenItIsNamed) {
  begin_audio();
  queue(20);
  const auto again = [&] { return std::make_unique<rtp::TransportCipher>(wire_.mode, rtp::TransportKey()); };
  rtp::TransportKey other;
  other.span()[0] = 1;
  tick(2);
  post(SwapCipher{again()});
  tick(2);
  post(SwapCipher{std::make_unique<rtp::TransportCipher>(wire_.mode, std::move(other))});
  tick(2);
  post(SwapCipher{again()});
  tick(2);
  post(DropStream{});
  start(wire_);
  tick();
  post(SpeakingIsOn{});
  tick(kLeadIn + 2);
  std::uint32_t last = 0;
  int opened = 0;
  for (const Heard& one : wire_.heard()) {
    if (one.payload.empty()) continue;  // sealed under the other key
    EXPECT_GT(one.nonce, last);
    last = one.nonce;
    ++opened;
  }
  EXPECT_EQ(opened, 6 + kLeadIn + 2);
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
  log_.finish();
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
  new (&sender_) Sender(cursor_, inbox_, stats_, {});  // so that nothing outlives `alive`
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

// ── the inbox ──

TEST(SenderInbox, RefusesTheSeventeenthUnreadCommand) {
  SenderInbox inbox;
  for (int i = 0; i < 16; ++i) EXPECT_TRUE(inbox.post(SpeakingIsOn{}));
  EXPECT_FALSE(inbox.post(StopPlaying{}));
  inbox.pop();
  EXPECT_TRUE(inbox.post(StopPlaying{}));
}

}  // namespace
}  // namespace vcplay::send
