// The voice gateway's protocol machine, turn by turn, and IP discovery.
#include "voice/session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "voice/ip_discovery.hpp"
#include "words/actions.hpp"
#include "words/mutations.hpp"
#include "words/voice_words.hpp"

namespace vcplay::voice {
namespace {

using test::count;
using test::only;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// ── the way to audio ──

TEST(VoiceSession, IdentifiesAsSoonAsTheSocketIsOpen) {
  Conversation server;
  EXPECT_EQ(test::sent<SendText>(server.session.on_open(kStart)), json::parse(R"({"op":0,"d":{
      "server_id":"81384788765712384","user_id":"100000000000000002","session_id":"voice-session",
      "token":"voice-token","max_dave_protocol_version":1}})"));
  EXPECT_THAT(server.hears(hello()), IsEmpty());
  EXPECT_THAT(server.session.on_open(kStart), IsEmpty()) << "4005 would be the answer to a second IDENTIFY";
}

TEST(VoiceSession, WalksFromReadyToTheKey) {
  Conversation server;
  static_cast<void>(server.session.on_open(kStart));
  server.hears(hello());
  const Actions at_ready = server.hears(ready());
  ASSERT_EQ(at_ready.size(), 1U);
  const auto& media = only<MediaServer>(at_ready);
  EXPECT_EQ(media.ssrc, 4'000'000'000U);
  EXPECT_EQ(media.address, "203.0.113.7");
  EXPECT_EQ(media.port, 50'001);
  EXPECT_EQ(media.mode, rtp::TransportMode::xchacha20_poly1305_rtpsize);

  EXPECT_EQ(test::sent<SendText>(server.session.select_protocol("198.51.100.4", 40'000)),
            json::parse(R"({"op":1,"d":{
      "protocol":"udp","data":{"address":"198.51.100.4","port":40000,"mode":"aead_xchacha20_poly1305_rtpsize"}}})"));
  EXPECT_THAT(server.session.select_protocol("198.51.100.4", 40'000), IsEmpty()) << "once";

  const Actions at_description = server.hears(description());
  ASSERT_EQ(at_description.size(), 2U) << "and what the line is to be";
  const auto& session = only<SessionReady>(at_description);
  EXPECT_EQ(session.mode, rtp::TransportMode::xchacha20_poly1305_rtpsize);
  EXPECT_EQ(to_hex(session.key.view()), "0109111921293139414951596169717981899199a1a9b1b9c1c9d1d9e1e9f1f9");
  EXPECT_EQ(session.dave_version, 0);
}

TEST(VoiceSession, AsksForTheOnlyModeThatIsOffered) {
  Conversation server;
  static_cast<void>(server.session.on_open(kStart));
  EXPECT_EQ(only<MediaServer>(server.hears(ready({"aead_aes256_gcm_rtpsize"}))).mode,
            rtp::TransportMode::aes256_gcm_rtpsize);
  EXPECT_EQ(test::sent<SendText>(server.session.select_protocol("198.51.100.4", 1))["d"]["data"]["mode"],
            "aead_aes256_gcm_rtpsize");
}

TEST(VoiceSession, SaysWhenThereIsNoCommonMode) {
  Conversation server;
  static_cast<void>(server.session.on_open(kStart));
  const Actions actions = server.hears(ready({"xsalsa20_poly1305", "rot13\n"}));
  EXPECT_EQ(only<CloseSocket>(actions).code, 1000);
  EXPECT_THAT(only<Over>(actions).reason.what(),
              AllOf(HasSubstr("xsalsa20_poly1305, rot13"), Not(HasSubstr("\n"))));
  EXPECT_EQ(only<Over>(actions).then, After::give_up);
}

TEST(VoiceSession, TakesANewKeyInALiveSession) {
  Conversation server;
  server.become_live();
  const Actions second = server.hears(description(2));
  EXPECT_EQ(only<SessionReady>(second).key.view()[0], 2) << "the owner replaces its cipher";
  EXPECT_EQ(count<CloseSocket>(second), 0U);
}

TEST(VoiceSession, InsistsOnTheModeThatItAskedFor) {
  for (const char* const other : {"aead_aes256_gcm_rtpsize", "xsalsa20_poly1305", ""}) {
    Conversation server;
    server.become_ready();
    static_cast<void>(server.session.select_protocol("198.51.100.4", 40'000));
    const Actions actions = server.hears(description(1, other));
    EXPECT_EQ(only<CloseSocket>(actions).code, 1000);
    EXPECT_THAT(only<Over>(actions).reason.what(), HasSubstr("aead_xchacha20_poly1305_rtpsize"));
    EXPECT_EQ(count<SessionReady>(actions), 0U);
  }
}

TEST(VoiceSession, TakesOnlyAWholeKey) {
  const json whole = description()["d"]["secret_key"];
  std::vector<json> keys = {nullptr, "key", json::array(), json(std::vector<int>(31, 1)),
                            json(std::vector<int>(33, 1))};
  for (const json& wrong : {json(256), json(-1), json("1"), json(1.5), json(nullptr)}) {
    json key = whole;
    key[31] = wrong;
    keys.push_back(key);
  }
  for (const json& key : keys) {
    Conversation server;
    server.become_ready();
    static_cast<void>(server.session.select_protocol("198.51.100.4", 40'000));
    json message = description();
    message["d"]["secret_key"] = key;
    const Actions actions = server.hears(message);
    EXPECT_EQ(count<Over>(actions), 1U) << key;
    EXPECT_EQ(count<SessionReady>(actions), 0U) << key;
  }
}

// ── speaking ──

TEST(VoiceSession, SaysSpeakingOnlyWhenItChanges) {
  Conversation server;
  server.become_ready();
  EXPECT_THAT(server.session.speaking(kMicrophone), IsEmpty()) << "not before the session is described";
  static_cast<void>(server.session.select_protocol("198.51.100.4", 40'000));
  server.hears(description());
  EXPECT_EQ(test::sent<SendText>(server.session.speaking(kMicrophone)),
            json::parse(R"({"op":5,"d":{"speaking":1,"delay":0,"ssrc":4000000000}})"));
  EXPECT_THAT(server.session.speaking(kMicrophone), IsEmpty());
  EXPECT_EQ(test::sent<SendText>(server.session.speaking(kMicrophone | kPriority))["d"]["speaking"], 5);
  EXPECT_EQ(test::sent<SendText>(server.session.speaking(kNotSpeaking))["d"]["speaking"], 0);
  EXPECT_EQ(test::sent<SendText>(server.session.speaking(kMicrophone))["d"]["speaking"], 1);
}

// ── heartbeat and sequence ──

TEST(VoiceSession, BeatsAtEachIntervalOfHello) {
  Conversation server;
  server.become_live(hello(13'750.5));
  EXPECT_EQ(server.session.deadline(), kStart + 13'750'500us) << "the interval may be fractional";
  EXPECT_THAT(server.session.on_time(kStart + 13s), IsEmpty());
  EXPECT_EQ(test::sent<SendText>(server.waits()), json::parse(R"({"op":3,"d":{"t":1013750,"seq_ack":-1}})"));
  server.hears(ack());
  server.hears({{"op", 99}, {"seq", 7}, {"d", nullptr}});
  EXPECT_EQ(test::sent<SendText>(server.waits()), json::parse(R"({"op":3,"d":{"t":1027501,"seq_ack":7}})"));
  EXPECT_EQ(server.now, kStart + 27'501ms);
}

TEST(VoiceSession, TakesItsIntervalFromTheFirstHelloAlone) {
  Conversation server;
  server.become_ready();
  EXPECT_EQ(server.session.deadline(), kStart + 13'750ms) << "READY's own interval is bogus";
  EXPECT_THAT(server.hears(hello(100)), IsEmpty());
  EXPECT_EQ(server.session.deadline(), kStart + 13'750ms);
}

TEST(VoiceSession, BeatsAtOnceWhenAsked) {
  Conversation server;
  server.become_live();
  EXPECT_EQ(test::sent<SendText>(server.hears({{"op", 3}, {"d", nullptr}}))["op"], 3);
}

TEST(VoiceSession, ForgivesOneUnansweredBeatButNotTwo) {
  Conversation server;
  server.become_live();
  server.waits();
  EXPECT_EQ(count<SendText>(server.waits()), 1U) << "one answer is missing";
  server.hears(ack());
  EXPECT_EQ(count<SendText>(server.waits()), 1U);
  EXPECT_EQ(count<SendText>(server.waits()), 1U);
  const Actions actions = server.waits();
  ASSERT_EQ(actions.size(), 2U);
  EXPECT_EQ(std::get<CloseSocket>(actions[0]).code, 4900) << "not 1000: the session must outlive it";
  EXPECT_THAT(std::get<Reconnect>(actions[1]).reason.what(), HasSubstr("stopped answering"));
  EXPECT_FALSE(server.session.deadline());
}

TEST(VoiceSession, CountsTextAndBinaryAlike) {
  Conversation server;
  server.become_live();
  EXPECT_EQ(server.session.sequence(), -1);
  server.hears({{"op", 11}, {"seq", 65'535}, {"d", {{"user_ids", {"100000000000000004"}}}}});
  EXPECT_EQ(server.session.sequence(), 65'535);
  EXPECT_THAT(server.hears_bytes({0x00, 0x00, 25, 1, 2, 3}), IsEmpty());
  EXPECT_EQ(server.session.sequence(), 0) << "0 is a number like any other after 65535";
  server.hears({{"op", 77}, {"seq", 1}, {"d", nullptr}});
  EXPECT_EQ(server.session.sequence(), 1) << "what is ignored counts too";
  server.hears_bytes({0x01, 0x02, 200});
  EXPECT_EQ(server.session.sequence(), 0x0102);
  server.hears({{"op", 18}, {"seq", 5}, {"d", nullptr}});
  EXPECT_EQ(server.session.sequence(), 5) << "the last one, not the greatest";
  server.hears(ack());
  EXPECT_EQ(server.session.sequence(), 5) << "not every message has one";
  EXPECT_EQ(test::sent<SendText>(server.waits())["d"]["seq_ack"], 5);
}

TEST(VoiceSession, ShrugsAtASequenceThatIsNone) {
  Conversation server;
  server.become_live();
  for (const json& seq : {json(-1), json(65'536), json("3"), json(1.5), json(nullptr), json::array()}) {
    server.hears({{"op", 77}, {"seq", seq}, {"d", nullptr}});
    EXPECT_EQ(server.session.sequence(), -1) << seq;
  }
  server.hears_bytes({});
  server.hears_bytes({0x00});
  server.hears_bytes({0x00, 0x07});
  EXPECT_EQ(server.session.sequence(), -1) << "half a header is no header";
}

// ── a server that loses its thread ──

TEST(VoiceSession, IgnoresWhatComesOutOfOrder) {
  Conversation server;
  EXPECT_THAT(server.hears(ready()), IsEmpty()) << "before IDENTIFY";
  static_cast<void>(server.session.on_open(kStart));
  EXPECT_THAT(server.hears(description()), IsEmpty()) << "before READY";
  EXPECT_THAT(server.session.select_protocol("198.51.100.4", 40'000), IsEmpty());
  EXPECT_THAT(server.session.speaking(kMicrophone), IsEmpty());
  EXPECT_EQ(count<MediaServer>(server.hears(ready())), 1U) << "and goes on";
  EXPECT_THAT(server.hears(ready()), IsEmpty()) << "a second READY";
  EXPECT_THAT(server.hears(description()), IsEmpty()) << "before SELECT_PROTOCOL";
  static_cast<void>(server.session.select_protocol("198.51.100.4", 40'000));
  EXPECT_EQ(count<SessionReady>(server.hears(description())), 1U);
  EXPECT_THAT(server.hears(ready()), IsEmpty());
}

TEST(VoiceSession, RefusesAReadyThatLeadsNowhere) {
  const std::vector<std::pair<const char*, json>> wrong = {
      {"ssrc", nullptr}, {"ssrc", -1}, {"ssrc", 4'294'967'296}, {"ip", nullptr}, {"ip", "voice.example"},
      {"ip", ""},        {"port", 0},  {"port", 65'536},        {"port", "1"},   {"ip", "203.0.113.7; rm"},
  };
  for (const auto& [field, value] : wrong) {
    Conversation server;
    static_cast<void>(server.session.on_open(kStart));
    json message = ready();
    message["d"][field] = value;
    const Actions actions = server.hears(message);
    EXPECT_EQ(count<MediaServer>(actions), 0U) << field << value;
    EXPECT_EQ(only<Over>(actions).reason.cause(), Cause::network) << field << value;
    EXPECT_EQ(only<Over>(actions).then, After::renew) << "another server may do better";
    EXPECT_EQ(only<Over>(actions).most_renewals, 1) << "and one more is enough to see";
  }
}

TEST(VoiceSession, RefusesAHelloWithoutASaneInterval) {
  for (const json& interval : {json(0), json(-1), json("13750"), json(nullptr)}) {
    Conversation server;
    static_cast<void>(server.session.on_open(kStart));
    EXPECT_EQ(count<Over>(server.hears({{"op", 8}, {"d", {{"heartbeat_interval", interval}}}})), 1U)
        << interval;
  }
}

// ── the end ──

TEST(VoiceSession, IsSilentOnceItIsOver) {
  Conversation server;
  server.become_live();
  EXPECT_EQ(count<Over>(server.session.on_close(4014, "", kStart)), 1U);
  EXPECT_THAT(server.session.on_close(4014, "", kStart), IsEmpty());
  EXPECT_THAT(server.hears(description()), IsEmpty());
  EXPECT_THAT(server.hears_bytes({0, 1, 25}), IsEmpty());
  EXPECT_THAT(server.session.on_time(kStart + 1h), IsEmpty());
  EXPECT_THAT(server.session.speaking(kMicrophone), IsEmpty());
  EXPECT_THAT(server.session.on_open(kStart), IsEmpty());
  EXPECT_FALSE(server.session.deadline());
}

TEST(VoiceSession, NeverThrowsHoweverAMessageIsBent) {
  json clients = {{"op", 11}, {"seq", 3}, {"d", {{"user_ids", {"100000000000000004"}}}}};
  const std::vector<json> story = {hello(),       ready(), clients,
                                   description(), ack(),   {{"op", 3}, {"d", nullptr}}};
  std::size_t tried = 0;
  for (std::size_t bent = 0; bent < story.size(); ++bent) {
    for (const std::string& text : test::mutations(story[bent])) {
      Conversation server;
      static_cast<void>(server.session.on_open(kStart));
      std::size_t failures = 0;
      for (std::size_t i = 0; i < story.size(); ++i) {
        const std::string message = i == bent ? text : story[i].dump();
        Actions actions;
        ASSERT_NO_THROW(actions = server.session.on_text(message, kStart)) << message;
        ASSERT_TRUE(failures == 0 || actions.empty()) << "it was over before " << message;
        failures += count<Over>(actions);
        static_cast<void>(server.session.select_protocol("198.51.100.4", 40'000));
      }
      ASSERT_LE(failures, 1U);
      ++tried;
    }
  }
  EXPECT_GT(tried, 1000U);
}

// ── IP discovery ──

constexpr std::uint32_t kSsrc = 0xdeadbeef;

/// As a server would write it, byte by byte after Discord's table.
Bytes answer_datagram() {
  Bytes datagram = *from_hex("00020046deadbeef");
  const std::string address = "198.51.100.4";
  datagram.insert(datagram.end(), address.begin(), address.end());
  datagram.resize(72, 0);
  datagram.push_back(0x9c);  // port 40001, high byte first
  datagram.push_back(0x41);
  return datagram;
}

TEST(IpDiscovery, AsksIn74Bytes) {
  const auto request = IpDiscovery(kSsrc).request();
  EXPECT_EQ(to_hex(request), "00010046deadbeef" + std::string(132, '0'));
}

TEST(IpDiscovery, ReadsTheAnswer) {
  const auto address = IpDiscovery(kSsrc).answer(answer_datagram());
  ASSERT_TRUE(address);
  EXPECT_EQ(address->address, "198.51.100.4");
  EXPECT_EQ(address->port, 40'001);
}

TEST(IpDiscovery, ReadsAnIpv6Answer) {
  Bytes datagram = answer_datagram();
  const std::string address = "2001:db8::17";
  std::copy(address.begin(), address.end(), datagram.begin() + 8);
  EXPECT_EQ(IpDiscovery(kSsrc).answer(datagram)->address, "2001:db8::17");
}

TEST(IpDiscovery, TakesNothingElseForAnAnswer) {
  const IpDiscovery discovery(kSsrc);
  const Bytes right = answer_datagram();
  const auto with = [&](std::size_t at, std::uint8_t byte) {
    Bytes datagram = right;
    datagram[at] = byte;
    return datagram;
  };
  EXPECT_FALSE(discovery.answer(discovery.request())) << "our own request, reflected";
  EXPECT_FALSE(discovery.answer(with(1, 3))) << "another type";
  EXPECT_FALSE(discovery.answer(with(7, 0xee))) << "another ssrc";
  EXPECT_FALSE(discovery.answer(with(8, 'x'))) << "no address";
  EXPECT_FALSE(discovery.answer(with(8, 0))) << "an empty address";
  Bytes endless = right;
  std::fill(endless.begin() + 8, endless.begin() + 72, std::uint8_t{'1'});
  EXPECT_FALSE(discovery.answer(endless)) << "an address that never ends";
  Bytes portless = with(72, 0);
  portless[73] = 0;
  EXPECT_FALSE(discovery.answer(portless));
  for (std::size_t size = 0; size < right.size(); ++size) {
    EXPECT_FALSE(discovery.answer(ByteView(right).first(size))) << size << " bytes";
  }
}

TEST(IpDiscovery, TriesTenTimesHalfASecondApart) {
  IpDiscovery discovery(kSsrc);
  EXPECT_LE(discovery.deadline(), kStart) << "at once";
  TimePoint now = kStart;
  for (int attempt = 1; attempt <= 10; ++attempt) {
    EXPECT_TRUE(discovery.due(now)) << attempt;
    EXPECT_FALSE(discovery.due(now)) << "not twice";
    EXPECT_FALSE(discovery.due(now + 499ms));
    EXPECT_FALSE(discovery.exhausted(now)) << attempt;
    EXPECT_EQ(discovery.deadline(), now + 500ms);
    now += 500ms;
  }
  EXPECT_FALSE(discovery.due(now)) << "an eleventh time";
  EXPECT_FALSE(discovery.exhausted(now - 1ns)) << "the last try has its half second, too";
  EXPECT_TRUE(discovery.exhausted(now));
}

TEST(IpDiscovery, TellsAddressesFromNames) {
  for (const char* const yes : {"127.0.0.1", "203.0.113.255", "::1", "2001:db8::17"})
    EXPECT_TRUE(is_numeric_address(yes));
  for (const char* const no :
       {"", "localhost", "1.2.3", "1.2.3.4.5", "1.2.3.256", "127.0.0.1 ", "[::1]", "1.2.3.4:5"}) {
    EXPECT_FALSE(is_numeric_address(no)) << no;
  }
}

}  // namespace
}  // namespace vcplay::voice
