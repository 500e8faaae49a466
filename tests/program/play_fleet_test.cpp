// One run, many channels: the program itself, playing into a loopback Discord of several guilds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/chrono.h>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "words/fleet_stage.hpp"

namespace vcplay::testing {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

constexpr auto kDeadline = 90s;

std::size_t count_of(const std::string& text, const std::string& word) {
  std::size_t count = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

TEST(PlayFleet, EveryChannelHearsAllOfIt) {
  FleetStage stage(guilds(5));
  const Finished finished = run(stage.play_everywhere({"--json", stage.tone("tone.wav", 1.0)}), kDeadline);
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  EXPECT_EQ(finished.err, "");
  expect_heard_everywhere(stage, 1.0);
  EXPECT_THAT(statuses_of(finished.out), ElementsAre(0, 0, 0, 0, 0));
  EXPECT_EQ(count_of(finished.out, "\"event\":\"joined\""), 5U);
  EXPECT_EQ(count_of(finished.out, "\"event\":\"left\""), 5U);
  EXPECT_EQ(count_of(finished.out, "\"event\":\"track\""), 1U) << "it is one stream";
  EXPECT_EQ(stage.discord().report().gateway_identifies, 1U);
}

TEST(PlayFleet, SaysVerboselyOfWhichChannelItSpeaks) {
  FleetStage stage(guilds(2));
  const Finished finished = run(stage.play_everywhere({"-vv", stage.tone("tone.wav", 1.5)}), kDeadline);
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  for (const std::size_t place : {0U, 1U}) {
    const std::string channel = "hannel " + stage.name_of(place);
    EXPECT_THAT(finished.err, HasSubstr("In c" + channel + ": End-to-end encryption: epoch "));
    EXPECT_THAT(finished.err, HasSubstr("In c" + channel + ": phase ready"));
    EXPECT_THAT(finished.err, HasSubstr("C" + channel + " is \"Rehearsal"));
    EXPECT_THAT(finished.err, HasSubstr("In c" + channel + " (Rehearsal"));
  }
  std::istringstream lines(finished.err);
  for (std::string line; std::getline(lines, line);) {
    if (line.find("End-to-end encryption:") != std::string::npos ||
        line.find("phase ") != std::string::npos) {
      EXPECT_THAT(line, HasSubstr("In channel "));
    }
  }
}

TEST(PlayFleet, ATargetThatIsNoneIsNobodyElsesTrouble) {
  FleetStage stage(guilds(3));
  const std::string nowhere = "381870553235990000";
  const std::string guild = rehearsal::places_of(stage.discord().options())[1].guild.str();
  Command command =
      stage.play({"--json", "-c", guild + "/" + nowhere, "-c",
                  rehearsal::places_of(stage.discord().options())[2].guild.str() + "/" + stage.name_of(2),
                  stage.tone("tone.wav", 0.6)});
  const Finished finished = run(command, kDeadline);
  EXPECT_EQ(finished.exit_status, 15) << finished.err;
  EXPECT_THAT(finished.err, AllOf(HasSubstr("In channel " + nowhere), HasSubstr("1 of 3 channels failed")));
  EXPECT_THAT(statuses_of(finished.out), ElementsAre(0, 6, 0));
  const auto reports = stage.discord().reports();
  expect_heard(reports[0].report, 0.6, "the first");
  expect_heard(reports[2].report, 0.6, "the third");
}

TEST(PlayFleet, EndsWithTheFirstOnesStatusWhenAllFail) {
  rehearsal::DiscordOptions options = guilds(2);
  options.user_limit = 1;  // who listens is there already
  FleetStage stage(options);
  const Finished finished = run(stage.play_everywhere({"--json", stage.tone("tone.wav", 0.2)}), kDeadline);
  EXPECT_EQ(finished.exit_status, 6) << finished.err;
  EXPECT_THAT(statuses_of(finished.out), Each(6));
}

TEST(PlayFleet, AGuildWhereTheBotIsNotIsNamed) {
  FleetStage stage(guilds(2));
  Command command = stage.play_everywhere(
      {"-c", "81384788765799999/381870553235990000", "--json", stage.tone("tone.wav", 0.4)});
  const Finished finished = run(command, kDeadline);
  EXPECT_EQ(finished.exit_status, 15) << finished.err;
  EXPECT_THAT(statuses_of(finished.out), ElementsAre(0, 0, 6));
  expect_heard_everywhere(stage, 0.4);
}

TEST(PlayFleet, TheOthersPlayOnWhenAModeratorRemovesTheBotFromOne) {
  FleetStage stage(guilds(4));
  Subprocess play(stage.play_everywhere({"--json", stage.tone("tone.wav", 3.0)}));
  ASSERT_TRUE(play.wait_for_text("\"event\":\"track\"", kDeadline));
  stage.discord().inject({rehearsal::FaultKind::kick}, rehearsal::places_of(stage.discord().options())[2]);
  const Finished finished = play.finish(kDeadline);
  EXPECT_EQ(finished.exit_status, 15) << finished.err;
  EXPECT_THAT(statuses_of(finished.out), ElementsAre(0, 0, 8, 0));
  const auto reports = stage.discord().reports();
  for (const std::size_t other : {0U, 1U, 3U})
    expect_heard(reports[other].report, 3.0, std::to_string(other));
  EXPECT_LT(reports[2].report.audio_packets, 150U);
}

TEST(PlayFleet, ComesToEachInWaves) {
  FleetStage stage(guilds(4));
  const Finished finished =
      run(stage.play_everywhere({"--json", "--max-joined", "2", stage.tone("tone.wav", 0.6)}), kDeadline);
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  expect_heard_everywhere(stage, 0.6);
  std::size_t present = 0;
  std::size_t most = 0;
  std::istringstream lines(finished.out);
  for (std::string line; std::getline(lines, line);) {
    const std::string event = nlohmann::json::parse(line).at("event");
    if (event == "joined") most = std::max(most, ++present);
    if (event == "left") --present;
  }
  EXPECT_EQ(most, 2U);
  EXPECT_EQ(stage.discord().report().gateway_identifies, 1U);
}

TEST(PlayFleet, TakesTheBitrateThatSuitsThoseWhoComeLater) {
  rehearsal::DiscordOptions options = guilds(3);
  options.channel_bitrates[rehearsal::places_of(options)[2].channel] = 16'000;
  FleetStage stage(options);
  const Finished finished =
      run(stage.play_everywhere({"--json", "--max-joined", "1", stage.tone("tone.wav", 1.0)}), kDeadline);
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  expect_heard_everywhere(stage, 1.0);
  constexpr std::uint64_t kMostBytes = 150;  // of a datagram: 40 at 16 kb/s and what is around them
  for (const auto& [place, report] : stage.discord().reports()) {
    EXPECT_LT(report.bytes_received, report.packets_received * kMostBytes) << place.channel.str();
  }
}

TEST(PlayFleet, WhatHasNoEndIsHeardTogether) {
  FleetStage stage(guilds(3));
  Command command =
      stage.play_everywhere({"--json", "-f", "s16le", "--rate", "48000", "--channels", "2", "-"});
  command.input = Stage::pcm(1.0);
  const Finished finished = run(command, kDeadline);
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  expect_heard_everywhere(stage, 1.0);
}

/// RFC 3339, in UTC.
std::string in_words(std::chrono::system_clock::time_point time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

TEST(PlayFleet, BeginsAtTheTimeThatWasOrdered) {
  FleetStage stage(guilds(3));
  const auto at = std::chrono::ceil<std::chrono::seconds>(std::chrono::system_clock::now()) + 3s;
  const Finished finished =
      run(stage.play_everywhere({"--json", "--at", in_words(at), stage.tone("tone.wav", 0.6)}), kDeadline);
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  expect_heard_everywhere(stage, 0.6);
  std::istringstream lines(finished.out);
  std::size_t joined = 0;
  for (std::string line; std::getline(lines, line);) {
    const nlohmann::json event = nlohmann::json::parse(line);
    const std::string time = event.at("time");
    if (event.at("event") == "joined") {
      EXPECT_LT(time, in_words(at)) << "before it is heard";
      ++joined;
    }
    if (event.at("event") == "track") {
      EXPECT_EQ(time.substr(0, 19), in_words(at).substr(0, 19)) << "within the second";
    }
  }
  EXPECT_EQ(joined, 3U);
}

TEST(PlayFleet, TakesItsTargetsFromAPipe) {
  FleetStage stage(guilds(3));
  Command command = stage.play({"--targets", "-", "--json", stage.tone("tone.wav", 0.4)});
  const auto places = rehearsal::places_of(stage.discord().options());
  command.input = "# bells\r\n" + places[1].guild.str() + "/" + places[1].channel.str() +
                  "\r\nhttps://discord.com/channels/" + places[2].guild.str() + "/" + places[2].channel.str();
  const Finished finished = run(command, kDeadline);
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  expect_heard_everywhere(stage, 0.4);
}

/// Of the events `left`, in their order.
std::vector<std::string> reasons_for_leaving(const std::string& events) {
  std::vector<std::string> reasons;
  std::istringstream lines(events);
  for (std::string line; std::getline(lines, line);) {
    const nlohmann::json event = nlohmann::json::parse(line);
    if (event.at("event") == "left") reasons.push_back(event.at("reason"));
  }
  return reasons;
}

TEST(PlayFleet, ASignalStopsThoseWhoHaveNotHeardAllOfIt) {
  FleetStage stage(guilds(3));
  Subprocess play(stage.play_everywhere({"--json", "--max-joined", "1", stage.tone("tone.wav", 3.0)}));
  ASSERT_TRUE(play.wait_for_text("\"event\":\"left\"", kDeadline)) << "of the first";
  play.send(SIGTERM);
  const Finished finished = play.finish(kDeadline);
  EXPECT_EQ(finished.signal, SIGTERM) << finished.err;
  const std::vector<std::string> reasons = reasons_for_leaving(finished.out);
  ASSERT_FALSE(reasons.empty());
  EXPECT_EQ(reasons.front(), "finished");
  EXPECT_THAT(statuses_of(finished.out), ElementsAre(0, 128 + SIGTERM, 128 + SIGTERM));
  const nlohmann::json targets = targets_of(finished.out);
  EXPECT_TRUE(targets[0].at("reason").is_null());
  EXPECT_EQ(targets[1].at("reason"), "A signal stopped it before the end.");
  EXPECT_EQ(targets[2].at("reason"), "A signal stopped it before the end.");
}

TEST(PlayFleet, NobodyHeardAnythingWhereTheMediaFail) {
  FleetStage stage(guilds(2));
  const Finished finished =
      run(stage.play_everywhere({"-c", "81384788765799999/381870553235990000", "--json", "/nowhere.wav"}),
          kDeadline);
  EXPECT_EQ(finished.exit_status, 3) << finished.err;
  EXPECT_THAT(finished.err, Not(HasSubstr("heard")));
}

TEST(PlayFleet, ASignalEndsAllOfThem) {
  FleetStage stage(guilds(3));
  Subprocess play(stage.play_everywhere({"--json", "--loop", "inf", stage.tone("tone.wav", 1.0)}));
  ASSERT_TRUE(play.wait_for_text("\"event\":\"track\"", kDeadline));
  play.send(SIGINT);
  const Finished finished = play.finish(kDeadline);
  EXPECT_EQ(finished.signal, SIGINT) << finished.err;
  EXPECT_THAT(reasons_for_leaving(finished.out), ElementsAre("stopped", "stopped", "stopped"));
  EXPECT_THAT(statuses_of(finished.out), Each(128 + SIGINT));
  for (const auto& [place, report] : stage.discord().reports()) {
    EXPECT_EQ(findings(report), "") << place.channel.str();
    EXPECT_TRUE(report.left_cleanly) << place.channel.str();
  }
}

TEST(PlayFleet, LeavesOutAGuildThatAnotherRunHas) {
  FleetStage stage(guilds(2));
  Command first = stage.play({"--json", "--loop", "inf", stage.tone("tone.wav", 1.0)});
  Subprocess playing(first);
  ASSERT_TRUE(playing.wait_for_text("\"event\":\"track\"", kDeadline));
  const Finished finished = run(stage.play_everywhere({"--json", stage.tone("bell.wav", 0.3)}), kDeadline);
  EXPECT_EQ(finished.exit_status, 15) << finished.err;
  EXPECT_THAT(statuses_of(finished.out), ElementsAre(10, 0));
  expect_heard(stage.discord().reports()[1].report, 0.3, "the other guild");
  playing.send(SIGTERM);
  EXPECT_EQ(playing.finish(kDeadline).signal, SIGTERM);
}

TEST(PlayFleet, APartWithoutATargetHasNothingToDo) {
  FleetStage stage(guilds(1));
  const Finished finished =
      run(stage.play({"--json", "--part", "0/1", stage.tone("tone.wav", 0.2)}), kDeadline);
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  const std::uint64_t shard = (stage.discord().options().guild.value >> 22) % 2;
  const Finished other =
      run(stage.play({"--json", "--part", fmt::format("{}/2", 1 - shard), stage.tone("tone.wav", 0.2)}),
          kDeadline);
  EXPECT_EQ(other.exit_status, 0) << other.err;
  EXPECT_THAT(targets_of(other.out), SizeIs(0));
  EXPECT_EQ(stage.discord().report().gateway_identifies, 1U) << "the one of the first part";
}

TEST(PlayFleet, SpendsOneIdentifyOnEachShardThatItNeeds) {
  rehearsal::DiscordOptions options = guilds(6);
  options.demanded_shards = 3;
  FleetStage stage(options);
  const Finished finished = run(stage.play_everywhere({"--json", stage.tone("tone.wav", 0.5)}), kDeadline);
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  expect_heard_everywhere(stage, 0.5);
  EXPECT_EQ(stage.discord().report().gateway_identifies, 3U);
}

TEST(PlayFleet, NamesTheTargetsOfOtherShardsAndLeavesThemOut) {
  rehearsal::DiscordOptions options = guilds(4);
  options.demanded_shards = 2;
  FleetStage stage(options);
  const auto places = rehearsal::places_of(stage.discord().options());
  const std::uint64_t shard = (places[0].guild.value >> 22) % 2;
  const Finished finished = run(
      stage.play_everywhere({"--json", "--shard", fmt::format("{}/2", shard), stage.tone("tone.wav", 0.4)}),
      kDeadline);
  EXPECT_EQ(finished.exit_status, 15) << finished.err;
  EXPECT_THAT(statuses_of(finished.out), ElementsAre(0, 6, 0, 6));
  EXPECT_THAT(finished.err, HasSubstr("belongs to shard"));
}

/// What an Indexed Job does: the same command line in so many places, each with a state of its own.
TEST(PlayFleet, IsSharedAmongMachinesByShard) {
  constexpr int kParts = 3;
  rehearsal::DiscordOptions options = guilds(7);
  options.demanded_shards = kParts;
  options.max_concurrency = kParts;
  FleetStage stage(options);
  std::string list;
  for (const rehearsal::Place& place : rehearsal::places_of(stage.discord().options())) {
    list += place.guild.str() + "/" + place.channel.str() + "\n";
  }
  const std::string targets = stage.folder().write("targets.txt", list);
  const std::string tone = stage.tone("tone.wav", 0.8);
  std::vector<std::unique_ptr<Subprocess>> pods;
  for (int index = 0; index < kParts; ++index) {
    Command command;
    command.words = {
        kProgram,        "play",      "--json", "--api-url", stage.discord().api_url(),      "--ca-file",
        stage.ca_file(), "--targets", targets,  "--part",    fmt::format("auto/{}", kParts), tone};
    command.environment = {{"DISCORD_TOKEN", stage.discord().options().accounts.front().token},
                           {"JOB_COMPLETION_INDEX", std::to_string(index)},
                           {"VCPLAY_HOME", stage.folder().file(fmt::format("pod{}", index))}};
    std::filesystem::create_directory(stage.folder().file(fmt::format("pod{}", index)));
    pods.push_back(std::make_unique<Subprocess>(command));
  }
  std::size_t played = 0;
  for (const auto& pod : pods) {
    const Finished finished = pod->finish(kDeadline);
    EXPECT_EQ(finished.exit_status, 0) << finished.err;
    played += targets_of(finished.out).size();
  }
  EXPECT_EQ(played, 7U) << "every target once";
  expect_heard_everywhere(stage, 0.8);
}

TEST(PlayFleet, VisitsTheChannelsOfOneGuildInOneSession) {
  rehearsal::DiscordOptions options;
  options.further_places = {{options.guild, Snowflake{381870553235193999}}};
  FleetStage stage(options);
  const Finished finished =
      run(stage.play_everywhere({"--json", "-v", stage.tone("tone.wav", 0.5)}), kDeadline);
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("are in one guild: such are visited one after the other."));
  EXPECT_THAT(statuses_of(finished.out), ElementsAre(0, 0));
  for (const auto& target : targets_of(finished.out)) EXPECT_GE(target.at("sent_seconds"), 0.5);
  EXPECT_EQ(stage.discord().report().gateway_identifies, 1U);
}

}  // namespace
}  // namespace vcplay::testing
