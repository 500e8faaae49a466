// While audio may not be sent: the queue waits or runs on unheard, and nothing but silence leaves.
#include "words/sender_story.hpp"

namespace vcplay::send {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Lets nothing through. The sender must not give it a frame during a hold.
class Gate final : public FrameTransform {
 public:
  explicit Gate(int& mistakes) : mistakes_(mistakes) {}
  std::size_t apply(ByteSpan, std::size_t) noexcept override {
    ++mistakes_;
    return 0;
  }

 private:
  int& mistakes_;
};

class HeldSender : public SenderStory {
 protected:
  void hold(Hold how) { post(HoldAudio{std::make_unique<Gate>(mistakes_), how}); }
  void release() { post(SwapTransform{nullptr}); }
  /// A stream that is held from its beginning.
  void start_held(Hold how) {
    StartStream begin = stream_to(wire_, kFirst);
    begin.transform = std::make_unique<Gate>(mistakes_);
    begin.hold = how;
    post(std::move(begin));
  }
  void TearDown() override { EXPECT_EQ(mistakes_, 0) << "a frame reached the gate"; }

  int mistakes_ = 0;
};

TEST_F(HeldSender, KeepsTheIntroUntilTheKeyIsThere) {
  queue(20);
  start_held(Hold::pause);
  tick(100);
  EXPECT_THAT(reports(), IsEmpty()) << "not even SPEAKING";
  EXPECT_THAT(wire_.datagrams, IsEmpty());
  EXPECT_EQ(log_.size(), 20U);

  release();
  tick();
  EXPECT_THAT(reports(), ElementsAre(kWantsSpeaking));
  post(SpeakingIsOn{});
  tick(kLeadIn + 3);
  EXPECT_EQ(wire_.story(), lead_in(kLeadIn) + " 0 1 2");
}

TEST_F(HeldSender, FallsSilentInTheMiddleAndGoesOnWhereItWas) {
  begin_audio();
  queue(20);
  tick(2);
  hold(Hold::pause);
  tick(kSilencePackets);
  EXPECT_THAT(reports(), ElementsAre(kHeld));
  EXPECT_EQ(stats_.underruns.load(), 0U) << "the queue was full all the time";
  EXPECT_FALSE(stats_.speaking.load());
  tick(30);

  release();
  tick();
  EXPECT_THAT(reports(), ElementsAre(kWantsSpeaking));
  post(SpeakingIsOn{});
  tick(1 + 3);
  EXPECT_EQ(wire_.story(), "0 1 " + silence(kSilencePackets) + " r 2 3 4") << "no second lead-in";
}

TEST_F(HeldSender, RunsOnUnheardOneFramePerSlot) {
  queue(30);
  start_held(Hold::run_on);
  tick();
  const TimePoint began = now_;
  tick(10);
  EXPECT_EQ(now_ - began, 10 * kFrameDuration);
  EXPECT_EQ(stats_.unheard.load(), 11U) << "one at once";
  EXPECT_EQ(stats_.track_frame.load(), 10U) << "the position runs";
  EXPECT_EQ(stats_.audio_packets.load(), 0U);
  EXPECT_THAT(wire_.datagrams, IsEmpty());
  EXPECT_THAT(reports(), IsEmpty());

  release();  // somebody came: from here on it is heard
  tick(2);
  EXPECT_THAT(reports(), ElementsAre(kWantsSpeaking));
  post(SpeakingIsOn{});
  tick(kLeadIn + 2);
  EXPECT_EQ(wire_.story(), lead_in(kLeadIn) + " 11 12");
}

TEST_F(HeldSender, ARadioWithoutListenersStillComesToItsEnd) {
  queue(8);
  log_.finish();
  start_held(Hold::run_on);
  tick(12);
  EXPECT_THAT(reports(), ElementsAre(kFinished));
  EXPECT_EQ(stats_.unheard.load(), 8U);
  EXPECT_THAT(wire_.datagrams, IsEmpty());
}

TEST_F(HeldSender, ARadioThatRunsDryWaitsForFramesAndGoesOn) {
  queue(6);
  start_held(Hold::run_on);
  tick(20);
  EXPECT_EQ(stats_.unheard.load(), 6U);
  queue(kResumeFrames);
  tick(kResumeFrames + 5);
  EXPECT_EQ(stats_.unheard.load(), 6U + kResumeFrames);
  EXPECT_EQ(stats_.underruns.load(), 0U) << "nobody heard it";
}

TEST_F(HeldSender, ARadioThatSleptDoesNotCatchUp) {
  queue(40);
  start_held(Hold::run_on);
  tick(2);
  const auto before = stats_.unheard.load();
  now_ += 10s;
  tick();
  EXPECT_EQ(stats_.unheard.load(), before + 1);
}

TEST_F(HeldSender, APauseBecomesARadioAndBackAgain) {
  begin_audio();
  queue(40);
  hold(Hold::pause);
  tick(kSilencePackets + 4);
  EXPECT_EQ(stats_.unheard.load(), 0U);
  hold(Hold::run_on);
  tick(6);
  const auto ran = stats_.unheard.load();
  EXPECT_GE(ran, 5U);
  hold(Hold::pause);
  tick(50);
  EXPECT_EQ(stats_.unheard.load(), ran);
}

TEST_F(HeldSender, TakesSpeakingBackWhenItIsHeldWhileItAsks) {
  ask();
  hold(Hold::pause);
  tick();
  EXPECT_THAT(reports(), ElementsAre(kHeld));
  post(SpeakingIsOn{});  // it was on its way
  tick(5);
  EXPECT_THAT(wire_.datagrams, IsEmpty());
}

TEST_F(HeldSender, StopsAtOnceWhileItIsHeld) {
  queue(10);
  start_held(Hold::pause);
  tick(2);
  post(StopPlaying{});
  tick();
  EXPECT_THAT(reports(), ElementsAre(kFinished));
  EXPECT_THAT(wire_.datagrams, IsEmpty());
}

TEST_F(HeldSender, AHoldAtTheVeryEndIsTheEnd) {
  begin_audio();
  tick(5);
  log_.finish();
  hold(Hold::pause);
  tick(kSilencePackets);
  EXPECT_THAT(reports(), ElementsAre(kFinished));
  EXPECT_EQ(wire_.story(), "0 1 2 3 4 " + silence(kSilencePackets));
}

TEST_F(HeldSender, TheTimestampRunsOnInAHold) {
  begin_audio();
  queue(20);
  tick();
  hold(Hold::run_on);
  tick(kSilencePackets + 7);
  release();
  tick();
  post(SpeakingIsOn{});
  tick(2);
  const auto steps = timestamp_steps(wire_);
  ASSERT_EQ(steps.size(), 7U);
  EXPECT_EQ(std::count(steps.begin(), steps.end(), 1), 6);
  EXPECT_EQ(*std::max_element(steps.begin(), steps.end()), 9);
}

TEST_F(HeldSender, ANewTransportKeyChangesNothingElse) {
  begin_audio();
  tick(2);
  post(SwapCipher{std::make_unique<rtp::TransportCipher>(wire_.mode, rtp::TransportKey())});
  tick(2);
  EXPECT_EQ(wire_.story(), "0 1 2 3");
  const auto heard = wire_.heard();
  EXPECT_EQ(heard[2].header.sequence, heard[1].header.sequence + 1);
  EXPECT_EQ(heard[2].nonce, heard[1].nonce + 1) << "the key is the same";
  EXPECT_THAT(reports(), IsEmpty());
}

}  // namespace
}  // namespace vcplay::send
