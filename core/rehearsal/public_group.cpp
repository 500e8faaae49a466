#include "rehearsal/public_group.hpp"

#include "dave/policy.hpp"
#include "mls/leaf_rules.hpp"
#include "mls/refusal.hpp"

namespace vcplay::rehearsal {
namespace {

namespace rules = mls::proposal_rules;

void committer_stays_who_it_is(const mls::LeafNode& before, const mls::LeafNode& after) {
  // DAVE, "Voice Gateway Commit Validity": neither credential nor signature key of the committer changes.
  if (before.credential == after.credential && before.signature_key == after.signature_key) return;
  throw dave::Refusal("Voice Gateway Commit Validity", "a Commit changes who its sender is");
}

/// RFC 9420 s7.6: one ciphertext for each node of the resolution, without those who come with the Commit.
void path_reaches_all(const mls::UpdatePath& path, const mls::RatchetTree& tree, mls::LeafIndex committer,
                      const mls::NewLeaves& newcomers) {
  const std::vector<mls::PathNode> nodes = tree.filtered_direct_path(committer);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    std::vector<mls::NodeIndex> readers = tree.resolution(nodes[i].copath_child);
    std::erase_if(readers, [&](mls::NodeIndex node) {
      return mls::is_leaf(node) && newcomers.count(mls::leaf_of(node)) > 0;
    });
    mls::require(path.nodes[i].encrypted_path_secret.size() == readers.size(), "7.6",
                 "a path is not encrypted to exactly those who stay");
  }
}

}  // namespace

PublicGroup::PublicGroup(Bytes group_id, const mls::KeyPackage& founder, mls::Extensions extensions)
    : tree_(founder.leaf_node) {
  context_.group_id = std::move(group_id);
  context_.extensions = std::move(extensions);
  context_.tree_hash = tree_.root_hash();
}

std::optional<mls::LeafIndex> PublicGroup::leaf_of(Snowflake user) const {
  for (const mls::LeafIndex leaf : tree_.members()) {
    if (user_at(leaf) == user) return leaf;
  }
  return std::nullopt;
}

std::optional<Snowflake> PublicGroup::user_at(mls::LeafIndex leaf) const {
  const mls::LeafNode* const node = tree_.leaf(leaf);
  return node == nullptr ? std::nullopt : dave::user_of(node->credential.identity);
}

PublicGroup PublicGroup::follow(const mls::PublicMessage& message, const mls::ProposalList& list) const {
  const mls::Commit& commit = *message.content.get<mls::Commit>();
  const mls::LeafIndex committer = message.content.sender.leaf();
  rules::list_is_valid(list, committer, tree_);
  rules::path_is_there_when_required(list, commit);
  PublicGroup next(*this);
  if (epoch() == 0) {
    // In this one epoch we know the whole context, if the leaf is the one that we know.
    next.is_exact_ =
        mls::signature_is_valid(message.authenticated(), tree_.leaf(committer)->signature_key, context_);
  }
  const mls::NewLeaves newcomers = next.apply(list);
  if (commit.path) {
    rules::path_leaf_is_valid(*commit.path, committer, tree_, context_.group_id);
    committer_stays_who_it_is(*tree_.leaf(committer), commit.path->leaf_node);
    rules::path_keys_are_points(*commit.path);
    rules::path_keys_are_new(*commit.path, next.tree_);
    next.merge(*commit.path, committer);
    path_reaches_all(*commit.path, next.tree_, committer, newcomers);
  }
  mls::leaf_rules::all_fit_group(next.tree_, context_.extensions);
  ++next.context_.epoch;
  return next;
}

// RFC 9420 s12.3: Removes first, then Adds in the order of the list.
mls::NewLeaves PublicGroup::apply(const mls::ProposalList& list) {
  for (const mls::CommittedProposal& entry : list) {
    if (const auto* remove = entry.proposal->get<mls::Remove>()) tree_.remove(remove->removed);
  }
  mls::NewLeaves newcomers;
  for (const mls::CommittedProposal& entry : list) {
    if (const auto* add = entry.proposal->get<mls::Add>())
      newcomers.insert(tree_.add(add->key_package.leaf_node));
  }
  return newcomers;
}

void PublicGroup::merge(const mls::UpdatePath& path, mls::LeafIndex committer) {
  if (is_exact_) return mls::merge_path(tree_, committer, path);
  // Without the founder's leaf the parent hashes cannot be followed. The shape can.
  const std::vector<mls::PathNode> nodes = tree_.filtered_direct_path(committer);
  mls::require(nodes.size() == path.nodes.size(), "7.6", "a path has not as many nodes as its committer's");
  tree_.blank_direct_path(committer);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    tree_.set_parent(nodes[i].node, {path.nodes[i].encryption_key, {}, {}});
  }
  tree_.set_leaf(committer, path.leaf_node);
}

}  // namespace vcplay::rehearsal
