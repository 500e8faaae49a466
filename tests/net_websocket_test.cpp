// Websockets from open to close, against our own server on loopback.
#include <gtest/gtest.h>

#include "support/net_words.hpp"

namespace vcplay::net::test {
namespace {

constexpr Duration kPatience = 30s;

class WebSockets : public ::testing::Test {
 protected:
  Url url(std::string_view path = "/") { return at("wss", "localhost", server->port(), path); }

  Trusting trust;
  Owner owner;
  Host host;
  LoopThread loop;
  OnLoop<Server> server{loop, loopback_identity(), host};
};

TEST_F(WebSockets, EchoesTextAndBinaryTwice) {
  OnLoop<WebSocket> socket(loop, trust, owner, url("/voice/?v=8&x=1"), kPatience);
  EXPECT_EQ(owner.heard.next(), "open");
  EXPECT_EQ(host.upgrades.next(), "/voice/?v=8&x=1");
  for (const std::string text : {"first", "second", ""}) {
    loop.run([&] { socket->send_text(text); });
    EXPECT_EQ(owner.heard.next(), "text " + text);
    loop.run([&] { socket->send_binary(as_bytes(text)); });
    EXPECT_EQ(owner.heard.next(), "binary " + text);
  }
}

TEST_F(WebSockets, CarryMessagesOfMegabytesInOrder) {
  OnLoop<WebSocket> socket(loop, trust, owner, url(), kPatience);
  EXPECT_EQ(owner.heard.next(), "open");
  std::string large(3 * 1024 * 1024, '\0');
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>('a' + i % 23);
  loop.run([&] {
    socket->send_text(large);
    socket->send_text("small");
    socket->send_binary(as_bytes(large));
    socket->send_text("last");
  });
  EXPECT_TRUE(owner.heard.next() == "text " + large);
  EXPECT_EQ(owner.heard.next(), "text small");
  EXPECT_TRUE(owner.heard.next() == "binary " + large);
  EXPECT_EQ(owner.heard.next(), "text last");
}

TEST_F(WebSockets, TellThePeersCloseCodeAndReason) {
  for (const std::string code : {"4004", "4014", "1000"}) {
    OnLoop<WebSocket> socket(loop, trust, owner, url(), kPatience);
    EXPECT_EQ(owner.heard.next(), "open");
    loop.run([&] { socket->send_text("close " + code + " because"); });
    const CloseInfo end = owner.ends.next();
    EXPECT_EQ(end.kind, CloseKind::closed_by_peer);
    EXPECT_EQ(end.code, std::stoi(code));
    EXPECT_EQ(end.detail, "because");
  }
}

TEST_F(WebSockets, SendWhatIsQueuedBeforeTheirCloseFrame) {
  OnLoop<WebSocket> socket(loop, trust, owner, url(), kPatience);
  EXPECT_EQ(owner.heard.next(), "open");
  const std::string large(1024 * 1024, 'x');
  loop.run([&] {
    socket->send_text("leave");
    socket->send_text(large);
    socket->close(4000, "done");
    socket->send_text("too late");
  });
  const CloseInfo end = owner.ends.next();
  EXPECT_EQ(end.kind, CloseKind::closed_by_us);
  EXPECT_EQ(host.closes.next(), 4000);
}

TEST_F(WebSockets, NoticeADroppedConnection) {
  OnLoop<WebSocket> socket(loop, trust, owner, url(), kPatience);
  EXPECT_EQ(owner.heard.next(), "open");
  loop.run([&] { socket->send_text("drop"); });
  const CloseInfo end = owner.ends.next();
  EXPECT_EQ(end.kind, CloseKind::lost);
  EXPECT_EQ(end.code, std::nullopt);
  EXPECT_EQ(host.closes.next(), 0);
}

TEST_F(WebSockets, TellTheStatusThatRefusedThem) {
  OnLoop<WebSocket> socket(loop, trust, owner, url("/refused"), kPatience);
  const CloseInfo end = owner.ends.next();
  EXPECT_EQ(end.kind, CloseKind::http_refused);
  EXPECT_EQ(end.http_status, 503);
}

}  // namespace
}  // namespace vcplay::net::test
