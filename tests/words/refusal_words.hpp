// The bot in a group, somebody at the door, and what must not be believed.
#pragma once

#include <cstdint>

#include "words/dave_words.hpp"

namespace vcplay::dave::test {

/// The bot in Ann's group, with Bob at the door.
class Refusals : public Call {
 protected:
  Refusals() {
    join_ann();
    connect(kBob);
    epoch_ = bot_->group()->epoch();
  }
  /// Nothing is said, and what was in force still is.
  void expect_nothing_changed() {
    EXPECT_EQ(said(), Said{});
    ASSERT_NE(bot_->group(), nullptr);
    EXPECT_EQ(bot_->group()->epoch(), epoch_);
    EXPECT_EQ(media_, "encrypted");
    EXPECT_TRUE(heard_by(ann_));
  }
  /// The Commit that comes next is a good one, and the bot follows it.
  void expect_life_goes_on() {
    const auto proposals = in_epoch({bob_.add()});
    propose(proposals);
    const CommitWelcome adding = ann_commits(proposals);
    bob_.join(adding.welcome);
    commit(99, adding.commit);
    execute(99);
    EXPECT_EQ(members_, 3U);
    EXPECT_TRUE(heard_by(bob_));
  }
  void expect_refused(const mls::MlsMessage& proposal) {
    propose({proposal});
    expect_nothing_changed();
    const auto good = in_epoch({bob_.add()})[0];
    propose({good, proposal});
    expect_nothing_changed();  // one bad proposal spoils the list
  }
  void expect_policy_refuses(const mls::Proposal& proposal) { expect_refused(in_epoch({proposal})[0]); }

  std::uint64_t epoch_ = 0;
};

}  // namespace vcplay::dave::test
