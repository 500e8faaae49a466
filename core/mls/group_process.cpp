// RFC 9420 s12.4.2: following another member's Commit.
#include <algorithm>

#include "mls/group_state.hpp"
#include "mls/leaf_rules.hpp"
#include "mls/refusal.hpp"

namespace vcplay::mls {
namespace {

bool removes(const ProposalList& list, LeafIndex leaf) {
  return std::any_of(list.begin(), list.end(), [&](const CommittedProposal& entry) {
    const auto* remove = entry.proposal->get<Remove>();
    return remove != nullptr && remove->removed == leaf;
  });
}

}  // namespace

// The proposals behind the references, and those inline, which are checked here for the first time.
ProposalList Group::resolve(const Commit& commit, LeafIndex committer, const PendingProposals& pending,
                            const Application& application) const {
  ProposalList list;
  for (const ProposalOrRef& entry : commit.proposals) {
    if (const auto* ref = std::get_if<ProposalRef>(&entry.value)) {
      const PendingProposal* const proposal = pending.find(ref->hash);
      require(proposal != nullptr && proposal->epoch() == context_.epoch, "12.4",
              "a Commit refers to a proposal that we have not seen");
      list.push_back({&proposal->proposal(), proposal->sender(), proposal});
      continue;
    }
    const auto& proposal = std::get<Proposal>(entry.value);
    proposal_rules::is_valid(proposal, Sender::member(committer), tree_, context_.group_id);
    const auto* add = proposal.get<Add>();
    if (add != nullptr && application.check_leaf) application.check_leaf(add->key_package.leaf_node);
    list.push_back({&proposal, Sender::member(committer), nullptr});
  }
  return list;
}

// Merges the path and returns the commit secret that it leads to.
SecretBytes Group::process_path(Provisional& provisional, const UpdatePath& path, LeafIndex committer) const {
  proposal_rules::path_leaf_is_valid(path, committer, tree_, context_.group_id);
  proposal_rules::path_keys_are_points(path);
  proposal_rules::path_keys_are_new(path, provisional.tree);
  merge_path(provisional.tree, committer, path);
  provisional.context.tree_hash = provisional.tree.root_hash();
  PathSecrets secrets = open_path(provisional.tree, provisional.keys, committer, path,
                                  encoded(provisional.context), provisional.new_leaves());
  provisional.learn(secrets);
  return std::move(secrets.commit_secret);
}

std::variant<Group, RemovedFromGroup> Group::process(const PublicMessage& message,
                                                     const PendingProposals& pending,
                                                     const Application& application) const {
  check_is_for_this_epoch(message.content);
  const Commit* const commit = message.content.get<Commit>();
  if (commit == nullptr) refuse_malformed("12.4", "a message is no Commit");
  check_is_authentic(message);
  // s6.1: an external sender sends nothing but proposals.
  if (!message.content.sender.is_member()) refuse_malformed("6.1", "an external sender sent a Commit");
  const LeafIndex committer = message.content.sender.leaf();
  if (committer == own_leaf())
    refuse_misplaced("12.4.2", "a Commit is our own, and its epoch is known already");

  const ProposalList list = resolve(*commit, committer, pending, application);
  check_list(list, committer, application);
  proposal_rules::path_is_there_when_required(list, *commit);
  if (removes(list, own_leaf())) return RemovedFromGroup{};

  Provisional provisional = apply(list);
  SecretBytes commit_secret = zero_secret();
  if (commit->path) {
    if (application.check_leaf) application.check_leaf(commit->path->leaf_node);
    commit_secret = process_path(provisional, *commit->path, committer);
  }
  // s12.2: after processing the Commit the tree is valid.
  leaf_rules::all_fit_group(provisional.tree, provisional.context.extensions);

  const SecretBytes psks = collect_psks(provisional.psks, application);
  Next next = advance(provisional, message.authenticated(), commit_secret.view(), psks.view());
  const Bytes& tag = *message.auth.confirmation_tag;
  require(crypto::equal_in_constant_time(
              tag, confirmation_tag(next.epoch, provisional.context.confirmed_transcript_hash)),
          "12.4.2", "a Commit's confirmation tag is not valid");
  return Group(std::move(provisional.context), std::move(provisional.tree), std::move(provisional.keys),
               std::move(next.epoch), tag, signature_key_.duplicate());
}

}  // namespace vcplay::mls
