// Ways not to connect, each told apart, each within its time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/event_loop_impl.hpp"
#include "words/net_words.hpp"
#include "words/raw_tls_peer.hpp"

namespace vcplay::net::test {
namespace {

using ::testing::HasSubstr;

class Connecting : public ::testing::Test {
 protected:
  CloseInfo end_of(const Url& url, Duration timeout = 30s) {
    OnLoop<WebSocket> socket(loop, trust, owner, url, timeout);
    CloseInfo end = owner.ends.next();
    EXPECT_TRUE(owner.heard.empty());
    return end;
  }
  void let_names_mean(std::vector<std::string> addresses, std::string failure = {}) {
    loop.run([&] {
      loop->impl().look_up = [addresses, failure](const std::string&) {
        return Addresses{addresses, failure};
      };
    });
  }

  Trusting trust;
  Owner owner;
  Host host;
  LoopThread loop;
};

TEST_F(Connecting, ToAClosedPortFailsAtOnceWithTheReason) {
  const CloseInfo end = end_of(at("wss", "127.0.0.1", closed_port()));
  EXPECT_EQ(end.kind, CloseKind::connect_failed);
  EXPECT_THAT(end.detail, HasSubstr("Connection refused"));
}

TEST_F(Connecting, ToASilentPortEndsByTheDeadline) {
  const SilentPort silent;
  const CloseInfo end = end_of(at("wss", "127.0.0.1", silent.port()), 300ms);
  EXPECT_EQ(end.kind, CloseKind::timed_out);
  EXPECT_THAT(end.detail, HasSubstr("TLS"));
}

TEST_F(Connecting, ToAServerThatNeverAnswersTheUpgradeEndsByTheDeadline) {
  const RawTlsPeer peer(loopback_identity(), [](Conversation& talk) { talk.wait_for_end(); });
  const CloseInfo end = end_of(at("wss", "localhost", peer.port()), 400ms);
  EXPECT_EQ(end.kind, CloseKind::timed_out);
  EXPECT_THAT(end.detail, HasSubstr("answer"));
}

TEST_F(Connecting, ToAServerThatHangsUpBeforeItsAnswerIsLost) {
  const RawTlsPeer peer(loopback_identity(), [](Conversation& talk) { talk.read_until("\r\n\r\n"); });
  EXPECT_EQ(end_of(at("wss", "localhost", peer.port())).kind, CloseKind::lost);
}

TEST_F(Connecting, ToAServerThatSpeaksNoTlsIsATlsFailure) {
  // A server that answers a TLS hello with plain text: made of a proxy-less HTTP answer.
  const PlainPeer peer("HTTP/1.1 400 Bad Request\r\n\r\n");
  EXPECT_EQ(end_of(at("wss", "localhost", peer.port())).kind, CloseKind::tls_failed);
}

TEST_F(Connecting, ToAPlainHttpAnswerTellsItsStatus) {
  for (const int status : {200, 302, 400, 401, 429, 500}) {
    const RawTlsPeer peer(loopback_identity(), [status](Conversation& talk) {
      talk.read_until("\r\n\r\n");
      talk.write("HTTP/1.1 " + std::to_string(status) +
                 " Whatever\r\nLocation: /elsewhere\r\nContent-Length: 2\r\n\r\n{}");
      talk.wait_for_end();
    });
    const CloseInfo end = end_of(at("wss", "localhost", peer.port()));
    EXPECT_EQ(end.kind, CloseKind::http_refused) << end.detail;
    EXPECT_EQ(end.http_status, status);
  }
}

TEST_F(Connecting, WithAWrongAcceptKeyNeverOpens) {
  const RawTlsPeer peer(loopback_identity(), [](Conversation& talk) {
    talk.read_until("\r\n\r\n");
    talk.write(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n");
    talk.wait_for_end();
  });
  EXPECT_EQ(end_of(at("wss", "localhost", peer.port())).kind, CloseKind::lost);
}

// ── names ──

TEST_F(Connecting, ToANameWithoutAddressFailsWithTheReason) {
  let_names_mean({}, "Name or service not known");
  const CloseInfo end = end_of(at("wss", "nowhere.example", 443));
  EXPECT_EQ(end.kind, CloseKind::resolve_failed);
  EXPECT_EQ(end.detail, "Name or service not known");
}

TEST_F(Connecting, TriesEveryAddressInTurn) {
  OnLoop<Server> server(loop, loopback_identity(), host);
  let_names_mean({"127.0.0.2", "::1", "127.0.0.3", "127.0.0.1"});  // the server listens on the last alone
  OnLoop<WebSocket> socket(loop, trust, owner, at("wss", "localhost", server->port()), 30s);
  EXPECT_EQ(owner.heard.next(), "open");
}

TEST_F(Connecting, FailsWhenEveryAddressDid) {
  let_names_mean({"127.0.0.2", "127.0.0.3"});
  const CloseInfo end = end_of(at("wss", "localhost", closed_port()));
  EXPECT_EQ(end.kind, CloseKind::connect_failed);
  EXPECT_THAT(end.detail, HasSubstr("127.0.0.3"));
}

TEST_F(Connecting, AsksNobodyAboutNumericAddresses) {
  loop.run([this] {
    loop->impl().look_up = [](const std::string& name) {
      ADD_FAILURE() << name;
      return Addresses{};
    };
  });
  OnLoop<Server> server(loop, loopback_identity(), host);
  OnLoop<WebSocket> socket(loop, trust, owner, at("wss", "127.0.0.1", server->port()), 30s);
  EXPECT_EQ(owner.heard.next(), "open");
}

/// A name service that answers when it is told to.
class StuckNameService {
 public:
  StuckNameService() : answer_(promise_.get_future().share()) {}
  ~StuckNameService() { answer({}); }
  void answer(Addresses addresses) {
    if (!std::exchange(answered_, true)) promise_.set_value(std::move(addresses));
  }
  [[nodiscard]] LookUp look_up() const {
    return [answer = answer_](const std::string&) { return answer.get(); };
  }

 private:
  std::promise<Addresses> promise_;
  std::shared_future<Addresses> answer_;
  bool answered_ = false;
};

TEST_F(Connecting, WaitsForAStuckNameServiceNoLongerThanItsDeadline) {
  const StuckNameService stuck;
  loop.run([&] { loop->impl().look_up = stuck.look_up(); });
  const CloseInfo end = end_of(at("wss", "slow.example", 443), 200ms);
  EXPECT_EQ(end.kind, CloseKind::resolve_failed);
  EXPECT_THAT(end.detail, HasSubstr("in time"));
}

TEST_F(Connecting, TheLoopGoesOnWhileANameServiceIsStuck) {
  StuckNameService stuck;
  OnLoop<Server> server(loop, loopback_identity(), host);
  loop.run([&] { loop->impl().look_up = stuck.look_up(); });
  OnLoop<WebSocket> socket(loop, trust, owner, at("wss", "localhost", server->port()), 30s);
  Owner other;
  OnLoop<WebSocket> numeric(loop, trust, other, at("wss", "127.0.0.1", server->port()), 30s);
  EXPECT_EQ(other.heard.next(), "open");
  EXPECT_TRUE(owner.heard.empty());
  stuck.answer({{"127.0.0.1"}, ""});
  EXPECT_EQ(owner.heard.next(), "open");
}

TEST(StuckLookUps, OutliveTheirAskerAndTheLoop) {
  StuckNameService stuck;
  const Trusting trust;
  Owner owner;
  {
    LoopThread loop;
    loop.run([&] { loop->impl().look_up = stuck.look_up(); });
    OnLoop<WebSocket> socket(loop, trust, owner, at("wss", "slow.example", 443), 30s);
  }
  stuck.answer({{"127.0.0.1"}, ""});  // the one who asked is gone
  EXPECT_TRUE(owner.ends.empty());
}

TEST(SystemLookUp, KnowsLocalhostAndFailsForNonsense) {
  EXPECT_THAT(system_look_up("localhost").numeric, ::testing::Contains("127.0.0.1"));
  const Addresses none = system_look_up("no-such-host.invalid");
  EXPECT_TRUE(none.numeric.empty());
  EXPECT_FALSE(none.failure.empty());
}

TEST(NumericAddresses, AreKnownByTheirLooks) {
  for (const char* text : {"127.0.0.1", "::1", "2001:db8::1", "::ffff:1.2.3.4"})
    EXPECT_TRUE(is_numeric_address(text));
  for (const char* text : {"", "localhost", "1.2.3", "1.2.3.4.5", "256.1.1.1", "[::1]", "::g", "127.1"}) {
    EXPECT_FALSE(is_numeric_address(text)) << text;
  }
}

}  // namespace
}  // namespace vcplay::net::test
