// A group as one of its members sees it, epoch by epoch (RFC 9420 s11 and s12).
#pragma once

#include <functional>
#include <optional>
#include <variant>
#include <vector>

#include "mls/key_schedule.hpp"
#include "mls/proposal_rules.hpp"
#include "mls/tree_kem.hpp"

namespace vcplay::mls {

/// What RFC 9420 leaves to the application. Each may be empty: then all leaves and lists are welcome and no
/// PSK is known. To say no, they throw a Refusal.
struct Application {
  /// s5.3.1, the authentication service: asked about each leaf of a tree that is joined and
  /// each that comes later.
  std::function<void(const LeafNode&)> check_leaf;
  /// s12.2: asked about each list of proposals that is to be committed, before the RFC's own rules.
  std::function<void(const ProposalList&)> check_proposals;
  /// s8.4: the key with this id; nothing when we do not have it.
  std::function<std::optional<SecretBytes>(const PreSharedKeyId&)> find_psk;
};

/// One line of the roster.
struct Member {
  LeafIndex leaf;
  Bytes identity;
  SignaturePublicKey signature_key;
};

struct OwnProposal;
struct CommitOptions;
struct NewCommit;
/// What a Commit that removes us leaves behind: nothing.
struct RemovedFromGroup {};

/// One member's state in one epoch. It never changes: commit(), process() and join() yield
/// another, or throw a Refusal and have done nothing. Owned by one thread at a time (tree hashes
/// are kept as they are computed).
class Group {
 public:
  /// s11: a group of one at epoch 0, with the leaf of `creator`'s key package.
  [[nodiscard]] static Group create(Bytes group_id, const OwnKeyPackage& creator, Extensions extensions);
  /// s12.4.3.1: the group that a Welcome invites `own` to. `tree` is for Welcomes that do not bring theirs.
  [[nodiscard]] static Group join(const Welcome& welcome, const OwnKeyPackage& own,
                                  const Application& application = {}, std::optional<RatchetTree> tree = {});

  [[nodiscard]] const GroupContext& context() const noexcept { return context_; }
  [[nodiscard]] std::uint64_t epoch() const noexcept { return context_.epoch; }
  [[nodiscard]] const RatchetTree& tree() const noexcept { return tree_; }
  [[nodiscard]] LeafIndex own_leaf() const noexcept { return keys_.leaf(); }
  [[nodiscard]] std::vector<Member> roster() const;

  // s8.5 - s8.7.
  [[nodiscard]] SecretBytes export_secret(std::string_view label, ByteView context, std::size_t length) const;
  [[nodiscard]] ByteView epoch_authenticator() const noexcept { return secrets_.epoch_authenticator.view(); }
  [[nodiscard]] SecretBytes resumption_psk() const { return secrets_.resumption_psk.duplicate(); }

  /// s12.1: a proposal of this epoch, by a member or an external sender, checked by itself.
  [[nodiscard]] PendingProposal verify_proposal(const PublicMessage& message,
                                                const Application& application = {}) const;
  [[nodiscard]] OwnProposal propose(Proposal proposal) const;
  [[nodiscard]] OwnProposal propose_update() const;

  /// s12.4.1: a Commit of `pending`, by reference and in its order, and of what `options` add to it.
  [[nodiscard]] NewCommit commit(const PendingProposals& pending, const CommitOptions& options,
                                 const Application& application = {}) const;
  [[nodiscard]] NewCommit commit(const PendingProposals& pending) const;

  /// s12.4.2: another member's Commit.
  [[nodiscard]] std::variant<Group, RemovedFromGroup> process(const PublicMessage& message,
                                                              const PendingProposals& pending,
                                                              const Application& application = {}) const;

 private:
  struct Provisional;
  struct Next;

  Group(GroupContext context, RatchetTree tree, TreePrivateKeys keys, EpochSecrets secrets,
        ByteView confirmation_tag, PrivateKey signature_key);

  // ── group.cpp: what creating and processing share ──
  void check_is_for_this_epoch(const FramedContent& content) const;
  [[nodiscard]] SignaturePublicKey signature_key_of(const Sender& sender) const;
  void check_is_authentic(const PublicMessage& message) const;
  [[nodiscard]] OwnProposal sign_proposal(Proposal proposal, std::optional<PrivateKey> new_leaf_key) const;
  void check_list(const ProposalList& list, LeafIndex committer, const Application& application) const;
  [[nodiscard]] Provisional apply(const ProposalList& list) const;
  [[nodiscard]] Next advance(Provisional& provisional, const AuthenticatedContent& commit,
                             ByteView commit_secret, ByteView psk_secret) const;

  // ── group_commit.cpp ──
  [[nodiscard]] AuthenticatedContent sign_commit(const ProposalList& list,
                                                 std::optional<UpdatePath> path) const;
  [[nodiscard]] Welcome welcome(const Provisional& provisional, const Next& next, const PathSecrets* path,
                                Bytes confirmation_tag) const;

  // ── group_process.cpp ──
  [[nodiscard]] ProposalList resolve(const Commit& commit, LeafIndex committer,
                                     const PendingProposals& pending, const Application& application) const;
  [[nodiscard]] SecretBytes process_path(Provisional& provisional, const UpdatePath& path,
                                         LeafIndex committer) const;

  GroupContext context_;
  RatchetTree tree_;
  TreePrivateKeys keys_;
  EpochSecrets secrets_;
  Bytes interim_transcript_hash_;
  PrivateKey signature_key_;
};

/// A proposal of our own: to be sent, and to be remembered until somebody commits it.
struct OwnProposal {
  MlsMessage message;
  PendingProposal pending;
};

struct CommitOptions {
  std::vector<Proposal> by_value;  // inline, behind the pending ones
  bool force_path = false;         // a path even where none is required
};

/// A Commit of our own. It is in force when the delivery service says so; until then the old
/// Group stays in use.
struct NewCommit {
  Bytes commit;                  // an MLSMessage
  std::optional<Bytes> welcome;  // a Welcome, not wrapped; when the Commit adds somebody
  Group next;
};

}  // namespace vcplay::mls
