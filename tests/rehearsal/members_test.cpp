// Who is in an encrypted call hears it, from the key on until it leaves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "words/member_words.hpp"
#include "words/recovery_words.hpp"

namespace vcplay::rehearsal {
namespace {

using test::Call;
using test::comer;
using test::encrypted;
using test::json;
using test::kEverything;
using test::silence;
using test::with;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

CallMember* member(test::PaperDiscord& discord, std::size_t which) {
  return discord.hall_of(discord.places().front()).audience.member(discord.world.listeners().at(which));
}

// ── the group ──

TEST(EncryptedCall, IsHeardWholeByTheListenerWhoWasThereFirst) {
  Call call;
  call.begin();
  EXPECT_EQ(call.player.media, "encrypted") << "before the first sample";
  EXPECT_EQ(call.player.play(100), 100);
  call.end();

  const Report report = call.report();
  EXPECT_THAT(call.discord.broken(), IsEmpty());
  EXPECT_EQ(report.packets_heard, 105U);
  EXPECT_EQ(report.audio_packets, 100U);
  EXPECT_EQ(report.silence_packets, 5U);
  EXPECT_EQ(report.encryption.version, 1);
  EXPECT_EQ(report.encryption.epochs, 1U);
  EXPECT_EQ(report.encryption.members, 2U);
  EXPECT_EQ(report.encryption.confirmations, 1U);
  EXPECT_EQ(report.encryption.decrypted, 100U);
  EXPECT_EQ(report.encryption.silence, 5U);
  EXPECT_EQ(report.encryption.undecryptable, 0U);
  EXPECT_EQ(report.encryption.plaintext, 0U);
  ASSERT_THAT(report.listeners, SizeIs(1));
  EXPECT_EQ(report.listeners[0].name, "listener");
  EXPECT_EQ(report.listeners[0].entitled, 105U);
  EXPECT_EQ(report.listeners[0].heard, 105U);
  EXPECT_EQ(verdict_on_hearing(report), kEverything);
}

TEST(EncryptedCall, ShowsBothSidesTheSameCodeInEveryEpoch) {
  Call call(with({MemberScript{}, comer(1s), comer(2s)}));
  call.begin();
  std::set<std::string> codes;
  for (int second = 0; second < 3; ++second) {
    call.player.play(49);
    EXPECT_EQ(call.report().encryption.privacy_code, call.player.code);
    EXPECT_EQ(call.report().encryption.members, call.player.members);
    codes.insert(call.player.code);
    call.player.play(1);
  }
  EXPECT_THAT(codes, SizeIs(3)) << "each epoch has its own";
  EXPECT_EQ(call.report().encryption.confirmations, 3U);
}

/// How the listener commits, in a call in which the player's Commit has to win.
class PlayersCommit : public testing::TestWithParam<Committing> {};

TEST_P(PlayersCommit, WinsWhenNobodyElseIsAsFast) {
  MemberScript slow;
  slow.commits = GetParam();
  Call call(with({slow}));
  call.begin();
  EXPECT_THAT(call.player.said, Contains(28));
  EXPECT_EQ(call.player.media, "encrypted");
  EXPECT_EQ(call.player.play(100), 100);
  call.end();
  EXPECT_THAT(call.discord.broken(), IsEmpty());
  EXPECT_EQ(call.report().encryption.decrypted, 100U);
  EXPECT_EQ(call.report().encryption.privacy_code, call.player.code);
  EXPECT_EQ(verdict_on_hearing(call.report()), kEverything);
}

INSTANTIATE_TEST_SUITE_P(OverEveryOther, PlayersCommit,
                         testing::Values(Committing::late, Committing::never, Committing::broken,
                                         Committing::forged));

TEST(EncryptedCall, OutlivesACommitThatOnlyMembersCanSeeThrough) {
  MemberScript forger = comer(1s);
  forger.leaves_after = 3s;
  forger.commits = Committing::forged;
  MemberScript quiet;
  quiet.commits = Committing::never;
  Call call(with({quiet, forger, comer(2s), comer(4s)}));
  call.begin();
  EXPECT_EQ(call.player.play(300), 300);
  call.end();
  EXPECT_THAT(call.discord.broken(), ElementsAre("dave-refused")) << "the server cannot tell who is right";
  EXPECT_EQ(call.report().encryption.privacy_code, call.player.code);
  EXPECT_EQ(call.report().encryption.members, 4U);
  EXPECT_GT(call.listener(2).heard, 100U);
  EXPECT_GT(call.listener(3).heard, 90U);
}

TEST(EncryptedCall, SettlesThoughAForgerIsTheFastest) {
  MemberScript forger;
  forger.commits = Committing::forged;
  Call call(with({forger, MemberScript{}}));  // who form a group before anybody else is there
  call.begin();
  EXPECT_EQ(call.player.play(50), 50);
  EXPECT_EQ(call.listener(0).heard, 50U);
  EXPECT_EQ(call.listener(1).heard, 50U);
  EXPECT_THAT(call.discord.broken(), IsEmpty());
}

TEST(EncryptedCall, NamesABrokenCommitAsItsSendersFault) {
  MemberScript broken;
  broken.commits = Committing::broken;
  Call call(with({broken}));
  call.begin();
  const Report blamed = call.discord.report_of(call.discord.world.listener());
  EXPECT_THAT(blamed.findings, Contains(testing::Field(&Finding::rule, "dave-commit")));
  EXPECT_THAT(call.discord.broken(), IsEmpty());
}

// ── coming and going ──

TEST(Member, WhoComesInMidPlayHearsAllFromItsKeyOn) {
  Call call(with({MemberScript{}, comer(1s)}));
  call.begin();
  call.player.play(100);
  call.end();
  EXPECT_THAT(call.discord.broken(), IsEmpty());
  EXPECT_EQ(call.listener(0).heard, 105U);
  EXPECT_EQ(call.listener(1).heard, call.listener(1).entitled);
  EXPECT_THAT(call.listener(1).heard, AllOf(testing::Ge(50U), testing::Le(56U)));
  EXPECT_EQ(call.report().encryption.epochs, 2U);
  EXPECT_EQ(call.report().packets_heard, 105U);
}

TEST(Member, IsNotEntitledToWhatWasUnderWayWhenItsKeyCameIntoForce) {
  Call call(with({MemberScript{}, comer(1s)}));
  call.begin();
  call.player.awaits_execution = true;
  EXPECT_EQ(call.player.play(55), 55);
  EXPECT_EQ(member(call.discord, 1)->epochs().size(), 1U);
  EXPECT_EQ(call.listener(1).entitled, 0U);
  EXPECT_EQ(call.listener(0).heard, 55U);
  call.player.awaits_execution = false;
  call.player.play(50);
  call.end();
  EXPECT_THAT(call.discord.broken(), IsEmpty());
  EXPECT_EQ(call.listener(1).heard, call.listener(1).entitled);
  EXPECT_EQ(verdict_on_hearing(call.report()), kEverything);
}

TEST(Member, WhoComesBackIsNotEntitledToWhatIsUnderAKeyOfItsFirstStay) {
  MemberScript flapper = comer(500ms);
  flapper.flaps = 300ms;  // there until 0.8 s, and again from 1.1 to 1.4 s
  Call call(with({MemberScript{}, flapper}));
  call.begin();
  call.player.play(40);
  const std::uint64_t first_stay = call.listener(1).heard;
  EXPECT_GT(first_stay, 10U);
  call.player.keeps_key = true;
  call.player.play(20);
  EXPECT_TRUE(member(call.discord, 1)->is_listening());
  EXPECT_EQ(call.listener(1).entitled, first_stay);
  call.player.take_key_now();
  call.player.play(5);
  EXPECT_EQ(call.listener(1).heard, first_stay + 5);
  EXPECT_THAT(call.discord.broken(), IsEmpty());
}

TEST(Member, WhoLeavesIsEntitledToNothingMore) {
  MemberScript goer = comer(0s);
  goer.leaves_after = 1s;
  Call call(with({MemberScript{}, goer}));
  call.begin();
  call.player.play(150);
  call.end();
  EXPECT_THAT(call.discord.broken(), IsEmpty());
  EXPECT_THAT(call.listener(1).heard, AllOf(testing::Ge(45U), testing::Le(52U)));
  EXPECT_EQ(call.listener(1).heard, call.listener(1).entitled);
  EXPECT_EQ(call.listener(0).heard, 155U);
  EXPECT_EQ(call.report().encryption.members, 2U) << "in the last epoch";
  EXPECT_EQ(call.report().encryption.epochs, 3U);
}

TEST(Member, WhoFlapsHearsWhateverItIsThereFor) {
  MemberScript flapper = comer(500ms);
  flapper.flaps = 300ms;
  flapper.leaves_after = 5s;
  Call call(with({MemberScript{}, flapper}));
  call.begin();
  call.player.play(400);
  call.end();
  EXPECT_THAT(call.discord.broken(), IsEmpty());
  EXPECT_EQ(call.listener(0).heard, 405U);
  EXPECT_EQ(call.listener(1).heard, call.listener(1).entitled);
  EXPECT_GT(call.listener(1).heard, 50U);
  EXPECT_GE(call.report().encryption.epochs, 12U);
  EXPECT_EQ(call.discord.world.voice_state(call.discord.world.listeners()[1]), nullptr);
}

TEST(Member, WhoNeverSaysReadyIsWaitedForTwoSeconds) {
  MemberScript silent = comer(1s);
  silent.says_ready = false;
  Call call(with({MemberScript{}, silent}));
  call.begin();
  call.player.play(140);
  EXPECT_EQ(call.listener(1).heard, 0U) << "the old key is in force";
  EXPECT_EQ(call.listener(0).heard, 140U);
  call.player.play(60);
  EXPECT_THAT(call.listener(1).heard, AllOf(testing::Gt(40U), testing::Le(51U)));
  call.end();
  EXPECT_THAT(call.discord.broken(), IsEmpty());
  EXPECT_EQ(verdict_on_hearing(call.report()), kEverything);
}

TEST(Member, WhoComesAndGoesIsAnnouncedOnBothGateways) {
  MemberScript visitor = comer(1s);
  visitor.leaves_after = 2s;
  Call call(with({MemberScript{}, visitor}));
  call.begin();
  const std::string user = call.discord.world.listeners()[1].str();
  call.player.play(55);
  EXPECT_EQ(call.player.voice.last(11).at("d").at("user_ids"), json::array({user}));
  json state = call.player.gateway.last(0, "VOICE_STATE_UPDATE").at("d");
  EXPECT_EQ(state.at("user_id"), user);
  EXPECT_EQ(state.at("channel_id"), call.discord.world.options().channel.str());
  call.player.play(50);
  EXPECT_EQ(call.player.voice.last(13).at("d").at("user_id"), user);
  state = call.player.gateway.last(0, "VOICE_STATE_UPDATE").at("d");
  EXPECT_EQ(state.at("user_id"), user);
  EXPECT_TRUE(state.at("channel_id").is_null());
}

TEST(Member, WhoComesToALonePlayerHearsItFromTheFirstSampleOn) {
  MemberScript late;
  late.cue = Cue::session;
  late.joins_after = 5s;
  Call call(with({late}));
  call.begin();
  EXPECT_EQ(call.player.play(200), 0) << "alone";
  EXPECT_EQ(call.player.play(100), 51);
  call.end();
  EXPECT_THAT(call.discord.broken(), IsEmpty());
  EXPECT_EQ(call.listener(0).heard, 56U);
  EXPECT_EQ(verdict_on_hearing(call.report()), kEverything);
}

TEST(Member, WhoLeavesAPlayerAloneMayComeBackToANewGroup) {
  MemberScript flapper;
  flapper.flaps = 1s;
  Call call(with({flapper}));
  call.begin();
  const int sent = call.player.play(400);
  EXPECT_THAT(sent, AllOf(testing::Ge(180), testing::Le(220))) << "held while alone";
  call.end();
  EXPECT_THAT(call.discord.broken(), IsEmpty());
  EXPECT_EQ(call.report().encryption.decrypted, static_cast<std::uint64_t>(sent));
  EXPECT_GE(call.report().encryption.epochs, 4U);
}

}  // namespace
}  // namespace vcplay::rehearsal
