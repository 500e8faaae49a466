// Who is in an encrypted call hears it, from the key on until it leaves; and whoever breaks the encryption is
// found out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "dave/frame_decryptor.hpp"
#include "words/recovery_words.hpp"

namespace vcplay::rehearsal {
namespace {

using test::DavePlayer;
using test::encrypted;
using test::json;
using test::PaperDiscord;
using test::silence;
using test::sound;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr const char* kEverything = "Every member who was entitled to hear heard every packet.";

DiscordOptions with(std::vector<MemberScript> scripts) {
  DiscordOptions options = encrypted();
  options.member_scripts = std::move(scripts);
  return options;
}

/// Comes `after` the first audio packet.
MemberScript comer(Duration after) {
  MemberScript script;
  script.cue = Cue::audio;
  script.joins_after = after;
  return script;
}

/// A call with one player.
struct Call {
  explicit Call(DiscordOptions options = encrypted()) : discord(std::move(options)), player(discord) {}

  void begin() {
    player.get_ready();
    player.speak(1);
  }
  void end() {
    player.fall_silent();
    player.leave();
  }
  [[nodiscard]] Report report() const { return discord.report(); }
  [[nodiscard]] ListenerReport listener(std::size_t index) const {
    for (const ListenerReport& listener : report().listeners) {
      if (listener.user == discord.world.listeners().at(index)) return listener;
    }
    return {};
  }

  PaperDiscord discord;
  DavePlayer player;
};

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

/// How the listener behaves in whose call the player's Commit is to win.
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
  EXPECT_EQ(call.discord.audience.member(call.discord.world.listeners()[1])->epochs().size(), 1U);
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
  EXPECT_TRUE(call.discord.audience.member(call.discord.world.listeners()[1])->is_listening());
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

// ── churn ──

DiscordOptions churning(int listeners, Duration churn, std::uint32_t seed = 1) {
  DiscordOptions options = encrypted();
  options.listeners = listeners;
  options.churn = churn;
  options.churn_seed = seed;
  return options;
}

TEST(Churn, LosesNothingForAnybodyWhoIsThere) {
  Call call(churning(5, 700ms));
  call.begin();
  call.player.play(900);
  call.end();
  EXPECT_THAT(call.discord.broken(), IsEmpty());
  const Report report = call.report();
  EXPECT_EQ(report.packets_heard, 905U);
  ASSERT_THAT(report.listeners, SizeIs(5));
  for (const ListenerReport& listener : report.listeners) {
    EXPECT_EQ(listener.heard, listener.entitled) << listener.name;
    EXPECT_GT(listener.heard, 100U) << listener.name;
  }
  EXPECT_EQ(report.listeners[0].heard, 905U);
  EXPECT_THAT(report.encryption.epochs, AllOf(testing::Ge(24U), testing::Le(27U))) << "18 s / 0.7 s";
  EXPECT_EQ(verdict_on_hearing(report), kEverything);
}

TEST(Churn, StopsWhileNoAudioFlows) {
  Call call(churning(2, 500ms));
  call.begin();
  call.player.play(60);
  call.player.fall_silent();
  call.discord.advance(1500ms);
  call.player.listen();
  const std::uint64_t epochs = call.report().encryption.epochs;
  call.discord.advance(10s);
  call.player.listen();
  EXPECT_EQ(call.report().encryption.epochs, epochs);
  call.player.speak(1);
  call.player.play(60);
  EXPECT_GT(call.report().encryption.epochs, epochs);
}

TEST(Churn, IsTheSameForTheSameSeedAndAnotherForAnother) {
  const auto counts = [](std::uint32_t seed) {
    Call call(churning(6, 500ms, seed));
    call.begin();
    call.player.play(500);
    std::vector<std::uint64_t> heard;
    for (std::size_t i = 0; i < 6; ++i) heard.push_back(call.listener(i).heard);
    return heard;
  };
  EXPECT_EQ(counts(1), counts(1));
  EXPECT_NE(counts(1), counts(2));
}

TEST(Churn, CountsWhatWasPlayedWhenTheSenderKeepsNoTime) {
  DiscordOptions options = churning(2, 1s);
  options.unthrottled = true;
  Call call(options);
  call.begin();
  for (int i = 0; i < 500; ++i) {
    call.player.listen();
    call.player.deliver(call.player.packet(call.player.frame(sound()).value()));
  }
  EXPECT_EQ(call.report().encryption.epochs, 10U) << "and no time has passed";
  EXPECT_EQ(verdict_on_hearing(call.report()), kEverything);
}

// ── what passes in the clear ──

TEST(ClearText, PassesOnlyAsTheSilencePacket) {
  Call call;
  call.begin();
  call.player.play(10);
  call.player.send(silence(), 3);
  call.player.send(sound(), 2);
  call.player.play(10);
  call.end();
  const Report report = call.report();
  EXPECT_THAT(call.discord.broken(), ElementsAre("plaintext-in-encrypted-call"));
  EXPECT_EQ(report.encryption.plaintext, 2U);
  EXPECT_EQ(report.packets_received, 30U);
  EXPECT_EQ(report.packets_forwarded, 28U);
  EXPECT_EQ(report.packets_heard, 28U);
  EXPECT_EQ(report.listeners.at(0).lost, 2U);
  EXPECT_THAT(verdict_on_hearing(report),
              HasSubstr("listener missed 2 of 30 packets (2 lost, 0 undecryptable)"));
}

TEST(ClearText, IsNoBreachAroundAChangeOfVersion) {
  DiscordOptions options = encrypted();
  options.dave_faults.mid_play = {DaveDisturbance::version_without_group};
  Call call(options);
  call.begin();
  EXPECT_EQ(call.player.play(30), 30);
  EXPECT_EQ(call.player.media, "plain");
  EXPECT_EQ(call.player.play(100), 100);
  EXPECT_EQ(call.player.media, "encrypted");
  EXPECT_EQ(call.player.play(100), 100);
  call.end();
  const Report report = call.report();
  EXPECT_THAT(call.discord.broken(), IsEmpty());
  EXPECT_EQ(report.packets_heard, 235U);
  EXPECT_LT(report.encryption.decrypted, 230U);
  EXPECT_EQ(report.encryption.version, 1);
  EXPECT_EQ(verdict_on_hearing(report), kEverything);
}

TEST(ClearText, IsAllThereIsOnAStage) {
  DiscordOptions options = encrypted();
  options.channel_type = 13;
  Call call(options);
  call.player.get_ready();
  EXPECT_EQ(call.player.media, "plain");
  EXPECT_EQ(call.report().encryption.version, 0);
}

// ── breaches ──

TEST(Breach, AFrameUnderNobodysKey) {
  Call call;
  call.begin();
  call.player.play(10);
  dave::FrameEncryptor wrong{dave::KeyRatchet(SecretBytes(Bytes(16, 7)))};
  for (int i = 0; i < 3; ++i) {
    Bytes buffer = sound();
    buffer.resize(kMaxProtocolFrameBytes);
    buffer.resize(wrong.apply(buffer, sound().size()));
    call.player.send(buffer);
  }
  call.player.play(10);
  call.end();
  const Report report = call.report();
  EXPECT_THAT(call.discord.broken(), ElementsAre("undecryptable"));
  EXPECT_EQ(report.findings[0].count, 3U) << "although their nonces were there before";
  EXPECT_EQ(report.encryption.undecryptable, 3U);
  EXPECT_EQ(report.listeners.at(0).undecryptable, 3U);
  EXPECT_EQ(report.listeners.at(0).heard, 25U);
  EXPECT_EQ(report.packets_heard, 25U);
}

TEST(Breach, AFrameNonceTwiceUnderOneKey) {
  Call call;
  call.begin();
  const auto first = call.player.frame(sound());
  call.player.send(*first, 2);
  call.player.play(10);
  call.player.send(*first);
  call.end();
  EXPECT_THAT(call.discord.broken(), ElementsAre("repeated-frame-nonce"));
  EXPECT_EQ(call.report().findings[0].count, 2U);
  EXPECT_THAT(call.report().findings[0].detail, HasSubstr("nonce 1 "));
}

TEST(Breach, IsNotACopyThatTheNetworkMade) {
  Call call;
  call.begin();
  const Bytes packet = call.player.packet(*call.player.frame(sound()));
  call.player.deliver(packet);
  call.player.deliver(packet);
  EXPECT_THAT(call.discord.broken(), ElementsAre("repeated-nonce")) << "of the transport";
}

TEST(Breach, AKeyBeforeItIsInForce) {
  MemberScript silent = comer(1s);
  silent.says_ready = false;  // so that opcode 22 takes two seconds
  Call call(with({MemberScript{}, silent}));
  call.begin();
  call.player.switches_early = true;
  call.player.play(60);
  EXPECT_THAT(call.discord.broken(), ElementsAre("early-key"));
  EXPECT_THAT(call.report().findings[0].count, AllOf(testing::Ge(5U), testing::Le(10U)));
  EXPECT_EQ(call.listener(0).heard, 60U) << "those who know the key hear it";
}

TEST(Breach, AKeyLongAfterItWasReplaced) {
  Call call(with({MemberScript{}, comer(1s)}));
  call.begin();
  call.player.awaits_execution = true;
  call.player.play(100);
  EXPECT_THAT(call.discord.broken(), IsEmpty());
  call.player.play(100);
  EXPECT_THAT(call.discord.broken(), testing::UnorderedElementsAre("late-key", "undecryptable"));
  EXPECT_EQ(call.listener(0).heard, 200U) << "the old key opens what is under way for ten seconds";
  EXPECT_GT(call.listener(1).undecryptable, 90U);
  call.player.play(600);
  EXPECT_LT(call.listener(0).heard, 560U);
  EXPECT_GT(call.listener(0).undecryptable, 200U);
}

TEST(Breach, IsNoKeyThatCouldNotBeReplacedForWantOfAConnection) {
  PaperDiscord discord(with({MemberScript{}, comer(1s)}));
  test::RecoveringDavePlayer player(discord);
  player.get_ready();
  player.speak(1);
  player.play(40);
  player.lose_voice();
  player.play(150);
  EXPECT_EQ(discord.report().encryption.epochs, 2U) << "a new one, without the player's knowledge";
  EXPECT_THAT(discord.broken(), IsEmpty());

  player.awaits_execution = true;
  player.resume_voice();
  player.play(40);
  EXPECT_THAT(discord.broken(), IsEmpty()) << "it has hardly been told";
  player.play(60);
  EXPECT_THAT(discord.broken(), testing::UnorderedElementsAre("late-key", "undecryptable"));
}

TEST(Breach, DoesNotIncludeWhatNobodyIsToBlameForWhenACommitWasCorrupted) {
  DiscordOptions options = churning(3, 1s);
  options.dave_faults.corrupted_commits = 1;
  Call call(options);
  call.begin();
  call.player.play(500);
  call.end();
  EXPECT_THAT(call.discord.broken(), IsEmpty());
  EXPECT_EQ(call.listener(2).heard, call.listener(2).entitled);
}

TEST(Breach, IsEveryFrameThatSomebodyChangedOnTheWay) {
  Call call;
  call.begin();
  call.player.play(200);  // nonces of two bytes
  const Bytes frame = *call.player.frame(sound());
  for (std::size_t bit = 0; bit < frame.size() * 8; ++bit) {
    Bytes changed = frame;
    changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ (1U << (bit % 8)));
    call.player.send(changed);
  }
  call.player.send(frame);
  EXPECT_THAT(call.discord.broken(),
              testing::UnorderedElementsAre("plaintext-in-encrypted-call", "undecryptable"));
  EXPECT_EQ(call.listener(0).heard, 201U) << "what it was before anybody changed it";
  const EncryptionReport counts = call.report().encryption;
  EXPECT_EQ(counts.undecryptable + counts.plaintext, frame.size() * 8);
}

TEST(Breach, IsSeenWhenPacketsAreLost) {
  Call call;
  call.begin();
  call.player.play(10);
  static_cast<void>(call.player.packet(*call.player.frame(sound())));
  static_cast<void>(call.player.packet(*call.player.frame(sound())));
  call.player.play(10);
  EXPECT_EQ(call.listener(0).lost, 2U);
  EXPECT_EQ(call.listener(0).entitled, 22U);
  EXPECT_THAT(verdict_on_hearing(call.report()), HasSubstr("missed 2 of 22"));
}

// ── other clients ──

TEST(Forwarding, LeavesProtocolFramesAsTheyAre) {
  PaperDiscord discord(encrypted());
  DavePlayer player(discord, 0);
  DavePlayer member(discord, 1);
  member.get_ready();
  player.get_ready();
  member.listen();
  player.listen();
  member.listen();
  ASSERT_EQ(player.media, "encrypted");
  EXPECT_EQ(player.code, member.code);
  EXPECT_EQ(player.members, 3U);
  dave::FrameDecryptor ears;
  ears.begin_epoch(dave::KeyRatchet(*member.session.group(), discord.account(0).user), discord.now);
  rtp::TransportOpener opener(rtp::TransportMode::aes256_gcm_rtpsize, rtp::TransportKey(member.key));
  player.speak(1);
  discord.datagrams.clear();
  player.play(3);
  std::size_t heard = 0;
  for (auto& [to, datagram] : discord.datagrams) {
    if (to != member.address) continue;
    const auto header = rtp::parse_header(datagram);
    const auto opened = opener.open(datagram, header.value().clear_bytes);
    ASSERT_TRUE(opened);
    EXPECT_EQ(ears.open(opened->payload, discord.now).opus, sound());
    ++heard;
  }
  EXPECT_EQ(heard, 3U);
  EXPECT_THAT(discord.broken(0), IsEmpty());
  EXPECT_THAT(discord.broken(1), IsEmpty());
}

TEST(Listeners, AreNobodyInAnEmptyChannel) {
  DiscordOptions options = encrypted();
  options.occupants = 0;
  Call call(options);
  call.begin();
  EXPECT_EQ(call.player.play(10), 0);
  EXPECT_EQ(call.player.media, "held");
  EXPECT_EQ(verdict_on_hearing(call.report()), "Nobody was entitled to hear anything.");
}

}  // namespace
}  // namespace vcplay::rehearsal
