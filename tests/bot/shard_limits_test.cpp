// What the main gateway can make a Shard keep.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <variant>

#include "bot/shard.hpp"
#include "words/net_words.hpp"
#include "words/raw_tls_peer.hpp"
#include "words/websocket_frames.hpp"

namespace vcplay::bot {
namespace {

using net::test::at;
using net::test::Heard;
using net::test::loopback_identity;
using net::test::padded;
using net::test::RawTlsPeer;
using net::test::text_head;
using ::testing::HasSubstr;

constexpr Snowflake kGuild{1};
constexpr std::size_t kMost = 16 * 1024 * 1024;
constexpr const char* kHello = R"({"op":10,"d":{"heartbeat_interval":41250}})";
constexpr const char* kReady =
    R"({"op":0,"s":1,"t":"READY","d":{"user":{"id":"100000000000000002"},"session_id":"one","guilds":[]}})";

/// A Shard with somebody who plays in its guild, and says why the connection was lost.
struct Played final : ShardListener {
  Played(net::EventLoop& loop, const net::TlsTrust& trust, std::uint16_t port)
      : shard(loop, trust,
              {.session = {.token = SecretString("token"), .guilds = {kGuild}},
               .url = at("wss", "localhost", port),
               .may_speak_to = [](const net::Url&) { return true; },
               .may_identify =
                   [this] {
                     heard.add("identify");
                     return Duration::zero();
                   },
               .on_guild = {},
               .on_closed = {}}) {
    shard.attach(kGuild, *this);
  }
  void on_search_for_gateway() override {}
  void on_gateway_found() override {}
  void on_gateway_open() override {}
  void on_gateway(gateway::Action action) override {
    if (const auto* const again = std::get_if<gateway::Reconnect>(&action)) heard.add(again->reason.what());
    if (const auto* const failed = std::get_if<gateway::Failed>(&action)) heard.add(failed->error.what());
  }
  void on_wait_for_turn(Duration /*wait*/) override {}
  void on_identify_refused(Error /*reason*/) override {}
  [[nodiscard]] bool needs_session() const override { return true; }

  Heard<std::string> heard;
  Shard shard;
};

class ShardLimits : public ::testing::Test {
 protected:
  net::test::Trusting trust;
  net::test::LoopThread loop;
};

TEST_F(ShardLimits, TakeMessagesOf16MiBAndNoLongerOnes) {
  Heard<std::string> said;
  const RawTlsPeer peer(loopback_identity(), [&](net::test::Conversation& talk) {
    talk.accept_websocket();
    talk.write(padded(kHello, kMost));
    said.add(talk.read(1));
    // Of it comes what libwebsockets hands over at once.
    talk.write(text_head(kMost + 1) + std::string(128 * 1024, ' '));
    talk.wait_for_end();
  });
  net::test::OnLoop<Played> played(loop, trust, peer.port());
  EXPECT_EQ(played->heard.next(), "identify");
  EXPECT_THAT(played->heard.next(), HasSubstr("the peer sent a message of more than 16 MiB"));
}

TEST_F(ShardLimits, KeepAMebibyteForAServerThatDoesNotRead) {
  // Each is answered. The system's buffers take the answers to less than half of them, a mebibyte of ours
  // those to 15,000 more.
  constexpr int kQuestions = 200'000;
  const std::string question = R"({"op":1,"d":null})";
  std::future<void> over;
  const RawTlsPeer peer(loopback_identity(), [&](net::test::Conversation& talk) {
    talk.accept_websocket();
    std::string thousand;
    for (int i = 0; i < 1000; ++i) thousand += padded(question, question.size());
    talk.write(padded(kHello, 1000));
    talk.read(1);  // of IDENTIFY
    talk.write(padded(kReady, 1000));
    for (int i = 0; i < kQuestions / 1000; ++i) talk.write(thousand);
    over.wait();  // and reads nothing meanwhile
  });
  std::promise<void> enough;
  over = enough.get_future();
  net::test::OnLoop<Played> played(loop, trust, peer.port());
  EXPECT_EQ(played->heard.next(), "identify");
  EXPECT_THAT(played->heard.next(), HasSubstr("the peer does not read what is sent to it"));
}

}  // namespace
}  // namespace vcplay::bot
