// What the delivery service does wrong when it is told to, and how its members get over it.
#include <gmock/gmock.h>

#include "words/delivery_words.hpp"

namespace vcplay::rehearsal {
namespace {

using test::kAnn;
using test::kBob;
using test::kCid;
using test::kDee;
using test::Room;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

/// A call of three with the given disturbance.
class Disturbed : public testing::Test {
 protected:
  void disturb(DaveDisturbance disturbance) {
    DaveFaults faults;
    faults.mid_play = {disturbance};
    room_.emplace(test::encrypted(faults));
    for (const Snowflake user : {kAnn, kBob, kCid}) room_->come(user);
    room_->expect_call_of({kAnn, kBob, kCid});
    before_ = room_->of(kAnn).code;
    static_cast<void>(room_->heard(kAnn));
    room_->of(kAnn).proposals.clear();
    room_->disturb(kAnn);
  }
  /// A newcomer is welcomed, and somebody's leaving is noticed.
  void expect_that_life_goes_on() {
    room_->come(kDee);
    room_->expect_call_of({kAnn, kBob, kCid, kDee});
    room_->go(kBob);
    room_->expect_call_of({kAnn, kCid, kDee});
  }

  std::optional<Room> room_;
  std::string before_;
};

TEST_F(Disturbed, ByAnotherExternalSender) {
  disturb(DaveDisturbance::other_external_sender);
  EXPECT_THAT(room_->heard(kAnn), ElementsAre(25));
  EXPECT_EQ(room_->of(kAnn).code, before_);
  expect_that_life_goes_on();
}

TEST_F(Disturbed, ByAStranger) {
  disturb(DaveDisturbance::stranger_added);
  EXPECT_THAT(room_->heard(kAnn), ElementsAre(27));
  EXPECT_EQ(room_->of(kAnn).code, before_);
  expect_that_life_goes_on();
}

TEST_F(Disturbed, ByADoubleUser) {
  disturb(DaveDisturbance::user_added_twice);
  EXPECT_THAT(room_->heard(kAnn), ElementsAre(27));
  // Nobody can commit anything until the Add is revoked.
  room_->come(kDee);
  EXPECT_EQ(room_->of(kDee).media, "waiting");
  room_->pass(1s);
  EXPECT_THAT(room_->of(kAnn).proposals, ElementsAre(1, 1, -1));
  room_->expect_call_of({kAnn, kBob, kCid, kDee});
  room_->go(kBob);
  room_->expect_call_of({kAnn, kCid, kDee});
}

TEST_F(Disturbed, ByAnUnknownTransition) {
  disturb(DaveDisturbance::unknown_transition);
  EXPECT_THAT(room_->heard(kAnn), ElementsAre(22));
  EXPECT_EQ(room_->of(kAnn).code, before_);
  expect_that_life_goes_on();
}

TEST_F(Disturbed, ByANewGroupThatIsAnnouncedTwice) {
  disturb(DaveDisturbance::new_group_twice);
  EXPECT_THAT(room_->heard(kAnn), ElementsAre(24, 24, 27, 29, 22, 27, 29, 22));
  EXPECT_NE(room_->of(kAnn).code, before_);
  room_->expect_call_of({kAnn, kBob, kCid});
  expect_that_life_goes_on();
}

TEST_F(Disturbed, ByVersionZeroForAWhile) {
  disturb(DaveDisturbance::version_without_group);
  EXPECT_THAT(room_->heard(kAnn), ElementsAre(21, 22));
  EXPECT_EQ(room_->of(kAnn).media, "plain");
  EXPECT_EQ(room_->service.version(room_->channel(), 1), 0);
  room_->come(kDee);
  EXPECT_EQ(room_->of(kDee).media, "plain");
  room_->pass(1s);
  EXPECT_NE(room_->of(kAnn).code, before_);
  room_->expect_call_of({kAnn, kBob, kCid, kDee});
  room_->go(kBob);
  room_->expect_call_of({kAnn, kCid, kDee});
}

TEST_F(Disturbed, ByVersionZeroWhileOthersLeave) {
  disturb(DaveDisturbance::version_without_group);
  room_->go(kBob);
  room_->go(kCid);
  EXPECT_THAT(room_->heard(kAnn), ElementsAre(21, 22)) << "there is no group that could be reset";
  room_->pass(1s);
  EXPECT_EQ(room_->of(kAnn).media, "plain") << "nobody is there to make a group with";
  room_->come(kDee);
  room_->expect_call_of({kAnn, kDee});
}

TEST_F(Disturbed, ByAChangeOfVersionThatKeepsTheGroup) {
  disturb(DaveDisturbance::version_with_same_group);
  EXPECT_THAT(room_->heard(kAnn), ElementsAre(24, 21, 22));
  EXPECT_EQ(room_->of(kAnn).code, before_);
  EXPECT_EQ(room_->epoch(kAnn), 2U);
  room_->expect_call_of({kAnn, kBob, kCid});
  expect_that_life_goes_on();
}

TEST(DeliveryFaults, AnExternalSenderMayComeBeforeTheSession) {
  DaveFaults faults;
  faults.early_external_sender = true;
  Room room(test::encrypted(faults));
  room.come(kAnn);
  EXPECT_THAT(room.heard(kAnn), ElementsAre(25, 4));
  room.come(kBob);
  room.expect_call_of({kAnn, kBob});
}

TEST(DeliveryFaults, EverybodyButTheCommitterGetsOverABadCommit) {
  DaveFaults faults;
  faults.corrupted_commits = 1;
  Room room(test::encrypted(faults));
  room.makes_haste(kAnn);
  for (const Snowflake user : {kAnn, kBob, kCid}) room.come(user);
  EXPECT_THAT(room.heard(kBob), ElementsAre(4, 25, 27, 30, 22, 27, 29, 30, 22)) << "removed and added again";
  room.expect_call_of({kAnn, kBob, kCid});
  room.come(kDee);
  room.expect_call_of({kAnn, kBob, kCid, kDee});
}

TEST(DeliveryFaults, ManyGetOverABadCommitTogether) {
  DaveFaults faults;
  faults.corrupted_commits = 2;
  Room room(test::encrypted(faults));
  for (const Snowflake user : {kAnn, kBob, kCid, kDee}) room.come(user);
  room.expect_call_of({kAnn, kBob, kCid, kDee});
}

TEST(DeliveryFaults, ANewcomerGetsOverABadWelcome) {
  DaveFaults faults;
  faults.corrupted_welcomes = 2;
  Room room(test::encrypted(faults));
  room.come(kAnn);
  room.come(kBob);
  room.expect_call_of({kAnn, kBob});
  EXPECT_THAT(room.heard(kBob), ElementsAre(4, 25, 27, 30, 30, 30, 22));
}

TEST(DeliveryFaults, ARevokedAddIsMadeAgain) {
  DaveFaults faults;
  faults.revoked_adds = 1;
  Room room(test::encrypted(faults));
  room.come(kAnn);
  room.come(kBob);
  room.of(kAnn).proposals.clear();
  room.come(kCid);
  EXPECT_THAT(room.of(kAnn).proposals, ElementsAre(1, -1));
  EXPECT_EQ(room.of(kCid).media, "waiting");
  room.come(kDee);
  EXPECT_THAT(room.of(kAnn).proposals, ElementsAre(1, -1, 1)) << "Dee alone";
  room.expect_call_of({kAnn, kBob, kDee});
  room.pass(500ms);
  EXPECT_THAT(room.of(kAnn).proposals, ElementsAre(1, -1, 1, 1));
  room.expect_call_of({kAnn, kBob, kCid, kDee});
}

TEST(DeliveryFaults, NothingIsEverExecuted) {
  DaveFaults faults;
  faults.never_executes = true;
  Room room(test::encrypted(faults));
  room.come(kAnn);
  room.come(kBob);
  room.pass(9s);
  EXPECT_EQ(room.of(kAnn).media, "waiting");
  room.pass(5s);  // both ask for the group again, and nobody is left in the old one
  EXPECT_THAT(room.heard(kAnn), AllOf(Contains(24), Not(Contains(22))));
  EXPECT_THAT(room.broken(kAnn), IsEmpty()) << room.sentence(kAnn);
  EXPECT_THAT(room.broken(kBob), IsEmpty()) << room.sentence(kBob);
}

TEST(DeliveryFaults, WhoeverIsLeftAloneFallsBackToVersionZero) {
  DaveFaults faults;
  faults.alone_is_plain = true;
  Room room(test::encrypted(faults));
  room.come(kAnn);
  room.come(kBob);
  static_cast<void>(room.heard(kAnn));
  room.go(kBob);
  EXPECT_THAT(room.heard(kAnn), ElementsAre(21));
  EXPECT_EQ(room.of(kAnn).media, "plain");
  room.pass(60s);
  room.come(kCid);
  EXPECT_THAT(room.heard(kCid), Not(Contains(21)));
  room.expect_call_of({kAnn, kCid});
  room.go(kCid);
  EXPECT_EQ(room.of(kAnn).media, "plain");
  room.come(kDee);
  room.expect_call_of({kAnn, kDee});
}

}  // namespace
}  // namespace vcplay::rehearsal
