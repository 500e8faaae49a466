// The lock of one player per bot and guild.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <new>

#include "base/error.hpp"
#include "host/bot_key.hpp"
#include "host/player_lock.hpp"
#include "host/prune.hpp"
#include "words/host_words.hpp"
#include "words/wait.hpp"

namespace vcplay::testing {
namespace {

namespace fs = std::filesystem;
using host::PlayerLock;
using host::StateFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using std::chrono_literals::operator""h;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

// ── who plays ──

constexpr Snowflake kGuild{81384788765712384};
const host::BotKey kBot{"discord.com", "123456789012345678"};
const host::Patience kNone{};

class Lock : public Folder {
 protected:
  /// Another process that plays in `guild`.
  [[nodiscard]] OtherProcess other_player(Snowflake guild = kGuild) {
    return OtherProcess([this, guild] { return PlayerLock::acquire(folder_, kBot, guild, kNone).value(); });
  }
  [[nodiscard]] std::optional<PlayerLock> acquire(const host::Patience& patience = kNone) {
    return PlayerLock::acquire(folder_, kBot, kGuild, patience);
  }
  /// The sentence of the refusal.
  [[nodiscard]] std::string refusal(const host::Patience& patience = kNone) {
    try {
      static_cast<void>(acquire(patience));
    } catch (const Error& error) {
      EXPECT_EQ(error.cause(), Cause::busy);
      EXPECT_EQ(error.hint(), patience.longest > Duration::zero() ? Hint::none : Hint::wait_for_other_player);
      return error.what();
    }
    ADD_FAILURE() << "the guild was free";
    return {};
  }

  StateFolder folder_ = home_.open();
};

TEST_F(Lock, TheSecondPlayerIsToldTheFirstOnesProcess) {
  OtherProcess other = other_player();
  EXPECT_EQ(refusal(),
            fmt::format("vcplay (process {}) is already playing in guild 81384788765712384 with this bot.",
                        other.pid()));
  EXPECT_NE(refusal(), "") << "asking did not free it";
  other.end();
  EXPECT_TRUE(acquire());
}

TEST_F(Lock, ACrashedPlayerKeepsNothing) {
  OtherProcess other = other_player();
  other.crash();
  ASSERT_EQ(files_in(folder_.path()).size(), 1U);
  {
    const auto lock = acquire();
    ASSERT_TRUE(lock);
    OtherProcess third([this] {
      try {
        static_cast<void>(acquire());
      } catch (const Error& error) {
        return error.cause();
      }
      throw std::runtime_error("two players");
    });
  }
  EXPECT_THAT(files_in(folder_.path()), IsEmpty());
  EXPECT_THAT(warnings_.take(), IsEmpty());
}

TEST_F(Lock, AChildOfTheCrashedPlayerKeepsNothingEither) {
  int end[2];
  ASSERT_EQ(pipe(end), 0);
  OtherProcess other([this, &end] {
    auto lock = acquire();
    if (fork() == 0) {
      char byte = 0;
      close(end[1]);
      [[maybe_unused]] const ssize_t until_it_may_end = read(end[0], &byte, 1);
      _exit(0);
    }
    return lock;
  });
  other.crash();
  EXPECT_TRUE(acquire());
  close(end[1]);
  close(end[0]);
}

TEST_F(Lock, OtherGuildsBotsAndServersAreFree) {
  OtherProcess other = other_player();
  for (const auto& [bot, guild] : {std::pair{kBot, Snowflake{81384788765712385}},
                                   std::pair{host::BotKey{kBot.server, "123456789012345679"}, kGuild},
                                   std::pair{host::BotKey{"127.0.0.1:4444", kBot.bot}, kGuild}}) {
    EXPECT_TRUE(PlayerLock::acquire(folder_, bot, guild, kNone)) << bot.str() << " " << guild.str();
  }
}

TEST_F(Lock, WhoWaitsPlaysWhenTheFirstEnds) {
  OtherProcess other = other_player();
  std::string told;
  const auto lock = acquire({.longest = 60s, .on_wait = [&](const std::string& whom) {
                               told = whom;
                               other.end();
                             }});
  EXPECT_TRUE(lock);
  EXPECT_EQ(told, fmt::format("vcplay (process {})", other.pid()));
  EXPECT_EQ(files_in(folder_.path()).size(), 1U) << "the first one took its file along, this one has its own";
}

TEST_F(Lock, WhoWaitsPlaysWhenTheFirstCrashes) {
  OtherProcess other = other_player();
  EXPECT_TRUE(acquire({.longest = 60s, .on_wait = [&](const std::string&) { other.crash(); }}));
}

TEST_F(Lock, WhoWaitedLongEnoughIsToldSo) {
  OtherProcess other = other_player();
  EXPECT_EQ(
      refusal({.longest = 10ms}),
      fmt::format("After 1 s of waiting vcplay (process {}) is still playing in guild 81384788765712384 with "
                  "this bot.",
                  other.pid()));
}

TEST_F(Lock, ASignalEndsTheWaitAtOnce) {
  OtherProcess other = other_player();
  std::array<int, 2> signal{};
  ASSERT_EQ(pipe(signal.data()), 0);
  const auto lock = acquire({.longest = 1h, .interrupt = signal[0], .on_wait = [&](const std::string&) {
                               ASSERT_EQ(write(signal[1], "!", 1), 1);
                             }});
  EXPECT_FALSE(lock);
  close(signal[0]);
  close(signal[1]);
}

/// What several processes count together.
struct Tally {
  std::atomic<int> inside{0};
  std::atomic<int> together{0};
};

TEST_F(Lock, InACrowdThatComesAndGoesThereIsNeverASecondOne) {
  constexpr int kPeople = 5;
  constexpr int kTurns = 3000;
  void* const shared =
      mmap(nullptr, sizeof(Tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(shared, MAP_FAILED);
  Tally& tally = *new (shared) Tally;
  const auto take_a_turn = [&] {
    auto opened = host::LockedFile::open(folder_, "crowd.player");
    auto* const file = std::get_if<host::LockedFile>(&opened);
    if (file == nullptr) return false;
    if (++tally.inside > 1) ++tally.together;
    give_way(kPeople);
    --tally.inside;
    file->remove();  // who has just opened it holds a file without a name
    return true;
  };
  for (int person = 0; person < kPeople; ++person) {
    if (fork() != 0) continue;
    for (int turn = 0; turn < kTurns; ++turn) {
      if (!eventually("the file is free", take_a_turn)) _exit(1);
      give_way();
    }
    _exit(0);
  }
  for (int person = 0; person < kPeople; ++person) {
    int status = 0;
    ASSERT_GT(wait(&status), 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(tally.together, 0);
  munmap(shared, sizeof(Tally));
}

TEST_F(Lock, ALinkInItsPlaceIsNotFollowedAndThePlayGoesOn) {
  const std::string victim = home_.places.home + "/diary";
  std::ofstream(victim) << "dear diary";
  fs::create_symlink(victim, home_.file(kBot.str() + "_" + kGuild.str() + ".player"));
  EXPECT_TRUE(acquire());
  EXPECT_THAT(warnings_.take(), ElementsAre(HasSubstr("Nothing keeps a second vcplay out")));
  EXPECT_EQ(contents_of(victim), "dear diary");
}

TEST_F(Lock, AFolderThatWasDeletedMeanwhileIsNoReasonNotToPlay) {
  fs::remove_all(folder_.path());
  EXPECT_TRUE(acquire());
  EXPECT_THAT(warnings_.take(), ElementsAre(HasSubstr("No such file or directory")));
}

// ── tidying up ──

class Pruning : public Lock {
 protected:
  void leave(const std::string& name, std::chrono::hours ago) {
    std::ofstream(home_.file(name)) << "left";
    fs::last_write_time(home_.file(name), fs::file_time_type::clock::now() - ago);
  }
};

TEST_F(Pruning, TakesWhatHasExpiredAndNothingElse) {
  leave("discord.com_1.identifies", 49h);
  leave("discord.com_2.identifies", 47h);
  leave("127.0.0.1:4444_1.identifies", 2h);
  leave("[::1]:4444_1_2.player", 2h);
  leave("localhost:4444_1_2.player", 0h);
  leave("diary_of.mine", 1000h);
  leave("notes.player", 1000h);
  fs::create_symlink("/etc/passwd", home_.file("discord.com_3.identifies"));
  host::prune(folder_, host::wall_now());
  EXPECT_THAT(files_in(folder_.path()),
              UnorderedElementsAre("discord.com_2.identifies", "localhost:4444_1_2.player", "diary_of.mine",
                                   "notes.player", "discord.com_3.identifies"));
}

TEST_F(Pruning, LeavesALongPlayItsLock) {
  OtherProcess other = other_player();
  const std::string name = files_in(folder_.path()).at(0);
  fs::last_write_time(home_.file(name), fs::file_time_type::clock::now() - 100h);
  host::prune(folder_, host::wall_now());
  EXPECT_THAT(refusal(), HasSubstr(fmt::format("process {}", other.pid())));
}

// ── which bot, where ──

TEST(Bot, IsKnownByTheIdInItsToken) {
  EXPECT_EQ(host::bot_name("MTIzNDU2Nzg5MDEyMzQ1Njc4.Gabcde.secret"), "123456789012345678");
  EXPECT_EQ(host::bot_name("MTIzNDU2Nzg5MDEyMzQ1Njc4.Gfghij.other-secret"), "123456789012345678");
}

TEST(Bot, WithAnotherKindOfTokenIsKnownByAHash) {
  // printf %s not-a-token-of-theirs | sha256sum
  EXPECT_EQ(host::bot_name("not-a-token-of-theirs"), "3cc078eb0d176b30353e826fc9eb1aa4");
  EXPECT_EQ(host::bot_name("YWJj.x.y"), "35d95694d3f160215db293c7899daa59") << "\"abc\" is no id";
  EXPECT_EQ(host::bot_name("../../etc.x.y").size(), 32U);
}

TEST(Server, OfDiscordHasOneNameAndOthersHaveTheirOwn) {
  EXPECT_EQ(host::server_name("discord.com", 443), "discord.com");
  EXPECT_EQ(host::server_name("gateway-us-east1-b.discord.gg", 443), "discord.com");
  EXPECT_EQ(host::server_name("canary.discord.com", 443), "discord.com");
  EXPECT_EQ(host::server_name("notdiscord.com", 443), "notdiscord.com:443");
  EXPECT_EQ(host::server_name("127.0.0.1", 4444), "127.0.0.1:4444");
  EXPECT_EQ(host::server_name("::1", 4444), "[::1]:4444");
  EXPECT_EQ(host::server_name(std::string(250, 'a'), 443).size(), 32U);
}

}  // namespace
}  // namespace vcplay::testing
