// RFC 9420 s12.4.1: creating a Commit and the Welcome that goes with it.
#include "mls/group_state.hpp"
#include "mls/leaf_rules.hpp"
#include "mls/refusal.hpp"

namespace vcplay::mls {
namespace {

ProposalList list_of(const PendingProposals& pending, const CommitOptions& options, Sender committer,
                     std::uint64_t epoch) {
  ProposalList list;
  for (const PendingProposal& entry : pending.all()) {
    if (entry.epoch() != epoch) refuse_misplaced("12.4.1", "a pending proposal is of another epoch");
    list.push_back({&entry.proposal(), entry.sender(), &entry});
  }
  for (const Proposal& proposal : options.by_value) list.push_back({&proposal, committer, nullptr});
  return list;
}

}  // namespace

AuthenticatedContent Group::sign_commit(const ProposalList& list, std::optional<UpdatePath> path) const {
  Commit commit;
  for (const CommittedProposal& entry : list) {
    if (entry.by_reference != nullptr) {
      commit.proposals.push_back({ProposalRef{entry.by_reference->ref()}});
    } else {
      commit.proposals.push_back({*entry.proposal});
    }
  }
  commit.path = std::move(path);
  FramedContent content{context_.group_id, context_.epoch, Sender::member(own_leaf()), {}, std::move(commit)};
  return sign_content(std::move(content), signature_key_, context_);
}

NewCommit Group::commit(const PendingProposals& pending) const { return commit(pending, {}, {}); }

NewCommit Group::commit(const PendingProposals& pending, const CommitOptions& options,
                        const Application& application) const {
  const Sender self = Sender::member(own_leaf());
  const ProposalList list = list_of(pending, options, self, context_.epoch);
  for (const Proposal& proposal : options.by_value) {
    proposal_rules::is_valid(proposal, self, tree_, context_.group_id);
  }
  check_list(list, own_leaf(), application);
  Provisional provisional = apply(list);

  std::optional<NewPath> path;
  std::optional<UpdatePath> update_path;
  if (options.force_path || proposal_rules::path_is_required(list)) {
    path = renew_path(provisional.tree, own_leaf(), context_.group_id, signature_key_);
    provisional.keys.set(node_of(own_leaf()), path->leaf_key.duplicate());
    provisional.learn(path->secrets);
    provisional.context.tree_hash = provisional.tree.root_hash();
    update_path = seal_path(provisional.tree, own_leaf(), *path, encoded(provisional.context),
                            provisional.new_leaves());
  }
  leaf_rules::all_fit_group(provisional.tree, provisional.context.extensions);

  const SecretBytes psks = collect_psks(provisional.psks, application);
  const SecretBytes no_path = zero_secret();
  const SecretBytes& commit_secret = path ? path->secrets.commit_secret : no_path;
  AuthenticatedContent commit = sign_commit(list, std::move(update_path));
  Next next = advance(provisional, commit, commit_secret.view(), psks.view());
  const Bytes tag = confirmation_tag(next.epoch, provisional.context.confirmed_transcript_hash);
  commit.auth.confirmation_tag = tag;

  std::optional<Bytes> newcomers_welcome;
  if (!provisional.newcomers.empty()) {
    newcomers_welcome = encoded(welcome(provisional, next, path ? &path->secrets : nullptr, tag));
  }
  const MlsMessage message{protect(std::move(commit), secrets_.membership_key.view(), context_)};
  return {encoded(message), std::move(newcomers_welcome),
          Group(std::move(provisional.context), std::move(provisional.tree), std::move(provisional.keys),
                std::move(next.epoch), tag, signature_key_.duplicate())};
}

Welcome Group::welcome(const Provisional& provisional, const Next& next, const PathSecrets* path,
                       Bytes confirmation_tag) const {
  GroupInfo info;
  info.group_context = provisional.context;
  info.extensions.list.push_back({extension_type::ratchet_tree, encoded(provisional.tree)});
  info.confirmation_tag = std::move(confirmation_tag);
  info.signer = own_leaf();
  info.sign(signature_key_);

  Welcome welcome;
  welcome.encrypted_group_info = encrypt_group_info(info, next.welcome_secret.view());
  const crypto::hpke::Info context = group_secrets_context(welcome.encrypted_group_info);
  for (const Newcomer& newcomer : provisional.newcomers) {
    GroupSecrets secrets{next.joiner_secret.duplicate(), std::nullopt, provisional.psks};
    if (path != nullptr) {
      // s12.4.1: the path secret of the lowest common ancestor.
      secrets.path_secret = path->find(common_ancestor(own_leaf(), newcomer.leaf))->duplicate();
    }
    welcome.secrets.push_back(encrypt_group_secrets(secrets, *newcomer.key_package, context));
  }
  return welcome;
}

}  // namespace vcplay::mls
