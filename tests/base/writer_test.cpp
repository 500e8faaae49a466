// Lines for readers who may not be reading, and a log that waits for none of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <sstream>
#include <string>
#include <vector>

#include "base/line_writer.hpp"
#include "base/log.hpp"
#include "words/stuck_pipe.hpp"

namespace vcplay {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::StandardErrorIs;
using ::testing::StartsWith;
using testing::StuckPipe;
using Urgency = LineWriter::Urgency;

constexpr Duration kLong = 60s;

std::string told(std::uint64_t dropped) { return "lost " + std::to_string(dropped) + "\n"; }

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(LineWriter, MakesNobodyWaitAndTellsWhatItDropped) {
  StuckPipe pipe;
  LineWriter writer(pipe.write_end(), {.lines = 10, .bytes = 1000}, told);
  constexpr std::uint64_t kLines = 100'000;
  for (std::uint64_t i = 0; i < kLines; ++i) writer.push(std::to_string(i) + "\n");
  const std::uint64_t dropped = writer.dropped();
  EXPECT_GE(dropped, kLines - 11) << "ten wait, and one may be on its way";

  const std::vector<std::string> lines = lines_of(pipe.read_until(told(dropped)));
  ASSERT_EQ(lines.size(), kLines - dropped + 1);
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) EXPECT_EQ(lines[i], std::to_string(i));

  writer.push("again\n");
  EXPECT_EQ(pipe.read_until("again\n"), "again\n") << "and there is room for more";
}

TEST(LineWriter, HasRoomForLastWords) {
  StuckPipe pipe;
  LineWriter writer(pipe.write_end(), {.lines = 8, .bytes = 100'000}, told);
  for (int i = 0; i < 100; ++i) writer.push("small talk\n");
  writer.push("why it ends\n", Urgency::last_words);
  const std::string text = pipe.read_until("why it ends\n");
  EXPECT_THAT(text, HasSubstr("lost 9")) << "ninety-one or ninety-two, ahead of what came behind them";
}

TEST(LineWriter, CountsBytesAsWellAsLines) {
  StuckPipe pipe;
  LineWriter writer(pipe.write_end(), {.lines = 1000, .bytes = 100}, told);
  writer.push(std::string(200, 'x') + "\n");
  EXPECT_EQ(writer.dropped(), 1U);
  EXPECT_EQ(pipe.read_until("\n"), told(1));
}

TEST(LineWriter, GivesUpOnAReaderWhoTakesNothing) {
  StuckPipe pipe;
  LineWriter writer(pipe.write_end(), {.lines = 10, .bytes = 1000}, told);
  writer.push("one\n");
  EXPECT_FALSE(writer.flush(1ms));
  EXPECT_EQ(pipe.read_until("\n"), "one\n");
  EXPECT_TRUE(writer.flush(kLong));
}

TEST(LineWriter, SaysWhatTheSystemSaid) {
  StuckPipe pipe;
  LineWriter writer(pipe.write_end(), {.lines = 10, .bytes = 1000}, told);
  EXPECT_EQ(writer.error(), 0);
  pipe.close_read_end();
  writer.push("one\n");
  EXPECT_TRUE(writer.flush(kLong));
  EXPECT_EQ(writer.error(), EPIPE) << "and no signal ended us";
}

// ── the log in the background ──

TEST(LogInTheBackground, WaitsForNobody) {
  StuckPipe pipe;
  const StandardErrorIs stuck(pipe.write_end());
  {
    const log::Background background;
    for (int i = 0; i < 100'000; ++i) log::error("line {}", i);
  }  // which takes a second, for the reader's sake
  EXPECT_EQ(pipe.read_until("\n"), "vcplay: line 0\n");
}

TEST(LogInTheBackground, IsReadToItsEndByWhoeverReads) {
  StuckPipe pipe;
  const StandardErrorIs slow(pipe.write_end());
  const log::Background background;
  for (int i = 0; i < 500; ++i) log::error("line {}", i);
  log::error("the end");
  const std::vector<std::string> lines = lines_of(pipe.read_until("the end\n"));
  ASSERT_EQ(lines.size(), 501U);
  for (int i = 0; i < 500; ++i)
    EXPECT_EQ(lines[static_cast<std::size_t>(i)], "vcplay: line " + std::to_string(i));
}

/// What a log in the background shows.
class Patience : public ::testing::Test {
 protected:
  void SetUp() override {
    log::set_sink([this](log::Level, std::string_view line) { lines_.emplace_back(line); });
  }
  void TearDown() override { log::set_sink(nullptr); }
  std::vector<std::string> lines_;
};

TEST_F(Patience, EndsAtTheThirdWarningFromOnePlace) {
  log::Background background;
  for (int i = 0; i < 3000; ++i) log::warning("refused message {}", i);
  log::warning("something else");
  EXPECT_THAT(lines_,
              ElementsAre("refused message 0", "refused message 1", "refused message 2", "something else"));
  lines_.clear();
  background.finish();
  EXPECT_THAT(lines_, ElementsAre("… and 2997 more like this: refused message 2999"));
  lines_.clear();
  background.finish();
  EXPECT_THAT(lines_, ElementsAre()) << "that was said";
}

TEST_F(Patience, IsEndlessForErrors) {
  const log::Background background;
  for (int i = 0; i < 10; ++i) log::error("track {} cannot be played", i);
  EXPECT_EQ(lines_.size(), 10U);
}

TEST_F(Patience, IsEndlessInTheForeground) {
  for (int i = 0; i < 10; ++i) log::warning("file {} is damaged", i);
  EXPECT_EQ(lines_.size(), 10U);
}

// ── one line ──

class LongLines : public Patience {
 protected:
  static std::string shown(const std::string& text, std::vector<std::string>& lines) {
    lines.clear();
    log::error("{}", text);
    return lines.empty() ? "nothing" : lines.front();
  }
};

TEST_F(LongLines, LoseTheirMiddle) {
  for (const std::size_t size : {5'000U, 100'000U, 15'000'000U}) {
    const std::string line =
        shown("cannot open " + std::string(size, 'x') + ": No such file or directory", lines_);
    EXPECT_LE(line.size(), log::kMostLineBytes) << size;
    EXPECT_THAT(line, StartsWith("cannot open xxx"));
    EXPECT_THAT(line, EndsWith(" No such file or directory")) << size;
    EXPECT_THAT(line, HasSubstr("…"));
  }
  EXPECT_EQ(shown(std::string(log::kMostLineBytes, 'x'), lines_), std::string(log::kMostLineBytes, 'x'));
}

TEST_F(LongLines, AreCutBetweenCharacters) {
  std::string line;
  for (int i = 0; i < 10'000; ++i) line += "ä";
  line = shown(line, lines_);
  EXPECT_LE(line.size(), log::kMostLineBytes);
  EXPECT_EQ(line.find("\uFFFD"), std::string::npos);
  EXPECT_EQ((line.size() - std::string("…").size()) % 2, 0U);
}

TEST_F(LongLines, ShowNoPartOfASecretWhereTheyAreCut) {
  const std::string secret = "s3cr3t-s3cr3t-s3cr3t-s3cr3t-s3cr3t-s3cr3t-s3cr3t-s3cr3t-s3cr3t-s3cr3t";
  log::hide(secret);
  for (std::size_t before = 65'400; before < 65'600; ++before) {
    const std::string line = shown(std::string(before, 'x') + secret + std::string(10'000, 'x'), lines_);
    ASSERT_EQ(line.find("s3cr3t"), std::string::npos) << before;
  }
  for (std::size_t behind = 3'900; behind < 4'200; ++behind) {
    const std::string line =
        shown(std::string(100'000, 'x') + secret + " " + std::string(behind, 'x'), lines_);
    ASSERT_EQ(line.find("cr3t"), std::string::npos) << behind;
  }
}

TEST_F(LongLines, ShowNoPartOfAnAddressThatIsToBeMasked) {
  const std::string address = "https://user:password@host/x?token=" + std::string(80'000, 't') + "password";
  EXPECT_EQ(shown("cannot open " + address, lines_), "cannot open https://***@host/x?***");
  EXPECT_EQ(shown("cannot open " + address + ": refused", lines_),
            "cannot open https://***@host/x?*** refused");
}

}  // namespace
}  // namespace vcplay
