// Scripts of faults: how they are written, when what is in them happens, and what the report says of it.
#include "rehearsal/fault_script.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <regex>

#include "base/error.hpp"
#include "words/call_words.hpp"
#include "words/temporary_folder.hpp"

namespace vcplay::rehearsal {
namespace {

using test::DavePlayer;
using test::encrypted;
using test::json;
using test::PaperDiscord;
using test::PaperPlayer;
using test::silence;
using test::sound;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Lt;
using ::testing::Not;
using ::testing::SizeIs;
using testing::TemporaryFolder;

// ── the words ──

FaultScript script(std::string_view text) { return parse_script(text); }

std::string complaint_about(std::string_view text) {
  try {
    static_cast<void>(parse_script(text));
  } catch (const Error& error) {
    EXPECT_EQ(error.cause(), Cause::usage);
    return error.what();
  }
  return "no complaint";
}

/// All ways to write `form`: with and without what is optional.
std::vector<std::string> statements_of(const FaultForm& form) {
  const auto filled_in = [](std::string text) {
    const std::pair<const char*, const char*> examples[] = {{"CODE", "4015"},
                                                            {"CHANNEL", "381870553235193002"},
                                                            {"BITS", "64k"},
                                                            {"PERCENT", "5%"},
                                                            {"TIME", "3s"}};
    for (const auto& [name, value] : examples) text = std::regex_replace(text, std::regex(name), value);
    return text;
  };
  const std::string pattern = form.pattern();
  return {filled_in(std::regex_replace(pattern, std::regex("[\\[\\]]"), "")),
          filled_in(std::regex_replace(pattern, std::regex(" \\[.*\\]"), ""))};
}

TEST(Script, KnowsEveryFaultByItsWordsAndSaysThemAgain) {
  std::set<FaultKind> kinds;
  for (const FaultForm& form : fault_forms()) {
    kinds.insert(form.kind);
    for (const std::string& statement : statements_of(form)) {
      const FaultScript read = script("at 2s " + statement);
      ASSERT_THAT(read, SizeIs(1)) << statement;
      EXPECT_EQ(read[0].fault.kind, form.kind) << statement;
      EXPECT_EQ(read[0].fault.flag, form.flag) << statement;
      EXPECT_EQ(to_text(read[0]), "at 2s " + statement);
    }
  }
  EXPECT_EQ(kinds.size(), static_cast<std::size_t>(FaultKind::stall) + 1) << "each kind has words";
}

TEST(Script, IsAStatementALineOrBetweenSemicolons) {
  const FaultScript read = script(
      "# a bad day\n"
      "\n"
      "at 300ms drop gateway; at 1:30 migrate  # both of them\r\n"
      "\tlose  udp 5 for 10s ;; at 0.5 close voice 4015\n"
      "kick");
  std::vector<std::string> statements;
  for (const ScriptedFault& one : read) statements.push_back(to_text(one));
  EXPECT_THAT(statements, ElementsAre("at 300ms drop gateway", "at 90s migrate", "at 0s lose udp 5% for 10s",
                                      "at 500ms close voice 4015", "at 0s kick"));
  EXPECT_THAT(script(""), IsEmpty());
  EXPECT_THAT(script(" # nothing\n;\n"), IsEmpty());
}

TEST(Script, TakesItsNumbersAsPeopleWriteThem) {
  EXPECT_EQ(script("bitrate 64k")[0].fault.number, 64'000U);
  EXPECT_EQ(script("bitrate 64000")[0].fault.number, 64'000U);
  EXPECT_EQ(to_text(script("bitrate 64001")[0].fault), "bitrate 64001");
  EXPECT_EQ(script("lose udp 7%")[0].fault.number, 7U);
  EXPECT_EQ(script("lose udp 7%")[0].fault.span, Duration::zero()) << "until the end";
  EXPECT_EQ(script("migrate")[0].fault.span, 500ms);
  EXPECT_EQ(script("migrate after 0")[0].fault.span, Duration::zero());
  EXPECT_EQ(script("move")[0].fault.number, 0U);
  EXPECT_TRUE(script("invalidate gateway resumable")[0].fault.flag);
  EXPECT_FALSE(script("invalidate gateway")[0].fault.flag);
}

TEST(Script, NamesTheLineThatIsWrongAndWhatWouldBeRight) {
  const std::pair<const char*, const char*> mistakes[] = {
      {"kick\n\nat 3s mgirate", "script:3: there is no fault 'mgirate'; did you mean 'migrate'?"},
      {"droop gateway", "script:1: there is no fault 'droop'; did you mean 'drop'?"},
      {"drop gatway",
       "script:1: 'drop' wants gateway or voice behind it, not 'gatway'; did you mean 'gateway'?"},
      {"drop", "script:1: 'drop' wants gateway or voice behind it."},
      {"drop tables", "script:1: 'drop' wants gateway or voice behind it, not 'tables'."},
      {"ignore voice", "script:1: 'ignore voice' wants acks behind it."},
      {"delay ack 2s", "script:1: 'delay' wants acks behind it, not 'ack'."},
      {"kick me", "script:1: 'me' is too much; a statement is 'kick'."},
      {"stall 700ms 3", "script:1: '3' is too much; a statement is 'stall TIME'."},
      {"at", "script:1: 'at' wants a time such as 3, 500ms or 1:30, not ''."},
      {"at noon kick", "script:1: 'at' wants a time such as 3, 500ms or 1:30, not 'noon'."},
      {"at -3 kick", "script:1: 'at' wants a time such as 3, 500ms or 1:30, not '-3'."},
      {"at 25:00:00 kick", "script:1: 'at' wants a time such as 3, 500ms or 1:30, not '25:00:00'."},
      {"at 3s", "script:1: 'at 3s' wants a fault behind it."},
      {"close voice", "script:1: 'close voice' wants a close code such as 4015, not ''."},
      {"close voice 15", "script:1: 'close voice' wants a close code such as 4015, not '15'."},
      {"close gateway 1006", "script:1: 'close gateway' wants a close code such as 4015, not '1006'."},
      {"move away", "script:1: 'move' wants no more than a channel's id, not 'away'."},
      {"bitrate 7k", "script:1: 'bitrate' wants 8k to 384k (bits per second), not '7k'."},
      {"bitrate 18446744073709551615k",
       "script:1: 'bitrate' wants 8k to 384k (bits per second), not '18446744073709551615k'."},
      {"lose udp 100%", "script:1: 'lose udp' wants 0% to 99%, not '100%'."},
      {"lose udp 5% 10s", "script:1: 'lose udp' wants 'for' and a time up to 1 h, not '10s'."},
      {"block udp 3s", "script:1: 'block udp' wants 'for' and a time up to 10 min, not '3s'."},
      {"block udp for", "script:1: 'block udp' wants 'for' and a time up to 10 min, not 'for'."},
      {"refuse gateway for 0", "script:1: 'refuse gateway' wants 'for' and a time up to 1 h, not 'for 0'."},
      {"stall 11s", "script:1: 'stall' wants a time up to 10 s, not '11s'."},
      {"stall", "script:1: 'stall' wants a time up to 10 s, not ''."},
      {"\x1b[2Jkick",
       "script:1: there is no fault '\\x1b[2Jkick'; a fault begins with drop, close, reconnect, "
       "invalidate, forget, refuse, ignore, delay, migrate, move, kick, take, mute, unmute, suppress, "
       "invite, delete, remove, guild, bitrate, deny, lose, block, stall."},
  };
  for (const auto& [text, complaint] : mistakes) EXPECT_EQ(complaint_about(text), complaint) << text;
}

TEST(Script, IsBounded) {
  std::string long_script;
  for (int i = 0; i < 1000; ++i) long_script += "kick\n";
  EXPECT_THAT(script(long_script), SizeIs(1000));
  EXPECT_EQ(complaint_about(long_script + "kick"), "script:1001: a script has 1000 faults at most.");
}

TEST(ScriptFile, IsReadWhole) {
  const TemporaryFolder folder;
  const std::string path = folder.write("faults.txt", "at 3s drop gateway\nat 5s kick");
  EXPECT_THAT(read_script(path), SizeIs(2));
  EXPECT_THAT(read_script(folder.write("empty.txt", "")), IsEmpty());
}

TEST(ScriptFile, IsRefusedByNameWhenItCannotBeRead) {
  const TemporaryFolder folder;
  const auto complaint = [](const std::string& path) {
    try {
      static_cast<void>(read_script(path));
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("no complaint");
  };
  EXPECT_THAT(complaint(folder.file("missing")), HasSubstr("cannot be read"));
  EXPECT_THAT(complaint(folder.file("")), HasSubstr("cannot be read")) << "a folder";
  EXPECT_THAT(complaint(folder.write("long.txt", std::string((64 << 10) + 1, '#'))), HasSubstr("64 KiB"));
  const std::string path = folder.write("wrong.txt", "kick\nkcik");
  EXPECT_EQ(complaint(path), path + ":2: there is no fault 'kcik'; did you mean 'kick'?");
}

TEST(Manual, TellsEveryFaultAsTheScriptHasIt) {
  std::ifstream page(std::string(VCPLAY_SOURCE) + "/man/vcplay.1");
  std::vector<std::string> told;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (line.rfind(".Sh ", 0) == 0) inside = line == ".Sh FAULT SCRIPTS";
    if (!inside || line.rfind(".It ", 0) != 0) continue;
    line = std::regex_replace(line.substr(4), std::regex("(Cm|Ar) "), "");
    line = std::regex_replace(line, std::regex("Op (.*)"), "[$1]");
    std::string meaning;
    std::getline(page, meaning);
    told.push_back(line + ": " + meaning);
  }
  std::vector<std::string> known;
  for (const FaultForm& form : fault_forms()) {
    known.push_back(form.pattern() + ": " + std::string(form.meaning) + ".");
    char& first = known.back()[form.pattern().size() + 2];
    first = static_cast<char>(std::toupper(static_cast<unsigned char>(first)));
  }
  EXPECT_EQ(told, known);
}

TEST(Readme, ShowsAScriptThatCanBeRead) {
  std::ifstream page(std::string(VCPLAY_SOURCE) + "/README.md");
  std::string text{std::istreambuf_iterator<char>(page), {}};
  const std::size_t begin = text.find("\nat ");
  ASSERT_NE(begin, std::string::npos);
  EXPECT_THAT(script(text.substr(begin + 1, text.find("\n```", begin) - begin)), SizeIs(4));
}

// ── when it happens ──

DiscordOptions with(std::string_view text, DiscordOptions options = PaperDiscord::unencrypted()) {
  options.script = script(text);
  return options;
}

/// A call in the clear with one player, about to speak.
template <class Player = PaperPlayer>
struct Play {
  explicit Play(DiscordOptions options) : discord(std::move(options)), player(discord) {
    player.get_ready();
    player.speak(1);
  }
  void end() {
    player.fall_silent();
    player.leave();
  }
  [[nodiscard]] Report report() const { return discord.report(); }
  [[nodiscard]] std::vector<std::string> faults() const {
    std::vector<std::string> faults;
    for (const InjectedFault& one : report().faults) faults.push_back(one.fault);
    return faults;
  }

  PaperDiscord discord;
  Player player;
};

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
  play.player.speak(0);  // a breach of its own, but its time is what counts
  for (const Phase& phase : play.report().phases) {
    const bool is_now = phase.name == "speaking-off";
    EXPECT_TRUE(!is_now || phase.since_start == last_audio->since_start);
  }
}

// ── what the report says ──

TEST(Report, ListsWhatTheAccountSaidInItsOrder) {
  Play play(PaperDiscord::unencrypted());
  play.player.send(sound(), 5);
  play.end();
  EXPECT_THAT(play.report().wire,
              ElementsAre("gateway-identify", "voice-state", "voice-identify", "select-protocol",
                          "speaking-on", "speaking-off", "voice-state-null"));
  EXPECT_EQ(play.report().gateway_identifies, 1U);
  EXPECT_EQ(play.report().voice_identifies, 1U);
  EXPECT_THAT(play.discord.report(1).wire, IsEmpty());
}

TEST(Report, ListsAResumeThatIsRefused) {
  Play play(PaperDiscord::unencrypted());
  const json server = play.player.gateway.last(0, "VOICE_SERVER_UPDATE").at("d");
  test::PaperSocket another;
  play.discord.voice.on_open(another, "v=8", play.discord.now);
  const json state = play.player.gateway.last(0, "VOICE_STATE_UPDATE").at("d");
  const json resume = {{"op", 7},
                       {"d",
                        {{"server_id", state.at("guild_id")},
                         {"session_id", state.at("session_id")},
                         {"token", "wrong"},
                         {"seq_ack", -1}}}};
  play.discord.voice.on_text(another, resume.dump(), play.discord.now);
  EXPECT_EQ(another.closed, 4006);
  EXPECT_EQ(play.report().wire.back(), "voice-resume");
  EXPECT_EQ(play.report().voice_resumes, 0U) << "none was made good";
}

TEST(Report, ListsABoundedNumberOfMessages) {
  Play play(PaperDiscord::unencrypted());
  for (int i = 0; i < 300; ++i) play.player.speak(i % 2);
  EXPECT_THAT(play.report().wire, SizeIs(256));
}

TEST(Report, MeasuresTheLongestTimeWithoutAudio) {
  Play play(PaperDiscord::unencrypted());
  play.discord.advance(5s);
  play.player.send(sound(), 10);
  EXPECT_EQ(play.report().longest_gap, 20ms);
  play.player.fall_silent();
  play.discord.advance(400ms);
  play.player.speak(1);
  play.player.timestamp += 20 * 960;
  play.player.send(sound(), 10);
  play.end();
  EXPECT_EQ(play.report().longest_gap, 520ms) << "silence is no audio";
}

TEST(Report, HasItAllForProgramsUnderStableNames) {
  Play play(with("at 100ms lose udp 50%"));
  play.player.send(sound(), 50);
  play.end();
  const json report = json::parse(to_json(play.report()));
  EXPECT_EQ(report.at("faults").at(0), (json{{"fault", "lose udp 50%"}, {"ms", 100.0}}));
  EXPECT_EQ(report.at("wire").at(0), "gateway-identify");
  EXPECT_EQ(report.at("gateway_identifies"), 1);
  EXPECT_EQ(report.at("gateway_resumes"), 0);
  EXPECT_EQ(report.at("voice_identifies"), 1);
  EXPECT_EQ(report.at("voice_resumes"), 0);
  EXPECT_GT(report.at("packets_dropped_by_script"), 10);
  EXPECT_GE(report.at("longest_gap_ms"), 20.0);
}

TEST(Report, TellsAPersonOfFaultsOnlyWhenThereWereAny) {
  Report report;
  report.gateway_identifies = report.voice_identifies = 1;
  report.longest_gap = 20ms;
  EXPECT_THAT(to_text(report), AllOf(Not(HasSubstr("faults")), Not(HasSubstr("identified"))));
  report.voice_resumes = 1;
  EXPECT_THAT(to_text(report), HasSubstr("voice       1 × identified, 1 × resumed\n"));
  for (int i = 0; i < 15; ++i) report.faults.push_back({"kick", 1s * i});
  report.packets_dropped_by_script = 3;
  EXPECT_THAT(to_text(report),
              AllOf(HasSubstr("faults      at 0.000 s kick\n            at 1.000 s kick\n"),
                    HasSubstr("            … 3 more\n"), HasSubstr("dropped     3 packets")));
}

}  // namespace
}  // namespace vcplay::rehearsal
