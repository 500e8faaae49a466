// The count of a bot's identifies, over runs, crashes, clocks that step and files that break.
#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <memory>

#include "host/identify_ledger.hpp"
#include "words/host_words.hpp"

namespace vcplay::testing {
namespace {

namespace fs = std::filesystem;
using host::IdentifyLedger;
using host::LockedFile;
using host::WallTime;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using std::chrono_literals::operator""h;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

constexpr Duration kNow{};  // to be sent at once

/// One user's runs with one bot, on a clock that moves when it is told.
class Identifying : public ::testing::Test {
 protected:
  /// Another run of the program: it has nothing but what is in the folder.
  [[nodiscard]] std::unique_ptr<IdentifyLedger> another_run(bool with_folder = true) {
    return std::make_unique<IdentifyLedger>(with_folder ? &folder_ : nullptr, kBot);
  }
  Duration reserve() { return run_->reserve(now_); }
  /// `count` identifies, one each `every`, all of them at once.
  void identify(int count, std::chrono::milliseconds every = 6s) {
    for (int i = 0; i < count; ++i) {
      ASSERT_EQ(reserve(), kNow) << "number " << i;
      now_ += every;
    }
  }
  /// As if earlier runs had identified so often, once each six seconds until now.
  void given(int count) const {
    host::IdentifySlots slots;
    for (int i = count; i > 0; --i) slots.add(now_ - i * 6s, now_ - 24h);
    std::ofstream file(file_, std::ios::binary);
    for (const auto& change : slots.changes()) file << change.text;
  }
  /// The sentence of the refusal.
  [[nodiscard]] std::string refusal() {
    try {
      static_cast<void>(reserve());
    } catch (const Error& error) {
      EXPECT_EQ(error.cause(), Cause::identify_budget);
      return error.what();
    }
    ADD_FAILURE() << "it was permitted";
    return {};
  }

  const host::BotKey kBot{"discord.com", "123456789012345678"};
  Home home_;
  Warnings warnings_;
  host::StateFolder folder_ = home_.open();
  std::unique_ptr<IdentifyLedger> run_ = another_run();
  WallTime now_ = std::chrono::sys_days(std::chrono::year(2024) / 11 / 21) + 8h + 5min + 123ms;
  const std::string file_ = home_.file("discord.com_123456789012345678.identifies");
};

TEST_F(Identifying, TheFirstGoesAtOnceTheSecondFiveSecondsLater) {
  EXPECT_EQ(reserve(), kNow);
  now_ += 1s;
  EXPECT_EQ(reserve(), 4250ms);
  EXPECT_EQ(reserve(), 4250ms) << "asking costs nothing";
  now_ += 4250ms;
  EXPECT_EQ(reserve(), kNow);
  EXPECT_EQ(reserve(), 5250ms);
  EXPECT_EQ(run_->used(now_), 2U);
}

TEST_F(Identifying, IsWrittenDownForAnybodyToRead) {
  identify(2);
  // The check digits were computed by another program.
  EXPECT_THAT(contents_of(file_), StartsWith("2024-11-21T08:05:00.123Z f0393f\n2024-11-21T08:05:06.123Z "));
  EXPECT_EQ(contents_of(file_).size(), 64U);
}

TEST_F(Identifying, TwoRunsAtATimeKeepTheirDistance) {
  const auto other = another_run();
  EXPECT_EQ(reserve(), kNow);
  EXPECT_EQ(other->reserve(now_), 5250ms);
  now_ += 5250ms;
  EXPECT_EQ(other->reserve(now_), kNow);
  EXPECT_EQ(reserve(), 5250ms);
}

TEST_F(Identifying, OneAfterTheOtherTheyAreAllCounted) {
  for (int i = 0; i < 10; ++i) {
    run_ = another_run();
    identify(1, 1min);
  }
  EXPECT_EQ(run_->used(now_), 10U);
  now_ += 24h - 5min;
  EXPECT_EQ(another_run()->used(now_), 4U);
}

TEST_F(Identifying, ABotThatMaySeveralAtOnceDoes) {
  run_->reconcile({.total = 1000, .remaining = 1000, .reset_after = 4h, .max_concurrency = 3}, now_);
  identify(3, 1s);
  EXPECT_EQ(reserve(), 2250ms);
  now_ += 2250ms;
  EXPECT_EQ(reserve(), kNow);
  EXPECT_EQ(reserve(), 1s) << "the second of the three makes room next";
}

// ── the budget ──

TEST_F(Identifying, FiveHundredInADayAreWorthOneWarning) {
  given(490);
  identify(10);
  EXPECT_THAT(warnings_.take(), IsEmpty());
  identify(10);
  EXPECT_THAT(warnings_.take(), ElementsAre(AllOf(HasSubstr("500 times"), HasSubstr("stops at 900"))));
  run_ = another_run();
  identify(1);
  EXPECT_THAT(warnings_.take(), ElementsAre(HasSubstr("510 times"))) << "each run says it";
}

TEST_F(Identifying, NineHundredAreAllThereAre) {
  const WallTime first = now_;
  identify(900, 10s);
  EXPECT_THAT(refusal(), AllOf(HasSubstr("900 times within 24 hours"), HasSubstr("in 21 h 30 min"),
                               HasSubstr("Keep one vcplay running")));
  run_ = another_run();
  EXPECT_THAT(refusal(), HasSubstr("900 times")) << "another run may no more";
  now_ = first + 24h - 1ms;
  EXPECT_THAT(refusal(), HasSubstr("in 1 min"));
  now_ = first + 24h;
  EXPECT_EQ(reserve(), kNow);
  EXPECT_THAT(refusal(), HasSubstr("in 1 min")) << "one place became free, not all";
}

TEST_F(Identifying, ACrontabThatPlaysEachMinuteIsStoppedAfterFifteenHours) {
  for (int minute = 0; minute < 900; ++minute) {
    run_ = another_run();
    ASSERT_EQ(reserve(), kNow);
    now_ += 1min;
  }
  run_ = another_run();
  EXPECT_THAT(refusal(), HasSubstr("in 9 h 0 min"));
}

TEST_F(Identifying, TheFileIsAsLongAsTheBusiestDay) {
  for (int day = 0; day < 5; ++day) {
    identify(100);
    now_ += 24h;
  }
  EXPECT_EQ(fs::file_size(file_), 100U * 32);
}

// ── Discord's own count ──

TEST_F(Identifying, DiscordsCountWinsWhenItIsHigher) {
  identify(3);
  run_->reconcile({.total = 1000, .remaining = 102, .reset_after = 200min, .max_concurrency = 1}, now_);
  EXPECT_EQ(run_->used(now_), 898U);
  identify(2);
  EXPECT_EQ(warnings_.take().size(), 1U);
  EXPECT_THAT(refusal(), AllOf(HasSubstr("900 of the 1000"), HasSubstr("in 3 h 20 min")));
  now_ += 200min;
  EXPECT_EQ(reserve(), kNow) << "Discord began to count anew";
}

TEST_F(Identifying, OurCountWinsWhenItIsHigher) {
  given(900);
  run_->reconcile({.total = 1000, .remaining = 999, .reset_after = 23h, .max_concurrency = 1}, now_);
  EXPECT_THAT(refusal(), HasSubstr("900 times"));
}

TEST_F(Identifying, TheLastFourOfASmallGrantAreKept) {
  run_->reconcile({.total = 20, .remaining = 5, .reset_after = 1h, .max_concurrency = 1}, now_);
  identify(1);
  EXPECT_THAT(refusal(), HasSubstr("16 of the 20"));
}

TEST_F(Identifying, ALargeGrantIsGranted) {
  run_->reconcile({.total = 2000, .remaining = 1000, .reset_after = 1h, .max_concurrency = 16}, now_);
  EXPECT_EQ(reserve(), kNow);
}

TEST_F(Identifying, NonsenseFromDiscordChangesNothing) {
  for (const auto& [total, remaining] : {std::pair{0, 0}, {-1, 5}, {1000, 5000}}) {
    run_->reconcile({total, remaining, -1h, -3}, now_);
    EXPECT_EQ(run_->used(now_), 0U);
  }
  EXPECT_EQ(reserve(), kNow);
  EXPECT_EQ(reserve(), 5250ms);
}

// ── clocks that step ──

TEST_F(Identifying, AClockSetBackKeepsTheCount) {
  given(899);
  now_ -= 3h;
  EXPECT_EQ(run_->used(now_), 899U);
  EXPECT_EQ(reserve(), 5250ms) << "nobody knows how long ago the last one was";
  now_ += 5250ms;
  EXPECT_EQ(reserve(), kNow);
  EXPECT_THAT(refusal(), HasSubstr("900 times"));
  now_ += 24h;
  EXPECT_EQ(reserve(), kNow) << "and they expire a day later all the same";
}

TEST_F(Identifying, AClockThatWasNeverSetCounts) {
  now_ = WallTime(10s);  // a board without a battery, ten seconds after it was switched on
  identify(3);
  EXPECT_EQ(another_run()->used(now_), 3U);
}

// ── files that break ──

TEST_F(Identifying, ALineThatWasHalfWrittenCostsNoOther) {
  identify(5);
  std::string text = contents_of(file_);
  text.replace(2 * 32 + 14, 3, "\0\0\0", 3);
  std::ofstream(file_, std::ios::binary) << text;
  run_ = another_run();
  EXPECT_EQ(reserve(), kNow);
  EXPECT_THAT(warnings_.take(), ElementsAre(HasSubstr("1 of the entries")));
  EXPECT_EQ(another_run()->used(now_), 5U) << "four were left, one came";
  EXPECT_THAT(warnings_.take(), IsEmpty()) << "it has been mended";
  EXPECT_EQ(fs::file_size(file_), 5U * 32);
}

TEST_F(Identifying, ADateThatTheCheckDigitsDoNotBelongToIsDamage) {
  identify(2);
  std::string text = contents_of(file_);
  text[9] = '2';  // the 22nd
  std::ofstream(file_, std::ios::binary) << text;
  EXPECT_EQ(another_run()->used(now_), 1U);
  EXPECT_THAT(warnings_.take(), ElementsAre(HasSubstr("1 of the entries")));
}

TEST_F(Identifying, AFileThatWasCutShortKeepsTheRest) {
  identify(5);
  fs::resize_file(file_, 3 * 32 + 7);
  EXPECT_EQ(another_run()->used(now_), 3U);
  EXPECT_EQ(reserve(), kNow);
  EXPECT_EQ(another_run()->used(now_), 4U);
}

TEST_F(Identifying, AFileOfSomethingElseIsSaidAndOverwritten) {
  for (const std::string& garbage :
       {std::string(1'000'000, 'x'), std::string(5000, '\0'), std::string(1, '\n')}) {
    std::ofstream(file_, std::ios::binary) << garbage;
    run_ = another_run();
    EXPECT_EQ(reserve(), kNow);
    EXPECT_THAT(warnings_.take(), ElementsAre(HasSubstr("could not be read")));
    EXPECT_EQ(another_run()->reserve(now_), 5250ms);
    EXPECT_THAT(warnings_.take(), IsEmpty());
  }
}

TEST_F(Identifying, ALinkInPlaceOfTheFileIsNotFollowed) {
  const std::string victim = home_.places.home + "/diary";
  std::ofstream(victim) << "dear diary";
  fs::create_symlink(victim, file_);
  EXPECT_EQ(reserve(), kNow);
  EXPECT_EQ(reserve(), 5250ms) << "this run still knows";
  EXPECT_EQ(contents_of(victim), "dear diary");
  EXPECT_EQ(warnings_.take().size(), 1U);
}

/// No file of this process can grow while this lives.
class FullDisk {
 public:
  FullDisk() {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit none{0, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &none);
  }
  ~FullDisk() { setrlimit(RLIMIT_FSIZE, &before_); }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
};

TEST_F(Identifying, OnAFullDiskTheRunCountsForItself) {
  {
    const FullDisk full;
    identify(3);
    EXPECT_EQ(reserve(), kNow);
    EXPECT_EQ(reserve(), 5250ms);
    EXPECT_EQ(run_->used(now_), 4U);
  }
  EXPECT_THAT(warnings_.take(), ElementsAre(HasSubstr("not counted for the next")));
  now_ += 6s;
  identify(1);
  EXPECT_EQ(run_->used(now_), 5U) << "what could not be written is not forgotten";
}

TEST_F(Identifying, WithoutAFolderTheRunCountsForItself) {
  run_ = another_run(false);
  identify(900);
  EXPECT_THAT(refusal(), HasSubstr("900 times"));
  now_ += 24h;
  EXPECT_EQ(reserve(), kNow);
}

// ── somebody else has the file ──

TEST_F(Identifying, NobodyIsWaitedForInTheFile) {
  OtherProcess other([this] { return LockedFile::open(folder_, fs::path(file_).filename()); });
  EXPECT_EQ(reserve(), 20ms);
  EXPECT_EQ(reserve(), 20ms);
  other.end();
  EXPECT_EQ(reserve(), kNow);
  EXPECT_EQ(reserve(), 5250ms);
}

TEST_F(Identifying, AProcessThatWasStoppedInTheFileStopsNobodyForEver) {
  identify(1, 0s);
  OtherProcess other([this] { return LockedFile::open(folder_, fs::path(file_).filename()); });
  int asked = 0;
  while (reserve() == 20ms) ASSERT_LT(++asked, 1000);
  EXPECT_EQ(asked, 249) << "five seconds";
  EXPECT_THAT(warnings_.take(), ElementsAre(HasSubstr(fmt::format("Process {}", other.pid()))));
  EXPECT_EQ(reserve(), 5250ms) << "this run knows its own";
  now_ += 5250ms;
  EXPECT_EQ(reserve(), kNow);
  EXPECT_EQ(run_->used(now_), 2U);
  other.end();
  EXPECT_EQ(run_->used(now_), 2U) << "and counts none of them twice";
}

}  // namespace
}  // namespace vcplay::testing
