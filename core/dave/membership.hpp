// Our side of the call's MLS group: from the key package over the epochs to the end.
#pragma once

#include <map>
#include <optional>

#include "base/logger.hpp"
#include "dave/messages.hpp"
#include "dave/policy.hpp"
#include "mls/group.hpp"

namespace vcplay::dave {

/// What a Commit or Welcome led to.
enum class Followed : std::uint8_t {
  ignored,   // it was not for us
  advanced,  // established() is in the next epoch, or in its first
  removed,   // we are no member any more
};

/// One user's membership in one channel's group. Refuses with an mls::Refusal or dave::Refusal and then
/// stays as it was.
class Membership {
 public:
  Membership(Snowflake self, Snowflake channel, mls::PrivateKey signature_key, log::Logger logger = {});

  /// Begins anew with a fresh key package, which is returned to be sent; what is left of the old group goes.
  /// The external sender stays.
  [[nodiscard]] const mls::KeyPackage& renew();
  /// Leaves the established group, if there is one.
  void leave() noexcept;

  /// Opcode 25.
  void on_external_sender(ByteView package);
  /// Opcode 27: the Commit to be sent in answer, when there is one.
  [[nodiscard]] std::optional<Bytes> on_proposals(ByteView body, const Users& recognized);
  /// Opcode 29's Commit.
  [[nodiscard]] Followed on_commit(ByteView message);
  /// Opcode 30's Welcome. Refused as misplaced when it is not for our latest key package.
  [[nodiscard]] Followed on_welcome(ByteView message);

  /// The group that others are in too, or nullptr.
  [[nodiscard]] const mls::Group* established() const noexcept { return current_ ? &*current_ : nullptr; }

 private:
  /// While nobody has welcomed us: a key package, and a group of our own for when we are to form the call's.
  struct Pending {
    mls::OwnKeyPackage key_package;
    std::optional<mls::Group> group;  // since the external sender is known
  };

  void make_pending_group();
  [[nodiscard]] const mls::Group* local_group() const noexcept;
  /// False when a message is of another group or epoch and the list is to be ignored.
  [[nodiscard]] bool append(const AppendProposals& list, const Users& recognized);
  void revoke(const RevokeProposals& list);
  [[nodiscard]] std::optional<Bytes> commit();
  void adopt(mls::Group group);
  void forget_epoch() noexcept;

  const log::Logger logger_;
  const Snowflake self_;
  const Bytes group_id_;
  const mls::PrivateKey signature_key_;
  std::optional<mls::ExternalSender> external_sender_;
  std::optional<Pending> pending_;     // never together with current_
  std::optional<mls::Group> current_;  // epoch 1 and later
  mls::PendingProposals proposals_;    // of the local group's epoch
  // Each Commit that we sent in this epoch and where it leads: any of them may win, not only the latest.
  std::map<Bytes, mls::Group> own_commits_;
  Bytes joined_by_;  // the Welcome that current_ began with
};

}  // namespace vcplay::dave
