// What the delivery service lets pass although it looks odd, and for how long it waits.
#include <gmock/gmock.h>

#include "words/delivery_peers.hpp"

namespace vcplay::rehearsal {
namespace {

using test::kAnn;
using test::kBob;
using test::kCid;
using test::kDee;
using test::Peer;
using test::PeerCall;
using test::with_opcode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// ── what is lawful, although it looks odd ──

TEST(DeliveryPatience, TakesAKeyPackageInAnMlsMessage) {
  PeerCall call;
  call.begin();
  call.service.join(call.channel(), kDee, call.now);
  call.dee.say(
      with_opcode(dave::Opcode::key_package, mls::encoded(mls::MlsMessage{call.dee.package.key_package})));
  call.deliver();
  call.ann.say_commit();
  call.deliver();
  EXPECT_EQ(call.dee.group->epoch(), 2U);
  EXPECT_THAT(call.broken(kDee), IsEmpty());
}

TEST(DeliveryPatience, DropsCommitsThatWereFasterThanTheProposals) {
  PeerCall call;
  call.begin();
  const Bytes of_cid_alone = call.ann.commit_welcome().message();
  call.dee.join();
  call.pass(1999ms);
  call.ann.say(of_cid_alone);
  EXPECT_THAT(call.broken(kAnn), IsEmpty()) << call.sentence(kAnn);
  call.deliver();
  EXPECT_EQ(call.ann.group->epoch(), 1U);
  call.ann.say_commit();
  call.deliver();
  EXPECT_EQ(call.dee.group->roster().size(), 4U);
}

TEST(DeliveryPatience, DropsCommitsThatCameSecond) {
  PeerCall call;
  call.begin();
  const Bytes of_bob = call.bob.commit_welcome().message();
  call.ann.say_commit();
  call.bob.say(of_bob);
  call.deliver();
  call.bob.say(of_bob);
  call.pass(60s);
  call.bob.say(of_bob);
  EXPECT_THAT(call.broken(kBob), IsEmpty());
  EXPECT_EQ(call.bob.group->epoch(), 2U);
}

TEST(DeliveryPatience, TakesAnotherKeyPackageInPlaceOfOneThatWaits) {
  PeerCall call;
  call.begin();
  call.cid.package = Peer::make_package(kCid, call.cid.key);
  call.cid.say(call.cid.key_package_message());
  call.deliver();
  EXPECT_EQ(call.ann.pending.all().size(), 1U) << "the first Add is revoked";
  call.ann.say_commit();
  call.deliver();
  EXPECT_EQ(call.cid.group->epoch(), 2U);
  EXPECT_THAT(call.broken(kCid), IsEmpty()) << call.sentence(kCid);
}

TEST(DeliveryPatience, TellsTheFounderOfANewGroupOfItsOwnEverythingAgain) {
  PeerCall call;
  call.ann.join();
  call.bob.join();
  call.deliver();
  call.ann.package = Peer::make_package(kAnn, call.ann.key);
  call.ann.say(call.ann.key_package_message());  // whose group knows nothing yet
  std::vector<Snowflake> told;
  for (const DaveMessage& message : call.down) told.push_back(message.to);
  EXPECT_THAT(told, ElementsAre(kBob, kAnn, kBob))
      << "Ann's Add is revoked, then everybody learns of the other";
}

TEST(DeliveryPatience, DropsWhatWasOnItsWayWhenTheGroupWentAway) {
  PeerCall call;
  call.begin();
  const Bytes old = call.ann.commit_welcome().message();
  call.service.leave(kBob, call.now);
  call.service.leave(kCid, call.now);
  call.ann.say(old);
  EXPECT_THAT(call.broken(kAnn), IsEmpty()) << call.sentence(kAnn);
  call.ann.say(dave::key_package_message(Peer::make_package(kAnn, call.ann.key).key_package));
  call.pass(2s);
  call.ann.say(old);
  EXPECT_THAT(call.broken(kAnn), ElementsAre("dave-commit"));
}

TEST(DeliveryPatience, DropsWhatWasOnItsWayToVersionZero) {
  DaveFaults faults;
  faults.mid_play = {DaveDisturbance::version_without_group};
  PeerCall call(test::encrypted(faults));
  call.begin();
  call.service.disturb(kAnn, call.now);
  call.ann.say(call.ann.commit_welcome().message());
  EXPECT_THAT(call.broken(kAnn), IsEmpty()) << call.sentence(kAnn);
}

TEST(DeliveryPatience, FollowsFoundersWhoseLeafIsNotThatOfTheirKeyPackage) {
  PeerCall call;
  call.ann.founding_leaf = Peer::make_package(kAnn, call.ann.key);
  call.begin();
  for (Peer* const committer : {&call.bob, &call.ann, &call.bob}) {
    call.cid_comes_and_goes();
    committer->say_commit();  // with a path
    call.deliver();
    call.cid.package = Peer::make_package(kCid, call.cid.key);
    call.cid.pending.clear();
    call.cid.join();
    call.deliver();
  }
  EXPECT_EQ(call.ann.group->epoch(), 7U);
  EXPECT_THAT(call.broken(kAnn), IsEmpty()) << call.sentence(kAnn);
  EXPECT_THAT(call.broken(kBob), IsEmpty()) << call.sentence(kBob);
}

// ── what does not come at all ──

TEST(DeliveryPatience, WaitsFiveSecondsForAKeyPackage) {
  PeerCall call;
  call.begin();
  call.service.join(call.channel(), kDee, call.now);
  call.ann.say_commit();  // now only Dee's key package is missing
  call.deliver();
  call.pass(4999ms);
  EXPECT_THAT(call.broken(kDee), IsEmpty());
  call.pass(1ms);
  EXPECT_THAT(call.broken(kDee), ElementsAre("dave-key-package-missing"));
}

TEST(DeliveryPatience, WaitsFiveSecondsForACommitOfEachMember) {
  PeerCall call;
  call.begin();
  Bytes old = call.ann.commit_welcome().message();
  call.dee.join();
  call.ann.say(old);
  call.deliver();
  call.pass(5s);
  EXPECT_THAT(call.broken(kBob), ElementsAre("dave-commit-missing"));
  EXPECT_THAT(call.broken(kAnn), IsEmpty()) << "has said one, though too early";
  EXPECT_THAT(call.broken(kCid), IsEmpty()) << "is no member yet";
}

// ── what a member has to refuse ──

TEST(DeliveryPatience, NamesWhoeverCommitsAStranger) {
  DaveFaults faults;
  faults.mid_play = {DaveDisturbance::stranger_added};
  PeerCall call(test::encrypted(faults));
  call.begin();
  call.service.disturb(kAnn, call.now);
  call.deliver();
  call.ann.say(call.ann.commit_welcome().message());
  EXPECT_THAT(call.broken(kAnn), ElementsAre("dave-commit"));
  EXPECT_THAT(call.sentence(kAnn), HasSubstr("had to refuse"));
}

}  // namespace
}  // namespace vcplay::rehearsal
