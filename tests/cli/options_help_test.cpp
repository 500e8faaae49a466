// What a person is told who asks for help or for the version.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>

#include "base/text.hpp"
#include "cli/option_table.hpp"
#include "words/command_line.hpp"

namespace vcplay::cli {
namespace {

using test::CommandLine;
using test::Words;
using testing::HasSubstr;

TEST_F(CommandLine, AnswersQuestionsWhateverElseIsWrong) {
  EXPECT_THAT(type({"play", "--help"}).output, HasSubstr("Usage: vcplay play"));
  EXPECT_THAT(type({"play", "--nonsense", "--help", "--volume", "x"}).output,
              HasSubstr("Usage: vcplay play"));
  EXPECT_THAT(type({"rehearse", "-h"}).output, HasSubstr("Usage: vcplay rehearse"));
  EXPECT_THAT(type({"--help"}).output, HasSubstr("vcplay rehearse"));
  EXPECT_TRUE(type({"--version"}).version);
  EXPECT_TRUE(type({"play", "--version"}).version);
  EXPECT_EQ(type({"play", "--help"}).status, ExitStatus::all_played);
}

TEST_F(CommandLine, TakesHelpAndVersionForVerbs) {
  EXPECT_TRUE(type({"version"}).version);
  const std::string overview = type({"--help"}).output;
  for (const Words& words : {Words{"help"}, Words{"help", "help"}, Words{"help", "version"}}) {
    EXPECT_EQ(type(words).output, overview);
  }
  EXPECT_EQ(type({"help", "check"}).output, type({"check", "--help"}).output);
}

TEST_F(CommandLine, FitsItsHelpOnASmallScreen) {
  for (const Words& words : {Words{"--help"}, Words{"play", "--help"}, Words{"rehearse", "--help"},
                             Words{"check", "--help"}, Words{"channels", "--help"}}) {
    const std::string help = type(words).output;
    EXPECT_LE(std::count(help.begin(), help.end(), '\n'), 23) << help;
    std::istringstream lines(help);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), 79U) << line;
  }
}

TEST_F(CommandLine, TellsEveryOptionInTheLongHelp) {
  for (const VerbRow& verb : verb_table()) {
    const std::string help = type({std::string(verb.name), "--help-all"}).output;
    EXPECT_THAT(help, testing::StartsWith("Usage: vcplay " + std::string(verb.name) + " [options]"));
    for (const OptionRow& row : option_table()) {
      EXPECT_EQ(help.find(std::string(row.name)) != std::string::npos || !row.belongs_to(verb.verb), true)
          << row.name;
    }
    std::istringstream lines(help);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), 79U) << line;
  }
}

TEST_F(CommandLine, TellsEveryOptionOfEveryVerbAtOnce) {
  const std::string help = type({"--help-all"}).output;
  for (const VerbRow& verb : verb_table()) {
    EXPECT_THAT(help, HasSubstr(type({std::string(verb.name), "--help-all"}).output)) << verb.name;
  }
}

TEST_F(CommandLine, NamesTheVersionsOfItsLibraries) {
  EXPECT_THAT(version_text({"libavformat 59.27.100"}),
              testing::MatchesRegex("vcplay [0-9.]+\n  libavformat 59.27.100\n(.|\n)*"));
}

}  // namespace
}  // namespace vcplay::cli
