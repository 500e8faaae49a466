// Voice sessions that outlive their connection: what RESUME gives back, and to whom.
#include <gmock/gmock.h>

#include "words/call_words.hpp"

namespace vcplay::rehearsal {
namespace {

using nlohmann::json;
using test::DavePlayer;
using test::PaperDiscord;
using test::PaperPlayer;
using test::PaperSocket;
using test::sound;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

constexpr std::uint16_t kNoCloseFrame = 0;

/// A client whose connection to the voice gateway can be lost and taken up again.
template <class Player>
class Resuming : public Player {
 public:
  using Player::Player;

  void lose_voice(std::uint16_t close_code = kNoCloseFrame) {
    before = std::exchange(this->voice, PaperSocket());
    this->discord.voice.on_closed(before, close_code, this->discord.now);
    this->discord.settle(this->discord.now);
  }
  /// As it was introduced; `seen` is the last number that it saw.
  [[nodiscard]] json resumption(const json& seen, const json& changes = json::object()) const {
    json data = this->voice_identity().at("d");
    data.erase("user_id");
    data.erase("max_dave_protocol_version");
    // The latest voice state that it was told of may be somebody else's.
    data["session_id"] = this->discord.world.voice_state(this->account.user)->session_id;
    data["seq_ack"] = seen;
    data.update(changes);
    return {{"op", 7}, {"d", data}};
  }
  void resume(const json& seen, const json& changes = json::object()) {
    this->connect_voice();
    this->voice_says(resumption(seen, changes));
  }

  PaperSocket before;
};
using ResumingPlayer = Resuming<PaperPlayer>;

/// The number of a text or binary message; nothing for those without.
std::optional<int> number_of(const std::variant<std::string, Bytes>& message) {
  if (const auto* const binary = std::get_if<Bytes>(&message)) return load_be16(*binary);
  const json text = json::parse(std::get<std::string>(message));
  return text.contains("seq") ? std::optional(text.at("seq").get<int>()) : std::nullopt;
}

std::vector<int> numbers(const PaperSocket& socket) {
  std::vector<int> found;
  for (const auto& message : socket.unread) {
    if (const auto number = number_of(message)) found.push_back(*number);
  }
  return found;
}

/// Opcodes in the order in which they came.
std::vector<int> opcodes(const PaperSocket& socket) {
  std::vector<int> found;
  for (const auto& message : socket.unread) {
    const auto* const binary = std::get_if<Bytes>(&message);
    found.push_back(binary ? (*binary)[2] : json::parse(std::get<std::string>(message)).at("op").get<int>());
  }
  return found;
}

TEST(VoiceResume, TellsAgainWhatWasMissedUnderItsOldNumbers) {
  PaperDiscord discord;
  ResumingPlayer ann(discord);
  ann.get_ready();
  const int seen = numbers(ann.voice).back();
  ann.lose_voice();
  PaperPlayer bob(discord, 1);
  bob.get_ready();  // opcodes 11, 18 and 20
  bob.speak(1);
  ann.resume(seen);
  EXPECT_THAT(opcodes(ann.voice), ElementsAre(8, 9, 11, 18, 20, 5));
  EXPECT_THAT(numbers(ann.voice), ElementsAre(seen + 1, seen + 2, seen + 3, seen + 4));
  EXPECT_EQ(ann.voice.last(9).at("d"), nullptr);
  bob.speak(0);
  EXPECT_EQ(ann.voice.last(5).at("seq"), seen + 5);
  EXPECT_THAT(discord.broken(), IsEmpty());
  EXPECT_EQ(discord.report().voice_resumes, 1U);
}

TEST(VoiceResume, TellsNothingAgainThatWasSeen) {
  PaperDiscord discord;
  ResumingPlayer player(discord);
  player.get_ready();
  const int seen = numbers(player.voice).back();
  player.lose_voice();
  player.resume(seen);
  EXPECT_THAT(opcodes(player.voice), ElementsAre(8, 9));
}

TEST(VoiceResume, TellsEverythingToThoseWhoSawNothing) {
  for (const json& nothing : {json(-1), json()}) {
    PaperDiscord discord;
    ResumingPlayer player(discord);
    player.get_ready();
    const std::vector<int> all = numbers(player.voice);
    ASSERT_THAT(all, ElementsAre(1, 2, 3));
    player.lose_voice();
    player.connect_voice();
    json resumption = player.resumption(nothing);
    if (nothing.is_null()) resumption.at("d").erase("seq_ack");
    player.voice_says(resumption);
    EXPECT_EQ(numbers(player.voice), all);
  }
}

TEST(VoiceResume, CountsOnBeyondTheWrap) {
  DiscordOptions options = PaperDiscord::unencrypted();
  options.voice_first_sequence = 65'533;  // up to 65535 for those who are there
  PaperDiscord discord(options);
  ResumingPlayer ann(discord);
  ann.get_ready();
  ann.lose_voice();
  PaperPlayer bob(discord, 1);
  bob.get_ready();
  ann.resume(65'534);
  EXPECT_THAT(numbers(ann.voice), ElementsAre(65'535, 0, 1, 2));
  ann.lose_voice();
  bob.speak(1);
  ann.resume(0);
  EXPECT_THAT(numbers(ann.voice), ElementsAre(1, 2, 3));
  EXPECT_THAT(discord.broken(), IsEmpty());
}

TEST(VoiceResume, WorksAnyNumberOfTimes) {
  PaperDiscord discord;
  ResumingPlayer ann(discord);
  PaperPlayer bob(discord, 1);
  ann.get_ready();
  bob.get_ready();
  int seen = numbers(ann.voice).back();
  for (int i = 0; i < 5; ++i) {
    ann.lose_voice(i == 1 ? 4900 : kNoCloseFrame);
    bob.speak(i % 2 == 0 ? 1 : 0);
    discord.advance(15s);  // longer than the window in all
    bob.voice_says({{"op", 3}, {"d", {{"t", i}, {"seq_ack", numbers(bob.voice).back()}}}});
    bob.gateway_says({{"op", 1}, {"d", bob.gateway.last(0).at("s")}});
    ann.gateway_says({{"op", 1}, {"d", ann.gateway.last(0).at("s")}});
    ann.resume(seen);
    EXPECT_THAT(numbers(ann.voice), ElementsAre(++seen));
  }
  EXPECT_EQ(discord.report().voice_resumes, 5U);
}

TEST(VoiceResume, IsAcknowledgedByHeartbeatsAsIfNothingHadHappened) {
  PaperDiscord discord;
  ResumingPlayer ann(discord);
  PaperPlayer bob(discord, 1);
  ann.get_ready();
  bob.get_ready();
  const int seen = numbers(ann.voice).back();
  ann.lose_voice();
  bob.speak(1);
  discord.advance(10s);
  ann.resume(seen);
  for (const int number : {seen, seen + 1}) {  // what is told again is still on its way, then it came
    ann.voice_says({{"op", 3}, {"d", {{"t", 1}, {"seq_ack", number}}}});
  }
  EXPECT_THAT(discord.broken(), IsEmpty());
  discord.advance(3s);
  ann.voice_says({{"op", 3}, {"d", {{"t", 2}, {"seq_ack", seen}}}});
  EXPECT_THAT(discord.broken(), ElementsAre("voice-heartbeat-sequence"));
}

TEST(VoiceResume, IsNotNeededForAudio) {
  PaperDiscord discord;
  ResumingPlayer player(discord);
  player.get_ready();
  player.speak(1);
  player.send(sound(), 20);
  player.lose_voice();
  player.send(sound(), 20);
  player.resume(numbers(player.before).back());
  player.speak(1);  // said again, as clients do
  player.send(sound(), 20);
  player.fall_silent();
  player.leave();
  EXPECT_THAT(discord.broken(), IsEmpty());
  EXPECT_EQ(discord.report().audio_packets, 60U);
  EXPECT_EQ(discord.report().packets_heard, 65U);
  EXPECT_EQ(discord.report().packets_lost, 0U);
}

TEST(VoiceResume, FollowsADropInTheMiddleOfPlaying) {
  DiscordOptions options = PaperDiscord::unencrypted();
  options.voice_drops_mid_play = true;
  for (const bool ends_well : {true, false}) {
    PaperDiscord discord(options);
    ResumingPlayer player(discord);
    player.get_ready();
    player.speak(1);
    player.send(sound(), 24);
    EXPECT_FALSE(player.voice.dropped);
    player.send(sound());
    EXPECT_TRUE(player.voice.dropped);
    EXPECT_EQ(player.voice.closed, std::nullopt);
    player.lose_voice();
    player.resume(player.before.last_number.value());
    player.send(sound(), 24);
    if (ends_well) player.fall_silent();
    player.leave();
    // The drop is no excuse for what comes after the resume.
    EXPECT_EQ(discord.broken().empty(), ends_well);
  }
}

TEST(VoiceResume, ExcusesThoseWhoAreDroppedAndGiveUp) {
  DiscordOptions options = PaperDiscord::unencrypted();
  options.voice_drops_mid_play = true;
  PaperDiscord discord(options);
  ResumingPlayer player(discord);
  player.get_ready();
  player.speak(1);
  player.send(sound(), 25);
  player.lose_voice();
  player.leave();
  EXPECT_THAT(discord.broken(), IsEmpty());
}

TEST(VoiceResume, ForgivesOneRepeatedSpeaking) {
  PaperDiscord discord;
  ResumingPlayer player(discord);
  player.get_ready();
  player.speak(1);
  player.lose_voice();
  player.resume(numbers(player.before).back());
  player.speak(1);
  EXPECT_THAT(discord.broken(), IsEmpty());
  player.speak(1);
  EXPECT_THAT(discord.broken(), ElementsAre("speaking-unchanged"));
}

TEST(VoiceResume, IsPossibleForAMinute) {
  PaperDiscord discord;
  ResumingPlayer ann(discord);
  PaperPlayer bob(discord, 1);
  bob.get_ready();
  ann.get_ready();
  ann.lose_voice();
  discord.advance(19s);
  EXPECT_EQ(bob.voice.count(13), 0U);
  bob.voice_says({{"op", 3}, {"d", {{"t", 1}, {"seq_ack", numbers(bob.voice).back()}}}});
  discord.advance(20s);
  bob.voice_says({{"op", 3}, {"d", {{"t", 1}, {"seq_ack", numbers(bob.voice).back()}}}});
  discord.advance(20s);
  EXPECT_EQ(bob.voice.count(13), 0U);
  bob.voice_says({{"op", 3}, {"d", {{"t", 1}, {"seq_ack", numbers(bob.voice).back()}}}});
  discord.advance(1s);
  EXPECT_EQ(bob.voice.last(13).at("d").at("user_id"), discord.account(0).user.str());
  ann.resume(numbers(ann.before).back());
  EXPECT_THAT(ann.voice.closed, Optional(4006));
  EXPECT_THAT(discord.broken(), IsEmpty());
}

TEST(VoiceResume, IsNotForThoseWhoSaidGoodbye) {
  for (const std::uint16_t code : {std::uint16_t{1000}, std::uint16_t{1001}}) {
    PaperDiscord discord;
    ResumingPlayer ann(discord);
    PaperPlayer bob(discord, 1);
    bob.get_ready();
    ann.get_ready();
    ann.lose_voice(code);
    EXPECT_EQ(bob.voice.count(13), 1U);
    ann.resume(numbers(ann.before).back());
    EXPECT_THAT(ann.voice.closed, Optional(4006));
  }
}

TEST(VoiceResume, IsNotForThoseWhomTheServerTurnedAway) {
  PaperDiscord discord;
  ResumingPlayer player(discord);
  player.get_ready();
  player.voice_says({{"op", 99}});
  ASSERT_THAT(player.voice.closed, Optional(4001));
  player.lose_voice(4001);
  player.resume(3);
  EXPECT_THAT(player.voice.closed, Optional(4006));
}

TEST(VoiceResume, IsNotForThoseWhoLeftMeanwhile) {
  PaperDiscord discord;
  ResumingPlayer ann(discord);
  PaperPlayer bob(discord, 1);
  bob.get_ready();
  ann.get_ready();
  const json resumption = ann.resumption(3);
  ann.lose_voice();
  ann.gateway_says(ann.joining(nullptr));
  EXPECT_EQ(bob.voice.count(13), 1U);
  ann.connect_voice();
  ann.voice_says(resumption);
  EXPECT_THAT(ann.voice.closed, Optional(4006));
  EXPECT_THAT(discord.broken(), IsEmpty());
}

TEST(VoiceResume, IsGivenUpByANewSession) {
  PaperDiscord discord;
  ResumingPlayer ann(discord);
  PaperPlayer bob(discord, 1);
  bob.get_ready();
  ann.get_ready();
  const json resumption = ann.resumption(3);
  ann.lose_voice();
  ann.join();  // a fresh token
  ann.enter_voice();
  EXPECT_THAT((std::vector<std::size_t>{bob.voice.count(13), bob.voice.count(11)}), ElementsAre(1, 3));
  PaperSocket third;
  discord.voice.on_open(third, "v=8", discord.now);
  discord.voice.on_text(third, resumption.dump(), discord.now);
  EXPECT_THAT(third.closed, Optional(4006));
}

TEST(VoiceResume, TakesTheSessionFromAConnectionThatHangs) {
  PaperDiscord discord;
  ResumingPlayer ann(discord);
  PaperPlayer bob(discord, 1);
  bob.get_ready();
  ann.get_ready();
  const int seen = numbers(ann.voice).back();
  PaperSocket next;
  discord.voice.on_open(next, "v=8", discord.now);
  discord.voice.on_text(next, ann.resumption(seen).dump(), discord.now);
  EXPECT_TRUE(ann.voice.dropped);
  EXPECT_EQ(next.count(9), 1U);
  discord.voice.on_closed(ann.voice, kNoCloseFrame, discord.now);
  EXPECT_EQ(bob.voice.count(13), 0U);
  bob.speak(1);
  EXPECT_EQ(next.last(5).at("seq"), seen + 1);
}

struct Refusal {
  std::string rule;  // empty: nobody is to blame
  std::uint16_t code;
  json changes;
};

TEST(VoiceResume, IsRefused) {
  const Refusal refusals[] = {
      {"voice-token", 4006, {{"token", "another"}}},
      {"voice-session", 4006, {{"server_id", "123456789012345678"}}},
      {"", 4006, {{"session_id", "one that nobody has"}}},
      {"voice-resume-sequence", 4006, {{"seq_ack", 4}}},  // three messages were sent
      {"voice-resume-sequence", 4006, {{"seq_ack", 0}}},  // their numbers began with 1
      {"voice-resume-fields", 4020, {{"seq_ack", "3"}}},
      {"voice-resume-fields", 4020, {{"seq_ack", 65'536}}},
      {"voice-resume-fields", 4020, {{"seq_ack", -2}}},
      {"voice-resume-fields", 4020, {{"token", 7}}},
      {"voice-resume-fields", 4020, {{"session_id", nullptr}}},
      {"voice-resume-fields", 4020, {{"server_id", "x"}}},
  };
  for (const Refusal& refusal : refusals) {
    SCOPED_TRACE(refusal.changes.dump());
    PaperDiscord discord;
    ResumingPlayer player(discord);
    player.get_ready();
    player.lose_voice();
    player.resume(3, refusal.changes);
    EXPECT_THAT(player.voice.closed, Optional(refusal.code));
    EXPECT_EQ(player.voice.count(9), 0U);
    EXPECT_EQ(discord.broken(),
              refusal.rule.empty() ? std::vector<std::string>{} : std::vector<std::string>{refusal.rule});
    PaperSocket second;  // the session did not suffer
    discord.voice.on_open(second, "v=8", discord.now);
    discord.voice.on_text(second, player.resumption(3).dump(), discord.now);
    EXPECT_EQ(second.count(9), 1U);
  }
}

TEST(VoiceResume, NamesTheChannelInVersionNine) {
  for (const bool right : {true, false}) {
    PaperDiscord discord;
    ResumingPlayer player(discord);
    player.get_ready();
    player.lose_voice();
    const Snowflake channel = right ? discord.world.options().channel : discord.world.other_channel();
    discord.voice.on_open(player.voice, "v=9", discord.now);
    player.voice_says(player.resumption(3, {{"channel_id", channel.str()}}));
    EXPECT_EQ(player.voice.count(9), right ? 1U : 0U);
  }
}

TEST(VoiceResume, IsSaidOnceOnAConnection) {
  PaperDiscord discord;
  ResumingPlayer player(discord);
  player.get_ready();
  player.lose_voice();
  player.resume(3);
  player.voice_says(player.resumption(3));
  EXPECT_THAT(player.voice.closed, Optional(4005));
  EXPECT_THAT(discord.broken(), ElementsAre("voice-identified-twice"));
}

TEST(VoiceResume, FindsNoMoreThanTheLatestMessages) {
  PaperDiscord discord;
  ResumingPlayer ann(discord);
  PaperPlayer bob(discord, 1);
  ann.get_ready();
  bob.get_ready();
  const int seen = numbers(ann.voice).back();
  ann.lose_voice();
  const int most = static_cast<int>(ReplayBuffer::kMostMessages);
  for (int i = 0; i < most; ++i) bob.speak(i % 2 == 0 ? 1 : 0);
  ann.resume(seen);
  ASSERT_EQ(numbers(ann.voice).size(), ReplayBuffer::kMostMessages);
  EXPECT_EQ(numbers(ann.voice).front(), seen + 1);
  EXPECT_EQ(numbers(ann.voice).back(), seen + most);
  ann.lose_voice();
  bob.speak(1);
  ann.resume(seen);
  EXPECT_THAT(ann.voice.closed, Optional(4006)) << "one message too many";
  EXPECT_THAT(discord.broken(), IsEmpty());
}

// ── end-to-end encryption ──

TEST(VoiceResume, BringsTheMessagesThatFormAGroup) {
  DiscordOptions options = test::encrypted();
  options.occupants = 0;
  options.listeners = 0;
  PaperDiscord discord(options);
  Resuming<DavePlayer> ann(discord);
  DavePlayer bob(discord, 1);
  ann.get_ready();
  const std::optional<int> seen = ann.voice.last_number;  // opcode 25's
  ann.lose_voice();
  bob.get_ready();  // opcode 27 to Ann, who cannot read it
  bob.listen();     // his own Commit wins: opcodes 29 or 30 to Ann
  discord.advance(8s);
  ann.resume(seen.value());
  ann.listen();
  bob.listen();
  ann.listen();
  EXPECT_EQ(ann.media, "encrypted");
  EXPECT_EQ(bob.media, "encrypted");
  EXPECT_EQ(ann.code, bob.code);
  EXPECT_FALSE(ann.code.empty());
  EXPECT_THAT(discord.broken(0), IsEmpty()) << "nobody waits for somebody who cannot hear";
}

TEST(VoiceResume, TellsOfAnEpochThatBeganMeanwhile) {
  PaperDiscord discord(test::encrypted());
  Resuming<DavePlayer> ann(discord);
  DavePlayer bob(discord, 1);
  ann.get_ready();
  const std::string before = ann.code;
  ASSERT_EQ(ann.media, "encrypted");
  const std::optional<int> seen = ann.voice.last_number;
  ann.lose_voice();
  bob.get_ready();
  discord.advance(1s);
  bob.listen();
  EXPECT_EQ(ann.code, before);
  ann.resume(seen.value());
  ann.listen();
  bob.listen();
  discord.advance(3s);
  ann.listen();
  bob.listen();
  EXPECT_NE(ann.code, before);
  EXPECT_EQ(ann.code, bob.code);
  EXPECT_THAT(discord.broken(0), IsEmpty());
}

}  // namespace
}  // namespace vcplay::rehearsal
