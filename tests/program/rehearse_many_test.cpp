// `vcplay rehearse --fast` in several channels.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "words/stage.hpp"

namespace vcplay::testing {
namespace {

using nlohmann::json;
using std::chrono_literals::operator""s;

/// What `words` behind `rehearse --fast --json` come to, which is to be heard in three channels whole.
void expect_three_whole(const std::vector<std::string>& words, double seconds,
                        const std::string& input = {}) {
  Command command;
  command.words = {kProgram, "rehearse", "--fast", "--json"};
  command.words.insert(command.words.end(), words.begin(), words.end());
  command.input = input;
  const Finished finished = run(command, 60s);
  ASSERT_EQ(finished.exit_status, 0) << finished.err << finished.out;
  const json report = json::parse(finished.out);
  EXPECT_EQ(report.at("whole"), 3) << finished.out;
  ASSERT_EQ(report.at("targets").size(), 3U);
  for (const json& target : report.at("targets")) {
    EXPECT_GE(target.at("heard_seconds"), seconds) << finished.out;
    EXPECT_LE(target.at("heard_seconds"), seconds + 0.1) << finished.out;
    EXPECT_EQ(target.at("lost"), 0);
  }
}

TEST(ManyInNoTime, HearAllOfIt) {
  const TemporaryFolder folder;
  const std::string song = folder.write("song.wav", Stage::wav(Stage::pcm(30)));
  expect_three_whole({"--guilds", "3", song}, 30);
  const std::string guild = "8138478876571238";  // and one digit more
  expect_three_whole({"-c", guild + "4/381870553235193857", "-c", guild + "5/381870553235193858", "-c",
                      guild + "6/381870553235193859", "--max-joined", "2", song},
                     30);
}

TEST(ManyInNoTime, HearAStreamTogether) {
  expect_three_whole(
      {"--guilds", "3", "--sync", "together", "-f", "s16le", "--rate", "48000", "--channels", "2", "-"}, 10,
      Stage::pcm(10));
}

}  // namespace
}  // namespace vcplay::testing
