// Which proposals, lists of proposals and paths are valid: one function per rule of RFC 9420 s12.1, s12.2 and
// s12.4.2. Each returns when its rule holds and refuses otherwise.
#pragma once

#include <vector>

#include "mls/pending_proposals.hpp"
#include "mls/ratchet_tree.hpp"

namespace vcplay::mls {

/// A proposal in a Commit's list and who made it; it lives as long as the Commit and
/// the pending proposals do.
struct CommittedProposal {
  const Proposal* proposal;
  Sender sender;
  const PendingProposal* by_reference;  // nullptr: inline, made by the committer
};
using ProposalList = std::vector<CommittedProposal>;

namespace proposal_rules {

// ── s12.1: a proposal by itself ──

/// s12.1.8: an external sender may not send every type.
void sender_may_propose(const Proposal& proposal, const Sender& sender);
void update_is_valid(const Update& update, LeafIndex sender, const RatchetTree& tree, ByteView group_id);
void remove_is_valid(const Remove& remove, const RatchetTree& tree);
void psk_is_valid(const PreSharedKeyId& psk);
void group_context_extensions_are_valid(const GroupContextExtensions& proposal);
/// All of the above as they apply, and s10.1 for an Add.
void is_valid(const Proposal& proposal, const Sender& sender, const RatchetTree& tree, ByteView group_id);

// ── s12.2: the list of a Commit by a member ──

void no_update_by_committer(const ProposalList& list, LeafIndex committer);
void no_remove_of_committer(const ProposalList& list, LeafIndex committer);
void one_change_per_leaf(const ProposalList& list);
void no_client_is_added_twice(const ProposalList& list);
void no_member_is_added(const ProposalList& list, const RatchetTree& tree);
void no_psk_is_used_twice(const ProposalList& list);
void one_group_context_extensions(const ProposalList& list);
void reinit_stands_alone(const ProposalList& list);
void no_external_init(const ProposalList& list);
/// Ours: a group is not reinitialised.
void no_reinit(const ProposalList& list);
/// All rules of s12.2 but the last, which is about the tree that results (leaf_rules::all_fit_group).
void list_is_valid(const ProposalList& list, LeafIndex committer, const RatchetTree& tree);

// ── s12.4: the path of a Commit ──

[[nodiscard]] bool path_is_required(const ProposalList& list);
void path_is_there_when_required(const ProposalList& list, const Commit& commit);
void path_leaf_is_valid(const UpdatePath& path, LeafIndex committer, const RatchetTree& tree,
                        ByteView group_id);
/// No key of the path is in the tree already, or twice in the path.
void path_keys_are_new(const UpdatePath& path, const RatchetTree& tree);
void path_keys_are_points(const UpdatePath& path);

}  // namespace proposal_rules
}  // namespace vcplay::mls
