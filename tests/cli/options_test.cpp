// What a person types, and what he is told when it was wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "cli/option_table.hpp"
#include "cli/options.hpp"

namespace vcplay::cli {
namespace {

using testing::HasSubstr;
using voice::OnKick;
using voice::OnMove;
using voice::OnSuppressed;
using voice::WhenAlone;
using Words = std::vector<std::string>;

const std::string kGuild = "81384788765712384";
const std::string kChannel = "381870553235193857";
const std::string kLink = "https://discord.com/channels/" + kGuild + "/" + kChannel;

/// Gives each test an environment without our variables.
class CommandLine : public testing::Test {
 protected:
  void SetUp() override { TearDown(); }
  void TearDown() override {
    ::unsetenv("VCPLAY_GUILD");
    ::unsetenv("VCPLAY_CHANNEL");
  }

  static ParseOutcome type(Words words) {
    words.insert(words.begin(), "vcplay");
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    return parse(static_cast<int>(words.size()), argv.data());
  }

  /// `words` after "play" and a channel; they must be right.
  static Options play(Words words) {
    words.insert(words.begin(), {"play", "-c", kLink});
    ParseOutcome outcome = type(words);
    EXPECT_TRUE(outcome.options) << outcome.complaint;
    return outcome.options ? std::move(*outcome.options) : Options{};
  }

  static std::string complaint(Words words) {
    const ParseOutcome outcome = type(std::move(words));
    EXPECT_FALSE(outcome.options);
    EXPECT_EQ(outcome.status, ExitStatus::usage);
    EXPECT_EQ(outcome.output, "");
    return outcome.complaint;
  }
};

TEST_F(CommandLine, PlaysAFileInAChannel) {
  const ParseOutcome outcome = type({"play", "--guild", kGuild, "--channel", kChannel, "song.mp3"});
  ASSERT_TRUE(outcome.options) << outcome.complaint;
  const Options& options = *outcome.options;
  EXPECT_EQ(options.verb, Verb::play);
  EXPECT_EQ(options.guild.str(), kGuild);
  EXPECT_EQ(options.channel.str(), kChannel);
  ASSERT_EQ(options.media.size(), 1U);
  EXPECT_EQ(options.media[0].location, "song.mp3");
  EXPECT_EQ(options.volume, 1.0);
  EXPECT_EQ(options.bitrate, std::nullopt);
  EXPECT_EQ(options.lead_in, 200ms);
  EXPECT_EQ(options.speaking, Speaking::microphone);
  EXPECT_EQ(options.log_level, log::Level::warning);
}

TEST_F(CommandLine, TakesEveryOption) {
  const Options options = play({"-fs16le",
                                "--rate=44100",
                                "--channels",
                                "1",
                                "--volume",
                                "150%",
                                "--bitrate",
                                "96k",
                                "--speaking",
                                "priority",
                                "--lead-in",
                                "0.5",
                                "--json",
                                "-vv",
                                "--token-file",
                                "t",
                                "--api-url",
                                "https://h/api/v10/",
                                "--gateway-url",
                                "wss://g:8443",
                                "--ca-file",
                                "ca.pem",
                                "--shard",
                                "1/4",
                                "-"});
  EXPECT_EQ(options.media[0].location, "-");
  EXPECT_EQ(options.media[0].format, "s16le");
  EXPECT_EQ(options.media[0].rate, 44100);
  EXPECT_EQ(options.media[0].channels, 1);
  EXPECT_EQ(options.volume, 1.5);
  EXPECT_EQ(options.bitrate, 96'000);
  EXPECT_EQ(options.speaking, Speaking::priority);
  EXPECT_EQ(options.lead_in, 500ms);
  EXPECT_TRUE(options.json);
  EXPECT_EQ(options.log_level, log::Level::debug);
  EXPECT_EQ(options.token_file, "t");
  EXPECT_EQ(options.api_url, "https://h/api/v10");
  EXPECT_EQ(options.gateway_url, "wss://g:8443");
  EXPECT_EQ(options.ca_file, "ca.pem");
  EXPECT_EQ(options.shard->index, 1);
  EXPECT_EQ(options.shard->count, 4);
}

TEST_F(CommandLine, KnowsThreeLoudnesses) {
  EXPECT_EQ(play({"a"}).sound.normalize, media::Normalize::off);
  EXPECT_EQ(play({"--normalize", "track", "--normalize=off", "a"}).sound.normalize, media::Normalize::off);
  const Options album = play({"--normalize=album", "a"});
  EXPECT_EQ(album.sound.normalize, media::Normalize::album);
  EXPECT_EQ(album.sound.target_lufs, -18.0);
  const Options broadcast = play({"--normalize", "R128", "a"});
  EXPECT_EQ(broadcast.sound.normalize, media::Normalize::track);
  EXPECT_EQ(broadcast.sound.target_lufs, -23.0);
  EXPECT_EQ(play({"--normalize", "r128=-16.5", "a"}).sound.target_lufs, -16.5);
}

TEST_F(CommandLine, FollowsLiveInputAsToldAndFindsOutUnlessTold) {
  using Live = media::LiveOptions;
  EXPECT_EQ(play({"-"}).live.which, Live::Which::find_out);
  EXPECT_EQ(play({"-"}).live.latency, 300ms);
  EXPECT_EQ(play({"--live", "-"}).live.which, Live::Which::every);
  EXPECT_EQ(play({"--latency", "40", "-"}).live.latency, 40ms);
  EXPECT_EQ(play({"--latency", "0.5s", "-"}).live.latency, 500ms);
}

TEST_F(CommandLine, FadesOnlyWhenAsked) {
  EXPECT_FALSE(play({"a"}).sound.any());
  const Options options = play({"--fade-in=500ms", "--fade-out", "2", "--crossfade", "0:05", "a"});
  EXPECT_EQ(options.sound.fade_in, 500ms);
  EXPECT_EQ(options.sound.fade_out, 2s);
  EXPECT_EQ(options.sound.crossfade, 5s);
}

TEST_F(CommandLine, LeavesOpusAsItIsAndTheEncoderAtItsBestUnlessToldOtherwise) {
  using Encoder = media::EncoderOptions;
  const Encoder untold = play({"a"}).encoder;
  EXPECT_EQ(untold.passthrough, Encoder::Passthrough::automatic);
  EXPECT_EQ(untold.application, Encoder::Application::audio);
  EXPECT_EQ(untold.complexity, 9);
  EXPECT_FALSE(untold.fec);
  EXPECT_EQ(untold.packet_loss, 0);
  EXPECT_EQ(play({"--passthrough", "off", "a"}).encoder.passthrough, Encoder::Passthrough::off);
  EXPECT_EQ(play({"--passthrough=off", "--passthrough=auto", "a"}).encoder.passthrough,
            Encoder::Passthrough::automatic);
  EXPECT_EQ(play({"--application", "voip", "a"}).encoder.application, Encoder::Application::voip);
  EXPECT_EQ(play({"--application", "lowdelay", "a"}).encoder.application, Encoder::Application::lowdelay);
  EXPECT_EQ(play({"--complexity", "0", "a"}).encoder.complexity, 0);
  EXPECT_EQ(play({"--complexity", "10", "a"}).encoder.complexity, 10);
  EXPECT_TRUE(play({"--fec", "on", "a"}).encoder.fec);
  EXPECT_EQ(play({"--packet-loss", "15%", "a"}).encoder.packet_loss, 15);
}

TEST_F(CommandLine, KeepsAudioEncryptedAndPlaysOnAloneUnlessToldOtherwise) {
  const Options untold = play({"a"});
  EXPECT_FALSE(untold.allow_plaintext);
  EXPECT_EQ(untold.when_alone, WhenAlone::play);
  EXPECT_TRUE(play({"--allow-plaintext", "a"}).allow_plaintext);
  EXPECT_EQ(play({"--when-alone", "wait", "a"}).when_alone, WhenAlone::wait);
  EXPECT_EQ(play({"--when-alone=exit", "a"}).when_alone, WhenAlone::exit);
  EXPECT_EQ(untold.on_move, OnMove::follow);
  EXPECT_EQ(play({"--on-move", "return", "a"}).on_move, OnMove::go_back);
  EXPECT_EQ(play({"--on-move", "exit", "a"}).on_move, OnMove::exit);
  EXPECT_EQ(untold.on_kick, OnKick::exit);
  EXPECT_EQ(play({"--on-kick", "rejoin", "a"}).on_kick, OnKick::rejoin);
  EXPECT_EQ(untold.on_suppressed, OnSuppressed::wait);
  EXPECT_EQ(play({"--on-suppressed=exit", "a"}).on_suppressed, OnSuppressed::exit);
}

TEST_F(CommandLine, EndsWhereItsBotPlaysAlreadyUnlessToldToWait) {
  EXPECT_EQ(play({"a"}).wait_if_busy, 0s);
  EXPECT_EQ(play({"--if-busy", "exit", "a"}).wait_if_busy, 0s);
  EXPECT_EQ(play({"--if-busy", "wait", "a"}).wait_if_busy, std::chrono::hours(1));
  EXPECT_EQ(play({"--if-busy=wait=90", "a"}).wait_if_busy, 90s);
  EXPECT_EQ(play({"--if-busy", "wait=0.5", "a"}).wait_if_busy, 500ms);
}

TEST_F(CommandLine, RehearsesWithManyListenersWhoComeAndGo) {
  const ParseOutcome outcome = type({"rehearse", "--listeners", "12", "--churn", "2.5", "a"});
  ASSERT_TRUE(outcome.options);
  EXPECT_EQ(outcome.options->listeners, 12);
  EXPECT_EQ(outcome.options->churn, 2500ms);
}

TEST_F(CommandLine, RehearsesABadDay) {
  EXPECT_EQ(type({"rehearse", "--script", "day.txt", "a"}).options.value().script, "day.txt");
  EXPECT_EQ(type({"rehearse", "--serve", "--script", "day.txt"}).options.value().script, "day.txt");
}

TEST_F(CommandLine, RehearsesWithoutAnyPlace) {
  ::setenv("VCPLAY_CHANNEL", "nonsense", 1);
  const ParseOutcome outcome = type({"rehearse", "--fast", "--output", "heard.OGG", "--json", "a", "b"});
  ASSERT_TRUE(outcome.options) << outcome.complaint;
  EXPECT_EQ(outcome.options->verb, Verb::rehearse);
  EXPECT_TRUE(outcome.options->fast);
  EXPECT_EQ(outcome.options->output, "heard.OGG");
  EXPECT_EQ(outcome.options->media.size(), 2U);
}

TEST_F(CommandLine, RehearsesTheCommandLineOfAPlay) {
  const ParseOutcome outcome = type({"rehearse", "-g", "81384788765712384", "-c", "381870553235193857",
                                     "--token-file", "t", "--gateway-url", "wss://g", "--shard", "0/2", "a"});
  ASSERT_TRUE(outcome.options) << outcome.complaint;
  EXPECT_EQ(outcome.options->guild.value, 81384788765712384U);
  EXPECT_EQ(outcome.options->channel.value, 381870553235193857U);
}

TEST_F(CommandLine, ServesWithoutMedia) {
  const ParseOutcome outcome = type({"rehearse", "--serve"});
  ASSERT_TRUE(outcome.options) << outcome.complaint;
  EXPECT_TRUE(outcome.options->serve);
  EXPECT_TRUE(outcome.options->media.empty());
}

TEST_F(CommandLine, ChecksTheCommandLineOfAPlay) {
  const ParseOutcome outcome = type(
      {"check", "-c", kLink, "--bitrate", "96k", "--lead-in", "1", "-fs16le", "--shard", "0/2", "a", "-"});
  ASSERT_TRUE(outcome.options) << outcome.complaint;
  EXPECT_EQ(outcome.options->verb, Verb::check);
  EXPECT_EQ(outcome.options->guild.str(), kGuild);
  EXPECT_EQ(outcome.options->channel.str(), kChannel);
  EXPECT_EQ(outcome.options->bitrate, 96'000);
  EXPECT_EQ(outcome.options->media.size(), 2U);
  ::setenv("VCPLAY_GUILD", kGuild.c_str(), 1);
  ::setenv("VCPLAY_CHANNEL", kChannel.c_str(), 1);
  const ParseOutcome bare = type({"check"});
  ASSERT_TRUE(bare.options) << bare.complaint;
  EXPECT_EQ(bare.options->channel.str(), kChannel);
  EXPECT_TRUE(bare.options->media.empty());
}

TEST_F(CommandLine, ListsTheChannelsOfEveryGuildUnlessOneIsTyped) {
  ::setenv("VCPLAY_GUILD", kGuild.c_str(), 1);
  ::setenv("VCPLAY_CHANNEL", "nonsense", 1);
  const ParseOutcome all = type({"channels", "--json", "--token-file", "t"});
  ASSERT_TRUE(all.options) << all.complaint;
  EXPECT_EQ(all.options->verb, Verb::channels);
  EXPECT_EQ(all.options->guild.value, 0U) << "who sets the default wants to see the others, too";
  EXPECT_EQ(type({"channels", "-g", kGuild}).options->guild.str(), kGuild);
}

TEST_F(CommandLine, TakesMediaWithAnyName) {
  const Options options =
      play({"01: Intro.mp3", "[live, 1999]", "play", "[a,b]", "--", "-x.mp3", "--", "--volume"});
  Words names;
  for (const media::Media& media : options.media) names.push_back(media.location);
  EXPECT_EQ(names, (Words{"01: Intro.mp3", "[live, 1999]", "play", "[a,b]", "-x.mp3", "--", "--volume"}));
}

TEST_F(CommandLine, GivesTheFormatToEveryMedium) {
  const Options options = play({"a", "-f", "f32le", "b", "--rate", "8000"});
  ASSERT_EQ(options.media.size(), 2U);
  EXPECT_EQ(options.media[0].rate, 8000);
  EXPECT_EQ(options.media[1].format, "f32le");
}

TEST_F(CommandLine, TakesTheLastOfTwo) {
  EXPECT_EQ(play({"--volume", "10", "--volume", "20", "a"}).volume, 0.2);
}

TEST_F(CommandLine, FollowsLinksOfEveryClient) {
  for (const std::string host :
       {"https://discord.com", "https://ptb.discord.com", "https://canary.discord.com", "discord.com",
        "HTTPS://Discord.com", "https://discordapp.com"}) {
    for (const std::string end : {"", "/", "/1085207422347489302", "?x=1"}) {
      const ParseOutcome outcome =
          type({"play", "-c", host + "/channels/" + kGuild + "/" + kChannel + end, "a"});
      ASSERT_TRUE(outcome.options) << host << end << outcome.complaint;
      EXPECT_EQ(outcome.options->guild.str(), kGuild);
      EXPECT_EQ(outcome.options->channel.str(), kChannel);
    }
  }
}

TEST_F(CommandLine, ReadsThePlaceFromTheEnvironment) {
  ::setenv("VCPLAY_GUILD", kGuild.c_str(), 1);
  ::setenv("VCPLAY_CHANNEL", kChannel.c_str(), 1);
  const ParseOutcome outcome = type({"play", "a"});
  ASSERT_TRUE(outcome.options) << outcome.complaint;
  EXPECT_EQ(outcome.options->guild.str(), kGuild);
  EXPECT_EQ(outcome.options->channel.str(), kChannel);
}

TEST_F(CommandLine, PrefersOptionsToTheEnvironment) {
  ::setenv("VCPLAY_GUILD", "111111111111111111", 1);
  ::setenv("VCPLAY_CHANNEL", "222222222222222222", 1);
  EXPECT_EQ(type({"play", "-g", kGuild, "-c", kChannel, "a"}).options->channel.str(), kChannel);
  EXPECT_EQ(type({"play", "-c", kLink, "a"}).options->guild.str(), kGuild) << "a link brings its own guild";
}

TEST_F(CommandLine, OverwritesATokenInTheProcessList) {
  for (const bool glued : {false, true}) {
    std::string program = "vcplay", verb = "play", c = "-c", link = kLink, media = "a";
    std::string option = glued ? "--token=s3cr3t" : "--token", value = "s3cr3t";
    std::vector<char*> argv = {program.data(), verb.data(), c.data(), link.data(), option.data()};
    if (!glued) argv.push_back(value.data());
    argv.push_back(media.data());
    const int argc = static_cast<int>(argv.size());
    argv.push_back(nullptr);
    const ParseOutcome outcome = parse(argc, argv.data());
    ASSERT_TRUE(outcome.options) << outcome.complaint;
    EXPECT_EQ(outcome.options->token.reveal(), "s3cr3t");
    EXPECT_EQ(glued ? option : value, glued ? "--token=******" : "******");
  }
}

TEST_F(CommandLine, TakesAnEmptyValueForEmpty) {
  const Options options = play({"--af=", "a", "b"});
  EXPECT_EQ(options.sound.filters, "");
  EXPECT_EQ(options.media.size(), 2U);
  EXPECT_THAT(complaint({"play", "-c", kLink, "--volume=", "--loop", "2", "a"}), HasSubstr("--volume"));
  EXPECT_EQ(play({"--", "--af="}).media.size(), 1U);
}

TEST_F(CommandLine, LeavesATokenAloneThatIsMedia) {
  const Options options = play({"--", "--token", "x"});
  EXPECT_TRUE(options.token.empty());
  EXPECT_EQ(options.media.size(), 2U);
}

TEST_F(CommandLine, AnswersQuestionsWhateverElseIsWrong) {
  EXPECT_THAT(type({"play", "--help"}).output, HasSubstr("Usage: vcplay play"));
  EXPECT_THAT(type({"play", "--nonsense", "--help", "--volume", "x"}).output,
              HasSubstr("Usage: vcplay play"));
  EXPECT_THAT(type({"rehearse", "-h"}).output, HasSubstr("Usage: vcplay rehearse"));
  EXPECT_THAT(type({"--help"}).output, HasSubstr("vcplay rehearse"));
  EXPECT_TRUE(type({"--version"}).version);
  EXPECT_TRUE(type({"play", "--version"}).version);
  EXPECT_EQ(type({"play", "--help"}).status, ExitStatus::all_played);
}

TEST_F(CommandLine, TellsHowOftenAndInWhichOrder) {
  EXPECT_EQ(play({"a"}).program.rounds, 1U);
  EXPECT_EQ(play({"--loop", "3", "a"}).program.rounds, 3U);
  EXPECT_EQ(play({"--loop", "inf", "a"}).program.rounds, 0U);
  EXPECT_FALSE(play({"a"}).program.shuffle);
  EXPECT_EQ(play({"--shuffle", "--seed", "4711", "a"}).program.seed, 4711U);
  EXPECT_NE(play({"--shuffle", "a"}).program.seed, play({"--shuffle", "a"}).program.seed) << "by chance";
}

TEST_F(CommandLine, TellsHowATrackIsCalled) {
  NowPlaying now;
  media::TrackInfo track;
  track.title = "Autobahn";
  track.artist = "Kraftwerk";
  now.begin(track);
  EXPECT_EQ(play({"a"}).title.fill(now), "Kraftwerk - Autobahn");
  EXPECT_FALSE(play({"a"}).channel_status) << "the channel's status is left alone";
  const Options options = play({"--title", "%title%", "--set-status", "on air: %artist%", "a"});
  EXPECT_EQ(options.title.fill(now), "Autobahn");
  EXPECT_EQ(options.channel_status->fill(now), "on air: Kraftwerk");
}

TEST_F(CommandLine, TellsWhichPartOfEachTrack) {
  EXPECT_FALSE(play({"a"}).program.start);
  EXPECT_EQ(play({"--start", "1:02:03.5", "a"}).program.start, 3723500ms);
  EXPECT_EQ(play({"--end", "90", "a"}).program.end, 90s);
  EXPECT_EQ(play({"--start", "1:00", "--length", "0.5", "a"}).program.end, 60500ms);
  EXPECT_EQ(play({"--audio-track", "eng", "a", "b"}).media.at(1).audio_track, "eng");
}

TEST_F(CommandLine, FitsItsHelpOnASmallScreen) {
  for (const Words& words : {Words{"--help"}, Words{"play", "--help"}, Words{"rehearse", "--help"},
                             Words{"check", "--help"}, Words{"channels", "--help"}}) {
    const std::string help = type(words).output;
    EXPECT_LE(std::count(help.begin(), help.end(), '\n'), 23) << help;
    std::istringstream lines(help);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), 79U) << line;
  }
}

TEST_F(CommandLine, TellsEveryOptionInTheLongHelp) {
  for (const VerbRow& verb : verb_table()) {
    const std::string help = type({std::string(verb.name), "--help-all"}).output;
    EXPECT_THAT(help, testing::StartsWith("Usage: vcplay " + std::string(verb.name) + " [options]"));
    for (const OptionRow& row : option_table()) {
      EXPECT_EQ(help.find(std::string(row.name)) != std::string::npos || !row.belongs_to(verb.verb), true)
          << row.name;
    }
    std::istringstream lines(help);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), 79U) << line;
  }
}

TEST_F(CommandLine, TellsEveryOptionOfEveryVerbAtOnce) {
  const std::string help = type({"--help-all"}).output;
  for (const VerbRow& verb : verb_table()) {
    EXPECT_THAT(help, HasSubstr(type({std::string(verb.name), "--help-all"}).output)) << verb.name;
  }
}

TEST_F(CommandLine, NamesTheVersionsOfItsLibraries) {
  EXPECT_THAT(version_text({"libavformat 59.27.100"}),
              testing::MatchesRegex("vcplay [0-9.]+\n  libavformat 59.27.100\n(.|\n)*"));
}

/// A wrong command line and what it earns.
struct Mistake {
  Words words;
  std::string sentence;
};

void PrintTo(const Mistake& mistake, std::ostream* out) {
  for (const std::string& word : mistake.words) *out << '\'' << word << "' ";
}

class WrongCommandLine : public CommandLine, public testing::WithParamInterface<Mistake> {};

TEST_P(WrongCommandLine, EarnsOneClearSentence) {
  const std::string complaint = CommandLine::complaint(GetParam().words);
  EXPECT_EQ(complaint.substr(0, complaint.find('\n')), "vcplay: " + GetParam().sentence);
  EXPECT_THAT(complaint,
              testing::MatchesRegex("[^\n]*\nTry 'vcplay( play| rehearse| check| channels)? --help'.\n"));
}

Words with_channel(Words words) {
  words.insert(words.begin(), {"play", "-c", kLink});
  return words;
}

const std::string kVerbs = "'play', 'rehearse', 'check', 'channels' or 'encode'";
const std::string kWhereIdsAre =
    " 'vcplay channels' lists the ids of all servers and voice channels; or give the voice channel's link to "
    "--channel.";

const Mistake kMistakes[] = {
    {{}, "Say what to do: " + kVerbs + "."},
    {{"pley", "a"}, "There is no verb 'pley'; did you mean play?"},
    {{"channel"}, "There is no verb 'channel'; did you mean channels?"},
    {{"check", "a"}, "There is no channel: give --channel ID (or its link), or set VCPLAY_CHANNEL."},
    {{"check", "--serve"}, "--serve belongs to 'vcplay rehearse'."},
    {{"channels", "a"}, "'vcplay channels' plays nothing: it goes without MEDIA, such as 'a'."},
    {{"channels", "--volume", "80"}, "--volume belongs to 'vcplay play'."},
    {with_channel({"--loop", "0", "a"}),
     "--loop wants a number of rounds from 1 to 1000000, or inf, not '0'."},
    {with_channel({"--loop", "often", "a"}),
     "--loop wants a number of rounds from 1 to 1000000, or inf, not 'often'."},
    {with_channel({"--loop", "2", "-"}), "'-' (standard input) can be played only once: not with --loop."},
    {with_channel({"--start", "soon", "a"}),
     "--start wants a time such as 90, 1:30 or 1:02:03.5, not 'soon'."},
    {with_channel({"--end", "-1", "a"}), "--end wants a time such as 90, 1:30 or 1:02:03.5, not '-1'."},
    {with_channel({"--start", "10", "--end", "0:10", "a"}),
     "Nothing would be played: --end is not behind --start, or --length is 0."},
    {with_channel({"--length", "0", "a"}),
     "Nothing would be played: --end is not behind --start, or --length is 0."},
    {with_channel({"--length", "1", "--end", "2", "a"}),
     "--length and --end say the same thing: give one of them."},
    {with_channel({"--audio-track", "0", "a"}),
     "--audio-track wants a number from 1 on or a language such as eng, not '0'."},
    {with_channel({"--audio-track", "", "a"}),
     "--audio-track wants a number from 1 on or a language such as eng, not ''."},
    {with_channel({"--set-status", "%artst%", "a"}),
     "--set-status: there is no tag %artst%; did you mean %artist%?"},
    {with_channel({"--title", "[%title%", "a"}),
     "--title: a '[' has no ']' behind it; '#[' is the sign itself."},
    {with_channel({"--seed", "7", "a"}), "--seed is for --shuffle: give both."},
    {with_channel({"--shuffle", "--seed", "-1", "a"}),
     "--seed wants a whole number, such as the one that -v told, not '-1'."},
    {{"song.mp3"}, "The first word is " + kVerbs + ", not 'song.mp3'."},
    {with_channel({}), "There is no MEDIA: name files, or '-' for standard input."},
    {with_channel({"a", ""}), "One MEDIA is an empty word; is a variable in your script unset?"},
    {with_channel({"-", "a", "-"}), "'-' (standard input) can be played only once."},
    {with_channel({"-x.mp3"}), "There is no option '-x.mp3'; a MEDIA that begins with '-' goes after '--'."},
    {with_channel({"--volum", "3", "a"}), "There is no option '--volum'; did you mean --volume?"},
    {with_channel({"--vloume=3", "a"}), "There is no option '--vloume=3'; did you mean --volume?"},
    {with_channel({"--speeking", "a"}), "There is no option '--speeking'; did you mean --speaking?"},
    {with_channel({"-volume", "3", "a"}), "There is no option '-volume'; did you mean --volume?"},
    {with_channel({"--frobnicate", "a"}),
     "There is no option '--frobnicate'; a MEDIA that begins with '-' goes after '--'."},
    {with_channel({"--\x1b[2J\n", "a"}),
     R"(There is no option '--\x1b[2J\n'; a MEDIA that begins with '-' goes after '--'.)"},
    {with_channel({"--fast", "a"}), "--fast belongs to 'vcplay rehearse'."},
    {with_channel({"a", "--volume"}), "--volume needs a value: --volume PERCENT."},
    {with_channel({"a", "-f"}), "--format needs a value: --format NAME."},
    {with_channel({"a", "--token"}), "--token needs a value: --token VALUE."},
    {with_channel({"a", "--volume="}), "--volume wants 0 to 400 (percent), not ''."},
    {with_channel({"a", "-qv"}), "-q and -v contradict each other."},
    {with_channel({"a", "-vx"}), "There is no option '-x'; a MEDIA that begins with '-' goes after '--'."},
    {with_channel({"a", "-5"}), "There is no option '-5'; a MEDIA that begins with '-' goes after '--'."},
    {with_channel({"a", "--json=yes"}), "--json takes no value."},
    {with_channel({"--volume", "401", "a"}), "--volume wants 0 to 400 (percent), not '401'."},
    {with_channel({"--volume", "-5", "a"}), "--volume wants 0 to 400 (percent), not '-5'."},
    {with_channel({"--volume", "nan", "a"}), "--volume wants 0 to 400 (percent), not 'nan'."},
    {with_channel({"--volume", "loud", "a"}), "--volume wants 0 to 400 (percent), not 'loud'."},
    {with_channel({"--volume", "1,5", "a"}), "--volume wants 0 to 400 (percent), not '1,5'."},
    {with_channel({"--normalize", "loud", "a"}),
     "--normalize wants off, track, album, R128 or R128=LUFS (-40 to -5), not 'loud'."},
    {with_channel({"--normalize=R128=16", "a"}),
     "--normalize wants off, track, album, R128 or R128=LUFS (-40 to -5), not 'R128=16'."},
    {with_channel({"--normalize", "R128=", "a"}),
     "--normalize wants off, track, album, R128 or R128=LUFS (-40 to -5), not 'R128='."},
    {with_channel({"--normalize", "R128-16", "a"}),
     "--normalize wants off, track, album, R128 or R128=LUFS (-40 to -5), not 'R128-16'."},
    {with_channel({"--crossfade", "31", "a"}),
     "--crossfade wants a time from 0 to 30 s, such as 5 or 500ms, not '31'."},
    {with_channel({"--fade-in", "-1", "a"}),
     "--fade-in wants a time from 0 to 30 s, such as 5 or 500ms, not '-1'."},
    {with_channel({"--fade-out", "soft", "a"}),
     "--fade-out wants a time from 0 to 30 s, such as 5 or 500ms, not 'soft'."},
    {with_channel({"--bitrate", "96", "a"}),
     "--bitrate wants 'auto' or 6k to 510k (bits per second), not '96'; did you mean 96k?"},
    {with_channel({"--bitrate", "1M", "a"}),
     "--bitrate wants 'auto' or 6k to 510k (bits per second), not '1M'."},
    {with_channel({"--bitrate", "511k", "a"}),
     "--bitrate wants 'auto' or 6k to 510k (bits per second), not '511k'."},
    {with_channel({"--passthrough", "on", "a"}), "--passthrough wants auto or off, not 'on'."},
    {with_channel({"--application", "music", "a"}),
     "--application wants audio, voip or lowdelay, not 'music'."},
    {with_channel({"--complexity", "11", "a"}), "--complexity wants 0 (least work) to 10 (best), not '11'."},
    {with_channel({"--complexity", "best", "a"}),
     "--complexity wants 0 (least work) to 10 (best), not 'best'."},
    {with_channel({"--fec", "yes", "a"}), "--fec wants on or off, not 'yes'."},
    {with_channel({"--packet-loss", "101", "a"}), "--packet-loss wants 0 to 100 (percent), not '101'."},
    {with_channel({"--lead-in", "200", "a"}),
     "--lead-in wants a time from 0 to 10 s, such as 200ms or 0.2, not '200'."},
    {with_channel({"--when-alone", "maybe", "a"}), "--when-alone wants play, wait or exit, not 'maybe'."},
    {with_channel({"--on-move", "stay", "a"}), "--on-move wants follow, return or exit, not 'stay'."},
    {with_channel({"--on-kick", "sulk", "a"}), "--on-kick wants exit or rejoin, not 'sulk'."},
    {with_channel({"--on-suppressed", "shout", "a"}), "--on-suppressed wants wait or exit, not 'shout'."},
    {with_channel({"--if-busy", "wait=", "a"}),
     "--if-busy wants exit, wait or wait=SECONDS (up to a day), not 'wait='."},
    {with_channel({"--if-busy", "wait=-1", "a"}),
     "--if-busy wants exit, wait or wait=SECONDS (up to a day), not 'wait=-1'."},
    {with_channel({"--if-busy", "waiting", "a"}),
     "--if-busy wants exit, wait or wait=SECONDS (up to a day), not 'waiting'."},
    {with_channel({"--if-busy", "wait=86401", "a"}),
     "--if-busy wants exit, wait or wait=SECONDS (up to a day), not 'wait=86401'."},
    {with_channel({"--listeners", "3", "a"}), "--listeners belongs to 'vcplay rehearse'."},
    {{"rehearse", "--listeners", "101", "a"}, "--listeners wants 0 to 100, not '101'."},
    {{"rehearse", "--churn", "50ms", "a"},
     "--churn wants a time from 100ms to 1 h, such as 5 or 500ms, not '50ms'."},
    {with_channel({"--lead-in", "-1", "a"}),
     "--lead-in wants a time from 0 to 10 s, such as 200ms or 0.2, not '-1'."},
    {with_channel({"--speaking", "loud", "a"}),
     "--speaking wants microphone, soundshare or priority, not 'loud'."},
    {with_channel({"--shard", "2/2", "a"}),
     "--shard wants I/N with I from 0 to N-1, such as 0/2, not '2/2'."},
    {with_channel({"--shard", "1", "a"}), "--shard wants I/N with I from 0 to N-1, such as 0/2, not '1'."},
    {with_channel({"-f", "s16le", "--rate", "0", "-"}),
     "--rate 0 would be no sound at all; it wants samples per second, such as 48000."},
    {with_channel({"-f", "s16le", "--rate", "48k", "-"}),
     "--rate wants 1000 to 768000 (samples per second), not '48k'."},
    {with_channel({"-f", "s16le", "--channels", "0", "-"}), "--channels wants 1 to 8, not '0'."},
    {with_channel({"--rate", "48000", "-"}),
     "--rate and --channels describe raw PCM and need its --format, such as --format s16le."},
    {with_channel({"--api-url", "http://h/api", "a"}),
     "--api-url wants a URL that starts with https://, not 'http://h/api'."},
    {with_channel({"--gateway-url", "ws://u:pw@h/?k=v", "a"}),
     "--gateway-url wants a URL that starts with wss://, not "
     "'ws://***@h/?***'."},
    {with_channel({"--gateway-url", "https://h", "a"}),
     "--gateway-url wants a URL that starts with wss://, not 'https://h'."},
    {with_channel({"--token-file", "-", "a"}),
     "--token-file cannot be '-': standard input is for MEDIA; use a file or <(command)."},
    {with_channel({"-q", "-v", "a"}), "-q and -v contradict each other."},
    {{"play", "a"}, "There is no channel: give --channel ID (or its link), or set VCPLAY_CHANNEL."},
    {{"play", "-c", kChannel, "a"},
     "There is no guild: give --guild ID or the channel's link, or set VCPLAY_GUILD."},
    {{"play", "-g", "111111111111111111", "-c", kLink, "a"},
     "The channel's link leads to guild 81384788765712384, but the guild given is 111111111111111111."},
    {{"play", "-g", "my server", "-c", kChannel, "a"}, "--guild: 'my server' is no guild id." + kWhereIdsAre},
    {{"play", "-g", kGuild, "-c", "general", "a"}, "--channel: 'general' is no channel id." + kWhereIdsAre},
    {{"play", "-c", "https://discord.com/channels/@me/381870553235193857", "a"},
     "--channel: this link leads to direct messages; a bot joins voice channels of servers."},
    {{"play", "-c", "https://discord.gg/abc", "a"},
     "--channel: 'https://discord.gg/abc' is no channel link; one looks like "
     "https://discord.com/channels/GUILD/CHANNEL."},
    {{"play", "-c", "https://discord.com/channels/81384788765712384", "a"},
     "--channel: 'https://discord.com/channels/8138478876…' is no channel link; one looks like "
     "https://discord.com/channels/GUILD/CHANNEL."},
    {{"rehearse", "--output", "heard.mp3", "a"},
     "--output wants a file name that ends in .wav or .ogg, not 'heard.mp3'."},
    {{"rehearse", "--output", ".wav", "a"},
     "--output wants a file name that ends in .wav or .ogg, not '.wav'."},
    {with_channel({"--script", "day.txt", "a"}), "--script belongs to 'vcplay rehearse'."},
    {{"rehearse", "--script", "-", "a"},
     "--script cannot be '-': standard input is for MEDIA; use a file or <(command)."},
    {{"rehearse", "a", "--script="}, "--script needs the name of a file."},
    {{"rehearse", "--fast", "--script", "day.txt", "a"},
     "--script goes by real time, which --fast does not wait for: take one of them."},
    {{"rehearse", "--serve", "a"}, "--serve plays nothing: it goes without MEDIA, --fast and --output."},
};

INSTANTIATE_TEST_SUITE_P(Table, WrongCommandLine, testing::ValuesIn(kMistakes));

TEST_F(CommandLine, NamesTheVariableThatIsWrong) {
  ::setenv("VCPLAY_CHANNEL", "general", 1);
  EXPECT_THAT(complaint({"play", "a"}), HasSubstr("VCPLAY_CHANNEL: 'general' is no channel id."));
}

TEST_F(CommandLine, NeverRepeatsAToken) {
  EXPECT_THAT(complaint({"play", "--token", "s3cr3t-t0k3n", "--volume", "x", "a"}),
              testing::Not(HasSubstr("s3cr3t")));
}

}  // namespace
}  // namespace vcplay::cli
