// The ways in which Discord says no, and what the program makes of each.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "words/stage.hpp"

namespace vcplay::testing {
namespace {

using ::testing::HasSubstr;
using std::chrono_literals::operator""s;

constexpr std::uint64_t kView = 0x400;
constexpr std::uint64_t kConnect = 0x100000;

/// One reason, its exit status and words that its sentence must hold.
struct Refusal {
  std::string name;
  std::function<void(rehearsal::DiscordOptions&)> furnish;
  int exit_status;
  std::vector<std::string> words;
};

void PrintTo(const Refusal& refusal, std::ostream* out) { *out << refusal.name; }

class Refused : public ::testing::TestWithParam<Refusal> {};

TEST_P(Refused, EndsWithOneSentenceAndItsStatus) {
  rehearsal::DiscordOptions options;
  GetParam().furnish(options);
  Stage stage(options);
  const Finished finished = run(stage.play({stage.tone("tone.wav", 2.0)}), 60s);
  EXPECT_EQ(finished.exit_status, GetParam().exit_status) << finished.err;
  for (const std::string& word : GetParam().words) EXPECT_THAT(finished.err, HasSubstr(word));
  EXPECT_EQ(std::count(finished.err.begin(), finished.err.end(), '\n'), 1) << finished.err;
}

const Refusal kRefusals[] = {
    {"WrongToken", [](auto& o) { o.identify_close_code = 4004; }, 5, {"token"}},
    {"WrongShard", [](auto& o) { o.identify_close_code = 4010; }, 2, {"shard"}},
    {"ShardingRequired", [](auto& o) { o.identify_close_code = 4011; }, 2, {"shard"}},
    {"TextChannel", [](auto& o) { o.channel_type = 0; }, 6, {"Rehearsal", "voice"}},
    {"MissingConnect", [](auto& o) { o.everyone_permissions = {kView}; }, 6, {"Connect"}},
    {"MissingSpeak",
     [](auto& o) {
       o.everyone_permissions = {kView, kConnect};
     },
     6,
     {"Speak"}},
    {"MissingView", [](auto& o) { o.everyone_permissions = {kConnect}; }, 6, {"View Channel"}},
    {"FullChannel",
     [](auto& o) {
       o.user_limit = 2;
       o.occupants = 2;
     },
     6,
     {"full"}},
    {"EncryptionRequired", [](auto& o) { o.voice_identify_close_code = 4017; }, 9, {"end-to-end"}},
    {"VoiceSessionInvalid", [](auto& o) { o.voice_identify_close_code = 4006; }, 7, {"4006"}},
    {"Kicked",
     [](auto& o) {
       o.script = {{500ms, {rehearsal::FaultKind::kick}}};
     },
     8,
     {"removed"}},
    {"UdpBlocked", [](auto& o) { o.never_answers_discovery = true; }, 7, {"UDP"}},
    {"CertificateForAnotherHost",
     [](auto& o) { o.certificate_names = {"gateway.example"}; },
     7,
     {"127.0.0.1", "certificate"}},
};

INSTANTIATE_TEST_SUITE_P(ByDiscord, Refused, ::testing::ValuesIn(kRefusals),
                         [](const auto& row) { return row.param.name; });

TEST(Refused, ACertificateFromAnUnknownAuthority) {
  Stage stage;
  Command command = stage.play({stage.tone("tone.wav", 1.0)});
  const auto option = std::find(command.words.begin(), command.words.end(), "--ca-file");
  command.words.erase(option, option + 2);
  const Finished finished = run(command, 60s);
  EXPECT_EQ(finished.exit_status, 7) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("certificate"));
}

TEST(Refused, AnUnknownGuild) {
  Stage stage;
  Command command = stage.play({stage.tone("tone.wav", 1.0)});
  *std::find(command.words.begin(), command.words.end(), stage.discord().options().guild.str()) =
      "123456789012345678";
  const Finished finished = run(command, 60s);
  EXPECT_EQ(finished.exit_status, 6) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("123456789012345678"));
}

TEST(Refused, AnUnknownChannel) {
  Stage stage;
  Command command = stage.play({stage.tone("tone.wav", 1.0)});
  *std::find(command.words.begin(), command.words.end(), stage.discord().options().channel.str()) =
      "123456789012345678";
  const Finished finished = run(command, 60s);
  EXPECT_EQ(finished.exit_status, 6) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("123456789012345678"));
}

TEST(Refused, NobodyListensAtTheAddress) {
  Stage stage;
  Command command = stage.play({stage.tone("tone.wav", 1.0)});
  stage.discord().stop();
  const Finished finished = run(command, 60s);
  EXPECT_EQ(finished.exit_status, 7) << finished.err;
}

// ── what is odd but no reason to fail ──

struct Oddity {
  std::string name;
  std::function<void(rehearsal::DiscordOptions&)> furnish;
};

void PrintTo(const Oddity& oddity, std::ostream* out) { *out << oddity.name; }

class Odd : public ::testing::TestWithParam<Oddity> {};

TEST_P(Odd, ButItPlays) {
  rehearsal::DiscordOptions options;
  GetParam().furnish(options);
  Stage stage(options);
  const Finished finished = run(stage.play({stage.tone("tone.wav", 1.0)}), 60s);
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  EXPECT_EQ(findings(stage.discord().report()), "");
  EXPECT_GE(stage.discord().report().audio_packets, 25U);
}

const Oddity kOddities[] = {
    {"ServerUpdateFirst", [](auto& o) { o.server_update_first = true; }},
    {"LostDiscoveryPackets", [](auto& o) { o.lost_discovery_packets = 2; }},
    {"DiscoveryAnswersForAnother", [](auto& o) { o.wrong_discovery_answers = 1; }},
    {"FourShards", [](auto& o) { o.demanded_shards = 4; }},
    {"SequenceWraps", [](auto& o) { o.voice_first_sequence = 65534; }},
    {"FractionalHeartbeats", [](auto& o) { o.voice_heartbeat_interval_ms = 412.5; }},
    {"BusyMainHeartbeat", [](auto& o) { o.heartbeat_interval = std::chrono::milliseconds(400); }},
    {"MalformedGatewayMessages",
     [](auto& o) {
       o.extra_gateway_texts = {"{",
                                "[]",
                                "null",
                                "{\"op\":\"ten\"}",
                                "{\"op\":99,\"d\":{}}",
                                "{\"op\":0,\"t\":\"NEW_THING\",\"s\":2,\"d\":[1]}",
                                "{\"op\":0,\"t\":7,\"s\":{},\"d\":null}",
                                std::string(200'000, 'x')};
     }},
    {"MalformedVoiceMessages",
     [](auto& o) {
       o.extra_voice_texts = {"{",
                              "[]",
                              "null",
                              "{\"op\":\"two\"}",
                              "{\"op\":99,\"d\":{}}",
                              "{\"op\":5,\"d\":\"loud\"}",
                              std::string(200'000, '[')};
     }},
};

INSTANTIATE_TEST_SUITE_P(Discord, Odd, ::testing::ValuesIn(kOddities),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace vcplay::testing
