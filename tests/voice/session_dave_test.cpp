// End-to-end encryption in the voice gateway's machine: what the machine offers, passes on and answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "words/actions.hpp"
#include "words/dave_words.hpp"
#include "words/voice_words.hpp"

namespace vcplay::voice {
namespace {

using dave::Plaintext;
using dave::test::kAnn;
using test::count;
using test::only;

/// A call on the real machine, and the delivery service behind it.
struct Call : Conversation {
  explicit Call(Plaintext plaintext = Plaintext::refused) : Conversation(config(plaintext)) {
    become_ready();
    static_cast<void>(session.select_protocol("198.51.100.4", 40'000));
  }
  Actions describe(int version) {
    json message = description();
    message["d"]["dave_protocol_version"] = version;
    return hears(message);
  }
  Actions hears_binary(std::uint8_t opcode, ByteView body) {
    Bytes message(2);
    store_be16(message, ++sequence);
    message.push_back(opcode);
    message.insert(message.end(), body.begin(), body.end());
    return hears_bytes(message);
  }
  Actions hears_text(int opcode, const json& data) {
    return hears({{"op", opcode}, {"seq", ++sequence}, {"d", data}});
  }
  Actions introduces_ann() { return hears_text(11, {{"user_ids", {kAnn.str()}}}); }
  Actions names_external_sender() { return hears_binary(25, mls::encoded(gateway.sender())); }
  Actions proposes_ann() {
    return hears_binary(27, dave::test::append({gateway.propose(0, ann.add(), kOurChannel)}));
  }

  static constexpr Snowflake kOurChannel{381870553235193857};
  dave::test::Gateway gateway;
  dave::test::Peer ann{kAnn};
  std::uint16_t sequence = 0;
};

std::uint8_t opcode_of(const SendBinary& message) { return message.bytes.at(0); }

TEST(EncryptedVoiceSession, OffersAKeyPackageOnceTheSessionIsDescribed) {
  Call call;
  const Actions actions = call.describe(1);
  ASSERT_GE(actions.size(), 2U);
  EXPECT_EQ(std::get<SessionReady>(actions[0]).dave_version, 1)
      << "first, so that there is a line to speak of";
  EXPECT_EQ(opcode_of(only<SendBinary>(actions)), 26);
  EXPECT_EQ(only<dave::HoldAudio>(actions).why, dave::Hold::alone);
}

TEST(EncryptedVoiceSession, CountsWhatTheServerSaidBeforeItDescribedTheSession) {
  Call call;
  EXPECT_TRUE(call.introduces_ann().empty());
  EXPECT_TRUE(call.names_external_sender().empty());
  EXPECT_EQ(only<dave::HoldAudio>(call.describe(1)).why, dave::Hold::waiting);
  EXPECT_FALSE(call.session.is_alone());
  EXPECT_EQ(opcode_of(only<SendBinary>(call.proposes_ann())), 28);
}

TEST(EncryptedVoiceSession, WalksFromProposalsToTheFirstKeyAndTheSecond) {
  Call call;
  call.introduces_ann();
  call.names_external_sender();
  call.describe(1);
  Bytes commit = only<SendBinary>(call.proposes_ann()).bytes;
  const dave::test::CommitWelcome made(ByteView(commit).subspan(1));

  const Actions announced = call.hears_binary(29, dave::test::announce(5, made.commit));
  EXPECT_EQ(only<dave::NewEpoch>(announced).epoch, 1U);
  EXPECT_EQ(test::sent<SendText>(announced), json::parse(R"({"op":23,"d":{"transition_id":5}})"));
  EXPECT_EQ(count<dave::UseEncryptor>(announced), 0U) << "not before it is executed";
  EXPECT_EQ(count<dave::UseEncryptor>(call.hears_text(22, {{"transition_id", 5}})), 1U);
  EXPECT_TRUE(call.session.has_group());
  EXPECT_EQ(call.session.sequence(), call.sequence) << "text and binary alike";

  const auto leaf = mls::LeafIndex{1};
  const Actions proposed = call.hears_binary(
      27, dave::test::append({call.gateway.propose(1, {mls::Remove{leaf}}, Call::kOurChannel)}));
  commit = only<SendBinary>(proposed).bytes;
  const dave::test::CommitWelcome removal(ByteView(commit).subspan(1));
  EXPECT_EQ(only<dave::NewEpoch>(call.hears_binary(29, dave::test::announce(6, removal.commit))).epoch, 2U);
  EXPECT_EQ(count<dave::UseEncryptor>(call.hears_text(22, {{"transition_id", 6}})), 1U);
}

TEST(EncryptedVoiceSession, SaysThatAWelcomeIsNoGoodAndOffersAnotherKeyPackage) {
  Call call;
  call.introduces_ann();
  call.names_external_sender();
  call.describe(1);
  const Actions actions = call.hears_binary(30, dave::test::announce(3, Bytes{0, 2, 1}));
  EXPECT_EQ(test::sent<SendText>(actions), json::parse(R"({"op":31,"d":{"transition_id":3}})"));
  EXPECT_EQ(opcode_of(only<SendBinary>(actions)), 26);
}

TEST(EncryptedVoiceSession, EndsWhenTheServerChoosesAVersionThatNobodyOffered) {
  Call call;
  const Actions actions = call.describe(2);
  EXPECT_EQ(only<Over>(actions).reason.cause(), Cause::encryption);
  EXPECT_EQ(only<Over>(actions).then, After::give_up);
  EXPECT_EQ(count<CloseSocket>(actions), 1U);
  EXPECT_TRUE(call.introduces_ann().empty()) << "it is over";
  EXPECT_FALSE(call.session.deadline());
}

TEST(EncryptedVoiceSession, HoldsTheAudioWhereTheServerWantsItInTheClearAndEndsAfterTenSeconds) {
  Call call;
  EXPECT_EQ(only<dave::HoldAudio>(call.describe(0)).why, dave::Hold::not_encrypted);
  EXPECT_EQ(call.session.deadline(), kStart + 10s) << "before the first heartbeat";
  const Actions actions = call.waits();
  EXPECT_EQ(only<Over>(actions).reason.cause(), Cause::encryption);
  EXPECT_EQ(count<CloseSocket>(actions), 1U);
}

TEST(EncryptedVoiceSession, PlaysInTheClearWhereThatIsAllowed) {
  Call call(Plaintext::allowed);
  EXPECT_EQ(count<dave::SendPlain>(call.describe(0)), 1U);
  EXPECT_EQ(call.session.deadline(), kStart + 13'750ms) << "only heartbeats are due";
}

TEST(EncryptedVoiceSession, BeatsWhileItWaitsForAKeyThenAsksAgainAndGivesUp) {
  Call call;
  call.introduces_ann();
  call.describe(1);
  const Actions asked = call.waits();
  EXPECT_EQ(call.now, kStart + 10s);
  EXPECT_EQ(test::sent<SendText>(asked)["op"], 31);
  EXPECT_EQ(opcode_of(only<SendBinary>(asked)), 26);
  EXPECT_EQ(test::sent<SendText>(call.waits())["op"], 3) << "a heartbeat in between";
  EXPECT_EQ(call.now, kStart + 13'750ms);
  EXPECT_EQ(only<Over>(call.waits()).reason.cause(), Cause::encryption);
  EXPECT_EQ(call.now, kStart + 20s);
}

TEST(EncryptedVoiceSession, KeepsTheGroupWhenTheTransportKeyChanges) {
  Call call;
  call.introduces_ann();
  call.names_external_sender();
  call.describe(1);
  const Actions again = call.describe(1);
  ASSERT_EQ(again.size(), 1U) << "a key, and no second key package";
  EXPECT_EQ(count<SessionReady>(again), 1U);
}

// ── over a lost connection ──

/// The bot waits for Ann's and its own group; its Commit is under way.
struct FormingCall : Call {
  FormingCall() {
    introduces_ann();
    names_external_sender();
    describe(1);
    const Bytes made = only<SendBinary>(proposes_ann()).bytes;
    commit = dave::test::CommitWelcome(ByteView(made).subspan(1)).commit;
  }
  Actions announces() { return hears_binary(29, dave::test::announce(5, commit)); }
  Bytes commit;
};

TEST(ResumedEncryptedSession, TakesInWhatWasReplayedAndKeepsItsGroup) {
  FormingCall call;
  call.is_cut();
  EXPECT_EQ(test::sent<SendText>(call.opens_again())["d"]["seq_ack"], 3) << "11, 25 and 27 came";
  call.hears(hello());
  EXPECT_EQ(call.hears(resumed()).size(), 1U) << "and no second key package";
  const Actions announced = call.announces();
  EXPECT_EQ(only<dave::NewEpoch>(announced).epoch, 1U);
  EXPECT_EQ(test::sent<SendText>(announced)["op"], 23);
  EXPECT_EQ(count<dave::UseEncryptor>(call.hears_text(22, {{"transition_id", 5}})), 1U);

  const Actions again = call.is_cut_and_resumes(400ms);
  EXPECT_EQ(again.size(), 1U) << "the line stays as it is";
  EXPECT_TRUE(call.session.has_group());
  EXPECT_EQ(call.session.sequence(), 5);
}

TEST(ResumedEncryptedSession, KeepsItsAnswersUntilItIsResumed) {
  FormingCall call;
  static_cast<void>(call.session.speaking(kMicrophone));
  call.is_cut();
  static_cast<void>(call.opens_again());
  call.hears(hello());
  const Actions early = call.announces();
  EXPECT_EQ(count<dave::NewEpoch>(early), 1U) << "what is ours to do is done";
  EXPECT_EQ(count<SendText>(early), 0U) << "what is to be said would be refused";

  call.is_cut();
  static_cast<void>(call.opens_again(400ms));
  const Actions actions = call.hears(resumed());
  ASSERT_EQ(actions.size(), 3U);
  EXPECT_EQ(count<Resumed>(actions), 1U);
  EXPECT_EQ(json::parse(std::get<SendText>(actions[1]).text)["op"], 5);
  EXPECT_EQ(json::parse(std::get<SendText>(actions[2]).text),
            json::parse(R"({"op":23,"d":{"transition_id":5}})"));
  EXPECT_EQ(call.is_cut_and_resumes(800ms).size(), 2U) << "RESUMED and SPEAKING: once is enough";
}

TEST(ResumedEncryptedSession, SaysAgainWhatADyingSocketMayHaveSwallowed) {
  FormingCall call;
  const Actions announced = call.announces();
  EXPECT_EQ(test::sent<SendText>(announced)["op"], 23);
  const Actions again = call.is_cut_and_resumes();
  ASSERT_EQ(again.size(), 2U);
  EXPECT_EQ(json::parse(std::get<SendText>(again[1]).text),
            json::parse(R"({"op":23,"d":{"transition_id":5}})"));
  EXPECT_EQ(call.is_cut_and_resumes(400ms).size(), 1U) << "once is enough";
}

TEST(ResumedEncryptedSession, KeepsTextAndBinaryInTheirOrder) {
  FormingCall call;
  call.is_cut();
  static_cast<void>(call.opens_again());
  EXPECT_TRUE(call.hears_binary(30, dave::test::announce(3, Bytes{0, 2, 1})).empty());
  const Actions actions = call.hears(resumed());
  ASSERT_EQ(actions.size(), 3U);
  EXPECT_EQ(json::parse(std::get<SendText>(actions[1]).text)["op"], 31);
  EXPECT_EQ(opcode_of(std::get<SendBinary>(actions[2])), 26);
}

TEST(ResumedEncryptedSession, KeepsNoMoreThanACallCanSay) {
  FormingCall call;
  call.is_cut();
  static_cast<void>(call.opens_again());
  for (std::uint16_t i = 0; i < 40; ++i) call.hears_binary(30, dave::test::announce(i, Bytes{0, 2, 1}));
  const Actions actions = call.hears(resumed());
  EXPECT_EQ(actions.size(), 1U + 64U);
  EXPECT_EQ(opcode_of(std::get<SendBinary>(actions.back())), 26);
  EXPECT_EQ(json::parse(std::get<SendText>(*(actions.end() - 2)).text)["d"]["transition_id"], 39)
      << "the latest";
}

TEST(ResumedEncryptedSession, WaitsForItsKeyOnlyWhileItCanBeHeard) {
  FormingCall call;
  EXPECT_EQ(call.session.deadline(), kStart + 10s) << "the key, before any heartbeat";
  call.now += 7s;
  call.is_cut();
  EXPECT_FALSE(call.session.deadline()) << "nobody could answer";
  EXPECT_EQ(test::sent<SendText>(call.opens_again(30s))["op"], 7);
  call.hears(hello());
  call.now += 2s;
  EXPECT_EQ(call.hears(resumed()).size(), 1U);
  EXPECT_EQ(call.session.deadline(), call.now + 3s) << "seven of the ten seconds had passed";

  EXPECT_TRUE(call.session.on_time(call.now + 3s - 1ns).empty());

  call.is_cut();
  static_cast<void>(call.opens_again(1s));
  call.is_cut();
  call.now += 1s;
  call.is_cut();  // the new socket did not open
  static_cast<void>(call.opens_again(2s));
  call.hears(hello());
  call.hears(resumed());
  EXPECT_EQ(call.session.deadline(), call.now + 3s) << "the second time, after three tries";
  const Actions asked = call.waits();
  EXPECT_EQ(test::sent<SendText>(asked)["op"], 31);
  EXPECT_EQ(opcode_of(only<SendBinary>(asked)), 26);
}

TEST(ResumedEncryptedSession, MeasuresAWaitThatBeganWithoutASessionFromThereOn) {
  Call call;
  call.names_external_sender();
  EXPECT_EQ(only<dave::HoldAudio>(call.describe(1)).why, dave::Hold::alone);
  call.is_cut();
  static_cast<void>(call.opens_again(20s));
  EXPECT_EQ(only<dave::HoldAudio>(call.introduces_ann()).why, dave::Hold::waiting)
      << "replayed before RESUMED";
  call.now += 5s;
  call.hears(resumed());
  EXPECT_EQ(call.session.deadline(), call.now + 5s) << "HELLO is due first";
  call.hears(hello(60'000));
  EXPECT_EQ(call.session.deadline(), call.now + 10s);
}

TEST(ResumedEncryptedSession, GivesUpWhereTheKeyNeverComes) {
  FormingCall call;
  call.is_cut_and_resumes();
  EXPECT_EQ(count<SendBinary>(call.waits()), 1U) << "asked for again";
  EXPECT_EQ(test::sent<SendText>(call.waits())["op"], 3) << "a heartbeat in between";
  const Actions actions = call.waits();
  EXPECT_EQ(only<Over>(actions).then, After::give_up) << "a new session would fare no better";
  EXPECT_EQ(only<Over>(actions).reason.cause(), Cause::encryption);
}

}  // namespace
}  // namespace vcplay::voice
