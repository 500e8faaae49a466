// End-to-end encryption on the loopback's voice gateway: who is let in, and how its messages travel.
#include <gmock/gmock.h>

#include "dave/messages.hpp"
#include "dave/policy.hpp"
#include "words/rehearsal_words.hpp"

namespace vcplay::rehearsal {
namespace {

using nlohmann::json;
using test::PaperDiscord;
using test::PaperPlayer;
using test::PaperSocket;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

/// A channel that wants end-to-end encryption, and nobody in it.
DiscordOptions encrypted() {
  DiscordOptions options;
  options.occupants = 0;
  options.listeners = 0;
  options.dave_version = 1;
  options.requires_dave = true;
  return options;
}

/// Identifies with this offer.
void identify(PaperPlayer& player, const json& offer) {
  player.log_in();
  player.join();
  player.connect_voice();
  json identity = player.voice_identity();
  if (offer.is_null()) {
    identity.at("d").erase("max_dave_protocol_version");
  } else {
    identity.at("d")["max_dave_protocol_version"] = offer;
  }
  player.voice_says(identity);
}

/// Everything up to SESSION_DESCRIPTION.
void get_ready(PaperPlayer& player) {
  identify(player, 1);
  player.ssrc = player.voice.last(2).at("d").at("ssrc").get<std::uint32_t>();
  player.discover();
  player.select();
}

/// What came in binary.
std::vector<Bytes> binaries(const PaperSocket& socket) {
  std::vector<Bytes> found;
  for (const auto& message : socket.unread) {
    if (const auto* const binary = std::get_if<Bytes>(&message)) found.push_back(*binary);
  }
  return found;
}

Bytes key_package(Snowflake user) {
  const auto own =
      mls::make_key_package({{dave::identity_of(user)}, {}, {}, {}}, mls::PrivateKey::generate());
  return dave::key_package_message(own.key_package);
}

TEST(EncryptedVoiceGateway, ChoosesTheVersionInTheSessionDescription) {
  PaperDiscord discord(encrypted());
  PaperPlayer player(discord);
  get_ready(player);
  EXPECT_EQ(player.voice.last(4).at("d").at("dave_protocol_version"), 1);
  ASSERT_EQ(binaries(player.voice).size(), 1U);
  EXPECT_EQ(binaries(player.voice)[0][2], 25);
  EXPECT_THAT(discord.broken(), IsEmpty());
}

TEST(EncryptedVoiceGateway, RefusesThoseWhoDoNotOfferIt) {
  for (const json& offer : {json(0), json(nullptr)}) {
    SCOPED_TRACE(offer.dump());
    PaperDiscord discord(encrypted());
    PaperPlayer player(discord);
    identify(player, offer);
    EXPECT_THAT(player.voice.closed, Optional(4017));
    EXPECT_EQ(player.voice.count(2), 0U);
    EXPECT_THAT(discord.broken(), ElementsAre("dave-not-offered"));
  }
}

TEST(EncryptedVoiceGateway, LetsEverybodyIntoAStage) {
  DiscordOptions options = encrypted();
  options.channel_type = 13;
  PaperDiscord discord(options);
  PaperPlayer player(discord);
  player.get_ready();  // offers version 0
  EXPECT_EQ(player.voice.last(4).at("d").at("dave_protocol_version"), 0);
  EXPECT_THAT(binaries(player.voice), IsEmpty());
  EXPECT_THAT(discord.broken(), IsEmpty());
}

TEST(EncryptedVoiceGateway, LetsEverybodyInWhereItIsNotRequired) {
  DiscordOptions options = encrypted();
  options.requires_dave = false;
  PaperDiscord discord(options);
  PaperPlayer player(discord);
  player.get_ready();
  EXPECT_EQ(player.voice.last(4).at("d").at("dave_protocol_version"), 0);
  player.voice_says({{"op", 23}, {"d", {{"transition_id", 1}}}});
  EXPECT_THAT(player.voice.closed, Optional(4001));
  EXPECT_THAT(discord.broken(), ElementsAre("voice-unknown-opcode"));
}

TEST(EncryptedVoiceGateway, NumbersTextAndBinaryTogetherAcrossTheWrap) {
  DiscordOptions options = encrypted();
  options.voice_first_sequence = 65'535;
  PaperDiscord discord(options);
  PaperPlayer ann(discord, 0);
  PaperPlayer bob(discord, 1);
  get_ready(ann);
  discord.voice.on_binary(ann.voice, key_package(discord.account(0).user), discord.now);
  get_ready(bob);  // opcodes 11, 18 and 20 to Ann
  discord.voice.on_binary(bob.voice, key_package(discord.account(1).user), discord.now);
  const std::vector<Bytes> messages = binaries(ann.voice);
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(to_hex(ByteView(messages[0]).first(3)), "ffff19");
  EXPECT_EQ(ann.voice.last(20).at("seq"), 2);
  EXPECT_EQ(to_hex(ByteView(messages[1]).first(4)), "00031b00");
  const auto list = dave::read_proposals(ByteView(messages[1]).subspan(3));
  EXPECT_EQ(std::get<dave::AppendProposals>(list).messages.size(), 1U);
  discord.advance(3s);
  ann.voice_says({{"op", 3}, {"d", {{"t", 1}, {"seq_ack", 3}}}});
  EXPECT_THAT(discord.broken(0), IsEmpty()) << "the last number was a binary message's";
  ann.voice_says({{"op", 3}, {"d", {{"t", 2}, {"seq_ack", 2}}}});
  EXPECT_THAT(discord.broken(0), ElementsAre("voice-heartbeat-sequence"));
}

TEST(EncryptedVoiceGateway, SaysWhoLeftBeforeItRevokesTheAdd) {
  PaperDiscord discord(encrypted());
  PaperPlayer ann(discord, 0);
  PaperPlayer bob(discord, 1);
  get_ready(ann);
  discord.voice.on_binary(ann.voice, key_package(discord.account(0).user), discord.now);
  get_ready(bob);
  discord.voice.on_binary(bob.voice, key_package(discord.account(1).user), discord.now);
  bob.leave();
  const int left = ann.voice.last(13).at("seq").get<int>();
  const Bytes revocation = binaries(ann.voice).back();
  EXPECT_EQ((Bytes{revocation[2], revocation[3]}), (Bytes{27, 1}));
  EXPECT_EQ(load_be16(revocation), left + 1);
}

TEST(EncryptedVoiceGateway, HandsOnWhatMembersSay) {
  PaperDiscord discord(encrypted());
  PaperPlayer player(discord);
  get_ready(player);
  player.voice_says({{"op", 23}, {"d", {{"transition_id", 9}}}});
  EXPECT_THAT(discord.broken(), ElementsAre("dave-ready"));
  player.voice_says({{"op", 31}, {"d", {{"transition_id", 9}}}});
  discord.voice.on_binary(player.voice, Bytes{28, 0}, discord.now);
  EXPECT_THAT(discord.broken(), testing::UnorderedElementsAre("dave-ready", "dave-refused", "dave-commit"));
  EXPECT_EQ(player.voice.closed, std::nullopt);
}

TEST(EncryptedVoiceGateway, NamesWhatComesBeforeTheSession) {
  PaperDiscord discord(encrypted());
  PaperPlayer player(discord);
  identify(player, 1);
  discord.voice.on_binary(player.voice, key_package(discord.account(0).user), discord.now);
  EXPECT_THAT(discord.broken(), ElementsAre("dave-opcode-order"));
}

TEST(EncryptedVoiceGateway, KeepsAnAccountInTheCallWhoseOldConnectionEnds) {
  PaperDiscord discord(encrypted());
  PaperPlayer player(discord);
  get_ready(player);
  player.join();  // a fresh token
  PaperSocket old;
  std::swap(old, player.voice);  // both exist now, by their ids
  player.connect_voice();
  json identity = player.voice_identity({{"max_dave_protocol_version", 1}});
  player.voice_says(identity);
  player.ssrc = player.voice.last(2).at("d").at("ssrc").get<std::uint32_t>();
  player.discover();
  player.select();
  discord.voice.on_closed(old, 0, discord.now);
  EXPECT_EQ(binaries(player.voice).size(), 1U);
  discord.voice.on_binary(player.voice, key_package(discord.account(0).user), discord.now);
  EXPECT_THAT(discord.broken(), IsEmpty());
}

}  // namespace
}  // namespace vcplay::rehearsal
