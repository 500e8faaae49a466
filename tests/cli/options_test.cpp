// What a person types, and what it means.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <string>
#include <vector>

#include "words/command_line.hpp"

namespace vcplay::cli {
namespace {

using channel::OnKick;
using channel::OnMove;
using channel::OnSuppressed;
using channel::WhenAlone;
using test::CommandLine;
using test::kChannel;
using test::kGuild;
using test::kLink;
using test::Words;
using testing::HasSubstr;

TEST_F(CommandLine, PlaysAFileInAChannel) {
  const ParseOutcome outcome = type({"play", "--guild", kGuild, "--channel", kChannel, "song.mp3"});
  ASSERT_TRUE(outcome.options) << outcome.complaint;
  const Options& options = *outcome.options;
  EXPECT_EQ(options.verb, Verb::play);
  ASSERT_EQ(options.targets.size(), 1U);
  EXPECT_EQ(options.targets[0].guild.str(), kGuild);
  EXPECT_EQ(options.targets[0].channel.str(), kChannel);
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
  EXPECT_EQ(outcome.options->targets.at(0).guild.value, 81384788765712384U);
  EXPECT_EQ(outcome.options->targets.at(0).channel.value, 381870553235193857U);
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
  EXPECT_EQ(outcome.options->targets.at(0).guild.str(), kGuild);
  EXPECT_EQ(outcome.options->targets.at(0).channel.str(), kChannel);
  EXPECT_EQ(outcome.options->bitrate, 96'000);
  EXPECT_EQ(outcome.options->media.size(), 2U);
  ::setenv("VCPLAY_GUILD", kGuild.c_str(), 1);
  ::setenv("VCPLAY_CHANNEL", kChannel.c_str(), 1);
  const ParseOutcome bare = type({"check"});
  ASSERT_TRUE(bare.options) << bare.complaint;
  EXPECT_EQ(bare.options->targets.at(0).channel.str(), kChannel);
  EXPECT_TRUE(bare.options->media.empty());
}

TEST_F(CommandLine, ListsTheChannelsOfEveryGuildUnlessOneIsTyped) {
  ::setenv("VCPLAY_GUILD", kGuild.c_str(), 1);
  ::setenv("VCPLAY_CHANNEL", "nonsense", 1);
  const ParseOutcome all = type({"channels", "--json", "--token-file", "t"});
  ASSERT_TRUE(all.options) << all.complaint;
  EXPECT_EQ(all.options->verb, Verb::channels);
  EXPECT_EQ(all.options->guild, std::nullopt) << "who sets the default wants to see the others, too";
  EXPECT_EQ(type({"channels", "-g", kGuild}).options->guild->str(), kGuild);
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

TEST_F(CommandLine, KnowsWhoChoseTheMedia) {
  EXPECT_EQ(play({"a"}).origin, media::Origin::trusted);
  for (const std::string verb : {"play", "rehearse", "check", "encode"}) {
    Words words = {verb, "--untrusted", "-o", "b.opus", "https://a"};
    if (verb == "rehearse") words[3] = "b.ogg";
    if (verb == "play" || verb == "check")
      words = {verb, "--untrusted", "-g", kGuild, "-c", kChannel, "https://a"};
    const ParseOutcome outcome = type(words);
    ASSERT_TRUE(outcome.options) << verb << ' ' << outcome.complaint;
    EXPECT_EQ(outcome.options->origin, media::Origin::untrusted) << verb;
  }
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
      EXPECT_EQ(outcome.options->targets.at(0).guild.str(), kGuild);
      EXPECT_EQ(outcome.options->targets.at(0).channel.str(), kChannel);
    }
  }
}

TEST_F(CommandLine, ReadsThePlaceFromTheEnvironment) {
  ::setenv("VCPLAY_GUILD", kGuild.c_str(), 1);
  ::setenv("VCPLAY_CHANNEL", kChannel.c_str(), 1);
  const ParseOutcome outcome = type({"play", "a"});
  ASSERT_TRUE(outcome.options) << outcome.complaint;
  EXPECT_EQ(outcome.options->targets.at(0).guild.str(), kGuild);
  EXPECT_EQ(outcome.options->targets.at(0).channel.str(), kChannel);
}

TEST_F(CommandLine, PrefersOptionsToTheEnvironment) {
  ::setenv("VCPLAY_GUILD", "111111111111111111", 1);
  ::setenv("VCPLAY_CHANNEL", "222222222222222222", 1);
  EXPECT_EQ(type({"play", "-g", kGuild, "-c", kChannel, "a"}).options->targets.at(0).channel.str(), kChannel);
  EXPECT_EQ(type({"play", "-c", kLink, "a"}).options->targets.at(0).guild.str(), kGuild)
      << "a link brings its own guild";
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

}  // namespace
}  // namespace vcplay::cli
