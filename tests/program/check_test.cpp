// `vcplay check` and `vcplay channels` as child processes, in front of a loopback Discord.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <functional>
#include <nlohmann/json.hpp>

#include "cli/discord_probe.hpp"
#include "words/stage.hpp"

namespace vcplay::testing {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::SizeIs;
using std::chrono_literals::operator""s;

constexpr std::uint64_t kView = 0x400;
constexpr std::uint64_t kConnect = 0x100000;
constexpr std::uint64_t kSpeak = 0x200000;

/// The command line of a play with another verb.
Command check(const Stage& stage, const std::vector<std::string>& words = {}) {
  Command command = stage.play(words);
  command.words[1] = "check";
  command.environment["LC_ALL"] = "C.UTF-8";
  return command;
}

/// `vcplay channels` with what it needs, and `words` after that.
Command channels(Stage& stage, const std::vector<std::string>& words = {}) {
  Command command;
  command.words = {kProgram,    "channels",     "--api-url", stage.discord().api_url(),
                   "--ca-file", stage.ca_file()};
  command.words.insert(command.words.end(), words.begin(), words.end());
  command.environment = {{"DISCORD_TOKEN", stage.discord().options().accounts.front().token},
                         {"LC_ALL", "C.UTF-8"}};
  return command;
}

/// The lines of `text` that begin with `start`.
std::vector<std::string> lines_with(const std::string& text, const std::string& start) {
  std::vector<std::string> found;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind(start, 0) == 0) found.push_back(line);
  }
  return found;
}

TEST(CheckVerb, FindsNothingWrongWhereAPlayWouldSucceed) {
  Stage stage;
  const Finished finished = run(check(stage, {stage.tone("tone.wav", 2.0), "--volume", "80"}), 60s);
  EXPECT_EQ(finished.exit_status, 0) << finished.out << finished.err;
  EXPECT_EQ(finished.err, "");
  EXPECT_EQ(lines_with(finished.out, "\u2713 ").size(), 13U) << finished.out;
  EXPECT_EQ(std::count(finished.out.begin(), finished.out.end(), '\n'), 13) << finished.out;
  EXPECT_THAT(finished.out, AllOf(HasSubstr("rehearsal-bot-1"), HasSubstr("999 of 1000"),
                                  HasSubstr("tone.wav\" is pcm_s16le, 48 kHz, 2 channels, 0:02.")));
  EXPECT_THAT(finished.out, Not(HasSubstr("\x1b")));
  EXPECT_EQ(findings(stage.discord().report()), "") << "and did nothing that Discord would mind";
  EXPECT_EQ(stage.discord().report().audio_packets, 0U);
}

TEST(CheckVerb, LooksAtEachOfSeveralChannels) {
  rehearsal::DiscordOptions options;
  options.further_places = rehearsal::made_up_places({options.guild, options.channel}, 2);
  Stage stage(options);
  const auto places = rehearsal::places_of(stage.discord().options());
  const auto name = [&places](std::size_t i) {
    return places[i].guild.str() + "/" + places[i].channel.str();
  };
  const Finished finished = run(check(stage, {"-c", name(1), "-c", name(2)}), 60s);
  EXPECT_EQ(finished.exit_status, 0) << finished.out << finished.err;
  EXPECT_THAT(lines_with(finished.out, "channel "), SizeIs(3));
  EXPECT_THAT(lines_with(finished.out, "\u2713 token"), SizeIs(1)) << "the bot is the same";
  EXPECT_THAT(lines_with(finished.out, "\u2713 speak"), SizeIs(3));
  EXPECT_EQ(stage.discord().report().gateway_identifies, 0U);

  const std::string nowhere = places[1].guild.str() + "/381870553235990000";
  const Finished wrong = run(check(stage, {"--json", "-c", nowhere, "-c", name(2)}), 60s);
  EXPECT_EQ(wrong.exit_status, 6) << wrong.err;
  EXPECT_THAT(wrong.out, HasSubstr("\"channel\":\"381870553235990000\""));
}

/// One thing that is wrong, its exit status and the beginning of the line that says so.
struct Obstacle {
  std::string name;
  std::function<void(rehearsal::DiscordOptions&)> furnish;
  int exit_status;
  std::string line;
  std::string words;
};

void PrintTo(const Obstacle& obstacle, std::ostream* out) { *out << obstacle.name; }

class Obstructed : public ::testing::TestWithParam<Obstacle> {};

TEST_P(Obstructed, ExitsAsThePlayWould) {
  rehearsal::DiscordOptions options;
  GetParam().furnish(options);
  Stage stage(options);
  const Finished finished = run(check(stage), 60s);
  EXPECT_EQ(finished.exit_status, GetParam().exit_status) << finished.out << finished.err;
  const auto lines = lines_with(finished.out, GetParam().line);
  ASSERT_EQ(lines.size(), 1U) << finished.out;
  EXPECT_THAT(lines[0], HasSubstr(GetParam().words));
}

const Obstacle kObstacles[] = {
    {"MissingSpeak",
     [](auto& o) {
       o.everyone_permissions = {kView, kConnect};
     },
     6, "\u2717 speak ", "Speak"},
    {"MissingConnect",
     [](auto& o) {
       o.everyone_permissions = {kView, kSpeak};
     },
     6, "\u2717 connect ", "Connect"},
    {"MissingView", [](auto& o) { o.everyone_permissions = {kConnect}; }, 6, "\u2717 channel ",
     "View Channel"},
    {"TextChannel", [](auto& o) { o.channel_type = 0; }, 6, "\u2717 channel ", "a text channel"},
    {"Stage", [](auto& o) { o.channel_type = 13; }, 6, "\u2717 stage ", "Mute Members"},
    {"StageWhereItMaySpeak",
     [](auto& o) {
       o.channel_type = 13;
       o.everyone_permissions = {kView, kConnect, kSpeak, 0x400000};  // Mute Members
     },
     0, "\u2713 stage ", "Stages have no end-to-end encryption."},
    {"FewIdentifies", [](auto& o) { o.identifies_left = 4; }, 11, "\u2717 identifies ", "4 of 1000"},
    {"CertificateForAnotherHost", [](auto& o) { o.certificate_names = {"gateway.example"}; }, 7,
     "\u2717 api ", "certificate"},
    {"SlowClock", [](auto& o) { o.clock_ahead = std::chrono::hours(3); }, 0, "! clock ", "behind Discord's"},
    {"AfkChannel", [](auto& o) { o.channel_is_afk = true; }, 0, "! afk ", "silences"},
    {"Limit", [](auto& o) { o.user_limit = 3; }, 0, "\u2713 limit ", "The limit is 3"},
    {"HostileName", [](auto& o) { o.channel_name = "\x1b]0;owned\x07\n\xe2\x80\xaegnol"; }, 0,
     "\u2713 channel ", "\\x1b]0;owned\\x07\\n\\u{202e}gnol"},
    {"RateLimitThatEnds",
     [](auto& o) {
       o.rest_faults = {{"/users/@me", 429, R"({"retry_after":0.01})"}};
     },
     0, "\u2713 token ", ""},
    {"RateLimitForLong",
     [](auto& o) {
       o.rest_faults = {{"/users/@me", 429, R"({"retry_after":600})"}};
     },
     7, "\u2717 api ", "try again in 600 s"},
};

INSTANTIATE_TEST_SUITE_P(Check, Obstructed, ::testing::ValuesIn(kObstacles),
                         [](const auto& row) { return row.param.name; });

TEST(CheckVerb, ShowsARefusedTokenOnce) {
  Stage stage;
  Command command = check(stage);
  command.environment["DISCORD_TOKEN"] = "MTEyMTExMDk4NzY1NDMyMTAwMA.GxAbCd.nobodys-token-at-all";
  const Finished finished = run(command, 60s);
  EXPECT_EQ(finished.exit_status, 5) << finished.out << finished.err;
  EXPECT_EQ(lines_with(finished.out, "\u2717 ").size(), 1U) << finished.out;
  EXPECT_THAT(finished.out, HasSubstr("\u2717 token       Discord refused the token (401)"));
  EXPECT_THAT(finished.out + finished.err, Not(HasSubstr("nobodys-token-at-all")));
  EXPECT_EQ(lines_with(finished.out, "\u2713 clock").size(), 1U) << "a refusal has a Date, too";
}

TEST(CheckVerb, NamesAnUnknownChannelAndAnUnknownGuild) {
  Stage stage;
  const std::string nowhere = "123456789012345678";
  Command command = check(stage);
  *std::find(command.words.begin(), command.words.end(), stage.discord().options().channel.str()) = nowhere;
  Finished finished = run(command, 60s);
  EXPECT_EQ(finished.exit_status, 6) << finished.err;
  EXPECT_THAT(finished.out, HasSubstr("\u2717 channel     Discord knows no channel " + nowhere));

  command = check(stage);
  *std::find(command.words.begin(), command.words.end(), stage.discord().options().guild.str()) = nowhere;
  finished = run(command, 60s);
  EXPECT_EQ(finished.exit_status, 6) << finished.err;
  EXPECT_THAT(finished.out, HasSubstr("\u2717 guild       Discord knows no guild " + nowhere));
  EXPECT_THAT(finished.out, HasSubstr("\u2717 channel     \"Rehearsal\" is in guild 81384788765712384"));
}

TEST(CheckVerb, OpensEveryMedium) {
  Stage stage;
  const std::string noise = stage.folder().write("noise.mp3", "this is no sound");
  const Finished finished =
      run(check(stage, {stage.folder().file("gone.mp3"), stage.tone("tone.wav", 0.5), noise}), 60s);
  EXPECT_EQ(finished.exit_status, 3) << finished.out << finished.err;
  const auto lines = lines_with(finished.out, "\u2717 media ");
  ASSERT_EQ(lines.size(), 2U) << finished.out;
  EXPECT_THAT(lines[0], AllOf(HasSubstr("gone.mp3"), HasSubstr("No such file")));
  EXPECT_THAT(lines[1], HasSubstr("noise.mp3"));
  EXPECT_EQ(lines_with(finished.out, "\u2713 media ").size(), 1U);
}

TEST(CheckVerb, SaysHowFarItLookedIntoAList) {
  Stage stage;
  const std::string tone = stage.tone("tone.wav", 0.5) + '\n';
  const std::string whole = stage.folder().write("whole.m3u", tone + tone + tone);
  const std::string torn = stage.folder().write("torn.m3u", "gone.mp3\n" + tone);
  const Finished finished = run(check(stage, {whole, torn}), 60s);
  EXPECT_EQ(finished.exit_status, 0) << finished.out << finished.err;
  EXPECT_THAT(lines_with(finished.out, "\u2713 media "),
              ElementsAre(HasSubstr("0:00. The 2 tracks behind it were not looked at.")));
  EXPECT_THAT(lines_with(finished.out, "! media "),
              ElementsAre(AllOf(HasSubstr("tone.wav"), HasSubstr("It is not the list's first: "),
                                HasSubstr("gone.mp3"), HasSubstr("No such file or directory."))));
}

TEST(CheckVerb, KnowsWhatThePlaysBeforeItUsedUp) {
  Stage stage;
  EXPECT_THAT(run(check(stage), 60s).out, Not(HasSubstr("this machine")));
  ASSERT_EQ(run(stage.play({stage.tone("tone.wav", 0.2)}), 60s).exit_status, 0);
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(run(check(stage), 60s).out, HasSubstr("this machine counted 1 within 24 hours"))
        << "and a check uses up none itself";
  }
}

TEST(CheckVerb, ReadsAPipeNoFurtherThanItMust) {
  Stage stage;
  Command command = check(stage, {"-f", "s16le", "--rate", "48000", "--channels", "2", "-"});
  command.input = Stage::pcm(1.0);
  command.input_stays_open = true;
  const Finished finished = run(command, 60s);
  EXPECT_EQ(finished.exit_status, 0) << finished.out << finished.err;
  EXPECT_THAT(finished.out, HasSubstr("Standard input is pcm_s16le, 48 kHz, 2 channels"));
}

TEST(CheckVerb, FailsBeforeItFindsNobodyAtTheAddress) {
  Stage stage;
  const Command command = check(stage);
  stage.discord().stop();
  const Finished finished = run(command, 60s);
  EXPECT_EQ(finished.exit_status, 7) << finished.out;
  EXPECT_THAT(finished.out, HasSubstr("\u2717 api         Discord's API at 127.0.0.1"));
  EXPECT_THAT(finished.out, AllOf(HasSubstr("cannot be reached: "), HasSubstr("Is this machine online")));
  EXPECT_THAT(finished.out, HasSubstr("\u2013 token       Not checked: Discord's API has to answer first."));
  EXPECT_THAT(finished.err, HasSubstr(": api."));
}

TEST(CheckVerb, TellsAProgramTheSame) {
  rehearsal::DiscordOptions options;
  options.everyone_permissions = {kView, kConnect};
  Stage stage(options);
  const Finished finished = run(check(stage, {"--json", stage.tone("tone.wav", 0.5)}), 60s);
  EXPECT_EQ(finished.exit_status, 6);
  const json object = json::parse(finished.out);
  EXPECT_EQ(object.at("ok"), false);
  EXPECT_EQ(object.at("status"), 6);
  EXPECT_EQ(object.at("checks").size(), 13U);
  EXPECT_EQ(object["checks"][9].at("check"), "speak");
  EXPECT_EQ(object["checks"][9].at("result"), "failed");
  EXPECT_EQ(object["checks"][12].at("media").at("codec"), "pcm_s16le");
  EXPECT_THAT(finished.err, HasSubstr("One check failed: speak."));
}

TEST(CheckVerb, IsQuietWhenAskedTo) {
  Stage stage;
  Finished finished = run(check(stage, {"-q"}), 60s);
  EXPECT_EQ(finished.exit_status, 0);
  EXPECT_EQ(finished.out + finished.err, "");
  finished = run(check(stage, {"-q", "gone.mp3"}), 60s);
  EXPECT_EQ(finished.exit_status, 3);
  EXPECT_THAT(finished.out, MatchesRegex("\u2717 media [^\n]*\n"));
}

TEST(CheckVerb, KeepsToAsciiOutsideOfUtf8) {
  Stage stage;
  Command command = check(stage);
  command.environment["LC_ALL"] = "C";
  const Finished finished = run(command, 60s);
  EXPECT_EQ(finished.exit_status, 0);
  EXPECT_EQ(lines_with(finished.out, "ok ").size(), 12U) << finished.out;
}

TEST(CheckVerb, FailsWhereItsOutputCannotBeWritten) {
  Stage stage;
  for (const std::vector<std::string>& words : {std::vector<std::string>{}, {"--json"}}) {
    Command command = check(stage, words);
    command.output_is_closed = true;
    const Finished finished = run(command, 60s);
    EXPECT_EQ(finished.exit_status, 13);
    EXPECT_EQ(finished.err, "") << "whoever closes a pipe, as `head -1` does, knows it";
  }
  Command command = channels(stage);
  command.output_file = "/dev/full";
  const Finished finished = run(command, 60s);
  EXPECT_EQ(finished.exit_status, 13);
  EXPECT_THAT(finished.err, HasSubstr("Standard output cannot be written: No space left on device."));
}

TEST(CheckVerb, EndsAtOnceOnASignal) {
  rehearsal::DiscordOptions options;
  options.says_nothing_on_connect = true;  // it would wait for 15 s
  Stage stage(options);
  Subprocess process(check(stage, {"-v"}));
  ASSERT_TRUE(process.wait_for_text("Calling the gateway", 60s));
  process.send(SIGINT);
  const Finished finished = process.finish(30s);
  EXPECT_EQ(finished.signal, SIGINT) << finished.err;
  EXPECT_EQ(finished.out, "");
}

TEST(DiscordProbe, WaitsForHelloNoLongerThanItsPatience) {
  rehearsal::DiscordOptions options;
  options.says_nothing_on_connect = true;
  Stage stage(options);
  bot::BotConfig config;
  config.token = SecretString(stage.discord().options().accounts.front().token);
  config.gateway_url = net::Url::parse(stage.discord().gateway_url());
  cli::Signals signals;
  cli::DiscordProbe probe(config, stage.discord().options().guild, stage.discord().options().channel,
                          std::chrono::milliseconds(200));
  EXPECT_EQ(probe.run(stage.ca_file(), signals), std::nullopt);
  ASSERT_TRUE(probe.facts().gateway_hello);
  EXPECT_THAT(std::get<Error>(*probe.facts().gateway_hello).what(), HasSubstr("said nothing"));
  EXPECT_TRUE(probe.facts().udp_route);
  EXPECT_FALSE(probe.facts().me) << "there was no REST API to ask";
}

// ── channels ──

TEST(ChannelsVerb, ListsWhatTheBotSees) {
  rehearsal::DiscordOptions options;
  options.channel_name = "Lou\x1b[2Jnge";
  Stage stage(options);
  const Finished finished = run(channels(stage), 60s);
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  EXPECT_EQ(finished.err, "");
  EXPECT_EQ(finished.out,
            "81384788765712384  Rehearsal room\n"
            "  \u2713 381870553235193857  voice  128 kb/s  Lou\\x1b[2Jnge\n"
            "  \u2713 381870553235193002  voice   64 kb/s  Elsewhere\n");
  EXPECT_EQ(findings(stage.discord().report()), "");
}

TEST(ChannelsVerb, ListsOneGuild) {
  Stage stage;
  const json object = json::parse(run(channels(stage, {"-g", "81384788765712384", "--json"}), 60s).out);
  ASSERT_EQ(object.at("guilds").size(), 1U);
  EXPECT_EQ(object["guilds"][0].at("name"), "Rehearsal room");
  EXPECT_EQ(object["guilds"][0].at("channels").size(), 2U);
  EXPECT_EQ(object["bot"].at("name"), "rehearsal-bot-1");
  const Finished finished = run(channels(stage, {"-g", "123456789012345678"}), 60s);
  EXPECT_EQ(finished.exit_status, 6);
  EXPECT_EQ(finished.out, "");
  EXPECT_THAT(finished.err, HasSubstr("knows no guild 123456789012345678"));
}

TEST(ChannelsVerb, SaysWhyNotInEachChannel) {
  rehearsal::DiscordOptions options;
  options.everyone_permissions = {kView, kConnect};
  options.channel_type = 13;
  Stage stage(options);
  const Finished finished = run(channels(stage), 60s);
  EXPECT_EQ(finished.exit_status, 0) << "the question was answered";
  EXPECT_THAT(finished.out, AllOf(HasSubstr("\u2717 381870553235193857  stage"), HasSubstr("raise its hand"),
                                  HasSubstr("permission Speak")));
}

TEST(ChannelsVerb, FailsAsAPlayWould) {
  Stage stage;
  Command command = channels(stage);
  command.environment["DISCORD_TOKEN"] = "MTEyMTExMDk4NzY1NDMyMTAwMA.GxAbCd.nobodys-token-at-all";
  const Finished refused = run(command, 60s);
  EXPECT_EQ(refused.exit_status, 5);
  EXPECT_EQ(refused.out, "");
  command = channels(stage);
  stage.discord().stop();
  EXPECT_EQ(run(command, 60s).exit_status, 7);
}

}  // namespace
}  // namespace vcplay::testing
