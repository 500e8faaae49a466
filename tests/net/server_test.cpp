// The loopback server as strangers see it: OpenSSL's own client, and bytes written by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "words/net_words.hpp"
#include "words/raw_tls_peer.hpp"
#include "words/subprocess.hpp"
#include "words/temporary_folder.hpp"

namespace vcplay::net::test {
namespace {

using ::testing::HasSubstr;

class Servers : public ::testing::Test {
 protected:
  /// What `openssl s_client` reads back after it has said `bytes` to the server, certificate checked.
  vcplay::testing::Finished say(const std::string& bytes, const std::string& name = "localhost") {
    vcplay::testing::Command command;
    command.words = {"openssl",
                     "s_client",
                     "-quiet",
                     "-connect",
                     "127.0.0.1:" + std::to_string(server->port()),
                     "-CAfile",
                     folder.write("ca.pem", loopback_identity().ca_pem),
                     "-verify_return_error",
                     "-verify_hostname",
                     name};
    command.environment = {{"PATH", "/usr/bin:/bin"}};
    command.input = bytes;
    command.input_stays_open = true;  // the server hangs up, not we
    return vcplay::testing::run(command);
  }

  void answer(const std::string& path, const ServerReply& reply) {
    loop.run([&] { host.replies[path] = reply; });
  }

  vcplay::testing::TemporaryFolder folder;
  Host host;
  LoopThread loop;
  OnLoop<Server> server{loop, loopback_identity(), host};
};

TEST_F(Servers, ShowACertificateThatOpenSslAccepts) {
  answer("/", {200, R"({"a":1})", {{"x-extra", "yes"}}});
  const std::string request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  const vcplay::testing::Finished heard = say(request);
  EXPECT_THAT(heard.out, ::testing::StartsWith("HTTP/1.1 200 OK\r\n")) << heard.err;
  EXPECT_THAT(heard.out, HasSubstr("content-type: application/json\r\n"));
  EXPECT_THAT(heard.out, HasSubstr("content-length: 7\r\n"));
  EXPECT_THAT(heard.out, HasSubstr("x-extra: yes\r\n"));
  EXPECT_THAT(heard.out, ::testing::EndsWith("\r\n\r\n{\"a\":1}"));
  EXPECT_EQ(say(request, "discord.com").out, "");
}

TEST_F(Servers, AnswerOneRequestPerConnection) {
  answer("/one", {200, "1", {}});
  const vcplay::testing::Finished heard =
      say("POST /one HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
          "POST /two HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_EQ(host.requests.next().body, "hello");
  EXPECT_TRUE(host.requests.empty());
  EXPECT_THAT(heard.out, HasSubstr("connection: close\r\n"));
  EXPECT_THAT(heard.out, ::testing::EndsWith("\r\n\r\n1"));
}

TEST_F(Servers, CountABodyByWhatItSaidItsLengthIs) {
  answer("/one", {200, "1", {}});
  for (const std::string method : {"POST", "PUT", "PATCH"}) {
    for (const std::string body : {"", "h", "hello"}) {
      // What comes behind is a whole request, half of one, or nothing that anybody could read.
      for (const std::string behind : {"GET /two HTTP/1.1\r\nHost: h\r\n\r\n", "GET /t", "\r\n", "more"}) {
        const std::string length = std::to_string(body.size());
        const vcplay::testing::Finished heard = say(
            method + " /one HTTP/1.1\r\nHost: h\r\nContent-Length: " + length + "\r\n\r\n" + body + behind);
        EXPECT_EQ(host.requests.next().body, body) << method << " with " << behind;
        EXPECT_TRUE(host.requests.empty());
        EXPECT_THAT(heard.out, ::testing::EndsWith("\r\n\r\n1")) << method << " with " << behind;
      }
    }
  }
}

TEST_F(Servers, TakeNoLengthThatIsNone) {
  for (const std::string length : {"five", "5five", "-5", "99999999999999999999"}) {
    const vcplay::testing::Finished heard =
        say("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + length + "\r\n\r\nhello");
    // What comes behind "HTTP/1.1"; behind "HTTP/1.0" where a later libwebsockets refuses the length itself.
    EXPECT_EQ(heard.out.substr(8, 5), " 400 ") << length;
  }
  EXPECT_THAT(say("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 16777217\r\n\r\nhello").out,
              ::testing::StartsWith("HTTP/1.1 413 "));
  EXPECT_TRUE(host.requests.empty());
}

TEST_F(Servers, WantToKnowHowLongABodyIs) {
  const vcplay::testing::Finished heard =
      say("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n");
  EXPECT_THAT(heard.out, ::testing::StartsWith("HTTP/1.1 411 "));
  EXPECT_TRUE(host.requests.empty());
}

const std::string kUpgrade =
    "GET /?v=8 HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/// RFC 6455 s5.2: a frame of up to 125 bytes under a mask of zeros.
std::string frame(std::uint8_t first, std::string_view payload) {
  std::string bytes{static_cast<char>(first), static_cast<char>(0x80 | payload.size()), 0, 0, 0, 0};
  return bytes.append(payload);
}

TEST_F(Servers, PutFragmentsTogether) {
  // A message in three fragments, a ping between them; a binary one; and the server hangs up.
  const vcplay::testing::Finished heard =
      say(kUpgrade + frame(0x01, "ab") + frame(0x00, "cd") + frame(0x89, "ping") + frame(0x80, "ef") +
          frame(0x82, "bin") + frame(0x81, "close 4001"));
  // RFC 6455 s1.3: the accept key that belongs to the sample nonce.
  EXPECT_THAT(heard.out, HasSubstr("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
  EXPECT_THAT(heard.out, HasSubstr(std::string("\x81\x06", 2) + "abcdef"));
  EXPECT_THAT(heard.out, HasSubstr(std::string("\x8A\x04", 2) + "ping"));
  EXPECT_THAT(heard.out, HasSubstr(std::string("\x82\x03", 2) + "bin"));
  EXPECT_THAT(heard.out, ::testing::EndsWith(std::string("\x88\x02\x0F\xA1", 4)));
}

TEST_F(Servers, TellApartThoseWhoWentWithoutAWord) {
  const vcplay::testing::Finished heard = say(kUpgrade + frame(0x81, "drop"));
  EXPECT_EQ(heard.out.find("\x88"), std::string::npos);
  EXPECT_EQ(host.closes.next(), 0);
}

TEST_F(Servers, RefuseAnUpgrade) {
  std::string upgrade = kUpgrade;
  upgrade.replace(upgrade.find("/?v=8"), 5, "/refused");
  EXPECT_THAT(say(upgrade).out, ::testing::StartsWith("HTTP/1.0 503 "));
  EXPECT_TRUE(host.upgrades.empty());
}

// ── several sockets, several servers ──

TEST_F(Servers, TellTheirSocketsApart) {
  struct Greeter : Host {
    void on_websocket(ServerSocket& socket, std::string_view, std::string_view) override {
      socket.send_text(std::to_string(socket.id()));
    }
  } greeter;
  OnLoop<Server> numbers(loop, loopback_identity(), greeter);
  const Trusting trust;
  Owner one;
  Owner two;
  OnLoop<WebSocket> first(loop, trust, one, at("wss", "localhost", numbers->port()), 30s);
  EXPECT_EQ(one.heard.next(), "open");
  const std::string number = one.heard.next();
  OnLoop<WebSocket> second(loop, trust, two, at("wss", "localhost", numbers->port()), 30s);
  EXPECT_EQ(two.heard.next(), "open");
  EXPECT_NE(two.heard.next(), number);
  EXPECT_NE(numbers->port(), server->port());
}

TEST_F(Servers, CloseTheirPortAndTheirConnectionsWhenTheyGo) {
  const Trusting trust;
  Owner owner;
  Host leaving;
  auto gone = std::make_unique<OnLoop<Server>>(loop, loopback_identity(), leaving);
  const std::uint16_t port = (*gone)->port();
  OnLoop<WebSocket> socket(loop, trust, owner, at("wss", "localhost", port), 30s);
  EXPECT_EQ(owner.heard.next(), "open");
  gone.reset();
  EXPECT_EQ(owner.ends.next().kind, CloseKind::lost);
  OnLoop<WebSocket> late(loop, trust, owner, at("wss", "localhost", port), 30s);
  EXPECT_EQ(owner.ends.next().kind, CloseKind::connect_failed);
  EXPECT_TRUE(leaving.closes.empty());
}

TEST_F(Servers, ComeBackOnTheSamePort) {
  const Trusting trust;
  Owner owner;
  auto first = std::make_unique<OnLoop<Server>>(loop, loopback_identity(), host);
  const std::uint16_t port = (*first)->port();
  for (int life = 0; life < 3; ++life) {
    OnLoop<WebSocket> socket(loop, trust, owner, at("wss", "localhost", port), 30s);
    EXPECT_EQ(owner.heard.next(), "open");
    first.reset();
    EXPECT_EQ(owner.ends.next().kind, CloseKind::lost);
    first = std::make_unique<OnLoop<Server>>(loop, loopback_identity(), host, port);
  }
}

TEST_F(Servers, MayBeDestroyedFromInsideTheirHandler) {
  struct Mortal : Host {
    void on_text(ServerSocket&, std::string_view) override { server.reset(); }
    std::unique_ptr<Server> server;
  } mortal;
  const Trusting trust;
  Owner owner;
  const std::uint16_t port = loop.run([&] {
    mortal.server = std::make_unique<Server>(*loop, loopback_identity(), mortal);
    return mortal.server->port();
  });
  OnLoop<WebSocket> socket(loop, trust, owner, at("wss", "localhost", port), 30s);
  EXPECT_EQ(owner.heard.next(), "open");
  loop.run([&] { socket->send_text("die"); });
  EXPECT_EQ(owner.ends.next().kind, CloseKind::lost);
}

TEST_F(Servers, SayThatAPortIsTaken) {
  loop.run([this] {
    try {
      const Server second(*loop, loopback_identity(), host, server->port());
      ADD_FAILURE() << "two servers on one port";
    } catch (const Error& error) {
      EXPECT_EQ(error.cause(), Cause::network);
      EXPECT_THAT(error.what(), HasSubstr("Address already in use"));
    }
  });
}

TEST_F(Servers, SayThatAnIdentityIsUnusable) {
  loop.run([this] { EXPECT_THROW(Server(*loop, ServerIdentity{"a", "b", "c"}, host), Error); });
}

}  // namespace
}  // namespace vcplay::net::test
