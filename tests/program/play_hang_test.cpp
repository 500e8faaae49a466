// Media out of which no sound comes: what follows them plays.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "words/http_server.hpp"
#include "words/hung_file.hpp"
#include "words/stage.hpp"

namespace vcplay::testing {
namespace {

using ::testing::HasSubstr;
using std::chrono_literals::operator""s;

constexpr auto kDeadline = 60s;

TEST(PlayOfMediaThatHang, NamesTheFileAndGoesOn) {
  const TemporaryFolder folder;
  const std::string tone = folder.write("tone.wav", Stage::wav(Stage::pcm(1.0)));
  const std::string next = folder.write("next.wav", Stage::wav(Stage::pcm(1.0)));
  const HungFile hung(tone);
  if (!hung.hangs()) GTEST_SKIP() << "no leases on this file system";
  Stage stage;
  const Finished finished = run(stage.play({tone, next}), kDeadline);
  EXPECT_EQ(finished.exit_status, 4) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("/tone.wav\" is left out: no sound came out of it for 10 s"));
  EXPECT_GE(stage.discord().report().audio_packets, 50U);
  EXPECT_TRUE(stage.discord().report().left_cleanly);
}

TEST(PlayOfMediaThatHang, CutsTheServerAndGoesOn) {
  const HttpServer server([](const HttpExchange& client) {
    client.send("HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\n\r\n" +
                Stage::wav(Stage::pcm(1.0)).substr(0, 30));
    while (!client.hung_up_within(1'000)) client.send({"\0", 1});  // a byte a second, for ever
  });
  const TemporaryFolder folder;
  const std::string tone = folder.write("tone.wav", Stage::wav(Stage::pcm(1.0)));
  Stage stage;
  const Finished finished = run(stage.play({server.url("/slow.wav"), tone}), kDeadline);
  EXPECT_EQ(finished.exit_status, 4) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("/slow.wav\" cannot be opened: its server sends too slowly"));
  EXPECT_TRUE(stage.discord().report().left_cleanly);
}

}  // namespace
}  // namespace vcplay::testing
