// What Discord's answers mean before a play, line by line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "cli/exit_status.hpp"
#include "words/discord_facts.hpp"

namespace vcplay::cli {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using namespace test;

TEST(Check, LooksAtEverythingInTheOrderOfAPlay) {
  const auto findings = judge(all_well(), kWanted, kNow);
  EXPECT_THAT(marks(findings),
              ElementsAre("token ok", "clock ok", "identifies ok", "gateway ok", "udp ok", "guild ok",
                          "channel ok", "view ok", "connect ok", "speak ok", "limit ok", "afk ok"));
  EXPECT_EQ(verdict(findings), std::nullopt);
}

/// The words of all checks that failed.
std::vector<std::string> failures(const DiscordFacts& facts, const Wanted& wanted = kWanted) {
  std::vector<std::string> words;
  for (const Finding& finding : judge(facts, wanted, kNow)) {
    if (finding.mark == Mark::failed) words.push_back(finding.check);
  }
  return words;
}

TEST(Check, GoesThroughThePermissionsOneByOne) {
  struct Row {
    std::uint64_t permissions;
    std::vector<std::string> missing;
  };
  const std::vector<Row> rows = {
      {kV | kC | kS, {}},
      {kV | kC, {"speak"}},
      {kV | kS, {"connect"}},  // SPEAK does not count without it:
                               // what it lacks will show when that is mended
      {kV, {"connect"}},
      {kC | kS, {"view"}},
      {0, {"view"}},
      {resources::kAdministrator, {}},
  };
  for (const Row& row : rows) {
    DiscordFacts facts = all_well();
    permit(facts, row.permissions);
    EXPECT_EQ(failures(facts), row.missing) << row.permissions;
  }
}

TEST(Check, NamesATimeOutWhereItIsTheReason) {
  DiscordFacts facts = all_well();
  member_of(facts).communication_disabled_until = "2026-11-22T00:00:00.000000+00:00";
  const auto findings = judge(facts, kWanted, kNow);
  EXPECT_THAT(failures(facts), ElementsAre("connect"));
  EXPECT_THAT(marks(findings), testing::Contains("speak skipped"));
  EXPECT_THAT(findings.at(8).sentence, AllOf(HasSubstr("timed out"), HasSubstr("2026-11-22")));
}

TEST(Check, AsksNothingFurtherOfARefusedToken) {
  DiscordFacts facts;
  facts.me = refusal(401, Cause::token_refused, "Discord refused the token (401).");
  const auto findings = judge(facts, kWanted, kNow);
  EXPECT_THAT(marks(findings),
              ElementsAre("token failed", "clock skipped", "identifies skipped", "gateway skipped",
                          "udp skipped", "guild skipped", "channel skipped", "view skipped",
                          "connect skipped", "speak skipped", "limit skipped", "afk skipped"));
  EXPECT_EQ(findings[0].sentence, "Discord refused the token (401).");
  EXPECT_EQ(number(to_exit_status(verdict(findings)->cause())), 5);
}

TEST(Check, DoesNotBlameTheTokenWhereNobodyAnswers) {
  DiscordFacts facts;
  facts.me =
      rest::Failure{0, 0, Error(Cause::network, "Discord's API at discord.com:443 cannot be reached.")};
  const auto findings = judge(facts, kWanted, kNow);
  EXPECT_THAT(
      marks(findings),
      ElementsAre("api failed", "token skipped", "clock skipped", "identifies skipped", "gateway skipped",
                  "udp skipped", "guild skipped", "channel skipped", "view skipped", "connect skipped",
                  "speak skipped", "limit skipped", "afk skipped"));
  EXPECT_EQ(
      findings[0].sentence,
      "Discord's API at discord.com:443 cannot be reached. Is this machine online, and does its firewall "
      "let HTTPS through?");
  EXPECT_EQ(findings[1].sentence, "Not checked: Discord's API has to answer first.");
  EXPECT_EQ(number(to_exit_status(verdict(findings)->cause())), 7);
  EXPECT_STREQ(verdict(findings)->what(), "One check failed: api.");
}

TEST(Check, AsksNobodyWhetherHeIsOnlineWhoHasHadAnAnswer) {
  DiscordFacts facts;
  facts.me = rest::Failure{503, 0, Error(Cause::network, "Discord's API is out of order (HTTP 503).")};
  EXPECT_EQ(judge(facts, kWanted, kNow)[0].sentence, "Discord's API is out of order (HTTP 503).");
  facts.me = rest::Failure{0, 0, Error(Cause::network, "An impostor.", Hint::trust_authority)};
  EXPECT_EQ(judge(facts, kWanted, kNow)[0].sentence,
            "An impostor; a proxy's own authority can be added with --ca-file.");
}

TEST(Check, StillLooksAtTheRestWhenTheGuildIsUnknown) {
  DiscordFacts facts = all_well();
  facts.guild = refusal(404, Cause::not_permitted, "Discord knows no guild.");
  facts.member = refusal(404, Cause::not_permitted, "Discord knows no member.");
  const auto findings = judge(facts, kWanted, kNow);
  EXPECT_THAT(failures(facts), ElementsAre("guild"));
  EXPECT_THAT(marks(findings), testing::Contains("channel ok"));
  EXPECT_THAT(marks(findings), testing::Contains("speak skipped"));
}

TEST(Check, WantsTheChannelInTheGuildThatIsNamed) {
  DiscordFacts facts = all_well();
  room_of(facts).guild = Snowflake{999999999999999999};
  EXPECT_THAT(failures(facts), ElementsAre("channel"));
  EXPECT_THAT(judge(facts, kWanted, kNow).at(6).sentence,
              AllOf(HasSubstr("999999999999999999"), HasSubstr("81384788765712384"), HasSubstr("--guild")));
  room_of(facts).guild = {};
  EXPECT_THAT(judge(facts, kWanted, kNow).at(6).sentence, HasSubstr("no guild"));
}

TEST(Check, WantsAChannelWithAVoice) {
  DiscordFacts facts = all_well();
  room_of(facts).type = 0;
  EXPECT_THAT(failures(facts), ElementsAre("channel"));
  EXPECT_THAT(judge(facts, kWanted, kNow).at(6).sentence, HasSubstr("a text channel"));
}

TEST(Check, WarnsOfWishesThatWillNotComeTrue) {
  Wanted wanted = kWanted;
  wanted.bitrate = 64'000;
  wanted.priority = true;
  DiscordFacts facts = all_well();
  auto findings = judge(facts, wanted, kNow);
  ASSERT_EQ(findings.size(), 13U);
  EXPECT_EQ(findings.back().check, "priority");
  EXPECT_EQ(findings.back().mark, Mark::warning);
  wanted.channel_status = true;
  findings = judge(facts, wanted, kNow);
  ASSERT_EQ(findings.size(), 14U);
  EXPECT_EQ(findings.back().check, "status");
  EXPECT_EQ(findings.back().mark, Mark::warning);
  wanted.channel_status = false;
  permit(facts, kV | kC | kS | resources::kPrioritySpeaker);
  wanted.bitrate = 64'001;
  findings = judge(facts, wanted, kNow);
  ASSERT_EQ(findings.size(), 13U);
  EXPECT_EQ(findings.back().check, "bitrate");
  EXPECT_THAT(findings.back().sentence, AllOf(HasSubstr("64001"), HasSubstr("64000")));
}

TEST(Check, SaysThatAStageHasNoEncryption) {
  for (const std::uint64_t permission : {resources::kMuteMembers, resources::kRequestToSpeak}) {
    DiscordFacts facts = all_well();
    room_of(facts).type = resources::kGuildStageVoice;
    permit(facts, kV | kC | kS | permission);
    const auto findings = judge(facts, kWanted, kNow);
    const auto stage = std::find_if(findings.begin(), findings.end(),
                                    [](const Finding& finding) { return finding.check == "stage"; });
    ASSERT_NE(stage, findings.end());
    EXPECT_THAT(stage->sentence, HasSubstr("Stages have no end-to-end encryption."));
    EXPECT_EQ(verdict(findings), std::nullopt);
  }
}

TEST(Check, EndsWithTheFirstFailure) {
  DiscordFacts facts = all_well();
  permit(facts, 0);
  gateway_of(facts).identifies_left = 0;
  facts.gateway_hello = Error(Cause::network, "It said nothing.");
  const auto error = verdict(judge(facts, kWanted, kNow));
  ASSERT_TRUE(error);
  EXPECT_EQ(error->cause(), Cause::identify_budget);
  EXPECT_STREQ(error->what(), "3 checks failed, the first of them: identifies.");
}

TEST(Check, PrintsNoNameAsItCame) {
  DiscordFacts facts = all_well();
  std::get<resources::User>(*facts.me).name = "juke\x1b[2Jbox\n";
  guild_of(facts).name = "De\xe2\x80\xaen";  // U+202E turns the line around
  room_of(facts).name = "Lou\rnge\xff";
  for (const Finding& finding : judge(facts, kWanted, kNow)) {
    EXPECT_THAT(finding.sentence, AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\n")), Not(HasSubstr("\r")),
                                        Not(HasSubstr("\xff")), Not(HasSubstr("\xe2\x80\xae"))));
  }
}

// ── the man page ──

/// The names that the man page explains under CHECKS.
std::set<std::string> names_in_the_man_page() {
  std::ifstream page(std::string(VCPLAY_SOURCE) + "/man/vcplay.1");
  std::set<std::string> names;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (line.rfind(".Sh ", 0) == 0) inside = line == ".Sh CHECKS";
    if (!inside || line.rfind(".It Cm ", 0) != 0) continue;
    std::istringstream words(line.substr(7));
    for (std::string word; words >> word;) {
      if (word != ",") names.insert(word);
    }
  }
  return names;
}

TEST(ManPage, ExplainsEveryCheck) {
  Wanted wanted = kWanted;
  wanted.bitrate = 100'000;
  wanted.priority = true;
  DiscordFacts stage = all_well();
  room_of(stage).type = resources::kGuildStageVoice;
  std::set<std::string> names = {"media"};
  DiscordFacts unreachable;
  unreachable.me = refusal(0, Cause::network, "Nobody answers.");
  for (const DiscordFacts& facts : {all_well(), stage, unreachable, DiscordFacts{}}) {
    for (const Finding& finding : judge(facts, wanted, kNow)) names.insert(finding.check);
  }
  EXPECT_EQ(names_in_the_man_page(), names);
}

// ── as lines and as JSON ──

TEST(FindingLine, ShowsItsMark) {
  const Finding finding = {"speak", Mark::failed, "No \u201cSpeak\u201d.", Cause::not_permitted};
  EXPECT_EQ(to_line(finding, {.utf8 = true, .color = false}), "\u2717 speak       No \u201cSpeak\u201d.\n");
  EXPECT_EQ(to_line(finding, kAscii), "no speak       No ?Speak?.\n");
  EXPECT_EQ(to_line(finding, {.utf8 = true, .color = true}),
            "\x1b[1;31m\u2717\x1b[0m speak       No \u201cSpeak\u201d.\n");
  EXPECT_EQ(to_line({"token", Mark::good, "Yes."}, {.utf8 = true, .color = false}),
            "\u2713 token       Yes.\n");
  EXPECT_EQ(to_line({"token", Mark::warning, "Hm."}, kAscii), "!  token       Hm.\n");
}

TEST(FindingJson, HoldsEveryCheckAndTheStatus) {
  media::TrackInfo track;
  track.location = "https://u:p@radio.example/live?key=1";
  track.codec = "mp3";
  track.sample_rate = 44'100;
  track.channels = 2;
  track.duration = 2500ms;
  const json object = json::parse(to_json_line({{"token", Mark::good, "Yes."},
                                                {"udp", Mark::skipped, "Not checked."},
                                                {"speak", Mark::failed, "No.", Cause::not_permitted},
                                                {"media", Mark::failed, "None.", Cause::no_media},
                                                {"media", Mark::good, "mp3", Cause::unexpected, track}}));
  EXPECT_EQ(object.at("ok"), false);
  EXPECT_EQ(object.at("status"), 6);
  ASSERT_EQ(object.at("checks").size(), 5U);
  EXPECT_EQ(object["checks"][0],
            json::parse(R"({"check":"token","result":"ok","message":"Yes.","status":null})"));
  EXPECT_EQ(object["checks"][1].at("result"), "skipped");
  EXPECT_EQ(object["checks"][2].at("status"), 6);
  EXPECT_EQ(object["checks"][3].at("status"), 3);
  EXPECT_EQ(object["checks"][4].at("media").at("location"), "https://***@radio.example/live?***");
  EXPECT_EQ(object["checks"][4].at("media").at("duration"), 2.5);
  EXPECT_TRUE(object["checks"][4].at("media").at("title").is_null());
}

TEST(FindingJson, IsWellWhenNothingFailed) {
  const json object = json::parse(to_json_line({{"clock", Mark::warning, "Hm."}}));
  EXPECT_EQ(object.at("ok"), true);
  EXPECT_EQ(object.at("status"), 0);
  EXPECT_EQ(object["checks"][0].at("result"), "warning");
}

}  // namespace
}  // namespace vcplay::cli
