// When the faults of a script happen, and what they do to datagrams, heartbeats and time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "words/script_words.hpp"

namespace vcplay::rehearsal {
namespace {

using test::DavePlayer;
using test::encrypted;
using test::PaperPlayer;
using test::Play;
using test::silence;
using test::sound;
using test::with;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::IsEmpty;
using ::testing::Lt;
using ::testing::SizeIs;

// ── when it happens ──

TEST(ScriptedFaults, ComeOnTimeFromTheFirstAudioPacketOn) {
  Play play(with("at 1s drop voice; at 300ms delay acks 1s; stall 5ms"));
  play.discord.advance(10s);
  play.player.send(silence(), 3);
  EXPECT_THAT(play.faults(), IsEmpty()) << "silence is no audio";
  play.player.send(sound());
  EXPECT_THAT(play.faults(), ElementsAre("stall 5ms")) << "no time is given: at once";
  play.discord.advance(299ms);
  EXPECT_THAT(play.faults(), SizeIs(1));
  play.discord.advance(1ms);
  EXPECT_THAT(play.faults(), ElementsAre("stall 5ms", "delay acks 1s"));
  play.discord.advance(700ms);
  EXPECT_TRUE(play.player.voice.dropped);
  const Report report = play.report();
  EXPECT_EQ(report.faults.at(1).since_audio, 300ms);
  EXPECT_EQ(report.faults.at(2).since_audio, 1s);
}

TEST(ScriptedFaults, HappenToTheFirstWhoPlays) {
  Play play(with("at 100ms drop voice"));
  PaperPlayer second(play.discord, 1);
  second.get_ready();
  second.speak(1);
  second.send(sound());
  play.player.send(sound(), 10);
  EXPECT_TRUE(second.voice.dropped);
  EXPECT_FALSE(play.player.voice.dropped);
  EXPECT_THAT(play.report().faults, IsEmpty());
  EXPECT_THAT(play.discord.report(1).faults, SizeIs(1));
}

// ── datagrams that do not arrive ──

TEST(LostDatagrams, AreNotTheirSendersLoss) {
  Play play(with("lose udp 20%"));
  play.player.send(sound(), 1000);
  play.end();
  const Report report = play.report();
  EXPECT_THAT(report.packets_dropped_by_script, AllOf(Gt(150U), Lt(250U)));
  EXPECT_EQ(report.packets_received + report.packets_dropped_by_script, 1005U);
  EXPECT_EQ(report.packets_lost, 0U);
  EXPECT_EQ(report.packets_heard, report.packets_received);
  EXPECT_THAT(play.discord.broken(), IsEmpty());
}

TEST(LostDatagrams, AreNobodysWhoIsEntitledToHear) {
  Play<DavePlayer> play(with("lose udp 20%", encrypted()));
  EXPECT_EQ(play.player.play(500), 500);
  play.end();
  const Report report = play.report();
  EXPECT_GT(report.packets_dropped_by_script, 50U);
  EXPECT_EQ(verdict_on_hearing(report), "Every member who was entitled to hear heard every packet.");
  ASSERT_THAT(report.listeners, SizeIs(1));
  EXPECT_EQ(report.listeners[0].lost, 0U);
  EXPECT_EQ(report.listeners[0].entitled, report.packets_received);
  EXPECT_THAT(play.discord.broken(), IsEmpty());
}

TEST(LostDatagrams, HideNoOtherLoss) {
  Play play(with("lose udp 20%"));
  for (int i = 0; i < 50; ++i) {
    play.player.send(sound(), 10);
    static_cast<void>(play.player.packet(sound()));  // never sent
    play.discord.advance(20ms);
  }
  play.player.send(sound(), 10);
  play.end();
  const Report report = play.report();
  EXPECT_EQ(report.packets_lost, 50U);
  EXPECT_THAT(play.discord.broken(), ElementsAre("wrong-sequence"));
  EXPECT_EQ(report.packets_received + report.packets_dropped_by_script, 515U);
}

std::uint64_t dropped_with(std::uint32_t seed, std::string_view text) {
  DiscordOptions options = with(text);
  options.fault_seed = seed;
  Play play(options);
  play.player.send(sound(), 200);
  return play.report().packets_dropped_by_script;
}

TEST(LostDatagrams, AreTheSameForTheSameSeed) {
  EXPECT_EQ(dropped_with(7, "lose udp 50%"), dropped_with(7, "lose udp 50%"));
  EXPECT_NE(dropped_with(7, "lose udp 50%"), dropped_with(9, "lose udp 50%"));
}

TEST(LostDatagrams, EndWhenTheirTimeIsOverOrTheScriptSaysSo) {
  EXPECT_EQ(dropped_with(1, "lose udp 99% for 10ms"), 0U) << "before the second packet";
  EXPECT_EQ(dropped_with(1, "lose udp 99%; at 1s lose udp 0%"), dropped_with(1, "lose udp 99% for 1s"));
  EXPECT_THAT(dropped_with(1, "lose udp 99% for 1s"), AllOf(Gt(40U), Lt(51U)));
}

TEST(LostDatagrams, AreThoseToTheAccountAsWell) {
  Play play(with("block udp for 1s"));
  PaperPlayer second(play.discord, 1);
  second.get_ready();
  second.speak(1);
  play.player.send(sound());
  const std::size_t before = play.discord.datagrams.size();
  second.send(sound(), 10);
  EXPECT_EQ(play.discord.datagrams.size(), before) << "the first account is the only one to forward to";
  EXPECT_EQ(play.discord.report(1).packets_received, 10U);
  play.discord.advance(1s);
  second.fall_silent();
  EXPECT_EQ(play.discord.datagrams.size(), before + 5);
}

TEST(BlockedUdp, LetsNothingThroughAndBlamesNobodyAfterwards) {
  Play play(with("at 1s block udp for 3s"));
  play.player.send(sound(), 51);  // the last of which comes when it has begun
  const std::size_t answers = play.discord.datagrams.size();
  play.player.discover();
  play.player.deliver({0x13, 0x37, 0xCA, 0xFE, 0, 0, 0, 1});
  EXPECT_EQ(play.discord.datagrams.size(), answers) << "neither discovery nor keepalive is answered";
  play.player.send(sound(), 150);
  EXPECT_EQ(play.report().packets_received, 50U + 1) << "the last one comes when it is over";
  play.player.send(sound(), 50);
  play.end();
  const Report report = play.report();
  EXPECT_EQ(report.packets_dropped_by_script, 150U);
  EXPECT_EQ(report.packets_received, 50U + 1 + 50 + 5);
  EXPECT_EQ(report.packets_lost, 0U);
  EXPECT_EQ(report.longest_gap, 3020ms);
  EXPECT_THAT(play.discord.broken(), IsEmpty());
}

TEST(BlockedUdp, MayHideTheSilenceBeforeSpeaking0) {
  Play play(with("at 1s block udp for 3s"));
  play.player.send(sound(), 60);
  play.player.fall_silent();
  play.discord.advance(5s);
  play.player.speak(1);
  play.player.send(sound(), 10);
  play.end();
  EXPECT_THAT(play.discord.broken(), IsEmpty());
}

TEST(BlockedUdp, HidesNoMissingSilenceAfterIt) {
  Play play(with("at 1s block udp for 1s"));
  play.player.send(sound(), 150);
  play.player.send(silence(), 3);
  play.player.speak(0);
  EXPECT_THAT(play.discord.broken(), ElementsAre("missing-silence"));
}

// ── heartbeats ──

TEST(Acknowledgements, ComeLaterOnBothGateways) {
  Play play(with("delay acks 2s"));
  play.player.send(sound());
  const auto beat_both = [&] {
    play.player.gateway_says({{"op", 1}, {"d", play.player.gateway.last(0).at("s")}});
    play.player.voice_says(
        {{"op", 3}, {"d", {{"t", 77}, {"seq_ack", play.player.voice.last_number.value()}}}});
  };
  beat_both();
  play.discord.advance(1999ms);
  EXPECT_EQ(play.player.gateway.count(11) + play.player.voice.count(6), 0U);
  beat_both();
  play.discord.advance(1ms);
  EXPECT_EQ(play.player.gateway.count(11), 1U);
  EXPECT_EQ(play.player.voice.last(6).at("d").at("t"), 77);
  play.discord.advance(1999ms);
  EXPECT_EQ(play.player.gateway.count(11), 2U) << "the second comes as much later";
  EXPECT_EQ(play.player.voice.count(6), 2U);
  EXPECT_THAT(play.discord.broken(), IsEmpty());
}

TEST(Acknowledgements, StayAwayForAWhileOnOneGateway) {
  Play play(with("ignore voice acks for 10s; at 20s ignore gateway acks for 10s"));
  play.player.send(sound());
  const auto beat_both = [&] {
    play.player.gateway_says({{"op", 1}, {"d", play.player.gateway.last(0).at("s")}});
    play.player.voice_says(
        {{"op", 3}, {"d", {{"t", 77}, {"seq_ack", play.player.voice.last_number.value()}}}});
    return std::pair(play.player.gateway.count(11), play.player.voice.count(6));
  };
  EXPECT_EQ(beat_both(), std::pair(1UL, 0UL));
  play.discord.advance(9s);
  EXPECT_EQ(beat_both(), std::pair(2UL, 0UL));
  play.discord.advance(1s);
  EXPECT_EQ(beat_both(), std::pair(3UL, 1UL));
  play.discord.advance(10s);
  EXPECT_EQ(beat_both(), std::pair(3UL, 2UL));
  play.discord.advance(10s);
  EXPECT_EQ(beat_both(), std::pair(4UL, 3UL));
}

TEST(Acknowledgements, AreNotOwedToAClosedConnection) {
  Play play(with("delay acks 2s"));
  play.player.send(sound());
  play.player.gateway_says({{"op", 1}, {"d", play.player.gateway.last(0).at("s")}});
  play.player.voice_says({{"op", 3}, {"d", {{"t", 77}, {"seq_ack", play.player.voice.last_number.value()}}}});
  play.end();
  play.discord.advance(5s);
  EXPECT_EQ(play.player.gateway.count(11) + play.player.voice.count(6), 0U);
}

// ── standing still ──

TEST(Stall, IsAskedOfTheOwnerOnce) {
  Play play(with("at 100ms stall 700ms"));
  play.player.send(sound());
  EXPECT_EQ(play.discord.take_stall(), std::nullopt);
  play.discord.advance(100ms);
  EXPECT_EQ(play.discord.take_stall(), 700ms);
  EXPECT_EQ(play.discord.take_stall(), std::nullopt);
}

TEST(Stall, CountsWhatWaitedAsArrivedWhenTheKernelSaysSo) {
  Play play(with("at 1s stall 700ms; at 2s delay acks 1s"));
  play.player.send(sound(), 51);
  ASSERT_EQ(play.discord.take_stall(), 700ms);
  const TimePoint begin = play.discord.now;
  std::vector<Bytes> waiting;
  for (int i = 0; i < 35; ++i) waiting.push_back(play.player.packet(sound()));
  play.discord.stood_still(700ms);
  for (int i = 0; i < 35; ++i) {
    play.discord.sfu.on_datagram(waiting[static_cast<std::size_t>(i)], play.player.address,
                                 begin + (i + 1) * 20ms, play.discord.now);
  }
  for (int i = 1; i <= 50; ++i) {
    play.discord.advance(20ms);
    Bytes packet = play.player.packet(sound());
    play.discord.sfu.on_datagram(packet, play.player.address, begin + 700ms + i * 20ms, play.discord.now);
    play.discord.settle(play.discord.now);
    EXPECT_EQ(play.faults().size(), i < 15 ? 1U : 2U)
        << "the second comes 2 s after the first audio, not 2.7";
  }
  const Report report = play.report();
  EXPECT_EQ(report.faults.at(1).since_audio, 2s);
  EXPECT_EQ(report.longest_gap, 20ms);
  EXPECT_EQ(report.arrival.max, 0);
  EXPECT_THAT(play.discord.broken(), IsEmpty());
  const auto last_audio = std::find_if(report.phases.begin(), report.phases.end(),
                                       [](const Phase& phase) { return phase.name == "last-audio"; });
  EXPECT_EQ(last_audio->since_start, 20ms * 136);
  play.player.speak(0);  // a breach, but this test looks at its time
  for (const Phase& phase : play.report().phases) {
    const bool is_now = phase.name == "speaking-off";
    EXPECT_TRUE(!is_now || phase.since_start == last_audio->since_start);
  }
}

}  // namespace
}  // namespace vcplay::rehearsal
