// What the whole program makes of lists, pipes and web radios.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "words/http_server.hpp"
#include "words/index_bomb.hpp"
#include "words/peak_memory.hpp"
#include "words/stage.hpp"

namespace vcplay::testing {
namespace {

using nlohmann::json;
using std::chrono_literals::operator""s;

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Finished rehearse(std::vector<std::string> words) {
  Command command;
  command.words = {kProgram, "rehearse", "--fast", "--json"};
  command.words.insert(command.words.end(), words.begin(), words.end());
  return run(command, 60s);
}

double heard_seconds(const Finished& finished) {
  return json::parse(finished.out).at("packets").at("audio").get<double>() * 0.02;
}

TEST(Inputs, AFailedEntryOfAListIsAFailedTrack) {
  const TemporaryFolder folder;
  folder.write("a.wav", Stage::wav(Stage::pcm(1.0)));
  const Finished some = rehearse({folder.write("some.m3u", "a.wav\ngone.wav\na.wav\n")});
  EXPECT_EQ(some.exit_status, 4) << some.err;
  EXPECT_THAT(some.err, HasSubstr("gone.wav\" cannot be opened: No such file or directory"));
  EXPECT_NEAR(heard_seconds(some), 2.0, 0.05);
  EXPECT_EQ(rehearse({folder.write("none.m3u", "gone.wav\nlost.wav\n")}).exit_status, 3);
  EXPECT_EQ(rehearse({folder.write("empty.m3u", "# nothing\n")}).exit_status, 3);
}

TEST(Inputs, WhatStrangersChoseIsNeitherAFileNorOnThisMachine) {
  const TemporaryFolder folder;
  const std::string tone = folder.write("a.wav", Stage::wav(Stage::pcm(1.0)));
  const HttpServer server([](const HttpExchange& client) { client.answer(Stage::wav(Stage::pcm(1.0))); });
  const Finished finished = rehearse({"--untrusted", tone, server.url("/a.wav")});
  EXPECT_EQ(finished.exit_status, 3) << finished.err;
  EXPECT_THAT(finished.err,
              HasSubstr("a.wav\" is no address of http or https, and --untrusted plays nothing else"));
  EXPECT_THAT(finished.err, HasSubstr("which is no public address"));
  EXPECT_TRUE(server.requests().empty());
}

TEST(Inputs, AFileThatSaysItIsEndlessTakesNoMoreMemoryThanAnother) {
  const TemporaryFolder folder;
  const std::string bomb = folder.write("bomb.mov", index_bomb());
  const std::string tone = folder.write("a.wav", Stage::wav(Stage::pcm(1.0)));
  const HttpServer server([](const HttpExchange& client) { client.answer_range(index_bomb()); });
  for (const std::string& location : {bomb, server.url("/bomb.mov")}) {
    const Finished finished = rehearse({location, tone});
    EXPECT_GE(heard_seconds(finished), 1.0) << finished.err;
    if (kMemoryTells) {
      EXPECT_LT(finished.peak_megabytes, 150.0) << location;
    }
  }
}

TEST(Inputs, AShuffledLoopTellsItsSeedWithV) {
  const TemporaryFolder folder;
  const std::string tone = folder.write("a.wav", Stage::wav(Stage::pcm(0.5)));
  const Finished finished = rehearse({"-v", "--shuffle", "--loop", "3", "--length", "0.4", tone});
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("--seed "));
  EXPECT_NEAR(heard_seconds(finished), 1.2, 0.05);
}

TEST(Inputs, WhatIsWrongInEachRoundOfALoopIsSaidOnce) {
  const TemporaryFolder folder;
  const std::string tone = folder.write("a.wav", Stage::wav(Stage::pcm(0.5)));
  const std::string cut = folder.write("cut.wav", Stage::wav(Stage::pcm(2.0)).substr(0, 100'000));
  const std::string broken = folder.write("b.wav", "no sound at all");
  const Finished finished = rehearse({"--loop", "5", tone, cut, broken});
  EXPECT_EQ(finished.exit_status, 4);
  const auto lines_about = [&](const std::string& name) {
    std::size_t lines = 0;
    for (std::size_t at = 0; (at = finished.err.find(name, at)) != std::string::npos; ++at) ++lines;
    return lines;
  };
  EXPECT_EQ(lines_about("b.wav"), 1U) << finished.err;
  EXPECT_EQ(lines_about("cut.wav"), 1U) << finished.err;
}

bool is_installed(const std::string& tool) {
  return ::system(("command -v " + tool + " >/dev/null").c_str()) == 0;
}

/// What `producer`, a line of shell, pipes into the program.
Finished rehearse_what(const std::string& producer) {
  const char* const path = ::getenv("PATH");
  Command command;
  command.words = {"/bin/sh", "-c", producer + " | " + kProgram + " rehearse --fast --json -"};
  command.environment = {{"PATH", path == nullptr ? "/usr/bin:/bin" : path}};
  return run(command, 60s);
}

TEST(Inputs, WhatEspeakSaysIsHeard) {
  if (!is_installed("espeak-ng")) GTEST_SKIP() << "espeak-ng is not installed";
  const Finished finished = rehearse_what("espeak-ng --stdout 'Good evening, everybody.'");
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  EXPECT_EQ(finished.err.find("truncated"), std::string::npos) << finished.err;
  EXPECT_GT(heard_seconds(finished), 0.8);
  EXPECT_GT(json::parse(finished.out).at("loudness_lufs").get<double>(), -35.0);
}

TEST(Inputs, AWavWhoseLengthNobodyKnewIsWholeWhereItEnds) {
  // As arecord writes it into a pipe: sizes that are none.
  const TemporaryFolder folder;
  std::string wav = Stage::wav(Stage::pcm(2.0));
  wav.replace(4, 4, std::string("\x24\xFF\xFF\x7F", 4));
  wav.replace(40, 4, std::string("\x00\xFF\xFF\x7F", 4));
  const Finished finished = rehearse_what("cat '" + folder.write("endless.wav", wav) + "'");
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  EXPECT_EQ(finished.err.find("truncated"), std::string::npos) << finished.err;
  EXPECT_NEAR(heard_seconds(finished), 2.0, 0.05);
}

TEST(Inputs, WhatArecordHearsIsHeard) {
  if (!is_installed("arecord")) GTEST_SKIP() << "arecord is not installed";
  const Finished finished = rehearse_what("arecord -q -D null -d 2 -f S16_LE -r 48000 -c 2");
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  EXPECT_NEAR(heard_seconds(finished), 2.0, 0.05);
}

TEST(Inputs, WhatYtDlpFetchesIsHeard) {
  if (!is_installed("yt-dlp")) GTEST_SKIP() << "yt-dlp is not installed";
  const std::string song = Stage::wav(Stage::pcm(2.0));
  const HttpServer server([&](const HttpExchange& client) {
    client.send("HTTP/1.1 200 OK\r\nContent-Type: audio/x-wav\r\nConnection: close\r\nContent-Length: " +
                std::to_string(song.size()) + "\r\n\r\n");
    if (client.request().compare(0, 4, "HEAD") != 0) client.send(song);
  });
  const Finished finished = rehearse_what("yt-dlp -q --no-cache-dir -o - " + server.url("/song.wav"));
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  EXPECT_NEAR(heard_seconds(finished), 2.0, 0.05);
}

TEST(Inputs, ARadioThatIsGoneForGoodIsPlayedAsFarAsItCame) {
  const std::string audio = Stage::wav(Stage::pcm(2.0));
  const HttpServer server([&](const HttpExchange& client) {
    client.send("HTTP/1.0 200 OK\r\nicy-name: Radio\r\n\r\n");
    if (client.number() == 0) client.send(audio);  // and later nothing, whoever asks
  });
  const Finished finished = rehearse({server.url("/live")});
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("the connection was lost"));
  EXPECT_NEAR(heard_seconds(finished), 2.0, 0.1);
  EXPECT_LE(server.requests().size(), 5U);
}

TEST(Inputs, ARadioSaysWhatItPlaysInAnEvent) {
  const std::string audio = Stage::wav(Stage::pcm(3.0));
  const HttpServer server([&](const HttpExchange& client) {
    std::string title = "StreamTitle='Somebody - Something \x1b[2J';";
    title.resize(48);
    client.send("HTTP/1.0 200 OK\r\nicy-name: Radio\r\nicy-metaint: 16384\r\n\r\n" + audio.substr(0, 16'384) +
                '\3' + title);
    for (std::size_t i = 16'384; i + 16'384 <= audio.size(); i += 16'384)
      client.send(audio.substr(i, 16'384) + '\0');
    static_cast<void>(client.hung_up_within(30'000));
  });
  Stage stage;
  const Finished finished = run(stage.play({"--json", "--length", "1", server.url("/live")}), 60s);
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  std::vector<std::string> said;
  std::istringstream lines(finished.out);
  for (std::string line; std::getline(lines, line);) {
    const json event = json::parse(line);
    if (event.at("event") == "track" || event.at("event") == "title") {
      said.push_back(event.at("event").get<std::string>() + ' ' + event.at("title").get<std::string>());
    }
  }
  EXPECT_THAT(said, ElementsAre("track Radio", "title Somebody - Something \\x1b[2J"));
}

}  // namespace
}  // namespace vcplay::testing
