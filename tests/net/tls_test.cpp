// Whom we trust: every wrong certificate ends the connection before a byte of ours is said.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/error.hpp"
#include "net/event_loop_impl.hpp"
#include "words/net_words.hpp"
#include "words/raw_tls_peer.hpp"
#include "words/subprocess.hpp"
#include "words/temporary_folder.hpp"

namespace vcplay::net::test {
namespace {

constexpr Duration kPatience = 30s;
using vcplay::testing::TemporaryFolder;

class Certificates : public ::testing::Test {
 protected:
  /// Opens a websocket to 127.0.0.1 as `host` and tells how that ended: "open", or the reason of the refusal.
  std::string open_as(const std::string& host, const TlsTrust& anchors, const ServerIdentity& identity) {
    Host server_host;
    OnLoop<Server> server(loop, identity, server_host);
    struct Outcome : WebSocketHandler {
      void on_open() override { told.add("open"); }
      void on_text(std::string_view /*text*/) override {}
      void on_binary(ByteView /*bytes*/) override {}
      void on_close(const CloseInfo& info) override {
        told.add((info.kind == CloseKind::certificate_refused ? "" : "not for its certificate: ") +
                 info.detail);
      }
      Heard<std::string> told;
    } outcome;
    OnLoop<WebSocket> socket(loop, anchors, outcome, at("wss", host, server->port()), kPatience);
    return outcome.told.next();
  }
  void SetUp() override {
    // Whatever its name, a host of these stories is on this machine.
    loop.run([this] {
      loop->impl().look_up = [](const std::string&) { return Addresses{{"127.0.0.1"}, ""}; };
    });
  }

  LoopThread loop;
  Trusting trust;
};

TEST_F(Certificates, AreAcceptedForTheirNamesAndAddresses) {
  EXPECT_EQ(open_as("localhost", trust, loopback_identity()), "open");
  EXPECT_EQ(open_as("LOCALHOST", trust, loopback_identity()), "open");
  EXPECT_EQ(open_as("127.0.0.1", trust, loopback_identity()), "open");
}

TEST_F(Certificates, AreRefusedForAnotherHost) {
  EXPECT_EQ(open_as("gateway.discord.gg", trust, loopback_identity()), "hostname mismatch");
  EXPECT_EQ(open_as("localhost.evil.example", trust, loopback_identity()), "hostname mismatch");
  EXPECT_EQ(open_as("calhost", trust, loopback_identity()), "hostname mismatch");
}

TEST_F(Certificates, AreRefusedForAnotherAddress) {
  const ServerIdentity other = ServerIdentity::make({"localhost", "127.0.0.2"});
  TlsTrust trusts_other;
  trusts_other.add_anchors(other.ca_pem);
  EXPECT_EQ(open_as("127.0.0.1", trusts_other, other), "IP address mismatch");
}

TEST_F(Certificates, OfAnUnknownAuthorityAreRefused) {
  const TlsTrust system;
  EXPECT_EQ(open_as("localhost", system, loopback_identity()), "unable to get local issuer certificate");
}

TEST_F(Certificates, OfAnAuthorityWithTheSameNameAndAnotherKeyAreRefused) {
  const ServerIdentity impostor = ServerIdentity::make({"localhost"});
  EXPECT_NE(open_as("localhost", trust, impostor), "open");
  EXPECT_EQ(open_as("localhost", trust, loopback_identity()), "open");
}

TEST_F(Certificates, ThatSignThemselvesAreRefused) {
  EXPECT_EQ(open_as("localhost", trust, self_signed("localhost")), "self-signed certificate");
}

TEST_F(Certificates, AreRefusedOutsideTheirTime) {
  const auto open = [this](const ServerIdentity& identity) {
    TlsTrust anchors;
    anchors.add_anchors(identity.ca_pem);
    return open_as("localhost", anchors, identity);
  };
  EXPECT_EQ(open(self_signed("localhost", -3, -1)), "certificate has expired");
  EXPECT_EQ(open(self_signed("localhost", 1, 3)), "certificate is not yet valid");
  EXPECT_EQ(open(self_signed("localhost")), "open");
}

TEST_F(Certificates, OfTwoTrustsDoNotMix) {
  const ServerIdentity other = ServerIdentity::make({"localhost"});
  TlsTrust trusts_other;
  trusts_other.add_anchors(other.ca_pem);
  EXPECT_EQ(open_as("localhost", trusts_other, other), "open");
  EXPECT_NE(open_as("localhost", trust, other), "open");
  EXPECT_NE(open_as("localhost", trusts_other, loopback_identity()), "open");
}

/// Asks `peer` for a page as `host`.
HttpResponse get(LoopThread& loop, const TlsTrust& trust, const RawTlsPeer& peer, const std::string& host) {
  HttpRequest request;
  request.url = at("https", host, peer.port());
  request.timeout = kPatience;
  Heard<HttpResponse> answers;
  OnLoop<HttpsCall> call(loop, trust, request,
                         [&](HttpResponse response) { answers.add(std::move(response)); });
  return answers.next();
}

TEST(IPv6Hosts, AreVerifiedByTheirAddress) {
  if (!has_ipv6_loopback()) GTEST_SKIP() << "this machine has no ::1";
  Heard<std::string> said;
  Heard<std::string> names;
  const auto script = [&](Conversation& talk) {
    names.add(talk.server_name());
    said.add(talk.read_until("\r\n\r\n"));
    talk.write("HTTP/1.1 204 No Content\r\n\r\n");
    talk.wait_for_end();
  };
  LoopThread loop;
  const Trusting trust;
  const RawTlsPeer right(loopback_identity(), script, "::1");
  EXPECT_EQ(get(loop, trust, right, "::1").status, 204);
  // RFC 9110 s7.2 wants brackets; RFC 6066 s3 permits no address as a server name.
  EXPECT_THAT(said.next(), ::testing::HasSubstr("Host: [::1]:" + std::to_string(right.port()) + "\r\n"));
  EXPECT_EQ(names.next(), "");

  const ServerIdentity other = ServerIdentity::make({"localhost", "::2", "127.0.0.1"});
  TlsTrust trusts_other;
  trusts_other.add_anchors(other.ca_pem);
  const RawTlsPeer wrong(other, script, "::1");
  const HttpResponse refusal = get(loop, trusts_other, wrong, "::1");
  EXPECT_EQ(refusal.status, 0);
  EXPECT_EQ(refusal.failure.kind, CloseKind::certificate_refused);
  EXPECT_EQ(refusal.failure.detail, "IP address mismatch");
}

TEST(ServerNames, AreSentForNamesAndNotForAddresses) {
  Heard<std::string> names;
  const RawTlsPeer peer(loopback_identity(), [&](Conversation& talk) {
    names.add(talk.server_name());
    talk.read_until("\r\n\r\n");
    talk.write("HTTP/1.1 204 No Content\r\n\r\n");
    talk.wait_for_end();
  });
  LoopThread loop;
  const Trusting trust;
  EXPECT_EQ(get(loop, trust, peer, "localhost").status, 204);
  EXPECT_EQ(names.next(), "localhost");
  EXPECT_EQ(get(loop, trust, peer, "127.0.0.1").status, 204);
  EXPECT_EQ(names.next(), "");
}

// ── the system's store ──

/// A trust store that reads a file and a folder of the test's own. Both are empty or missing at first.
class SystemStore : public ::testing::Test {
 protected:
  SystemStore() {
    // OpenSSL's own variables; OpenSSL reads them while the trust is made.
    ::setenv("SSL_CERT_DIR", folder.file("").c_str(), 1);
    ::setenv("SSL_CERT_FILE", folder.file("bundle.pem").c_str(), 1);
    trust = std::make_unique<TlsTrust>();
    ::unsetenv("SSL_CERT_DIR");
    ::unsetenv("SSL_CERT_FILE");
  }
  std::string open() {
    Owner owner;
    Host host;
    OnLoop<Server> server(loop, loopback_identity(), host);
    OnLoop<WebSocket> socket(loop, *trust, owner, at("wss", "127.0.0.1", server->port()), kPatience);
    loop.run([&] { socket->send_text("close 4000"); });
    const CloseInfo end = owner.ends.next();
    return end.kind == CloseKind::closed_by_peer ? owner.heard.next() : end.detail;
  }
  /// The file name under which OpenSSL looks for that authority.
  std::string hashed_name(const std::string& file) {
    vcplay::testing::Command openssl;
    openssl.words = {"openssl", "x509", "-noout", "-subject_hash", "-in", file};
    openssl.environment = {{"PATH", "/usr/bin:/bin"}};
    const vcplay::testing::Finished hash = vcplay::testing::run(openssl);
    EXPECT_EQ(hash.exit_status, 0) << hash.err;
    return hash.out.substr(0, 8) + ".0";
  }

  TemporaryFolder folder;
  std::unique_ptr<TlsTrust> trust;
  LoopThread loop;
};

TEST_F(SystemStore, WithNothingInItTrustsNobody) {
  EXPECT_EQ(open(), "unable to get local issuer certificate");
  folder.write("bundle.pem", loopback_identity().ca_pem);
  EXPECT_EQ(open(), "unable to get local issuer certificate");  // the bundle is read once
}

TEST_F(SystemStore, IsLookedUpInItsDirectoryWhenItIsNeeded) {
  const std::string ca = folder.write("ca.pem", loopback_identity().ca_pem);
  folder.write(hashed_name(ca), loopback_identity().ca_pem);
  EXPECT_EQ(open(), "open");
  EXPECT_EQ(open(), "open");
}

TEST_F(SystemStore, IsReadFromItsBundleWhenItIsNeeded) {
  const std::string others = ServerIdentity::make({"other"}).ca_pem + self_signed("third").ca_pem;
  folder.write("bundle.pem", "# comment\n" + others + loopback_identity().ca_pem + "trailing text");
  EXPECT_EQ(open(), "open");
  EXPECT_EQ(open(), "open");
}

TEST_F(SystemStore, IsNotNeededByWhoIsTrustedAnyway) {
  trust->add_anchors(loopback_identity().ca_pem);
  EXPECT_EQ(open(), "open");
  folder.write("bundle.pem", self_signed("late").ca_pem);
  EXPECT_EQ(open(), "open");
}

TEST(Trust, NamesTheFileThatHoldsNoCertificate) {
  const TemporaryFolder folder;
  TlsTrust trust;
  const auto complaint = [&trust](const std::string& path) -> std::string {
    try {
      trust.add_anchors_from_file(path);
    } catch (const Error& error) {
      EXPECT_EQ(error.cause(), Cause::usage);
      return error.what();
    }
    return "none";
  };
  const std::string good = loopback_identity().ca_pem;
  EXPECT_EQ(complaint(folder.write("good.pem", good + good)), "none");
  EXPECT_THAT(complaint(folder.file("missing.pem")), ::testing::HasSubstr("missing.pem"));
  EXPECT_THAT(complaint(folder.file("missing.pem")), ::testing::HasSubstr("No such file"));
  EXPECT_THAT(complaint(folder.write("empty.pem", "")), ::testing::HasSubstr("no PEM certificate"));
  EXPECT_THAT(complaint(folder.write("text.pem", "hello")), ::testing::HasSubstr("no PEM certificate"));
  EXPECT_THAT(complaint(folder.write("cut.pem", good.substr(0, good.size() / 2))),
              ::testing::HasSubstr("damaged"));
  EXPECT_THAT(complaint(folder.write("tail.pem", good + good.substr(0, 200))),
              ::testing::HasSubstr("damaged"));
  EXPECT_THAT(complaint(folder.file("")), ::testing::HasSubstr("cannot be"));
}

}  // namespace
}  // namespace vcplay::net::test
