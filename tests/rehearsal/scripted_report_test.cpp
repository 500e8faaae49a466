// What the report of a rehearsal says of the faults of its script.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "words/script_words.hpp"

namespace vcplay::rehearsal {
namespace {

using test::json;
using test::PaperDiscord;
using test::Play;
using test::silence;
using test::sound;
using test::with;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

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
