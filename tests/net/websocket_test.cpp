// Websockets from open to close, against our own server on loopback.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>

#include "words/net_words.hpp"
#include "words/raw_tls_peer.hpp"

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
  const std::string large = "keep " + std::string(1024 * 1024, 'x');
  loop.run([&] {
    socket->send_text("keep me");
    socket->send_text(large);
    socket->close(4000, "done");
    socket->send_text("keep nothing that comes too late");
    socket->close(4001, "again");
  });
  const CloseInfo end = owner.ends.next();
  EXPECT_EQ(end.kind, CloseKind::closed_by_us);
  EXPECT_EQ(host.kept.next(), "keep me");
  EXPECT_TRUE(host.kept.next() == large);
  EXPECT_EQ(host.closes.next(), 4000);
  EXPECT_TRUE(host.kept.empty());
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

// ── owners that come and go ──

TEST_F(WebSockets, DestroyedSilentlySendNoCloseFrame) {
  {
    OnLoop<WebSocket> socket(loop, trust, owner, url(), kPatience);
    EXPECT_EQ(owner.heard.next(), "open");
  }
  EXPECT_EQ(host.closes.next(), 0);
  EXPECT_TRUE(owner.ends.empty());
}

TEST_F(WebSockets, DestroyedOnTheirWayNeverCallBack) {
  for (int i = 0; i < 20; ++i) OnLoop<WebSocket> socket(loop, trust, owner, url(), kPatience);
  for (int i = 0; i < 20; ++i) {
    OnLoop<WebSocket> socket(loop, trust, owner, url(), kPatience);
    for (int turn = 0; turn < i; ++turn) loop.run([] {});  // each time a little further on its way
  }
  EXPECT_TRUE(owner.ends.empty());
  Owner last;
  OnLoop<WebSocket> socket(loop, trust, last, url(), kPatience);
  EXPECT_EQ(last.heard.next(), "open");
}

/// Destroys its WebSocket from inside one of its callbacks.
struct Mortal : Owner {
  explicit Mortal(std::string moment) : when(std::move(moment)) {}
  void on_open() override { die_at("open"); }
  void on_text(std::string_view text) override {
    die_at("text");
    EXPECT_EQ(text, "a message that is long enough not to be stored inside any string object");
  }
  void on_binary(ByteView /*bytes*/) override { die_at("binary"); }
  void on_close(const CloseInfo& info) override {
    die_at("close");
    ends.add(info);
  }
  void die_at(const std::string& moment) {
    if (moment == when) socket.reset();
    heard.add(moment);
  }
  std::string when;
  std::unique_ptr<WebSocket> socket;
};

TEST_F(WebSockets, MayBeDestroyedFromInsideAnyCallback) {
  for (const std::string when : {"open", "text", "binary", "close"}) {
    Mortal mortal(when);
    loop.run([&] {
      mortal.socket = std::make_unique<WebSocket>(*loop, trust, mortal, url(), kPatience);
      mortal.socket->send_text("a message that is long enough not to be stored inside any string object");
      mortal.socket->send_binary(as_bytes("b"));
      mortal.socket->send_text("close 4000 ");
    });
    for (std::string heard; heard != when;) heard = mortal.heard.next();
    loop.run([&] { EXPECT_EQ(mortal.socket, nullptr); });
    EXPECT_TRUE(mortal.heard.empty()) << when;
    host.closes.next();
  }
}

TEST_F(WebSockets, ClosedBeforeTheyOpenEndOnceAndLater) {
  std::unique_ptr<WebSocket> socket;
  loop.run([&] {
    socket = std::make_unique<WebSocket>(*loop, trust, owner, url(), kPatience);
    socket->close(1000, "never mind");
    socket->close(1000, "really");
    EXPECT_TRUE(owner.ends.empty());
  });
  EXPECT_EQ(owner.ends.next().kind, CloseKind::closed_by_us);
  loop.run([&] { socket.reset(); });
  EXPECT_TRUE(owner.ends.empty());
  EXPECT_TRUE(owner.heard.empty());
}

TEST_F(WebSockets, ClosedSomewhereOnTheirWayEndAsClosedByUs) {
  for (int i = 0; i < 20; ++i) {
    OnLoop<WebSocket> socket(loop, trust, owner, url(), kPatience);
    for (int turn = 0; turn < i; ++turn) loop.run([] {});  // each time a little further on its way
    loop.run([&] { socket->close(1000, "never mind"); });
    EXPECT_EQ(owner.ends.next().kind, CloseKind::closed_by_us);
  }
  EXPECT_TRUE(owner.ends.empty());
}

TEST_F(WebSockets, WhoseOwnerThrowsEndTheRunWithTheException) {
  struct Thrower : Owner {
    void on_open() override { throw std::runtime_error("no"); }
  } thrower;
  EventLoop own;
  WebSocket socket(own, trust, thrower, url(), kPatience);
  EXPECT_THROW(own.run(), std::runtime_error);
}

// ── a peer whose every byte is written here ──

class RawWebSockets : public ::testing::Test {
 protected:
  Trusting trust;
  Owner owner;
  LoopThread loop;
};

TEST_F(RawWebSockets, PutFragmentsTogether) {
  Heard<std::string> said;
  const RawTlsPeer peer(loopback_identity(), [&](Conversation& talk) {
    said.add(talk.accept_websocket());
    talk.write(std::string("\x01\x02", 2) + "ab" + std::string("\x89\x01", 2) + "p" +
               std::string("\x80\x01", 2) + "c");
    said.add(talk.read_frame());
    talk.write(std::string("\x02\x01", 2) + "x" + std::string("\x00\x00", 2) + std::string("\x80\x01", 2) +
               "y");
    talk.write(std::string("\x82\x01", 2) + "z");
    said.add(talk.read_frame());
    talk.wait_for_end();
  });
  OnLoop<WebSocket> socket(loop, trust, owner, at("wss", "localhost", peer.port(), "/?v=10"), kPatience);
  EXPECT_TRUE(said.next().starts_with("GET /?v=10 HTTP/1.1\r\n"));
  EXPECT_EQ(owner.heard.next(), "open");
  EXPECT_EQ(owner.heard.next(), "text abc");
  EXPECT_EQ(said.next(), "\x8Ap");
  EXPECT_EQ(owner.heard.next(), "binary xy");
  EXPECT_EQ(owner.heard.next(), "binary z");
  loop.run([&] { socket->send_binary(as_bytes("out")); });
  EXPECT_EQ(said.next(), "\x82out");
}

TEST_F(RawWebSockets, ReadACloseFrameWithoutACode) {
  const RawTlsPeer peer(loopback_identity(), [](Conversation& talk) {
    talk.accept_websocket();
    talk.write(std::string("\x88\x00", 2));
    talk.wait_for_end();
  });
  OnLoop<WebSocket> socket(loop, trust, owner, at("wss", "localhost", peer.port()), kPatience);
  const CloseInfo end = owner.ends.next();
  EXPECT_EQ(end.kind, CloseKind::closed_by_peer);
  EXPECT_EQ(end.code, std::nullopt);
}

TEST_F(RawWebSockets, EndWithinTwoSecondsWhenThePeerIgnoresTheirClose) {
  Heard<std::string> said;
  const RawTlsPeer peer(loopback_identity(), [&](Conversation& talk) {
    talk.accept_websocket();
    said.add(talk.read_frame());
    talk.wait_for_end();
  });
  OnLoop<WebSocket> socket(loop, trust, owner, at("wss", "localhost", peer.port()), kPatience);
  EXPECT_EQ(owner.heard.next(), "open");
  const TimePoint start = Clock::now();
  loop.run([&] { socket->close(4000, "bye"); });
  EXPECT_EQ(said.next(),
            "\x88\x0F\xA0"
            "bye");
  EXPECT_EQ(owner.ends.next().kind, CloseKind::closed_by_us);
  EXPECT_GE(Clock::now() - start, 1s);  // the socket had its full second to close
}

constexpr WebSocketLimits kLimits{.incoming = 64 * 1024, .outgoing = 64 * 1024};

TEST_F(RawWebSockets, RefuseAMessageThatIsTooLongWhenItHasHardlyBegun) {
  Heard<std::string> said;
  const RawTlsPeer peer(loopback_identity(), [&](Conversation& talk) {
    talk.accept_websocket();
    // 65 MiB are announced, and of them comes what libwebsockets hands over at once.
    talk.write(std::string("\x82\x7F\0\0\0\0\x04\x10\0\0", 10) + std::string(128 * 1024, 'x'));
    said.add(talk.read_frame());
    talk.wait_for_end();
  });
  constexpr WebSocketLimits kRoomy{.incoming = 1024 * 1024, .outgoing = 64 * 1024};
  OnLoop<WebSocket> socket(loop, trust, owner, at("wss", "localhost", peer.port()), kPatience, kRoomy);
  EXPECT_EQ(owner.heard.next(), "open");
  EXPECT_EQ(said.next(), "\x88\x03\xF1") << "1009";
  const CloseInfo end = owner.ends.next();
  EXPECT_EQ(end.kind, CloseKind::lost);
  EXPECT_EQ(end.detail, "the peer sent a message of more than 1 MiB");
  EXPECT_TRUE(owner.heard.empty());
}

TEST_F(RawWebSockets, RefuseAMessageThatGrowsTooLong) {
  Heard<std::string> said;
  const RawTlsPeer peer(loopback_identity(), [&](Conversation& talk) {
    talk.accept_websocket();
    const std::string piece = std::string("\x7E\x40\0", 3) + std::string(16 * 1024, 'x');
    const std::string more = std::string(1, '\0') + piece;
    talk.write("\x01" + piece + more + more + "\x80" + piece);  // 64 KiB in all: a message
    talk.write("\x01" + piece);
    for (int i = 0; i < 100; ++i) talk.write(more);
    said.add(talk.read_frame());
    talk.wait_for_end();
  });
  OnLoop<WebSocket> socket(loop, trust, owner, at("wss", "localhost", peer.port()), kPatience, kLimits);
  EXPECT_EQ(owner.heard.next(), "open");
  EXPECT_TRUE(owner.heard.next() == "text " + std::string(64 * 1024, 'x'));
  EXPECT_EQ(owner.ends.next().detail, "the peer sent a message of more than 64 KiB");
  EXPECT_EQ(said.next(), "\x88\x03\xF1");
  EXPECT_TRUE(owner.heard.empty());
}

TEST_F(RawWebSockets, AreLostWhenThePeerDoesNotRead) {
  std::promise<void> enough;
  const RawTlsPeer peer(loopback_identity(), [&](Conversation& talk) {
    talk.accept_websocket();
    enough.get_future().wait();  // and reads nothing meanwhile
  });
  OnLoop<WebSocket> socket(loop, trust, owner, at("wss", "localhost", peer.port()), kPatience, kLimits);
  EXPECT_EQ(owner.heard.next(), "open");
  // The system's buffers take some megabytes; ours is full soon after.
  const std::string beat(1000, 'b');
  for (int i = 0; i < 100'000 && owner.ends.empty(); ++i) {
    loop.run([&] { socket->send_text(beat); });
  }
  enough.set_value();
  const CloseInfo end = owner.ends.next();
  EXPECT_EQ(end.kind, CloseKind::lost);
  EXPECT_EQ(end.detail, "the peer does not read what is sent to it");
}

TEST_F(RawWebSockets, EndAtNonsense) {
  const RawTlsPeer peer(loopback_identity(), [](Conversation& talk) {
    talk.accept_websocket();
    talk.write("\xF7\xFFnonsense");
    talk.wait_for_end();
  });
  OnLoop<WebSocket> socket(loop, trust, owner, at("wss", "localhost", peer.port()), kPatience);
  EXPECT_EQ(owner.ends.next().kind, CloseKind::lost);
}

// ── in words ──

TEST(CloseInfoInWords, SaysWhatHappenedWithoutAnybodysControlCharacters) {
  EXPECT_EQ(in_words({CloseKind::connect_failed, {}, "Connection refused"}),
            "it takes no connection (Connection refused)");
  EXPECT_EQ(in_words({CloseKind::http_refused, {}, "", 403}), "it refused the connection with HTTP 403");
  EXPECT_EQ(in_words({CloseKind::closed_by_peer, 4000, "\x1b[2Jbye"}),
            "the connection was lost (\\x1b[2Jbye)");
}

}  // namespace
}  // namespace vcplay::net::test
