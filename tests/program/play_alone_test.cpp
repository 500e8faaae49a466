// One bot, one guild, one player: what becomes of the second one.
#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <memory>

#include "host/bot_key.hpp"
#include "host/identify_slots.hpp"
#include "host/state_folder.hpp"
#include "net/url.hpp"
#include "words/stage.hpp"

namespace vcplay::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""s;

constexpr auto kDeadline = 60s;

class OnePlayer : public ::testing::Test {
 protected:
  /// The first player, once it is in the channel, with a minute left to play.
  [[nodiscard]] std::unique_ptr<Subprocess> first_player() {
    auto player = std::make_unique<Subprocess>(stage_.play({"--json", stage_.tone("long.wav", 60.0)}));
    EXPECT_TRUE(player->wait_for_text("\"event\":\"joined\"", kDeadline));
    return player;
  }
  /// Another one with the same bot for the same guild.
  [[nodiscard]] Command second_player(std::vector<std::string> words = {}) {
    words.push_back(stage_.tone("short.wav", 0.5));
    return stage_.play(words);
  }
  [[nodiscard]] std::string told_of(const Subprocess& player) const {
    return fmt::format("vcplay (process {}) is already playing in guild {} with this bot", player.pid(),
                       stage_.discord().options().guild.str());
  }
  static void end(Subprocess& player) {
    player.send(SIGINT);
    EXPECT_EQ(player.finish(kDeadline).signal, SIGINT);
  }

  mutable Stage stage_;
};

TEST_F(OnePlayer, TheSecondIsToldOfTheFirstAndDoesNotEvenIdentify) {
  const auto first = first_player();
  for (int attempt = 0; attempt < 2; ++attempt) {
    const Finished second = run(second_player(), kDeadline);
    EXPECT_EQ(second.exit_status, 10);
    EXPECT_THAT(second.err, HasSubstr(told_of(*first)));
    EXPECT_EQ(std::count(second.err.begin(), second.err.end(), '\n'), 1) << second.err;
  }
  end(*first);
  const rehearsal::Report report = stage_.discord().report();
  EXPECT_EQ(report.gateway_identifies, 1U);
  EXPECT_EQ(findings(report), "");
  EXPECT_TRUE(report.left_cleanly);
}

TEST_F(OnePlayer, TheEventsSayItToo) {
  const auto first = first_player();
  const Finished second = run(second_player({"--json"}), kDeadline);
  EXPECT_EQ(second.exit_status, 10);
  EXPECT_THAT(second.out, AllOf(HasSubstr("\"event\":\"start\""), HasSubstr("\"status\":10"),
                                HasSubstr("\"name\":\"busy\""), HasSubstr(told_of(*first))));
}

TEST_F(OnePlayer, AHomeThatCannotBeUsedIsToldBeforeAnythingBegins) {
  for (const char* const verb : {"play", "check"}) {
    Command command = second_player({"--json"});
    command.words[1] = verb;
    command.environment["VCPLAY_HOME"] = stage_.folder().file("none");
    const Finished finished = run(command, kDeadline);
    EXPECT_EQ(finished.exit_status, 2) << verb;
    EXPECT_THAT(finished.err, HasSubstr("VCPLAY_HOME")) << verb;
    EXPECT_EQ(std::count(finished.err.begin(), finished.err.end(), '\n'), 1) << finished.err;
    EXPECT_EQ(finished.out, "") << verb;
  }
  EXPECT_EQ(stage_.discord().report().gateway_identifies, 0U);
}

/// `command` without VCPLAY_HOME, as root of namespaces in which the stage's home is that of root.
Command as_a_user_of(const Stage& stage, Command command) {
  const std::vector<std::string> before = {
      "/usr/bin/unshare",
      "--map-root-user",
      "--mount",
      "/bin/sh",
      "-c",
      R"(mount --bind "$0" /etc/passwd && exec "$@")",
      stage.folder().write("passwd", "root:x:0:0::" + stage.home() + ":/bin/sh\n")};
  command.words.insert(command.words.begin(), before.begin(), before.end());
  command.environment.erase("VCPLAY_HOME");
  return command;
}

TEST_F(OnePlayer, ACrontabAndALoginShellMeetWhateverTheirVariables) {
  Command nothing;
  nothing.words = {"/bin/true"};
  if (run(as_a_user_of(stage_, nothing)).exit_status != 0) {
    GTEST_SKIP() << "this machine gives no namespaces";
  }
  const std::string elsewhere = stage_.folder().file("elsewhere");
  std::filesystem::create_directory(elsewhere);
  Command with_variables = as_a_user_of(stage_, stage_.play({"--json", stage_.tone("long.wav", 60.0)}));
  for (const char* const name : {"HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR", "TMPDIR", "STATE_DIRECTORY"}) {
    with_variables.environment[name] = elsewhere;
  }
  const auto first = std::make_unique<Subprocess>(with_variables);
  ASSERT_TRUE(first->wait_for_text("\"event\":\"joined\"", kDeadline));
  const Command bare = as_a_user_of(stage_, second_player());  // has the token and nothing else
  ASSERT_EQ(bare.environment.size(), 1U);
  const Finished second = run(bare, kDeadline);
  EXPECT_EQ(second.exit_status, 10);
  EXPECT_THAT(second.err, HasSubstr(told_of(*first)));
  EXPECT_TRUE(std::filesystem::is_empty(elsewhere));
  EXPECT_TRUE(std::filesystem::exists(stage_.home() + "/.local/state/vcplay"));
}

TEST_F(OnePlayer, WhoWaitsPlaysWhenTheFirstHasEnded) {
  const auto first = first_player();
  Subprocess second(second_player({"-v", "--if-busy", "wait"}));
  ASSERT_TRUE(second.wait_for_text(fmt::format("Waiting for vcplay (process {})", first->pid()), kDeadline));
  end(*first);
  const Finished finished = second.finish(kDeadline);
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  EXPECT_EQ(stage_.discord().report().gateway_identifies, 2U);
}

TEST_F(OnePlayer, WhoWaitsIsEndedByASignalLikeAnybody) {
  const auto first = first_player();
  Subprocess second(second_player({"-v", "--if-busy", "wait"}));
  ASSERT_TRUE(second.wait_for_text("Waiting for", kDeadline));
  end(second);
  EXPECT_EQ(stage_.discord().report().gateway_identifies, 1U);
}

TEST_F(OnePlayer, WhoWaitedInVainSaysForHowLong) {
  const auto first = first_player();
  const Finished second = run(second_player({"--if-busy", "wait=0.5"}), kDeadline);
  EXPECT_EQ(second.exit_status, 10);
  EXPECT_THAT(second.err,
              AllOf(HasSubstr("After 1 s of waiting"), HasSubstr(fmt::format("(process {})", first->pid()))));
}

TEST_F(OnePlayer, AKilledPlayerLeavesNoLockBehind) {
  const auto first = first_player();
  first->send(SIGKILL);
  EXPECT_EQ(first->finish(kDeadline).signal, SIGKILL);
  const Finished second = run(second_player(), kDeadline);
  EXPECT_EQ(second.exit_status, 0) << second.err;
}

TEST_F(OnePlayer, AStoppedPlayerStillHasItsGuild) {
  const auto first = first_player();
  first->send(SIGSTOP);
  EXPECT_EQ(run(second_player(), kDeadline).exit_status, 10);
  first->send(SIGCONT);
  end(*first);
}

TEST_F(OnePlayer, AnotherGuildIsAnotherMatter) {
  const auto first = first_player();
  Command command = second_player();
  *std::find(command.words.begin(), command.words.end(), stage_.discord().options().guild.str()) =
      "123456789012345678";
  const Finished second = run(command, kDeadline);
  EXPECT_EQ(second.exit_status, 6) << "Discord does not know it, but that is for Discord to say: "
                                   << second.err;
}

TEST_F(OnePlayer, AnotherServerIsAnotherMatter) {
  const auto first = first_player();
  Stage other(stage_.discord().options());  // the same bot with the same token in the same guild
  Command command = other.play({other.tone("short.wav", 0.5)});
  command.environment["VCPLAY_HOME"] = stage_.home();
  const Finished second = run(command, kDeadline);
  EXPECT_EQ(second.exit_status, 0) << second.err;
}

TEST_F(OnePlayer, ARehearsalIsInNobodysWay) {
  const auto first = first_player();
  Command command;
  command.words = {kProgram,
                   "rehearse",
                   "--quiet",
                   "--if-busy",
                   "exit",
                   "--guild",
                   stage_.discord().options().guild.str(),
                   stage_.tone("short.wav", 0.5)};
  EXPECT_EQ(run(command, kDeadline).exit_status, 0);
}

// ── what waits meanwhile ──

TEST_F(OnePlayer, WhoIsStoppedWhileTheStartWaitsTellsOfNoTrack) {
  ASSERT_EQ(run(second_player(), kDeadline).exit_status, 0);
  Subprocess waiting(second_player({"-v", "--json"}));
  ASSERT_TRUE(waiting.wait_for_text("turn to identify", kDeadline));
  waiting.send(SIGINT);
  const Finished finished = waiting.finish(kDeadline);
  EXPECT_EQ(finished.signal, SIGINT);
  EXPECT_THAT(finished.out, Not(HasSubstr("\"event\":\"track")));
}

// ── the day's identifies ──

/// The count of the loopback's bot, in the stage's home.
class Count {
 public:
  /// As if earlier runs had identified so often today, the last one a minute ago.
  Count(Stage& stage, int identifies) {
    const auto& account = stage.discord().options().accounts.front();
    const auto api = net::Url::parse(stage.discord().api_url());
    const host::BotKey bot{host::server_name(api->host, api->port), host::bot_name(account.token)};
    file_ = host::StateFolder::open({stage.home(), {}}).value().path() + "/" + bot.str() + ".identifies";
    host::IdentifySlots slots;
    const host::WallTime now = host::wall_now();
    for (int i = identifies; i > 0; --i) slots.add(now - 1min - i * 6s, {});
    std::ofstream file(file_, std::ios::binary);
    for (const auto& change : slots.changes()) file << change.text;
  }
  [[nodiscard]] std::size_t now() const { return host::IdentifySlots(contents_of(file_)).after({}).size(); }

 private:
  std::string file_;
};

TEST_F(OnePlayer, EachPlayIsCounted) {
  const Count count(stage_, 0);
  for (const std::size_t expected : {1U, 2U}) {
    EXPECT_EQ(run(second_player(), kDeadline).exit_status, 0);
    EXPECT_EQ(count.now(), expected);
  }
}

TEST_F(OnePlayer, AfterNineHundredPlaysInADayTheNextOneDoesNotIdentify) {
  const Count count(stage_, 900);
  const Finished refused = run(second_player(), kDeadline);
  EXPECT_EQ(refused.exit_status, 11);
  EXPECT_THAT(refused.err,
              AllOf(HasSubstr("900 times within 24 hours"), HasSubstr("Keep one vcplay running")));
  EXPECT_EQ(stage_.discord().report().gateway_identifies, 0U);
  EXPECT_EQ(count.now(), 900U);
}

TEST_F(OnePlayer, AfterFiveHundredItIsWarned) {
  const Count count(stage_, 500);
  const Finished warned = run(second_player(), kDeadline);
  EXPECT_EQ(warned.exit_status, 0);
  EXPECT_THAT(warned.err, HasSubstr("500 times within 24 hours"));
  EXPECT_EQ(count.now(), 501U);
}

}  // namespace
}  // namespace vcplay::testing
