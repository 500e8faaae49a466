// What a person types, and what comes of it.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <string>
#include <utility>
#include <vector>

#include "cli/options.hpp"

namespace vcplay::cli::test {

using Words = std::vector<std::string>;

inline const std::string kGuild = "81384788765712384";
inline const std::string kChannel = "381870553235193857";
inline const std::string kLink = "https://discord.com/channels/" + kGuild + "/" + kChannel;

/// Gives each test an environment without our variables.
class CommandLine : public testing::Test {
 protected:
  void SetUp() override { TearDown(); }
  void TearDown() override {
    ::unsetenv("VCPLAY_GUILD");
    ::unsetenv("VCPLAY_CHANNEL");
  }

  static ParseOutcome type(Words words) {
    words.insert(words.begin(), "vcplay");
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    return parse(static_cast<int>(words.size()), argv.data());
  }

  /// `words` after "play" and a channel; they must be right.
  static Options play(Words words) {
    words.insert(words.begin(), {"play", "-c", kLink});
    ParseOutcome outcome = type(words);
    EXPECT_TRUE(outcome.options) << outcome.complaint;
    return outcome.options ? std::move(*outcome.options) : Options{};
  }

  static std::string complaint(Words words) {
    const ParseOutcome outcome = type(std::move(words));
    EXPECT_FALSE(outcome.options);
    EXPECT_EQ(outcome.status, ExitStatus::usage);
    EXPECT_EQ(outcome.output, "");
    return outcome.complaint;
  }
};

}  // namespace vcplay::cli::test
