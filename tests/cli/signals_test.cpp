// How a run is asked to end.
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <csignal>

#include "cli/signals.hpp"
#include "words/wait.hpp"

namespace vcplay::cli {
namespace {

bool readable(int fd) {
  pollfd ready{fd, POLLIN, 0};
  return ::poll(&ready, 1, 0) == 1;
}

TEST(SignalsTest, WaitUntilSomebodyLooks) {
  Signals signals;
  EXPECT_FALSE(readable(signals.fd()));
  EXPECT_EQ(signals.take(), std::nullopt);
  ::kill(::getpid(), SIGTERM);
  EXPECT_TRUE(readable(signals.fd()));
  EXPECT_EQ(signals.take(), SIGTERM);
  EXPECT_EQ(signals.take(), std::nullopt);
}

TEST(SignalsTest, KillAtTheSecondControlC) {
  const auto press_twice = [] {
    Signals signals;
    ::kill(::getpid(), SIGINT);
    if (signals.take() != SIGINT) ::_exit(1);
    ::kill(::getpid(), SIGINT);
    ::_exit(2);  // while it was ending cleanly
  };
  EXPECT_EXIT(press_twice(), ::testing::KilledBySignal(SIGINT), "");
}

bool is_pending(int signal) {
  sigset_t pending;
  ::sigpending(&pending);
  return sigismember(&pending, signal) == 1;
}

/// Takes no signal, as a main thread does that hangs somewhere.
[[noreturn]] void hang() {
  ::alarm(60);
  while (true) ::pause();
}

TEST(SignalsTest, KillAtTheSecondControlCThoughNobodyTookTheFirst) {
  for (const int first : {SIGINT, SIGTERM, SIGHUP}) {
    const auto press = [first] {
      Signals signals;
      ::kill(::getpid(), first);
      static_cast<void>(
          vcplay::testing::eventually("the first is out of the way", [&] { return !is_pending(first); }));
      ::kill(::getpid(), SIGINT);
      hang();
    };
    EXPECT_EXIT(press(), ::testing::KilledBySignal(SIGINT), "") << first;
  }
}

TEST(SignalsTest, AreTakenThoughAThreadKeptThem) {
  Signals signals;
  ::kill(::getpid(), SIGTERM);
  ASSERT_TRUE(vcplay::testing::eventually("it is kept", [] { return !is_pending(SIGTERM); }));
  EXPECT_TRUE(readable(signals.fd()));
  EXPECT_EQ(signals.take(), SIGTERM);
  EXPECT_FALSE(readable(signals.fd()));
  EXPECT_EQ(signals.take(), std::nullopt);
  ::kill(::getpid(), SIGHUP);
  EXPECT_TRUE(readable(signals.fd()));
  EXPECT_EQ(signals.take(), SIGHUP) << "the next one, too";
}

TEST(SignalsTest, StayReadableUntilTheyAreTaken) {
  for (int i = 0; i < 200; ++i) {
    Signals signals;
    ::kill(::getpid(), SIGTERM);
    for (int look = 0; look < 50; ++look) ASSERT_TRUE(readable(signals.fd())) << look;
    ASSERT_EQ(signals.take(), SIGTERM);
  }
}

TEST(SignalsTest, KillAtControlCAfterATerm) {
  const auto term_then_press = [] {
    Signals signals;
    ::kill(::getpid(), SIGTERM);
    if (signals.take() != SIGTERM) ::_exit(1);
    ::kill(::getpid(), SIGINT);
    ::_exit(2);
  };
  EXPECT_EXIT(term_then_press(), ::testing::KilledBySignal(SIGINT), "");
}

TEST(SignalsTest, StayIgnoredUnderNohup) {
  const auto hang_up = [] {
    ::signal(SIGHUP, SIG_IGN);
    Signals signals;
    ::kill(::getpid(), SIGHUP);
    ::_exit(signals.take() ? 1 : 0);
  };
  EXPECT_EXIT(hang_up(), ::testing::ExitedWithCode(0), "");
}

TEST(SignalsTest, StayIgnoredInABackgroundJob) {
  const auto press_twice = [] {
    ::signal(SIGINT, SIG_IGN);
    Signals signals;
    ::kill(::getpid(), SIGTERM);
    if (signals.take() != SIGTERM) ::_exit(1);
    ::kill(::getpid(), SIGINT);
    ::_exit(0);
  };
  EXPECT_EXIT(press_twice(), ::testing::ExitedWithCode(0), "");
}

TEST(SignalsTest, DoNotComeFromClosedPipes) {
  const auto write_to_nobody = [] {
    const Signals signals;
    int ends[2];
    if (::pipe(ends) != 0) ::_exit(1);
    ::close(ends[0]);
    ::_exit(::write(ends[1], "x", 1) < 0 ? 0 : 2);
  };
  EXPECT_EXIT(write_to_nobody(), ::testing::ExitedWithCode(0), "");
}

TEST(RaiseAgain, EndsTheProcessByTheSignalItself) {
  const auto end_by = [](int signal) {
    const Signals signals;
    raise_again(signal);
  };
  EXPECT_EXIT(end_by(SIGINT), ::testing::KilledBySignal(SIGINT), "");
  EXPECT_EXIT(end_by(SIGTERM), ::testing::KilledBySignal(SIGTERM), "");
}

}  // namespace
}  // namespace vcplay::cli
