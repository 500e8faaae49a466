// What members of a call may not say to the delivery service, each with the rule that it breaks.
#include <gmock/gmock.h>

#include "words/delivery_peers.hpp"

namespace vcplay::rehearsal {
namespace {

using nlohmann::json;
using test::kAnn;
using test::kBob;
using test::kCid;
using test::kDee;
using test::Peer;
using test::PeerCall;
using test::Spoilable;
using test::with_opcode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Breach {
  const char* name;
  const char* rule;
  const char* because;
  Snowflake by;
  std::function<void(PeerCall&)> act;
};

class InACall : public testing::TestWithParam<Breach> {};

TEST_P(InACall, IsNamedAndChangesNothing) {
  PeerCall call;
  call.begin();
  GetParam().act(call);
  EXPECT_THAT(call.broken(GetParam().by), ElementsAre(GetParam().rule));
  EXPECT_THAT(call.sentence(GetParam().by), HasSubstr(GetParam().because));
  for (const Snowflake other : {kAnn, kBob, kCid, kDee}) {
    if (other == GetParam().by) continue;
    EXPECT_THAT(call.broken(other), IsEmpty()) << call.sentence(other);
  }
  for (const DaveMessage& message : call.down) {
    EXPECT_NE(message.opcode, dave::Opcode::announce_commit_transition);
    EXPECT_NE(message.opcode, dave::Opcode::welcome);
  }
  // Others keep the call going.
  const std::uint64_t before = call.bob.group->epoch();
  call.deliver();
  call.bob.say_commit();
  call.deliver();
  EXPECT_EQ(call.bob.group->epoch(), before + 1);
}

using Act = std::function<void(PeerCall&)>;

Act says_in_binary(Bytes message) {
  return [message = std::move(message)](PeerCall& call) { call.ann.say(message); };
}
Act says_in_text(std::int64_t opcode, json data) {
  return [opcode, data = std::move(data)](PeerCall& call) { call.ann.say(opcode, data); };
}
/// Ann's Commit of Cid's Add, spoiled.
Act commits(std::function<void(PeerCall&, Spoilable&)> spoil) {
  return [spoil = std::move(spoil)](PeerCall& call) {
    Spoilable message = call.ann.commit_welcome();
    spoil(call, message);
    call.ann.say(message.message());
  };
}
/// Ann's Commit of Cid's Remove, which has a path, spoiled.
Act commits_path(std::function<void(PeerCall&, mls::UpdatePath&)> spoil) {
  return [spoil = std::move(spoil)](PeerCall& call) {
    call.cid_comes_and_goes();
    Spoilable message = call.ann.commit_welcome();
    spoil(call, *message.content().path);
    call.ann.say(message.message());
  };
}
/// Cid's next key package is this one.
Act offers(std::function<Bytes(PeerCall&)> message) {
  return [message = std::move(message)](PeerCall& call) { call.cid.say(message(call)); };
}

const Breach kKeyPackages[] = {
    {"Truncated", "dave-key-package", "a message ends in the middle of a field", kCid,
     offers([](PeerCall& call) {
       Bytes message = dave::key_package_message(Peer::make_package(kCid, call.cid.key).key_package);
       message.pop_back();
       return message;
     })},
    {"WithMoreBehind", "dave-key-package", "there are bytes behind the end of a message", kCid,
     offers([](PeerCall& call) {
       Bytes message = dave::key_package_message(Peer::make_package(kCid, call.cid.key).key_package);
       message.push_back(0);
       return message;
     })},
    {"Empty", "dave-key-package", "a message ends in the middle of a field", kCid,
     offers([](PeerCall&) { return with_opcode(dave::Opcode::key_package, {}); })},
    {"Unsigned", "dave-key-package", "a key package's signature is not valid", kCid,
     offers([](PeerCall& call) {
       mls::KeyPackage package = Peer::make_package(kCid, call.cid.key).key_package;
       package.signature.back() ^= 1;
       return dave::key_package_message(package);
     })},
    {"OfSomebodyElse", "dave-key-package", "a key package names another user", kCid,
     offers([](PeerCall& call) {
       return dave::key_package_message(Peer::make_package(kDee, call.cid.key).key_package);
     })},
    {"ThatExpires", "dave-key-package", "a key package does not last for ever", kCid,
     offers([](PeerCall& call) {
       return dave::key_package_message(
           Peer::make_package(kCid, call.cid.key, {0, 1'900'000'000}).key_package);
     })},
    {"OfOtherCapabilities", "dave-key-package", "a key package lists other capabilities than DAVE's", kCid,
     offers([](PeerCall& call) {
       mls::Capabilities can;
       can.extensions = {10};
       return dave::key_package_message(Peer::make_package(kCid, call.cid.key, {}, can).key_package);
     })},
    {"WithAnExtension", "dave-key-package", "a key package has extensions", kCid, offers([](PeerCall& call) {
       mls::OwnKeyPackage own = Peer::make_package(kCid, call.cid.key);
       own.key_package.extensions.list.push_back({10, {1}});
       own.key_package.sign(call.cid.key);
       return dave::key_package_message(own.key_package);
     })},
    {"OfAnotherSuite", "dave-key-package", "a key package is for another cipher suite than 2", kCid,
     offers([](PeerCall& call) {
       mls::OwnKeyPackage own = Peer::make_package(kCid, call.cid.key);
       own.key_package.cipher_suite = 1;
       own.key_package.sign(call.cid.key);
       return dave::key_package_message(own.key_package);
     })},
    {"SentTwice", "dave-key-package", "a key package was sent before", kCid,
     [](PeerCall& call) { call.cid.say(call.cid.key_package_message()); }},
    {"OfAMember", "dave-opcode-order", "a key package (opcode 26) came although none was asked for", kAnn,
     [](PeerCall& call) {
       call.ann.say(dave::key_package_message(Peer::make_package(kAnn, call.ann.key).key_package));
     }},
    {"BeforeTheSession", "dave-opcode-order", "opcode 26 came before SESSION_DESCRIPTION", kDee,
     [](PeerCall& call) { call.dee.say(call.dee.key_package_message()); }},
};

const Breach kCommits[] = {
    {"Empty", "dave-commit", "a message ends in the middle of a field", kAnn,
     says_in_binary(with_opcode(dave::Opcode::commit_welcome, {}))},
    {"Truncated", "dave-commit", "a message ends in the middle of a field", kAnn,
     [](PeerCall& call) {
       Bytes message = call.ann.commit_welcome().message();
       message.pop_back();
       call.ann.say(message);
     }},
    {"WithMoreBehind", "dave-commit", "there are bytes behind the end of a Welcome", kAnn,
     [](PeerCall& call) {
       Bytes message = call.ann.commit_welcome().message();
       message.push_back(0);
       call.ann.say(message);
     }},
    {"ThatIsAProposal", "dave-commit", "opcode 28 does not begin with a member's Commit", kAnn,
     [](PeerCall& call) {
       const mls::OwnProposal proposal = call.ann.group->propose({mls::Remove{{1}}});
       call.ann.say(with_opcode(dave::Opcode::commit_welcome, mls::encoded(proposal.message)));
     }},
    {"WithAProposalOfItsOwn", "dave-commit", "a Commit holds a proposal of its own", kAnn,
     [](PeerCall& call) {
       mls::CommitOptions options;
       options.by_value.push_back({mls::Remove{{1}}});
       call.ann.say(Spoilable(call.ann.commit(options)).message());
     }},
    {"OfNothing", "dave-commit", "a Commit refers to no proposal", kAnn,
     [](PeerCall& call) {
       call.ann.say(Spoilable(call.ann.group->commit(mls::PendingProposals())).message());
     }},
    {"OfAMembersProposal", "dave-commit", "a Commit refers to a proposal that was not made or is revoked",
     kAnn,
     [](PeerCall& call) {
       call.ann.pending.add(call.ann.group->propose({mls::Remove{{1}}}).pending);
       call.ann.say(call.ann.commit_welcome().message());
     }},
    {"ThatLeavesAProposalOut", "dave-commit", "a Commit leaves a proposal out", kAnn,
     [](PeerCall& call) {
       const Bytes of_cid_alone = call.ann.commit_welcome().message();
       call.dee.join();
       call.deliver();
       call.pass(2s);  // by now it cannot be on its way any more
       call.ann.say(of_cid_alone);
     }},
    {"OfWhatIsRevoked", "dave-commit", "a Commit refers to a proposal that was not made or is revoked", kAnn,
     [](PeerCall& call) {
       call.dee.join();
       call.deliver();
       const Bytes of_both = call.ann.commit_welcome().message();
       call.service.leave(kDee, call.now);
       call.deliver();
       call.pass(2s);
       call.ann.say(of_both);
     }},
    {"TwiceTheSame", "dave-commit", "a Commit refers to one proposal twice", kAnn,
     commits([](PeerCall&, Spoilable& message) {
       message.content().proposals.push_back(message.content().proposals.front());
     })},
    {"OfAnEpochToCome", "dave-commit", "a Commit is for an epoch that is yet to come", kAnn,
     commits([](PeerCall&, Spoilable& message) { ++message.commit.content.epoch; })},
    {"OfAnotherGroup", "dave-commit", "a Commit is for another group", kAnn,
     commits([](PeerCall&, Spoilable& message) { message.commit.content.group_id.back() ^= 1; })},
    {"OfAnotherLeaf", "dave-commit", "a Commit names another leaf as its sender", kAnn,
     commits([](PeerCall&, Spoilable& message) { message.commit.content.sender.index = 1; })},
    {"OfTheExternalSender", "dave-commit", "opcode 28 does not begin with a member's Commit", kAnn,
     commits(
         [](PeerCall&, Spoilable& message) { message.commit.content.sender = mls::Sender::external(0); })},
    {"OfSomebodyWhoWaits", "dave-commit", "a Commit comes from somebody who is not in the group", kDee,
     [](PeerCall& call) {
       call.service.join(call.channel(), kDee, call.now);
       call.dee.say(call.ann.commit_welcome().message());
     }},
    {"WithoutThePathThatItNeeds", "dave-commit", "a Commit lacks the path that it needs", kAnn,
     [](PeerCall& call) {
       call.cid_comes_and_goes();
       Spoilable message = call.ann.commit_welcome();
       message.content().path.reset();
       call.ann.say(message.message());
     }},
    {"WithAShorterPath", "dave-commit", "a path has not as many nodes as the sender's direct path", kAnn,
     commits_path([](PeerCall&, mls::UpdatePath& path) { path.nodes.pop_back(); })},
    {"WithAPathForMore", "dave-commit", "a path is not encrypted to exactly those who stay", kAnn,
     commits_path([](PeerCall&, mls::UpdatePath& path) {
       auto& sealed = path.nodes.front().encrypted_path_secret;
       sealed.push_back(sealed.front());
     })},
    {"WithAKeyThatIsNoPoint", "dave-commit", "a public key is not an uncompressed point on P-256", kAnn,
     commits_path([](PeerCall&, mls::UpdatePath& path) { path.nodes.front().encryption_key.back() ^= 1; })},
    {"WithAnUnsignedLeaf", "dave-commit", "a leaf's signature is not valid", kAnn,
     commits_path([](PeerCall&, mls::UpdatePath& path) { path.leaf_node.signature.back() ^= 1; })},
    {"WithAWrongParentHash", "dave-commit", "a path's leaf has the wrong parent hash", kAnn,
     commits_path([](PeerCall& call, mls::UpdatePath& path) {
       path.leaf_node.source = mls::FromCommit{Bytes(32, 1)};
       path.leaf_node.sign(call.ann.key, {dave::identity_of(call.channel()), {0}});
     })},
    {"UnderAnotherName", "dave-commit", "a Commit changes who its sender is", kAnn,
     commits_path([](PeerCall& call, mls::UpdatePath& path) {
       path.leaf_node.credential.identity = dave::identity_of(kDee);
       path.leaf_node.sign(call.ann.key, {dave::identity_of(call.channel()), {0}});
     })},
    {"WithAnotherSignatureKey", "dave-commit", "a Commit changes who its sender is", kAnn,
     commits_path([](PeerCall& call, mls::UpdatePath& path) {
       const mls::PrivateKey other = mls::PrivateKey::generate();
       path.leaf_node.signature_key = mls::public_key_of(other);
       path.leaf_node.sign(other, {dave::identity_of(call.channel()), {0}});
     })},
    {"WithoutAWelcome", "dave-welcome", "a Commit adds somebody and brings no Welcome", kAnn,
     commits([](PeerCall&, Spoilable& message) { message.welcome.reset(); })},
    {"WithAWelcomeForNobody", "dave-welcome", "a Welcome has no secrets for somebody who is added", kAnn,
     commits([](PeerCall&, Spoilable& message) { message.welcome->secrets.clear(); })},
    {"WithAWelcomeForSomebodyElse", "dave-welcome", "a Welcome has no secrets for somebody who is added",
     kAnn,
     commits([](PeerCall&, Spoilable& message) { message.welcome->secrets.front().new_member.back() ^= 1; })},
    {"WithAWelcomeForOthersToo", "dave-welcome", "a Welcome has secrets for others too", kAnn,
     commits([](PeerCall&, Spoilable& message) {
       message.welcome->secrets.push_back(message.welcome->secrets.front());
       message.welcome->secrets.back().new_member.back() ^= 1;
     })},
    {"WithAWelcomeOfAnotherSuite", "dave-welcome", "a Welcome is for another cipher suite", kAnn,
     commits([](PeerCall&, Spoilable& message) { message.welcome->cipher_suite = 1; })},
    {"WithAWelcomeThatNobodyNeeds", "dave-welcome", "a Welcome comes with a Commit that adds nobody", kAnn,
     [](PeerCall& call) {
       const std::optional<mls::Welcome> old = call.ann.commit_welcome().welcome;
       call.cid_comes_and_goes();
       Spoilable message = call.ann.commit_welcome();
       message.welcome = old;
       call.ann.say(message.message());
     }},
};

const Breach kWords[] = {
    {"NothingInBinary", "dave-fields", "an empty binary message came on the voice gateway", kAnn,
     says_in_binary({})},
    {"AnOpcodeOfTheServer", "dave-fields", "opcode 27 is none that a client sends in binary", kAnn,
     says_in_binary({27, 0, 0})},
    {"ReadyWithoutAnId", "dave-fields", "opcode 23 lacks an integer transition_id of 16 bits", kAnn,
     says_in_text(23, json::object())},
    {"ReadyWithAWord", "dave-fields", "opcode 23 lacks an integer transition_id of 16 bits", kAnn,
     says_in_text(23, {{"transition_id", "1"}})},
    {"ReadyBeyond16Bits", "dave-fields", "opcode 23 lacks an integer transition_id of 16 bits", kAnn,
     says_in_text(23, {{"transition_id", 65'536}})},
    {"ReadyWithoutAnObject", "dave-fields", "opcode 23 lacks an integer transition_id of 16 bits", kAnn,
     says_in_text(23, nullptr)},
    {"ReadyForNothing", "dave-ready", "opcode 23 names transition 77, for which it was not asked", kAnn,
     says_in_text(23, {{"transition_id", 77}})},
    {"ReadyTwice", "dave-ready", "opcode 23 names transition 1, for which it was not asked", kAnn,
     says_in_text(23, {{"transition_id", 1}})},
    {"ReadyAtOnce", "dave-ready", "opcode 23 names transition 0, for which it was not asked", kAnn,
     says_in_text(23, {{"transition_id", 0}})},
    {"InvalidOfNothing", "dave-refused",
     "opcode 31 names transition 77, which brought it no Commit and no Welcome", kAnn,
     says_in_text(31, {{"transition_id", 77}})},
    {"InvalidThoughGood", "dave-refused",
     "opcode 31 refuses the Commit or Welcome of transition 1, which was good", kAnn,
     says_in_text(31, {{"transition_id", 1}})},
    {"InvalidWithoutAnId", "dave-fields", "opcode 31 lacks an integer transition_id of 16 bits", kAnn,
     says_in_text(31, {{"transition", 1}})},
    {"ReadyBeforeTheSession", "dave-opcode-order", "opcode 23 came before SESSION_DESCRIPTION", kDee,
     [](PeerCall& call) {
       call.dee.say(23, {{"transition_id", 1}});
     }},
};

std::string name_of(const testing::TestParamInfo<Breach>& the) { return the.param.name; }
INSTANTIATE_TEST_SUITE_P(AKeyPackage, InACall, testing::ValuesIn(kKeyPackages), name_of);
INSTANTIATE_TEST_SUITE_P(ACommit, InACall, testing::ValuesIn(kCommits), name_of);
INSTANTIATE_TEST_SUITE_P(AWord, InACall, testing::ValuesIn(kWords), name_of);

}  // namespace
}  // namespace vcplay::rehearsal
