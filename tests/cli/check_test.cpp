// What Discord's answers mean before a play, line by line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "cli/checks.hpp"
#include "cli/exit_status.hpp"
#include "cli/finding.hpp"
#include "resources/permissions.hpp"

namespace vcplay::cli {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr Snowflake kGuild{81384788765712384};
constexpr Snowflake kRoom{381870553235193857};
constexpr Snowflake kBot{1121110987654321000};
constexpr std::string_view kNow = "2026-11-21T12:00:00";
constexpr std::uint64_t kV = resources::kViewChannel;
constexpr std::uint64_t kC = resources::kConnect;
constexpr std::uint64_t kS = resources::kSpeak;

constexpr Wanted kWanted = {.guild = kGuild, .channel = kRoom};
constexpr Style kAscii = {.utf8 = false, .color = false};

/// A Discord on which everything is right for a play.
DiscordFacts all_well() {
  DiscordFacts facts;
  facts.me = resources::User{kBot, "jukebox", true};
  rest::GatewayBot gateway;
  gateway.identifies_left = 999;
  gateway.reset_after = 4h;
  facts.gateway_bot = gateway;
  resources::Guild guild;
  guild.id = kGuild;
  guild.name = "Den";
  guild.roles = {{kGuild, kV | kC | kS}};
  facts.guild = guild;
  facts.member = resources::Member{kBot, {}, ""};
  resources::Channel room;
  room.id = kRoom;
  room.guild = kGuild;
  room.type = resources::kGuildVoice;
  room.name = "Lounge";
  facts.channel = room;
  facts.clock_ahead = 2s;
  facts.gateway_hello = "gateway.discord.gg:443";
  facts.udp_route = "192.168.1.5";
  return facts;
}

resources::Guild& guild_of(DiscordFacts& facts) { return std::get<resources::Guild>(*facts.guild); }
resources::Member& member_of(DiscordFacts& facts) { return std::get<resources::Member>(*facts.member); }
resources::Channel& room_of(DiscordFacts& facts) { return std::get<resources::Channel>(*facts.channel); }
rest::GatewayBot& gateway_of(DiscordFacts& facts) { return std::get<rest::GatewayBot>(*facts.gateway_bot); }
void permit(DiscordFacts& facts, std::uint64_t permissions) {
  guild_of(facts).roles.front().permissions = permissions;
}
rest::Failure refusal(int status, Cause cause, const char* sentence) {
  return {status, 0, Error(cause, sentence)};
}

/// "token ok", "speak failed", …
std::vector<std::string> marks(const std::vector<Finding>& findings) {
  std::vector<std::string> words;
  words.reserve(findings.size());
  for (const Finding& finding : findings) {
    words.push_back(finding.check + " " + std::string(word(finding.mark)));
  }
  return words;
}

TEST(Check, LooksAtEverythingInTheOrderOfAPlay) {
  const auto findings = judge(all_well(), kWanted, kNow);
  EXPECT_THAT(marks(findings),
              ElementsAre("token ok", "clock ok", "identifies ok", "gateway ok", "udp ok", "guild ok",
                          "channel ok", "view ok", "connect ok", "speak ok", "limit ok", "afk ok"));
  EXPECT_EQ(verdict(findings), std::nullopt);
}

/// One thing that is wrong, and the line that it earns.
struct Flaw {
  std::string name;
  std::function<void(DiscordFacts&)> spoil;
  std::string line;  // of to_line() up to the sentence
  int exit_status;
  std::vector<std::string> words;
};

void PrintTo(const Flaw& flaw, std::ostream* out) { *out << flaw.name; }

class Flawed : public testing::TestWithParam<Flaw> {};

TEST_P(Flawed, EarnsItsLineAndItsExitStatus) {
  DiscordFacts facts = all_well();
  GetParam().spoil(facts);
  const auto findings = judge(facts, kWanted, kNow);
  int others = 0;
  for (const Finding& finding : findings) {
    const std::string line = to_line(finding, kAscii);
    if (line.rfind(GetParam().line, 0) == 0) {
      for (const std::string& word : GetParam().words) EXPECT_THAT(line, HasSubstr(word));
    } else {
      EXPECT_NE(finding.mark, Mark::failed) << line;
      EXPECT_NE(finding.mark, Mark::warning) << line;
      ++others;
    }
  }
  EXPECT_EQ(others, static_cast<int>(findings.size()) - 1) << "one line says it: " << GetParam().line;
  const auto error = verdict(findings);
  EXPECT_EQ(error ? number(to_exit_status(error->cause())) : 0, GetParam().exit_status);
}

const Flaw kFlaws[] = {
    {"NoBot", [](auto& f) { std::get<resources::User>(*f.me).bot = false; }, "!  token ", 0, {"no bot"}},
    {"ClockAhead", [](auto& f) { f.clock_ahead = 61s; }, "!  clock ", 0, {"61 s ahead of Discord's"}},
    {"ClockBehind", [](auto& f) { f.clock_ahead = -3h; }, "!  clock ", 0, {"3 h 0 min behind Discord's"}},
    {"ClockUnknown", [](auto& f) { f.clock_ahead = {}; }, "-  clock ", 0, {}},
    {"FewIdentifies",
     [](auto& f) {
       gateway_of(f).identifies_left = 4;
       gateway_of(f).identifies_total = 10;
     },
     "no identifies ",
     11,
     {"4 of 10", "4 h 0 min"}},
    {"NineTenthsOfTheIdentifiesUsed",
     [](auto& f) { gateway_of(f).identifies_left = 100; },
     "no identifies ",
     11,
     {"100 of 1000"}},
    {"NearlyNineTenthsUsed", [](auto& f) { gateway_of(f).identifies_left = 101; }, "!  identifies ", 0, {}},
    {"HalfOfTheIdentifiesUsed",
     [](auto& f) { gateway_of(f).identifies_left = 500; },
     "!  identifies ",
     0,
     {"very often"}},
    {"HalfUsedByThisMachineAlone",
     [](auto& f) { f.identifies_here = 500; },
     "!  identifies ",
     0,
     {"counted 500 within 24 hours"}},
    {"UsedUpByThisMachineAlone",
     [](auto& f) { f.identifies_here = 900; },
     "no identifies ",
     11,
     {"counted 900 within 24 hours"}},
    {"NearlyUsedUpByThisMachineAlone",
     [](auto& f) { f.identifies_here = 899; },
     "!  identifies ",
     0,
     {"counted 899"}},
    {"NoHello",
     [](auto& f) { f.gateway_hello = Error(Cause::network, "It said nothing."); },
     "no gateway ",
     7,
     {"It said nothing."}},
    {"NoRoute",
     [](auto& f) { f.udp_route = Error(Cause::network, "No route."); },
     "no udp ",
     7,
     {"No route."}},
    {"NoConnect", [](auto& f) { permit(f, kV); }, "no connect ", 6, {"permission Connect"}},
    {"NoSpeak", [](auto& f) { permit(f, kV | kC); }, "no speak ", 6, {"permission Speak", "\"Lounge\""}},
    {"OverwriteAgainstSpeak",
     [](auto& f) {
       room_of(f).overwrites = {{kBot, true, 0, kS}};
     },
     "no speak ",
     6,
     {"Speak"}},
    {"Limit", [](auto& f) { room_of(f).user_limit = 5; }, "ok limit ", 0, {"5", "only in a join"}},
    {"LimitOfOthers",
     [](auto& f) {
       room_of(f).user_limit = 5;
       permit(f, kV | kC | kS | resources::kMoveMembers);
     },
     "ok limit ",
     0,
     {"Move Members"}},
    {"AfkChannel", [](auto& f) { guild_of(f).afk_channel = kRoom; }, "!  afk ", 0, {"silences"}},
    {"StageForASpeaker",
     [](auto& f) {
       room_of(f).type = resources::kGuildStageVoice;
       permit(f, kV | kC | resources::kMuteMembers);
     },
     "ok stage ",
     0,
     {"Mute Members"}},
    {"StageForAHand",
     [](auto& f) {
       room_of(f).type = resources::kGuildStageVoice;
       permit(f, kV | kC | resources::kRequestToSpeak);
     },
     "!  stage ",
     0,
     {"raise its hand"}},
    {"StageForAnAudience",
     [](auto& f) {
       room_of(f).type = resources::kGuildStageVoice;
       permit(f, kV | kC | kS);
     },
     "no stage ",
     6,
     {"Request to Speak"}},
};

INSTANTIATE_TEST_SUITE_P(Check, Flawed, testing::ValuesIn(kFlaws),
                         [](const auto& row) { return row.param.name; });

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
                               // what it lacks will show when that
                               // is mended
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
  for (const DiscordFacts& facts : {all_well(), stage, DiscordFacts{}}) {
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
