// What a person sees on the terminal while it plays.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <string>

#include "base/log.hpp"
#include "base/text.hpp"
#include "cli/status_line.hpp"
#include "cli/status_text.hpp"

namespace vcplay::cli {
namespace {

constexpr Style kPlainUtf8{true, false};
constexpr Style kPlainAscii{false, false};

StatusSnapshot half_way() {
  StatusSnapshot status;
  status.title = "Für Elise";
  status.position = 83s;
  status.duration = 296s;
  status.bitrate = 128'000;
  status.buffered = 1280ms;
  status.packets = 4150;
  status.worst_late = 430us;
  return status;
}

TEST(StatusText, TellsHowTheRunIsGoing) {
  EXPECT_EQ(render(half_way(), 100, kPlainUtf8),
            "1:23/4:56  Für Elise  128 kb/s  1280 ms buffered  4150 packets  worst 0.4 ms late");
}

TEST(StatusText, CountsTheChannelsOfSeveral) {
  StatusSnapshot status = half_way();
  status.channels = 14;
  status.joined = 12;
  EXPECT_EQ(
      render(status, 110, kPlainUtf8),
      "1:23/4:56  Für Elise  12/14 channels  128 kb/s  1280 ms buffered  4150 packets  worst 0.4 ms late");
}

TEST(StatusText, ShowsALockWhileTheAudioIsEncrypted) {
  StatusSnapshot status = half_way();
  status.lock = Padlock::closed;
  EXPECT_EQ(render(status, 25, kPlainUtf8), "\U0001F512 1:23/4:56  Für Elise");
  EXPECT_EQ(render(status, 25, kPlainAscii), "E2EE 1:23/4:56  F?r Elise")
      << "in words where there is no such sign";
  status.phase = "joining";
  EXPECT_EQ(render(status, 10, kPlainUtf8), "joining") << "nothing is known yet";
}

TEST(StatusText, SaysWhyNobodyHearsIt) {
  StatusSnapshot status = half_way();
  status.lock = Padlock::open;
  status.note = "nobody is listening";
  EXPECT_EQ(render(status, 50, kPlainUtf8), "\U0001F513 1:23/4:56  [nobody is listening]  Für Elise");
}

TEST(StatusText, CountsTracksWhenThereAreSeveral) {
  StatusSnapshot status = half_way();
  status.track = 2;
  status.tracks = 12;
  status.duration.reset();
  EXPECT_EQ(render(status, 30, kPlainUtf8), "1:23  2/12  Für Elise");
}

TEST(StatusText, LeavesOutNumbersBeforeItCutsTheTitle) {
  EXPECT_EQ(render(half_way(), 79, kPlainUtf8),
            "1:23/4:56  Für Elise  128 kb/s  1280 ms buffered  4150 packets");
  EXPECT_EQ(render(half_way(), 40, kPlainUtf8), "1:23/4:56  Für Elise  128 kb/s");
  EXPECT_EQ(render(half_way(), 25, kPlainUtf8), "1:23/4:56  Für Elise");
  EXPECT_EQ(render(half_way(), 17, kPlainUtf8), "1:23/4:56  Für E…");
  EXPECT_EQ(render(half_way(), 12, kPlainUtf8), "1:23/4:56");
  EXPECT_EQ(render(half_way(), 4, kPlainUtf8), "1:2…");
}

TEST(StatusText, NeverOverflowsAnyTerminal) {
  StatusSnapshot status = half_way();
  status.title = "月光\x1b[2J e\u0301 ソナタ 第14番 嬰ハ短調 作品27-2 『幻想曲風に』";
  status.tracks = 3;
  status.lock = Padlock::closed;
  status.note = "waiting for the key";
  for (const Style style : {kPlainUtf8, kPlainAscii}) {
    for (std::size_t columns = 0; columns < 140; ++columns) {
      const std::string line = render(status, columns, style);
      EXPECT_LE(display_width(line), columns) << line;
      EXPECT_EQ(line.find('\x1b'), std::string::npos);
    }
  }
}

TEST(StatusText, KeepsToAsciiWhereUtf8IsNotKnown) {
  EXPECT_EQ(render(half_way(), 25, kPlainAscii), "1:23/4:56  F?r Elise");
  EXPECT_EQ(render(half_way(), 17, kPlainAscii), "1:23/4:56  F?r...");
}

TEST(StatusText, ColorsOnlyWhenAsked) {
  const std::string colored = render(half_way(), 79, Style{true, true});
  EXPECT_EQ(colored,
            "\x1b[1m1:23/4:56\x1b[0m  Für Elise\x1b[2m  128 kb/s  1280 ms buffered  4150 packets\x1b[0m");
}

TEST(StatusText, TellsThePhaseWhileNothingPlays) {
  StatusSnapshot status = half_way();
  status.phase = "joining";
  EXPECT_EQ(render(status, 79, kPlainUtf8), "joining  Für Elise");
}

TEST(StatusText, TellsWhatItWaitsFor) {
  StatusSnapshot status = half_way();
  status.phase = "joining";
  status.wait = "this bot's turn to identify, 4 s";
  EXPECT_EQ(render(status, 60, kPlainUtf8), "waiting for this bot's turn to identify, 4 s  Für Elise");
  status.title.clear();
  status.phase.clear();
  status.wait = "the pipe to begin";
  EXPECT_EQ(render(status, 60, kPlainUtf8), "waiting for the pipe to begin");
}

TEST(StatusText, WritesTimesAsPlayersDo) {
  EXPECT_EQ(format_time(0s), "0:00");
  EXPECT_EQ(format_time(59'999ms), "0:59");
  EXPECT_EQ(format_time(3599s), "59:59");
  EXPECT_EQ(format_time(36'000s), "10:00:00");
  EXPECT_EQ(format_time(-1s), "0:00");
}

/// A terminal of our own, and the environment of one who sits at it.
class Terminal : public testing::Test {
 protected:
  void SetUp() override {
    master_ = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    ASSERT_GE(master_, 0);
    ASSERT_EQ(::grantpt(master_), 0);
    ASSERT_EQ(::unlockpt(master_), 0);
    slave_ = ::open(::ptsname(master_), O_RDWR | O_NOCTTY | O_CLOEXEC);
    ASSERT_GE(slave_, 0);
    set_columns(31);
    real_stderr_ = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    ::dup2(slave_, STDERR_FILENO);
    ::setenv("TERM", "xterm", 1);
    ::setenv("LC_ALL", "C.UTF-8", 1);
    ::setenv("NO_COLOR", "1", 1);
  }
  void TearDown() override {
    ::dup2(real_stderr_, STDERR_FILENO);
    for (const int fd : {master_, slave_, real_stderr_}) ::close(fd);
  }

  void set_columns(unsigned short columns) const {
    winsize size{};
    size.ws_col = columns;
    size.ws_row = 24;
    ::ioctl(slave_, TIOCSWINSZ, &size);
  }

  /// What was written since the last call; the terminal's own \r before \n left out.
  std::string screen() const {
    std::string text;
    pollfd ready{master_, POLLIN, 0};
    while (::poll(&ready, 1, 0) > 0) {
      char bytes[512];
      const ssize_t count = ::read(master_, bytes, sizeof bytes);
      if (count <= 0) break;
      text.append(bytes, static_cast<std::size_t>(count));
    }
    for (auto at = text.find("\r\n"); at != std::string::npos; at = text.find("\r\n")) text.erase(at, 1);
    return text;
  }

  /// Waits for something more to be written.
  bool is_readable(int patience_ms = 60'000) const {
    pollfd ready{master_, POLLIN, 0};
    return ::poll(&ready, 1, patience_ms) > 0;
  }

  int master_ = -1;
  int slave_ = -1;
  int real_stderr_ = -1;
};

TEST_F(Terminal, ShowsOneLineThatIsGoneAtTheEnd) {
  auto line = StatusLine::open();
  ASSERT_NE(line, nullptr);
  line->show(half_way());
  EXPECT_EQ(screen(), "\r\x1b[K1:23/4:56  Für Elise  128 kb/s");
  line->show(half_way());
  EXPECT_EQ(screen(), "") << "nothing new to say";
  line.reset();
  EXPECT_EQ(screen(), "\r\x1b[K");
}

TEST_F(Terminal, LetsLogLinesScrollByAboveIt) {
  auto line = StatusLine::open();
  log::warning("before");
  EXPECT_EQ(screen(), "vcplay: warning: before\n");
  set_columns(13);
  line->show(half_way());
  EXPECT_EQ(screen(), "\r\x1b[K1:23/4:56");
  log::warning("between");
  EXPECT_EQ(screen(), "\r\x1b[Kvcplay: warning: between\n1:23/4:56");
  line.reset();
  EXPECT_EQ(screen(), "\r\x1b[K");
  log::warning("after");
  EXPECT_EQ(screen(), "vcplay: warning: after\n");
}

TEST_F(Terminal, LooksTheSameWhenAThreadOfItsOwnDraws) {
  log::Background background;
  auto line = StatusLine::open();
  log::warning("before");
  background.finish();
  EXPECT_EQ(screen(), "vcplay: warning: before\n");
  set_columns(13);
  line->show(half_way());
  background.finish();
  EXPECT_EQ(screen(), "\r\x1b[K1:23/4:56");
  line->show(half_way());
  background.finish();
  EXPECT_EQ(screen(), "") << "nothing new to say";
  log::warning("between");
  background.finish();
  EXPECT_EQ(screen(), "\r\x1b[Kvcplay: warning: between\n1:23/4:56");
  line.reset();
  background.finish();
  EXPECT_EQ(screen(), "\r\x1b[K");
}

TEST_F(Terminal, HoldsNobodyUpWhileItIsStopped) {
  log::Background background;
  auto line = StatusLine::open();
  ASSERT_EQ(::tcflow(slave_, TCOOFF), 0);  // Ctrl-S
  for (int i = 0; i < 10'000; ++i) {
    log::error("line {}", i);
    line->show(half_way());
  }
  background.finish();  // which gives up after a second
  EXPECT_EQ(screen(), "");
  ASSERT_EQ(::tcflow(slave_, TCOON), 0);  // Ctrl-Q
  std::string text;
  while (text.find("vcplay: line 1000\n") == std::string::npos && is_readable()) text += screen();
  EXPECT_THAT(text, testing::HasSubstr("vcplay: line 0\n"));
  EXPECT_THAT(text, testing::HasSubstr("vcplay: line 1000\n"));
  background.finish();  // the rest is nobody else's
  while (is_readable(0)) static_cast<void>(screen());
}

TEST_F(Terminal, FollowsItsSize) {
  auto line = StatusLine::open();
  set_columns(18);
  line->show(half_way());
  EXPECT_EQ(screen(), "\r\x1b[K1:23/4:56  Für E…");
  set_columns(21);
  line->show(half_way());
  EXPECT_EQ(screen(), "\r\x1b[K1:23/4:56  Für Elise");
}

TEST_F(Terminal, IsLeftAloneWhenItCannotRedraw) {
  ::setenv("TERM", "dumb", 1);
  EXPECT_EQ(StatusLine::open(), nullptr);
  ::unsetenv("TERM");
  EXPECT_EQ(StatusLine::open(), nullptr);
}

TEST_F(Terminal, IsNoneWhenItIsAFile) {
  const int nothing = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  ::dup2(nothing, STDERR_FILENO);
  EXPECT_EQ(StatusLine::open(), nullptr);
  ::close(nothing);
}

TEST_F(Terminal, HasTheStyleThatTheEnvironmentSays) {
  EXPECT_TRUE(style_of_environment().utf8);
  EXPECT_FALSE(style_of_environment().color);
  ::unsetenv("NO_COLOR");
  EXPECT_TRUE(style_of_environment().color);
  for (const char* const locale : {"C", "POSIX", "de_DE.ISO-8859-1", "de_DE", "en_US.UTF-"}) {
    ::setenv("LC_ALL", locale, 1);
    EXPECT_FALSE(style_of_environment().utf8) << locale;
  }
  ::setenv("LC_ALL", "de_DE.utf8@euro", 1);
  EXPECT_TRUE(style_of_environment().utf8);
  ::setenv("LC_ALL", "", 1);
  ::unsetenv("LC_CTYPE");
  ::setenv("LANG", "en_US.UTF-8", 1);
  EXPECT_TRUE(style_of_environment().utf8);
  ::unsetenv("LANG");
  EXPECT_FALSE(style_of_environment().utf8) << "cron's bare environment";
}

}  // namespace
}  // namespace vcplay::cli
