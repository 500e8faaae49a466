// The program itself, playing into a loopback Discord that runs in this process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <nlohmann/json.hpp>
#include <numeric>
#include <sstream>

#include "words/audio_files.hpp"
#include "words/stage.hpp"

namespace vcplay::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using std::chrono_literals::operator""s;

constexpr auto kDeadline = 60s;

/// Expects a run that went well to its end and found Discord satisfied.
void expect_all_well(const Finished& finished, const rehearsal::Report& report) {
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  EXPECT_EQ(finished.err, "");  // cron mails every line
  EXPECT_EQ(findings(report), "");
  EXPECT_EQ(report.packets_lost, 0U);
  EXPECT_TRUE(report.speaking_ended);
  EXPECT_TRUE(report.left_cleanly);
}

class PlayInMode : public ::testing::TestWithParam<rtp::TransportMode> {};

TEST_P(PlayInMode, AFileIsHeardWholeAndTheBotLeaves) {
  rehearsal::DiscordOptions options;
  options.modes = {GetParam()};
  Stage stage(options);

  const Finished finished = run(stage.play({stage.tone("tone.wav", 1.0)}), kDeadline);

  const rehearsal::Report report = stage.discord().report();
  expect_all_well(finished, report);
  EXPECT_EQ(finished.out, "");
  EXPECT_EQ(report.mode, rtp::name(GetParam()));
  // One second, and at most one packet more for the encoder's look-ahead.
  EXPECT_GE(report.audio_packets, 50U);
  EXPECT_LE(report.audio_packets, 51U);
  EXPECT_EQ(report.packets_heard, report.packets_received);
  EXPECT_GE(report.silence_packets, 15U);  // lead-in of 200 ms and the five at the end
}

INSTANTIATE_TEST_SUITE_P(BothModes, PlayInMode,
                         ::testing::Values(rtp::TransportMode::aes256_gcm_rtpsize,
                                           rtp::TransportMode::xchacha20_poly1305_rtpsize));

TEST(Play, SeveralMediaFollowWithoutAGap) {
  Stage stage;
  const Finished finished =
      run(stage.play({stage.tone("a.wav", 0.505), stage.tone("b.wav", 0.505), stage.tone("c.wav", 0.505)}),
          kDeadline);
  const rehearsal::Report report = stage.discord().report();
  expect_all_well(finished, report);
  EXPECT_GE(report.audio_packets, 76U);  // 1.515 s; three files padded one by one would make 78
  EXPECT_LE(report.audio_packets, 77U);
}

TEST(Play, RawPcmComesThroughAPipe) {
  Stage stage;
  Command command = stage.play({"-f", "s16le", "--rate", "48000", "--channels", "2", "-"});
  command.input = Stage::pcm(1.0);
  const Finished finished = run(command, kDeadline);
  const rehearsal::Report report = stage.discord().report();
  expect_all_well(finished, report);
  EXPECT_GE(report.audio_packets, 50U);
  EXPECT_LE(report.audio_packets, 51U);
}

TEST(Play, AWavFileComesThroughAPipe) {
  Stage stage;
  Command command = stage.play({"-"});
  command.input = Stage::wav(Stage::pcm(1.0));
  const Finished finished = run(command, kDeadline);
  expect_all_well(finished, stage.discord().report());
}

TEST(Play, EventsTellTheWholeStory) {
  Stage stage;
  const Finished finished = run(stage.play({"--json", stage.tone("tone.wav", 1.0)}), kDeadline);
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  std::size_t at = 0;
  for (const char* event : {"start", "joined", "e2ee", "track", "left", "statistics"}) {
    const std::size_t found = finished.out.find(fmt::format("\"event\":\"{}\"", event), at);
    ASSERT_NE(found, std::string::npos) << event << " is missing or too early in\n" << finished.out;
    at = found;
  }
  EXPECT_THAT(finished.out, Not(HasSubstr(stage.discord().options().accounts.front().token)));
}

/// The events of tracks with their numbers, and of the bot's stay.
std::vector<std::string> story_of(const std::string& events) {
  std::vector<std::string> story;
  std::istringstream lines(events);
  for (std::string line; std::getline(lines, line);) {
    const nlohmann::json event = nlohmann::json::parse(line);
    const std::string name = event.at("event");
    if (name == "joined" || name == "left") story.push_back(name);
    if (name == "track" || name == "track_end") story.push_back(name + ' ' + event.at("track").dump());
  }
  return story;
}

TEST(Play, EventsOfATrackComeWhenItIsHeard) {
  Stage stage;
  const Finished finished = run(
      stage.play({"--json", stage.tone("a.wav", 0.5), "missing.wav", stage.tone("b.wav", 0.5)}), kDeadline);
  EXPECT_EQ(finished.exit_status, 4) << finished.err;
  EXPECT_THAT(story_of(finished.out), AllOf(Contains("track_end 2"), SizeIs(7)));
  std::vector<std::string> heard = story_of(finished.out);
  heard.erase(std::remove(heard.begin(), heard.end(), "track_end 2"), heard.end());
  EXPECT_THAT(heard, ElementsAre("joined", "track 1", "track_end 1", "track 3", "track_end 3", "left"));
}

TEST(Play, TellsWithVWhereAndWhatItPlaysAndHowThatEnded) {
  Stage stage;
  const std::string tone = stage.tone("tone.wav", 0.5);
  const Finished finished = run(stage.play({"-v", tone, "missing.wav", tone}), kDeadline);
  const std::string begin = "vcplay: " + tone + " plays: pcm_s16le, 48000 Hz, 2 channels; it ";
  const std::string end = "vcplay: " + tone + " has ended after 0.5 s.\n";
  EXPECT_THAT(finished.err, HasSubstr("vcplay: The channel is \"" + stage.discord().options().channel_name));
  EXPECT_THAT(finished.err, HasSubstr(begin + "is re-encoded: pcm_s16le is not Opus.\n"));
  const std::size_t first_end = finished.err.find(end);
  ASSERT_NE(first_end, std::string::npos) << finished.err;
  EXPECT_LT(finished.err.find(begin), first_end);
  EXPECT_GT(finished.err.rfind(begin), first_end) << "each is told when it is heard";
  EXPECT_GT(finished.err.rfind(end), finished.err.rfind(begin));
  EXPECT_THAT(finished.err, Not(HasSubstr("missing.wav has ended")));
}

TEST(Play, NothingAboveTheChannelsBitrateLeavesHoweverMuchIsAskedFor) {
  constexpr double kBytes = 64'000.0 / 8 / 50;  // a packet's share
  rehearsal::DiscordOptions options;
  options.channel_bitrate = 64'000;
  std::vector<std::size_t> sizes;
  Stage stage(options, [&sizes](rehearsal::Discord& discord) {
    discord.set_listener_sink(
        [&sizes](ByteView opus, const float*, std::size_t) { sizes.push_back(opus.size()); });
  });
  const std::string noise = make_file("noise.wav", "-f lavfi -i anoisesrc=d=3:c=pink:r=48000:a=0.5", "-ac 2");
  const Finished finished = run(stage.play({"--bitrate", "192000", noise}), kDeadline);
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  stage.discord().stop();
  ASSERT_GE(sizes.size(), 150U);
  for (const std::size_t size : sizes) {
    EXPECT_LE(static_cast<double>(size), 2.2 * kBytes) << "libopus swings about its target";
  }
  const double first_second = std::accumulate(sizes.begin(), sizes.begin() + 60, 0.0);  // with its lead-in
  EXPECT_LT(first_second, 1.1 * 60 * kBytes);
}

TEST(Play, EvenTheLoudestLogHidesTheToken) {
  Stage stage;
  const Finished finished = run(stage.play({"-vv", stage.tone("tone.wav", 0.2)}), kDeadline);
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  EXPECT_THAT(finished.err, Not(IsEmpty()));
  EXPECT_THAT(finished.err, Not(HasSubstr(stage.discord().options().accounts.front().token)));
}

TEST(Play, APastedTokenInAFileIsCleaned) {
  Stage stage;
  Command command = stage.play({"--token-file", "", stage.tone("tone.wav", 0.2)});
  const std::string token = command.environment.at("DISCORD_TOKEN");
  command.environment.erase("DISCORD_TOKEN");
  command.words.at(command.words.size() - 2) = stage.folder().write("token", "\"Bot " + token + "\"\n");
  const Finished finished = run(command, kDeadline);
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("chmod 600"));  // others can read it
}

// ── media that cannot be played ──

TEST(Play, AMissingFileIsNamedAndNothingIsJoinedForIt) {
  Stage stage;
  const Finished finished = run(stage.play({"/no/such/song.mp3"}), kDeadline);
  EXPECT_EQ(finished.exit_status, 3);
  EXPECT_THAT(finished.err, HasSubstr("/no/such/song.mp3"));
  EXPECT_EQ(stage.discord().report().audio_packets, 0U);
}

TEST(Play, TheRestStillPlaysWhenOneFileIsMissing) {
  Stage stage;
  const Finished finished =
      run(stage.play({"/no/such/song.mp3", stage.tone("tone.wav", 0.5), "/nor/this.ogg"}), kDeadline);
  EXPECT_EQ(finished.exit_status, 4);
  EXPECT_THAT(finished.err, HasSubstr("/no/such/song.mp3"));
  EXPECT_THAT(finished.err, HasSubstr("/nor/this.ogg"));
  EXPECT_GE(stage.discord().report().audio_packets, 25U);
}

TEST(Play, APipeThatIsClosedAtOnceIsExplained) {
  Stage stage;
  const Finished finished = run(stage.play({"-"}), kDeadline);
  EXPECT_EQ(finished.exit_status, 3);
  EXPECT_THAT(finished.err, HasSubstr("standard input"));
}

TEST(Play, AnUnknownFormatIsAUsageError) {
  Stage stage;
  const Finished finished = run(stage.play({"--format", "mp33", stage.tone("tone.wav", 0.2)}), kDeadline);
  EXPECT_EQ(finished.exit_status, 2);
  EXPECT_THAT(finished.err, HasSubstr("mp33"));
}

TEST(Play, ATitleWithEscapeSequencesReachesNobodysTerminal) {
  Stage stage;
  const std::string evil = stage.folder().file("\x1b[31mred\nsecond line\xe2\x80\xae.wav");
  const Finished finished = run(stage.play({evil}), kDeadline);
  EXPECT_EQ(finished.exit_status, 3);
  EXPECT_THAT(finished.err, Not(HasSubstr("\x1b")));
  EXPECT_THAT(finished.err, Not(HasSubstr("\xe2\x80\xae")));
  EXPECT_THAT(finished.err, HasSubstr("\\x1b[31mred\\nsecond line"));
}

TEST(Play, AnOggOfWhatWasHeardHoldsTheVeryPackets) {
  const TemporaryFolder folder;
  const std::string tone = folder.write("tone.wav", Stage::wav(Stage::pcm(1.0)));
  Command rehearse;
  rehearse.words = {kProgram, "rehearse", "--fast", "--output", folder.file("heard.ogg"), tone};
  EXPECT_EQ(run(rehearse, kDeadline).exit_status, 0);
  Command probe;
  probe.words = {"ffprobe",
                 "-v",
                 "error",
                 "-count_packets",
                 "-show_entries",
                 "stream=codec_name,nb_read_packets",
                 "-of",
                 "csv=p=0",
                 folder.file("heard.ogg")};
  probe.environment = {{"PATH", "/usr/bin:/bin"}};
  // 10 packets of lead-in, 51 of audio, 5 of silence.
  EXPECT_EQ(run(probe, kDeadline).out, "opus,66\n");
}

// ── output that cannot be written ──

TEST(Play, AFullDiskUnderTheEventsEndsTheRun) {
  Stage stage;
  Command command = stage.play({"--json", stage.tone("tone.wav", 5.0)});
  command.output_file = "/dev/full";
  const Finished finished = run(command, kDeadline);
  EXPECT_EQ(finished.exit_status, 13);
  EXPECT_THAT(finished.err, HasSubstr("No space left"));
}

TEST(Play, AClosedPipeUnderTheEventsEndsTheRun) {
  Stage stage;
  Command command = stage.play({"--json", stage.tone("tone.wav", 5.0)});
  command.output_is_closed = true;
  const Finished finished = run(command, kDeadline);
  EXPECT_EQ(finished.exit_status, 13);
}

// ── signals ──

class PlaySignal : public ::testing::TestWithParam<int> {};

TEST_P(PlaySignal, EndsCleanlyAndIsSeenByTheShell) {
  Stage stage;
  Subprocess player(stage.play({"--json", stage.tone("long.wav", 30.0)}));
  ASSERT_TRUE(player.wait_for_text("\"event\":\"track\"", kDeadline));
  player.send(GetParam());
  const Finished finished = player.finish(kDeadline);
  EXPECT_EQ(finished.signal, GetParam());  // the shell sees 128 + signal and stops its loop
  const rehearsal::Report report = stage.discord().report();
  EXPECT_EQ(findings(report), "");  // five silence packets, SPEAKING off, op 4 with null
  EXPECT_TRUE(report.left_cleanly);
  EXPECT_TRUE(report.speaking_ended);
  EXPECT_LT(report.audio_packets, 1500U);
}

INSTANTIATE_TEST_SUITE_P(Polite, PlaySignal, ::testing::Values(SIGINT, SIGTERM));

TEST(Play, ASignalWhileNobodyAnswersEndsTheJoin) {
  rehearsal::DiscordOptions options;
  options.says_nothing_on_connect = true;
  Stage stage(options);
  Subprocess player(stage.play({"-v", "-v", stage.tone("tone.wav", 1.0)}));
  ASSERT_TRUE(player.wait_for_text("phase identifying", kDeadline));
  player.send(SIGTERM);
  EXPECT_EQ(player.finish(kDeadline).signal, SIGTERM);
}

}  // namespace
}  // namespace vcplay::testing
