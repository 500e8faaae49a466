// The sender on a hand-cranked clock, as a fixture: frames and commands in, datagrams and reports out.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "words/outgoing.hpp"

namespace vcplay::send {

inline constexpr auto kWantsSpeaking = SenderReport::wants_speaking;
inline constexpr auto kWentQuiet = SenderReport::went_quiet;
inline constexpr auto kHeld = SenderReport::held;
inline constexpr auto kFinished = SenderReport::finished;
inline constexpr rtp::Header kFirst{.sequence = 100, .timestamp = 5000, .ssrc = kSsrc};

inline std::string silence(int packets) {
  std::string words = "s";
  for (int i = 1; i < packets; ++i) words += " s";
  return words;
}

/// Silence, the last of which makes decoders forget it.
inline std::string lead_in(int packets) { return silence(packets - 1) + " r"; }

inline std::string frames(int first, int last) {
  std::string words = std::to_string(first);
  for (int i = first + 1; i <= last; ++i) words += ' ' + std::to_string(i);
  return words;
}

class SenderStory : public testing::Test {
 protected:
  void queue(int count) { queue_frames(log_, count, next_frame_); }
  void post(SenderCommand&& command) { ASSERT_TRUE(inbox_.post(std::move(command))); }
  void start(Wire& wire, rtp::Header first = kFirst) { post(stream_to(wire, first)); }
  /// Lets the sender take `slots` ticks, each exactly when it asked for it.
  void tick(int slots = 1) {
    for (int i = 0; i < slots; ++i) {
      now_ = std::max(now_, sender_.next_deadline());
      sender_.tick(now_);
    }
  }
  /// A started stream whose five first frames wait for SpeakingIsOn.
  void ask() {
    queue(5);
    start(wire_);
    tick();
    ASSERT_THAT(reports(), testing::ElementsAre(kWantsSpeaking));
  }
  /// ... and that has come through its lead-in: next is frame 0.
  void begin_audio() {
    ask();
    post(SpeakingIsOn{});
    tick(kLeadIn);
    ASSERT_EQ(wire_.story(), lead_in(kLeadIn));
    wire_.datagrams.clear();
  }
  std::vector<SenderReport> reports() {
    std::vector<SenderReport> all;
    while (const auto report = inbox_.take_report()) all.push_back(*report);
    return all;
  }
  /// The timestamps' and sequences' way through the packets of `wire`, as steps of 960 and of 1.
  static std::vector<int> timestamp_steps(const Wire& wire) {
    const std::vector<Heard> all = wire.heard();
    std::vector<int> steps;
    for (std::size_t i = 1; i < all.size(); ++i) {
      const std::uint32_t step = all[i].header.timestamp - all[i - 1].header.timestamp;
      EXPECT_EQ(step % rtp::kTimestampStep, 0U);
      EXPECT_EQ(static_cast<std::uint16_t>(all[i].header.sequence - all[i - 1].header.sequence), 1);
      EXPECT_FALSE(all[i].marker);
      steps.push_back(static_cast<int>(step / rtp::kTimestampStep));
    }
    return steps;
  }

  static constexpr int kLeadIn = 4;
  stream::FrameLog log_{64};
  stream::FrameCursor cursor_{log_};
  SenderInbox inbox_;
  SenderStats stats_;
  Sender sender_{cursor_, inbox_, stats_, {.lead_in_packets = kLeadIn}};
  Wire wire_;
  TimePoint now_{1000s};
  std::uint32_t next_frame_ = 0;
};

}  // namespace vcplay::send
