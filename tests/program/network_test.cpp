// The program on networks that break: cables, addresses, connections, name servers and bad roads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <optional>
#include <set>
#include <stdexcept>

#include "words/network_words.hpp"
#include "words/stage.hpp"

namespace vcplay::testing {
namespace {

using ::testing::HasSubstr;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;

constexpr auto kDeadline = 90s;

/// Makes the two sides, or says why there are none. On a machine of CI nothing may be skipped.
class Network : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string why;
    try {
      if (::geteuid() == 0) {
        networks_.emplace();
        return;
      }
      why = "network namespaces need root";
    } catch (const std::runtime_error& error) {
      why = error.what();
    }
    const char* const ci = std::getenv("CI");
    if (ci != nullptr && std::string(ci) == "true") FAIL() << why;
    GTEST_SKIP() << why;
  }

  /// A Discord on its side of the network.
  Stage& furnish(rehearsal::DiscordOptions options = {}) {
    options.listen_address = kDiscordAddress;
    return stage_.emplace(std::move(options));
  }

  /// Starts the player on its side and waits until it is heard.
  void play(double seconds) {
    player_ = networks_->start(stage_->play({"-v", "--json", stage_->tone("tone.wav", seconds)}));
    ASSERT_TRUE(player_->wait_for_text("\"event\":\"track\"", kDeadline));
    player_->live_on(1s);
  }

  /// The player's end, which must be a good one, and what Discord says of it. What breaks the rules
  /// `of_network` is none of the player's doing.
  rehearsal::Report report(const std::set<std::string>& of_network = {}) {
    finished_ = player_->finish(kDeadline);
    EXPECT_EQ(finished_.exit_status, 0) << finished_.err;
    rehearsal::Report report = stage_->discord().report();
    std::erase_if(report.findings, [&](const auto& finding) { return of_network.count(finding.rule) > 0; });
    EXPECT_EQ(findings(report), "");
    EXPECT_TRUE(report.left_cleanly) << finished_.err;
    EXPECT_TRUE(report.speaking_ended);
    return report;
  }

  void TearDown() override {
    if (!HasFailure() || !stage_) return;
    std::cerr << finished_.err << finished_.out << rehearsal::to_text(stage_->discord().report());
  }

  std::optional<Networks> networks_;
  std::optional<Stage> stage_;
  std::unique_ptr<Subprocess> player_;
  Finished finished_;
};

/// What a listener makes of a stream with a hole in it.
const std::set<std::string> kHole = {"missing-silence", "wrong-sequence"};
/// … of one whose packets come late and out of order.
const std::set<std::string> kDisorder = {"burst", "missing-silence", "wrong-sequence", "wrong-timestamp"};

/// What was missing at the most in one piece, and what was heard of so much.
void expect_heard(const rehearsal::Report& report, Duration all, Duration longest_gap) {
  EXPECT_LE(report.longest_gap, longest_gap);
  EXPECT_GE(report.heard, all - longest_gap);
}

// ── a cable ──

class NetworkCut : public Network, public ::testing::WithParamInterface<int> {};

TEST_P(NetworkCut, IsSurvivedInTheSameVoiceSession) {
  const std::chrono::seconds cut(GetParam());
  Cable cable(*networks_);
  furnish();
  play(GetParam() + 6);
  cable.cut();
  player_->live_on(cut);
  cable.mend();
  const rehearsal::Report report = this->report(kHole);
  expect_heard(report, cut + 6s, cut + 500ms);
  EXPECT_GE(report.longest_gap, cut - 100ms) << "it was not cut";
  EXPECT_EQ(report.voice_identifies, 1U);
  EXPECT_EQ(report.gateway_identifies, 1U);
  if (cut > 2s) {  // between two looks nobody sees it
    EXPECT_THAT(finished_.err, HasSubstr("Voice packets get through again"));
  }
}

INSTANTIATE_TEST_SUITE_P(Short, NetworkCut, ::testing::Values(1, 5));

class NetworkCutForLong : public Network {};

TEST_F(NetworkCutForLong, LastsHalfAMinuteAndTheRestIsHeard) {
  Cable cable(*networks_);
  furnish();
  play(45);
  cable.cut();
  player_->live_on(30s);
  cable.mend();
  std::set<std::string> of_network = kHole;
  of_network.insert({"voice-heartbeat-missed", "packet-after-session"});  // by then Discord has given it up
  const rehearsal::Report report = this->report(of_network);
  expect_heard(report, 45s, 33s);
  EXPECT_EQ(report.gateway_identifies, 1U);
}

TEST_F(Network, AnotherAddressIsFoundOutAndTheCallRenewedFromThere) {
  Cable cable(*networks_);
  furnish();
  play(10);
  cable.change_address();
  const rehearsal::Report report = this->report(kHole);
  expect_heard(report, 10s, 4s);
  EXPECT_EQ(report.gateway_identifies, 1U);
  EXPECT_EQ(report.gateway_resumes, 1U);
  EXPECT_EQ(report.voice_identifies, 2U);
  EXPECT_THAT(finished_.err, HasSubstr("address of this machine is now " + kOtherPlayerAddress));
}

// What libwebsockets thinks of routes is not what the kernel thinks: core/net/README.md.

TEST_F(Network, ADefaultRouteNeedsNoGateway) {
  const Cable cable(*networks_);
  // As PPP and VPNs have it: an address without a network around it, and everything goes out on one device.
  networks_->ip_there("addr flush dev player0");
  networks_->ip_there("addr add " + kPlayerAddress + "/32 dev player0");
  networks_->ip_there("route add default dev player0");
  furnish();
  play(3);
  const rehearsal::Report report = this->report();
  EXPECT_EQ(report.packets_lost, 0U);
  EXPECT_EQ(report.gateway_identifies, 1U);
}

TEST_F(Network, AnAddressThatIsBackAtOnceCutsNothing) {
  const Cable cable(*networks_);
  furnish();
  play(6);
  const std::string address = kPlayerAddress + "/24 dev player0\n";
  networks_->ip_there("-batch " +
                      stage_->folder().write("blink", "addr del " + address + "addr add " + address));
  const rehearsal::Report report = this->report(kHole);  // a packet may have found the door closed
  EXPECT_LT(report.longest_gap, 200ms);
  EXPECT_EQ(report.gateway_identifies, 1U);
  EXPECT_EQ(report.gateway_resumes, 0U);
  EXPECT_EQ(report.voice_identifies, 1U);
  EXPECT_EQ(report.voice_resumes, 0U);
}

// ── TCP ──

TEST_F(Network, AResetOfEachWebsocketIsNotHeard) {
  const Cable cable(*networks_);
  furnish();
  play(10);
  const std::string url = stage_->discord().gateway_url();
  const std::string port = url.substr(url.rfind(':') + 1);
  reset_connections(Which::at_port, port);
  ASSERT_TRUE(player_->wait_for_text("Discord's gateway: the session is resumed", kDeadline));
  // The gateway's new connection is to another port and would be reset, too.
  reset_connections(Which::at_other_ports, port);
  ASSERT_TRUE(player_->wait_for_text("The voice gateway: the session is resumed", kDeadline));
  const rehearsal::Report report = this->report();
  EXPECT_EQ(report.packets_lost, 0U);
  EXPECT_LT(report.longest_gap, 200ms);
  EXPECT_EQ(report.gateway_identifies, 1U);
  EXPECT_EQ(report.gateway_resumes, 2U);
  EXPECT_EQ(report.voice_identifies, 1U);
  EXPECT_EQ(report.voice_resumes, 1U);
}

// ── names ──

TEST_F(Network, ANameServerThatNeverAnswersEndsTheJoinWithWords) {
  const Cable cable(*networks_);
  const SilentNameServer name_server(*networks_);
  rehearsal::DiscordOptions options;
  options.url_host = "discord.example";
  furnish(options);
  networks_->cover_there(stage_->folder().write("resolv.conf", "nameserver " + kNameServerAddress + "\n"),
                         "/etc/resolv.conf");
  const auto player = networks_->start(stage_->play({stage_->tone("tone.wav", 1.0)}));
  const Finished finished = player->finish(20s);  // 15 s are the join's
  EXPECT_EQ(finished.exit_status, 7) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("discord.example"));
}

TEST_F(Network, ALookUpThatHangsCostsNeitherVoiceNorHeartbeats) {
  const Cable cable(*networks_);
  const SilentNameServer name_server(*networks_);
  rehearsal::DiscordOptions options;
  options.url_host = "discord.example";
  options.voice_heartbeat_interval_ms = 1000;
  furnish(options);
  const std::string hosts = stage_->folder().write("hosts", kDiscordAddress + " discord.example\n");
  networks_->cover_there(stage_->folder().write("resolv.conf", "nameserver " + kNameServerAddress + "\n"),
                         "/etc/resolv.conf");
  networks_->cover_there(hosts, "/etc/hosts");
  play(18);
  static_cast<void>(stage_->folder().write("hosts", "127.0.0.1 localhost\n"));
  const std::string url = stage_->discord().gateway_url();
  reset_connections(Which::at_port, url.substr(url.rfind(':') + 1));
  player_->live_on(2s);  // the question is asked by now, and stays without an answer
  static_cast<void>(stage_->folder().write("hosts", kDiscordAddress + " discord.example\n"));
  const rehearsal::Report report = this->report();
  EXPECT_EQ(report.packets_lost, 0U);
  EXPECT_LT(report.longest_gap, 200ms);
  EXPECT_EQ(report.gateway_resumes, 1U);
  EXPECT_EQ(report.gateway_identifies, 1U);
  EXPECT_EQ(report.voice_identifies, 1U);
  EXPECT_EQ(report.voice_resumes, 0U);
}

// ── bad roads ──

TEST_F(Network, ARoadThatLosesATenthOfEverythingIsGoodEnough) {
  const Road road(*networks_, {.loss = 0.1, .delay = 5ms, .jitter = 0ms, .seed = 7});
  rehearsal::DiscordOptions options;
  options.speaking_grace = 5s;  // it may be lost and said again, which UDP does not wait for
  furnish(options);
  play(8);
  const rehearsal::Report report = this->report(kDisorder);
  EXPECT_GT(report.packets_lost, 10U) << "nothing was lost on the road";
  EXPECT_LT(report.packets_lost, 120U);
  EXPECT_GE(report.heard, 6s);
  EXPECT_EQ(report.voice_identifies, 1U);
}

TEST_F(Network, ALongRoadOnWhichPacketsOvertakeEachOtherIsGoodEnough) {
  const Road road(*networks_, {.loss = 0, .delay = 200ms, .jitter = 40ms, .seed = 7});
  rehearsal::DiscordOptions options;
  options.speaking_grace = 1s;
  furnish(options);
  play(8);
  const rehearsal::Report report = this->report(kDisorder);
  EXPECT_EQ(report.packets_received, report.audio_packets + report.silence_packets);
  EXPECT_GE(report.heard, 6s);
  EXPECT_GT(report.arrival.p99, 20'000.0) << "nothing was delayed on the road";
  EXPECT_EQ(report.voice_identifies, 1U);
}

}  // namespace
}  // namespace vcplay::testing
