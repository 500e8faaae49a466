// Messages that are cut, changed or made up.
#include "words/mutations.hpp"
#include "words/refusal_words.hpp"

namespace vcplay::dave::test {
namespace {

TEST_F(Refusals, EveryCutOrChangedProposalList) {
  const Bytes good = append(in_epoch({bob_.add()}));
  for (std::size_t i = 0; i < good.size(); ++i) {
    binary(Opcode::proposals, ByteView(good).first(i));
    Bytes changed = good;
    changed[i] ^= 0x20;
    binary(Opcode::proposals, changed);
  }
  binary(Opcode::proposals, Bytes(good) + ByteView(good).first(1));
  expect_nothing_changed();
  expect_life_goes_on();
}

TEST_F(Refusals, EveryCutOrChangedRevocation) {
  const auto add = in_epoch({bob_.add()});
  propose(add);
  EXPECT_EQ(said(), Said{"commit"});
  const Bytes good = revoke(add);
  for (std::size_t i = 1; i < good.size(); ++i) {
    binary(Opcode::proposals, ByteView(good).first(i));
    Bytes changed = good;
    changed[i] ^= 0x20;
    binary(Opcode::proposals, changed);
  }
  static_cast<void>(said());
  const CommitWelcome ours = committed();
  commit(2, ours.commit);
  EXPECT_EQ(members_, 3U) << "the proposal is still there";
}

TEST_F(Call, EveryCutOrChangedExternalSender) {
  const Bytes good = mls::encoded(gateway_.sender());
  begin();
  connect(kAnn);
  static_cast<void>(said());
  for (std::size_t i = 0; i < good.size(); ++i) {
    binary(Opcode::external_sender, ByteView(good).first(i));
    Bytes changed = good;
    changed[i] ^= 0x20;
    binary(Opcode::external_sender, changed);
  }
  EXPECT_EQ(said(), Said{});
  external_sender();
  propose({gateway_.propose(0, ann_.add())});
  EXPECT_EQ(said(), Said{"commit"});
}

TEST_F(Call, EveryCutOrChangedWelcome) {
  begin();
  external_sender();
  connect(kAnn);
  ann_.found(gateway_.extensions());
  mls::CommitOptions add;
  add.by_value = {add_bot()};
  const Bytes good = announce(7, CommitWelcome(ann_.commit(add)).welcome);
  for (std::size_t i = 0; i < good.size(); i += 3) {
    binary(Opcode::welcome, ByteView(good).first(i));
    Bytes changed = good;
    changed[i] ^= 0x20;
    if (i >= 2) binary(Opcode::welcome, changed);
    EXPECT_EQ(bot_->group(), nullptr);
  }
  EXPECT_EQ(media_, "waiting");
  welcome(8, ann_adds({add_bot()}).welcome);
  execute(8);
  EXPECT_TRUE(heard_by(ann_));
}

TEST_F(Call, EveryCutOrChangedCommitIsComplainedAboutOnce) {
  const auto in_a_group = [&](auto story) {
    bot_.emplace(Config{kBot, kChannel, mls::PrivateKey::generate()});
    ann_ = Peer(kAnn);
    static_cast<void>(said());
    join_ann();
    connect(kBob);
    const auto proposals = in_epoch({bob_.add()});
    propose(proposals);
    static_cast<void>(said());
    story(ann_commits(proposals).commit);
  };
  std::size_t size = 4;
  for (std::size_t i = 0; i < size; i += 11) {
    in_a_group([&](const Bytes& good) {
      size = good.size();
      commit(2, ByteView(good).first(i));
      EXPECT_EQ(said(), (Said{invalid(2), "key package"})) << i;
      commit(2, ByteView(good).first(i));
      EXPECT_EQ(said(), Said{}) << i;
      EXPECT_EQ(media_, "encrypted");
    });
    in_a_group([&](Bytes changed) {
      changed[i] ^= 0x20;
      commit(2, changed);
      execute(2);
      EXPECT_EQ(members_, 2U) << "nothing but the old epoch was ever entered";
      EXPECT_EQ(parse_protocol_frame(packet())->nonce, 1U);
    });
  }
}

TEST_F(Refusals, EveryMangledTextMessage) {
  const std::vector<std::pair<Opcode, json>> messages = {
      {Opcode::clients_connect, {{"user_ids", {"300000000000000003"}}}},
      {Opcode::client_disconnect, {{"user_id", "600000000000000006"}}},
      {Opcode::execute_transition, {{"transition_id", 4}}},
  };
  for (const auto& [opcode, message] : messages) {
    for (const std::string& mutant : vcplay::test::mutations(message)) {
      text(opcode, json::parse(mutant, nullptr, false));
    }
  }
  for (const Opcode opcode : {Opcode::prepare_transition, Opcode::prepare_epoch}) {
    for (const json& data :
         {json(), json(3), json::array(), json::object(), json{{"transition_id", 3}},
          json{{"protocol_version", 1}}, json{{"protocol_version", 1}, {"transition_id", 65536}},
          json{{"protocol_version", -1}, {"transition_id", 3}, {"epoch", 1}},
          json{{"protocol_version", "1"}, {"transition_id", "3"}, {"epoch", -1}},
          json{{"protocol_version", 1}, {"epoch", json::array({1})}},
          json{{"protocol_version", 1}, {"epoch", 1.5}}}) {
      text(opcode, data);
    }
  }
  for (const int opcode : {-1, 0, 4, 23, 26, 31, 255, 256, 1000000}) {
    carry_out(bot_->on_text(opcode, {{"transition_id", 1}}, now_));
  }
  expect_nothing_changed();
}

TEST_F(Refusals, BinaryMessagesOfOtherOpcodes) {
  for (const int opcode : {0, 21, 24, 26, 28, 31, 255}) {
    carry_out(bot_->on_binary(static_cast<std::uint8_t>(opcode), Bytes(100, 1), now_));
    carry_out(bot_->on_binary(static_cast<std::uint8_t>(opcode), {}, now_));
  }
  commit(0, {});
  binary(Opcode::welcome, {});
  binary(Opcode::announce_commit_transition, Bytes{1});
  EXPECT_EQ(media_, "encrypted");
}

}  // namespace
}  // namespace vcplay::dave::test
