// Each thing that can be wrong before a play earns one line and one exit status.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "cli/exit_status.hpp"
#include "words/discord_facts.hpp"

namespace vcplay::cli {
namespace {

using testing::HasSubstr;
using namespace test;

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

}  // namespace
}  // namespace vcplay::cli
