// The places from which the token may come. It must not appear anywhere else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/log.hpp"
#include "cli/options.hpp"
#include "cli/token.hpp"

namespace vcplay::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Gives each test an empty folder, an environment without tokens and a log to read.
class Token : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "vcplay-token-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    ::unsetenv("DISCORD_TOKEN");
    ::unsetenv("CREDENTIALS_DIRECTORY");
    log::set_sink([this](log::Level, std::string_view line) { lines_.emplace_back(line); });
  }
  void TearDown() override {
    log::set_sink(nullptr);
    ::unsetenv("DISCORD_TOKEN");
    ::unsetenv("CREDENTIALS_DIRECTORY");
    std::filesystem::remove_all(folder_);
  }

  std::string write_file(const std::string& name, const std::string& text, mode_t mode = 0600) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path, std::ios::binary) << text;
    ::chmod(path.c_str(), mode);
    return path;
  }

  static std::string sentence(const Options& options) {
    try {
      const SecretString token = find_token(options);
    } catch (const Error& error) {
      EXPECT_EQ(error.cause(), Cause::usage);
      return error.what();
    }
    return "no error";
  }

  std::string folder_;
  std::vector<std::string> lines_;
};

TEST_F(Token, ComesFromTheFirstOfFourSources) {
  ::setenv("DISCORD_TOKEN", "from.environment", 1);
  ::setenv("CREDENTIALS_DIRECTORY", folder_.c_str(), 1);
  write_file("discord-token", "from.credential\n");
  Options options;
  options.token_file = write_file("token", "from.file\n");
  options.token = SecretString("from.option");
  EXPECT_EQ(find_token(options).reveal(), "from.option");
  options.token = SecretString();
  EXPECT_EQ(find_token(options).reveal(), "from.file");
  options.token_file = "";
  EXPECT_EQ(find_token(options).reveal(), "from.credential");
}

TEST_F(Token, ComesFromTheEnvironmentWhenThereIsNoCredential) {
  ::setenv("DISCORD_TOKEN", "from.environment", 1);
  ::setenv("CREDENTIALS_DIRECTORY", folder_.c_str(), 1);
  EXPECT_EQ(find_token(Options{}).reveal(), "from.environment");
  EXPECT_TRUE(lines_.empty()) << "cron mails every line";
}

TEST_F(Token, LeavesTheEnvironmentInEveryCase) {
  ::setenv("DISCORD_TOKEN", "from.environment", 1);
  const char* const value = ::getenv("DISCORD_TOKEN");  // unsetenv() never frees it
  Options options;
  options.token = SecretString("from.option");
  EXPECT_EQ(find_token(options).reveal(), "from.option");
  EXPECT_EQ(::getenv("DISCORD_TOKEN"), nullptr);
  EXPECT_EQ(*value, '\0') << "the value itself is wiped";
}

TEST_F(Token, IsMissed) {
  EXPECT_EQ(sentence(Options{}),
            "There is no bot token: set DISCORD_TOKEN, name a file with --token-file, or pass the systemd "
            "credential "
            "discord-token.");
  ::setenv("DISCORD_TOKEN", "", 1);
  EXPECT_THAT(sentence(Options{}), HasSubstr("There is no bot token"));
}

TEST_F(Token, LosesWhatComesAlongWhenPasted) {
  for (const std::string raw : {"abc.def", "abc.def\n", "  abc.def\r\n", "\"abc.def\"", "'abc.def'",
                                "Bot abc.def", "\"Bot abc.def\"\n", "bot  'abc.def'",
                                "\xef\xbb\xbf"
                                "abc.def\r\n"}) {
    EXPECT_EQ(clean_token(raw, "x").reveal(), "abc.def") << raw;
  }
  EXPECT_EQ(clean_token("Botany.x", "x").reveal(), "Botany.x")
      << "not every word that starts with it is a prefix";
}

TEST_F(Token, IsOneWordOfOrdinaryLetters) {
  const auto refused = [](const std::string& raw) {
    try {
      const SecretString token = clean_token(raw, "the token file t");
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_EQ(refused(" \n"), "There is no token in the token file t.");
  EXPECT_EQ(refused("abc def"),
            "What the token file t holds has spaces or line breaks inside; a bot token is one word.");
  EXPECT_EQ(refused("abc\ndef"),
            "What the token file t holds has spaces or line breaks inside; a bot token is one word.");
  EXPECT_EQ(refused("abc\x1b[2J"),
            "What the token file t holds has characters that no bot token has; copy it again.");
  EXPECT_EQ(refused("ab\u00e7"),
            "What the token file t holds has characters that no bot token has; copy it again.");
}

TEST_F(Token, EarnsAWarningWhenOthersCanReadIt) {
  Options options;
  options.token_file = write_file("token", "abc.def", 0640);
  EXPECT_EQ(find_token(options).reveal(), "abc.def");
  EXPECT_THAT(lines_, ElementsAre("Others can read the token file " + options.token_file +
                                  "; chmod 600 keeps it to yourself."));
  ::chmod(options.token_file.c_str(), 0600);
  EXPECT_EQ(find_token(options).reveal(), "abc.def");
  EXPECT_EQ(lines_.size(), 1U);
}

TEST_F(Token, EarnsAWarningOnTheCommandLine) {
  Options options;
  options.token = SecretString("abc.def");
  EXPECT_EQ(find_token(options).reveal(), "abc.def");
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_THAT(lines_[0], HasSubstr("process"));
  EXPECT_THAT(lines_[0], testing::Not(HasSubstr("abc.def")));
}

TEST_F(Token, ComesThroughAPipe) {
  Options options;
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  ASSERT_EQ(::write(pipe_ends[1], "abc.def\n", 8), 8);
  ::close(pipe_ends[1]);
  options.token_file = "/dev/fd/" + std::to_string(pipe_ends[0]);
  EXPECT_EQ(find_token(options).reveal(), "abc.def");
  EXPECT_TRUE(lines_.empty()) << "a pipe's mode bits mean nothing";
  ::close(pipe_ends[0]);
}

TEST_F(Token, NamesTheFileThatCannotBeRead) {
  Options options;
  options.token_file = folder_ + "/nowhere";
  EXPECT_EQ(sentence(options),
            "Cannot read the token file " + folder_ + "/nowhere: No such file or directory.");
  options.token_file = folder_;
  EXPECT_EQ(sentence(options), "Cannot read the token file " + folder_ + ": Is a directory.");
  options.token_file = write_file("large", std::string(5000, 'x'));
  EXPECT_EQ(sentence(options), "The token file " + folder_ + "/large is too large to hold just a bot token.");
  options.token_file = "/dev/zero";
  EXPECT_EQ(sentence(options), "The token file /dev/zero is too large to hold just a bot token.");
}

TEST_F(Token, IsHiddenFromEveryLogLine) {
  Options options;
  options.token_file = write_file("token", "Bot s3cr3t.t0k3n\n");
  EXPECT_EQ(find_token(options).reveal(), "s3cr3t.t0k3n");
  log::error("Authorization: Bot s3cr3t.t0k3n");
  EXPECT_EQ(lines_.back(), "Authorization: Bot [hidden]");
}

TEST(HardenedProcess, LeavesNoCoreAndLetsNobodyLookInside) {
  const auto child = [] {
    harden_process();
    rlimit core{};
    ::getrlimit(RLIMIT_CORE, &core);
    ::_exit(::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 && core.rlim_max == 0 ? 0 : 1);
  };
  EXPECT_EXIT(child(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace vcplay::cli
