// DAVE's delivery service: how calls form, change and empty, as their members live it.
#include <gmock/gmock.h>

#include "words/delivery_words.hpp"

namespace vcplay::rehearsal {
namespace {

using test::kAnn;
using test::kBob;
using test::kCid;
using test::kDee;
using test::Room;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Delivery, SpeaksTheGreatestVersionThatBothDo) {
  Room room;
  EXPECT_EQ(room.service.version(room.channel(), 0), 0);
  EXPECT_EQ(room.service.version(room.channel(), 1), 1);
  EXPECT_EQ(room.service.version(room.channel(), 2), 1);
}

TEST(Delivery, LeavesStagesAlone) {
  DiscordOptions options = test::encrypted();
  options.channel_type = 13;  // a stage
  Room room(options);
  EXPECT_EQ(room.service.version(room.channel(), 1), 0);
  room.come(kAnn);
  room.come(kBob);
  EXPECT_EQ(room.of(kAnn).media, "plain");
  EXPECT_THAT(room.heard(kAnn), ElementsAre(4));
  EXPECT_THAT(room.broken(kAnn), IsEmpty());
}

TEST(Delivery, IsSilentToWhoeverIsAlone) {
  Room room;
  room.come(kAnn);
  room.pass(60s);
  EXPECT_THAT(room.heard(kAnn), ElementsAre(4, 25));
  EXPECT_EQ(room.of(kAnn).media, "alone");
  EXPECT_THAT(room.broken(kAnn), IsEmpty());
}

TEST(Delivery, TakesTheFirstCommitWhoeverSendsIt) {
  for (const auto& [fast, slow] : {std::pair(kAnn, kBob), std::pair(kBob, kAnn)}) {
    SCOPED_TRACE(fast.str());
    Room room;
    room.makes_haste(fast);
    room.come(kAnn);
    room.come(kBob);
    EXPECT_THAT(room.heard(fast), ElementsAre(4, 25, 27, 29, 22));
    EXPECT_THAT(room.heard(slow), ElementsAre(4, 25, 27, 30, 22));
    room.expect_call_of({kAnn, kBob});
    // And once more, in a group that is there already.
    room.come(kCid);
    EXPECT_THAT(room.heard(fast), ElementsAre(27, 29, 22));
    EXPECT_THAT(room.heard(slow), ElementsAre(27, 29, 22));
    EXPECT_THAT(room.heard(kCid), ElementsAre(4, 25, 30, 22));
    EXPECT_EQ(room.epoch(kCid), 2U);
    room.expect_call_of({kAnn, kBob, kCid});
  }
}

TEST(Delivery, TellsANewcomerOfAllWhoWaitWithIt) {
  Room room;
  room.come(kAnn);
  room.of(kAnn).mute = {28};
  room.arrive(kBob);
  room.of(kBob).mute = {28};
  room.settle();
  room.come(kCid);
  EXPECT_THAT(room.of(kAnn).proposals, ElementsAre(1, 1));
  EXPECT_THAT(room.of(kCid).proposals, ElementsAre(2));
  EXPECT_THAT(room.heard(kCid), ElementsAre(4, 25, 27, 29, 22));
  room.expect_call_of({kAnn, kBob, kCid});
}

TEST(Delivery, RemovesWhoeverLeavesTwice) {
  Room room;
  for (const Snowflake user : {kAnn, kBob, kCid, kDee}) room.come(user);
  room.expect_call_of({kAnn, kBob, kCid, kDee});
  const std::string before = room.of(kAnn).code;
  static_cast<void>(room.heard(kAnn));
  room.go(kBob);
  EXPECT_THAT(room.heard(kAnn), ElementsAre(27, 29, 22));
  room.expect_call_of({kAnn, kCid, kDee});
  EXPECT_NE(room.of(kAnn).code, before);
  room.go(kAnn);
  room.expect_call_of({kCid, kDee});
  EXPECT_EQ(room.epoch(kCid), 5U);
}

TEST(Delivery, GivesALeafThatIsFreeToTheNext) {
  Room room;
  for (const Snowflake user : {kAnn, kBob, kCid}) room.come(user);
  room.go(kBob);
  room.come(kDee);
  room.expect_call_of({kAnn, kCid, kDee});
  EXPECT_EQ(room.of(kDee).session.group()->own_leaf().value, 1U);
  room.come(kBob);
  room.expect_call_of({kAnn, kBob, kCid, kDee});
}

TEST(Delivery, AddsAndRemovesInOneCommitWhenItHoldsProposalsBack) {
  DaveFaults rare;
  rare.batch = 200ms;
  Room room(test::encrypted(rare));
  for (const Snowflake user : {kAnn, kBob, kCid}) {
    room.come(user);
    room.pass(1s);
  }
  room.expect_call_of({kAnn, kBob, kCid});
  room.of(kAnn).proposals.clear();
  room.go(kCid);
  room.come(kDee);
  EXPECT_THAT(room.of(kAnn).proposals, IsEmpty());
  room.pass(200ms);
  EXPECT_THAT(room.of(kAnn).proposals, ElementsAre(2));
  EXPECT_EQ(room.epoch(kAnn), 3U);
  room.expect_call_of({kAnn, kBob, kDee});
}

TEST(Delivery, RevokesTheAddOfSomebodyWhoLeavesAgain) {
  Room room;
  room.come(kAnn);
  room.come(kBob);
  room.arrive(kCid);
  room.hand_down();
  room.service.on_binary(kCid, std::get<dave::SendBinary>(room.of(kCid).outbox.front()).bytes, room.now);
  room.hand_down();  // the Commits are on their way
  room.of(kAnn).proposals.clear();
  room.go(kCid);
  EXPECT_THAT(room.of(kAnn).proposals, ElementsAre(-1));
  EXPECT_EQ(room.epoch(kAnn), 1U);
  room.expect_call_of({kAnn, kBob});
  room.come(kDee);
  room.expect_call_of({kAnn, kBob, kDee});
}

TEST(Delivery, MakesANewGroupForWhoeverIsLeft) {
  Room room;
  room.come(kAnn);
  room.come(kBob);
  static_cast<void>(room.heard(kAnn));
  room.go(kBob);
  EXPECT_THAT(room.heard(kAnn), ElementsAre(24, 21));
  EXPECT_EQ(room.of(kAnn).media, "alone");
  EXPECT_EQ(room.of(kAnn).session.group(), nullptr);
  room.pass(60s);
  EXPECT_THAT(room.heard(kAnn), IsEmpty());
  room.come(kCid);
  room.expect_call_of({kAnn, kCid});
  EXPECT_EQ(room.epoch(kAnn), 1U);
  room.go(kAnn);
  room.come(kAnn);
  room.expect_call_of({kAnn, kCid});
}

TEST(Delivery, MakesANewGroupWhenNobodyIsLeftInTheOld) {
  Room room;
  room.come(kAnn);
  room.come(kBob);
  room.arrive(kCid);  // both are connected, and have sent no key package yet
  room.arrive(kDee);
  room.depart(kAnn);
  room.depart(kBob);
  room.settle();
  EXPECT_THAT(room.heard(kCid), ElementsAre(4, 25, 24, 27, 29, 22));
  room.expect_call_of({kCid, kDee});
  EXPECT_EQ(room.epoch(kCid), 1U);
}

TEST(Delivery, ForgetsACallThatEmpties) {
  Room room;
  room.come(kAnn);
  room.come(kBob);
  room.go(kBob);
  room.go(kAnn);
  EXPECT_EQ(room.service.deadline(), std::nullopt);
  room.come(kBob);
  room.come(kCid);
  room.expect_call_of({kBob, kCid});
}

TEST(Delivery, AddsWhoeverComesBackUnderTheSameName) {
  Room room;
  for (const Snowflake user : {kAnn, kBob, kCid}) room.come(user);
  room.depart(kCid);
  room.arrive(kCid);
  room.settle();
  room.expect_call_of({kAnn, kBob, kCid});
  room.arrive(kCid);  // without having left
  room.settle();
  room.expect_call_of({kAnn, kBob, kCid});
}

TEST(Delivery, WaitsTwoSecondsForThoseWhoAreNotReady) {
  Room room;
  room.come(kAnn);
  room.come(kBob);
  room.of(kBob).mute = {23};
  room.come(kCid);
  static_cast<void>(room.heard(kAnn));
  room.pass(1999ms);
  EXPECT_THAT(room.heard(kAnn), IsEmpty());
  room.pass(1ms);
  EXPECT_THAT(room.heard(kAnn), ElementsAre(22));
  EXPECT_THAT(room.broken(kBob), ElementsAre("dave-ready-missing"));
  EXPECT_THAT(room.broken(kAnn), IsEmpty());
  // Late is not twice.
  room.service.on_text(kBob, 23, {{"transition_id", 2}}, room.now);
  EXPECT_THAT(room.broken(kBob), ElementsAre("dave-ready-missing"));
  EXPECT_EQ(room.of(kCid).code, room.of(kAnn).code);
}

TEST(Delivery, DoesNotWaitForThoseWhoLeave) {
  Room room;
  for (const Snowflake user : {kAnn, kBob, kCid}) room.come(user);
  room.of(kBob).mute = {23};
  room.come(kDee);
  static_cast<void>(room.heard(kAnn));
  room.go(kBob);
  EXPECT_THAT(room.heard(kAnn), ElementsAre(22, 27, 29, 22));
  room.expect_call_of({kAnn, kCid, kDee});
  EXPECT_THAT(room.broken(kBob), IsEmpty());
}

TEST(Delivery, RunsTwoChannelsApart) {
  Room room;
  room.come(kAnn);
  room.come(kBob);
  const Snowflake other = room.world.other_channel();
  room.service.join(other, kDee, room.now);
  EXPECT_EQ(room.service.version(other, 1), 1);
  room.service.leave(kDee, room.now);
  room.expect_call_of({kAnn, kBob});
  EXPECT_EQ(room.epoch(kAnn), 1U);
  room.service.join(other, kBob, room.now);  // nobody is in two calls at a time
  room.settle();
  EXPECT_EQ(room.of(kAnn).session.group(), nullptr);
}

}  // namespace
}  // namespace vcplay::rehearsal
