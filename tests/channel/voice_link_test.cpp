// What a voice server can make a VoiceLink keep.
#include "channel/voice_link.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <variant>

#include "mls/ciphersuite.hpp"
#include "words/net_words.hpp"
#include "words/raw_tls_peer.hpp"
#include "words/websocket_frames.hpp"

namespace vcplay::channel {
namespace {

using net::test::at;
using net::test::Heard;
using net::test::loopback_identity;
using net::test::padded;
using net::test::RawTlsPeer;
using net::test::text_head;
using ::testing::HasSubstr;

constexpr std::size_t kMost = 256 * 1024;
constexpr const char* kHello = R"({"op":8,"d":{"v":8,"heartbeat_interval":13750}})";

voice::Config config() {
  return {.server = Snowflake{1},
          .user = Snowflake{2},
          .session_id = "session",
          .token = SecretString("token"),
          .channel = Snowflake{3},
          .signature_key = mls::PrivateKey::generate()};
}

bot::BotConfig bot_config() {
  bot::BotConfig config;
  config.token = SecretString("token");
  return config;
}

/// Its owner says what it hears, and does nothing about it.
struct Line final : VoiceLinkOwner {
  Line(net::EventLoop& loop, const net::TlsTrust& trust, std::uint16_t port)
      : bot(loop, trust, bot_config()), link(bot, *this) {
    link.begin(at("wss", "localhost", port), config());
  }
  void on_voice_open() override { heard.add("open"); }
  void on_voice(voice::Actions actions) override {
    for (const voice::Action& action : actions) {
      if (std::holds_alternative<voice::SendText>(action)) heard.add("something to say");
      if (const auto* const again = std::get_if<voice::Reconnect>(&action)) heard.add(again->reason.what());
      if (const auto* const over = std::get_if<voice::Over>(&action)) heard.add(over->reason.what());
    }
  }
  bool on_voice_unreachable(Error reason) override {
    heard.add(reason.what());
    return true;
  }
  void on_voice_gone() override {}

  Heard<std::string> heard;
  bot::Bot bot;
  VoiceLink link;
};

class VoiceLinks : public ::testing::Test {
 protected:
  net::test::Trusting trust;
  net::test::LoopThread loop;
};

TEST_F(VoiceLinks, TakeMessagesOf256KiBAndNoLongerOnes) {
  Heard<std::string> said;
  const RawTlsPeer peer(loopback_identity(), [&](net::test::Conversation& talk) {
    talk.accept_websocket();
    talk.write(padded(kHello, kMost) + text_head(kMost + 1) + std::string(128 * 1024, ' '));
    said.add(talk.read_frame());
    talk.wait_for_end();
  });
  net::test::OnLoop<Line> line(loop, trust, peer.port());
  EXPECT_EQ(line->heard.next(), "open");
  EXPECT_EQ(line->heard.next(), "something to say") << "IDENTIFY";
  EXPECT_THAT(line->heard.next(), HasSubstr("the peer sent a message of more than 256 KiB"));
  EXPECT_EQ(said.next(), "\x88\x03\xF1") << "1009";
}

TEST_F(VoiceLinks, KeepAMebibyteForAServerThatDoesNotRead) {
  std::future<void> over;
  const RawTlsPeer peer(loopback_identity(), [&](net::test::Conversation& talk) {
    talk.accept_websocket();
    over.wait();  // and reads nothing meanwhile
  });
  std::promise<void> enough;
  over = enough.get_future();
  net::test::OnLoop<Line> line(loop, trust, peer.port());
  EXPECT_EQ(line->heard.next(), "open");
  EXPECT_EQ(line->heard.next(), "something to say");
  loop.run([&] { line->link.carry_out(voice::SendBinary{Bytes(1000 * 1024)}); });
  loop.run([] {});
  EXPECT_TRUE(line->heard.empty());
  loop.run([&] { line->link.carry_out(voice::SendBinary{Bytes(1024 * 1024)}); });
  EXPECT_THAT(line->heard.next(), HasSubstr("the peer does not read what is sent to it"));
}

}  // namespace
}  // namespace vcplay::channel
