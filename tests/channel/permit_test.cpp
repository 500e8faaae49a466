// Whether audio may flow: end-to-end encryption, the stage and the audience give one answer.
#include "channel/send_permit.hpp"

#include <gtest/gtest.h>

namespace vcplay::channel {
namespace {

TEST(SendPermit, WaitsUntilEndToEndEncryptionHasSpoken) {
  const SendPermit permit(WhenAlone::play);
  EXPECT_EQ(permit.permit(), Permit::waiting);
  EXPECT_EQ(permit.line(), LineState::waiting);
}

TEST(SendPermit, FollowsTheLine) {
  SendPermit permit(WhenAlone::play);
  permit.line_is(LineState::encrypted);
  EXPECT_EQ(permit.permit(), Permit::encrypted);
  permit.line_is(LineState::waiting);
  EXPECT_EQ(permit.permit(), Permit::waiting);
  permit.line_is(LineState::not_encrypted);
  EXPECT_EQ(permit.permit(), Permit::not_encrypted);
  permit.line_is(LineState::plain);
  EXPECT_EQ(permit.permit(), Permit::plain);
}

TEST(SendPermit, LetsARadioRunOnOnceItIsSureThatNobodyIsThere) {
  SendPermit permit(WhenAlone::play);
  permit.line_is(LineState::alone);
  EXPECT_EQ(permit.permit(), Permit::alone) << "the server may not have named anybody yet";
  permit.nobody_came();
  EXPECT_EQ(permit.permit(), Permit::unheard);
  permit.line_is(LineState::encrypted);
  permit.line_is(LineState::alone);
  EXPECT_EQ(permit.permit(), Permit::unheard) << "the second time it knows";
}

TEST(SendPermit, HoldsForAllOthersWhoAreAlone) {
  for (const WhenAlone policy : {WhenAlone::wait, WhenAlone::exit}) {
    SendPermit permit(policy);
    permit.line_is(LineState::alone);
    permit.nobody_came();
    EXPECT_EQ(permit.permit(), Permit::alone);
  }
}

TEST(SendPermit, AsksWhoIsThereWithoutEncryptionOnlyForThoseWhoWait) {
  for (const WhenAlone policy : {WhenAlone::wait, WhenAlone::exit, WhenAlone::play}) {
    SendPermit permit(policy);
    permit.line_is(LineState::plain);
    permit.deserted_is(true);
    EXPECT_EQ(permit.permit(), policy == WhenAlone::play ? Permit::plain : Permit::alone);
    EXPECT_EQ(permit.line(), LineState::plain) << "the line is what it was";
    permit.deserted_is(false);
    EXPECT_EQ(permit.permit(), Permit::plain);
  }
}

TEST(SendPermit, BelievesEndToEndEncryptionThatSomebodyIsThere) {
  SendPermit permit(WhenAlone::wait);
  permit.deserted_is(true);
  permit.line_is(LineState::encrypted);
  EXPECT_EQ(permit.permit(), Permit::encrypted);
}

TEST(SendPermit, IsSilentInTheAudienceOfAStage) {
  SendPermit permit(WhenAlone::wait);
  permit.line_is(LineState::plain);
  permit.audience_is(true);
  permit.deserted_is(true);
  EXPECT_EQ(permit.permit(), Permit::audience);
  EXPECT_EQ(permit.line(), LineState::audience);
  permit.audience_is(false);
  EXPECT_EQ(permit.permit(), Permit::alone);
  EXPECT_EQ(permit.line(), LineState::plain);
}

TEST(SendPermit, TakesNoSeatForAReasonWhereAudioIsEncrypted) {
  SendPermit permit(WhenAlone::play);
  permit.line_is(LineState::encrypted);
  permit.audience_is(true);
  EXPECT_EQ(permit.permit(), Permit::encrypted) << "stages are not encrypted: the server will say so";
  EXPECT_EQ(permit.line(), LineState::encrypted);
}

TEST(SendPermit, KnowsNothingOfTheSessionBefore) {
  SendPermit permit(WhenAlone::play);
  permit.line_is(LineState::alone);
  permit.nobody_came();
  permit.begin();
  EXPECT_EQ(permit.permit(), Permit::waiting);
  permit.line_is(LineState::alone);
  EXPECT_EQ(permit.permit(), Permit::alone) << "the next server has its time, too";
}

TEST(SendPermit, KeepsTheSeatThroughANewSession) {
  SendPermit permit(WhenAlone::play);
  permit.audience_is(true);
  permit.begin();
  permit.line_is(LineState::plain);
  EXPECT_EQ(permit.permit(), Permit::audience);
}

}  // namespace
}  // namespace vcplay::channel
