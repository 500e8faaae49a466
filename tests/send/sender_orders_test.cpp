// Orders to the sender in floods: nothing that matters is lost, nothing worthless waits.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "send/sender_orders.hpp"
#include "words/sender_story.hpp"

namespace vcplay::send {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Marks each frame with the number of the line that let it out.
class Line final : public FrameTransform {
 public:
  explicit Line(std::uint8_t number) : number_(number) {}
  std::size_t apply(ByteSpan buffer, std::size_t size) noexcept override {
    buffer[size] = number_;
    return size + 1;
  }

 private:
  std::uint8_t number_;
};

class FloodOfOrders : public SenderStory {
 protected:
  FloodOfOrders() { begin_audio(); }
  void order(SenderCommand&& command) { orders_.post(std::move(command), now_); }
  void swap_lines(int times) {
    for (int i = 1; i <= times; ++i)
      order(SwapTransform{std::make_unique<Line>(static_cast<std::uint8_t>(i))});
  }
  /// What passes now carries the mark of this line; 0: of none.
  int line() {
    queue(1);
    wire_.datagrams.clear();
    tick();
    const auto all = wire_.heard();
    if (all.size() != 1) return -1;
    return all[0].payload.size() == kFrameBytes ? 0 : all[0].payload.back();
  }
  /// The sender reads, the network thread looks again, until nothing waits.
  void settle() {
    while (const auto when = orders_.deadline()) {
      now_ = std::max(now_, *when);
      sender_.read_inbox();
      orders_.flush(now_);
    }
    sender_.read_inbox();
  }

  SenderOrders orders_{inbox_};
};

TEST_F(FloodOfOrders, TheLastLineOfTwoHundredIsInForce) {
  swap_lines(200);
  settle();
  EXPECT_EQ(line(), 200);
}

TEST_F(FloodOfOrders, TheSecondFloodIsNoWorse) {
  swap_lines(100);
  settle();
  EXPECT_EQ(line(), 100);
  swap_lines(50);
  settle();
  EXPECT_EQ(line(), 50);
}

TEST_F(FloodOfOrders, AHoldBehindAFloodHolds) {
  queue(10);
  swap_lines(40);
  order(HoldAudio{std::make_unique<Line>(99), Hold::pause});
  settle();
  wire_.datagrams.clear();
  tick(20);
  EXPECT_EQ(wire_.story(), silence(kSilencePackets));
  EXPECT_THAT(reports(), ElementsAre(kHeld));
}

TEST_F(FloodOfOrders, PermissionToSpeakIsNotLostInIt) {
  tick(5 + kSilencePackets);  // the queue is dry
  EXPECT_THAT(reports(), ElementsAre(kWentQuiet));
  queue(kResumeFrames);
  tick();
  EXPECT_THAT(reports(), ElementsAre(kWantsSpeaking));
  swap_lines(40);
  order(SpeakingIsOn{});
  settle();
  wire_.datagrams.clear();
  tick(2);
  EXPECT_EQ(wire_.heard().size(), 2U);
}

TEST_F(FloodOfOrders, ADroppedStreamDropsWhatWaitedForIt) {
  swap_lines(40);
  order(SwapCipher{std::make_unique<rtp::TransportCipher>(wire_.mode, rtp::TransportKey())});
  order(DropStream{});
  settle();
  wire_.datagrams.clear();
  queue(20);
  tick(20);
  EXPECT_THAT(wire_.datagrams, IsEmpty());
  Wire second;
  order(stream_to(second, kFirst));
  settle();
  tick();
  EXPECT_THAT(reports(), ElementsAre(kWantsSpeaking));
  order(SpeakingIsOn{});
  settle();
  tick(kLeadIn + 1);
  EXPECT_EQ(second.story(), lead_in(kLeadIn) + " 0") << "no line of the stream before stands in its way";
}

TEST_F(FloodOfOrders, TheLatestOfManyStreamsIsTheOne) {
  queue(20);
  Wire wires[30];
  for (Wire& wire : wires) order(stream_to(wire, kFirst));
  settle();
  tick();
  order(SpeakingIsOn{});
  settle();
  tick(kLeadIn + 1);
  EXPECT_EQ(wires[29].story(), lead_in(kLeadIn) + " 0");
  for (int i = 0; i < 29; ++i) EXPECT_THAT(wires[i].datagrams, IsEmpty());
}

TEST_F(FloodOfOrders, AStopBehindItStops) {
  queue(10);
  swap_lines(40);
  order(StopPlaying{});
  settle();
  tick(20);
  EXPECT_TRUE(sender_.finished());
}

TEST_F(FloodOfOrders, TenSecondsWithoutAReaderAreTooLong) {
  swap_lines(15);
  EXPECT_EQ(orders_.deadline(), std::nullopt) << "there is room";
  swap_lines(2);
  EXPECT_EQ(orders_.deadline(), now_ + 20ms);
  now_ += 10s;
  orders_.flush(now_);
  EXPECT_FALSE(orders_.are_ignored(now_));
  now_ += 20ms;
  orders_.flush(now_);
  EXPECT_TRUE(orders_.are_ignored(now_));
  settle();
  EXPECT_FALSE(orders_.are_ignored(now_));
}

}  // namespace
}  // namespace vcplay::send
