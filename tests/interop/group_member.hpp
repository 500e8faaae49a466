// core/mls as one member of a group, with no rule of DAVE above RFC 9420.
#pragma once

#include <optional>

#include "interop/peer_words.hpp"
#include "mls/group.hpp"

namespace vcplay::peer {

/// Somebody who waits for a group or is in one.
class GroupMember {
 public:
  explicit GroupMember(Snowflake user) : user_(user) {}

  // Each takes a line's fields and returns the answer's; what core/mls refuses it throws.

  /// → key_package. A fresh one, for the group that is created or joined next.
  [[nodiscard]] json key_package(const json& line);
  /// group_id, external_sender: a group of one at epoch 0.
  [[nodiscard]] json create(const json& line);
  /// welcome
  [[nodiscard]] json join(const json& line);
  /// remove: leaves, add: key packages → proposals of our own, in this order; to be heard like anybody's.
  [[nodiscard]] json propose(const json& line) const;
  /// proposals: all of them are verified, then remembered.
  [[nodiscard]] json hear(const json& line);
  /// → commit, welcome (when somebody is added). In force with adopt() only.
  [[nodiscard]] json commit(const json& line);
  [[nodiscard]] json adopt(const json& line);
  /// commit: another member's → removed
  [[nodiscard]] json follow(const json& line);
  /// label, context, length: of a secret to export → epoch, authenticator, exported, roster
  [[nodiscard]] json state(const json& line) const;

 private:
  void enter(mls::Group group);
  [[nodiscard]] const mls::Group& group() const { return group_.value(); }

  Snowflake user_;
  mls::PrivateKey signature_key_ = mls::PrivateKey::generate();
  std::optional<mls::OwnKeyPackage> package_;
  std::optional<mls::Group> group_;
  mls::PendingProposals pending_;
  std::optional<mls::Group> committed_;
};

}  // namespace vcplay::peer
