#include "mls/group.hpp"

#include <limits>

#include "mls/group_state.hpp"
#include "mls/leaf_rules.hpp"
#include "mls/refusal.hpp"
#include "mls/transcript.hpp"

namespace vcplay::mls {

Group::Group(GroupContext context, RatchetTree tree, TreePrivateKeys keys, EpochSecrets secrets,
             ByteView confirmation_tag, PrivateKey signature_key)
    : context_(std::move(context)),
      tree_(std::move(tree)),
      keys_(std::move(keys)),
      secrets_(std::move(secrets)),
      interim_transcript_hash_(interim_transcript_hash(context_.confirmed_transcript_hash, confirmation_tag)),
      signature_key_(std::move(signature_key)) {}

Group Group::create(Bytes group_id, const OwnKeyPackage& creator, Extensions extensions) {
  validate_key_package(creator.key_package);
  RatchetTree tree(creator.key_package.leaf_node);
  leaf_rules::all_fit_group(tree, extensions);
  GroupContext context;
  context.group_id = std::move(group_id);
  context.tree_hash = tree.root_hash();
  context.extensions = std::move(extensions);
  EpochSecrets secrets = EpochSecrets::derive(crypto::random_secret(kHashBytes).view());
  const Bytes tag = confirmation_tag(secrets, context.confirmed_transcript_hash);
  return {std::move(context),
          std::move(tree),
          TreePrivateKeys(LeafIndex{0}, creator.leaf_key.duplicate()),
          std::move(secrets),
          tag,
          creator.signature_key.duplicate()};
}

std::vector<Member> Group::roster() const {
  std::vector<Member> roster;
  for (const LeafIndex index : tree_.members()) {
    const LeafNode& leaf = *tree_.leaf(index);
    roster.push_back({index, leaf.credential.identity, leaf.signature_key});
  }
  return roster;
}

SecretBytes Group::export_secret(std::string_view label, ByteView context, std::size_t length) const {
  return mls_exporter(secrets_, label, context, length);
}

void Group::check_is_for_this_epoch(const FramedContent& content) const {
  if (content.group_id != context_.group_id) refuse_misplaced("6", "a message is for another group");
  // s12.1 and s12.4.2: the epoch is the current one.
  if (content.epoch != context_.epoch) {
    refuse_misplaced("12.4.2", "a message is for epoch " + std::to_string(content.epoch) +
                                   ", the group is in epoch " + std::to_string(context_.epoch));
  }
}

// s6.1: which key the sender has to have signed with.
SignaturePublicKey Group::signature_key_of(const Sender& sender) const {
  switch (sender.type) {
    case SenderType::member: {
      const LeafNode* const leaf = tree_.leaf(sender.leaf());
      require(leaf != nullptr, "6.1", "a message comes from a leaf that nobody is at");
      return leaf->signature_key;
    }
    case SenderType::external: {
      const std::vector<ExternalSender> senders = external_senders(context_.extensions);
      require(sender.index < senders.size(), "6.1",
              "a message comes from an external sender that the group does not know");
      return senders[sender.index].signature_key;
    }
    case SenderType::new_member_proposal:
      refuse_unsupported("12.1.8", "somebody outside the group proposes to be added");
    case SenderType::new_member_commit:
      refuse_unsupported("12.4.3.2", "somebody joins by an external Commit");
  }
  refuse_malformed("6", "a message has a sender of an unknown type");
}

void Group::check_is_authentic(const PublicMessage& message) const {
  const SignaturePublicKey key = signature_key_of(message.content.sender);
  // s6.2: first whether it comes from a member at all.
  if (message.content.sender.is_member()) {
    require(membership_tag_is_valid(message, secrets_.membership_key.view(), context_), "6.2",
            "a message's membership tag is not valid");
  }
  require(signature_is_valid(message.authenticated(), key, context_), "6.1",
          "a message's signature is not valid");
}

PendingProposal Group::verify_proposal(const PublicMessage& message, const Application& application) const {
  check_is_for_this_epoch(message.content);
  const Proposal* const proposal = message.content.get<Proposal>();
  if (proposal == nullptr) refuse_malformed("12.1", "a message is no proposal");
  check_is_authentic(message);
  proposal_rules::is_valid(*proposal, message.content.sender, tree_, context_.group_id);
  if (application.check_leaf) {
    if (const auto* add = proposal->get<Add>()) application.check_leaf(add->key_package.leaf_node);
    if (const auto* update = proposal->get<Update>()) application.check_leaf(update->leaf_node);
  }
  return {message.authenticated(), std::nullopt};
}

OwnProposal Group::sign_proposal(Proposal proposal, std::optional<PrivateKey> new_leaf_key) const {
  const Sender self = Sender::member(own_leaf());
  proposal_rules::is_valid(proposal, self, tree_, context_.group_id);
  FramedContent content{context_.group_id, context_.epoch, self, {}, std::move(proposal)};
  AuthenticatedContent message = sign_content(std::move(content), signature_key_, context_);
  PendingProposal pending(message, std::move(new_leaf_key));
  return {{protect(std::move(message), secrets_.membership_key.view(), context_)}, std::move(pending)};
}

OwnProposal Group::propose(Proposal proposal) const {
  return sign_proposal(std::move(proposal), std::nullopt);
}

OwnProposal Group::propose_update() const {
  PrivateKey key = PrivateKey::generate();
  LeafNode leaf = *tree_.leaf(own_leaf());
  leaf.encryption_key = public_key_of(key);
  leaf.source = FromUpdate{};
  leaf.sign(signature_key_, {context_.group_id, own_leaf()});
  return sign_proposal({Update{std::move(leaf)}}, std::move(key));
}

void Group::check_list(const ProposalList& list, LeafIndex committer, const Application& application) const {
  if (application.check_proposals) application.check_proposals(list);
  proposal_rules::list_is_valid(list, committer, tree_);
}

Group::Provisional Group::apply(const ProposalList& list) const {
  require(context_.epoch < std::numeric_limits<std::uint64_t>::max(), "12.4",
          "the group has no further epoch");
  Provisional next{context_, tree_, keys_.duplicate(), {}, {}};
  next.context.epoch = context_.epoch + 1;
  // s12.3: extensions first, then Updates, Removes, Adds and PSKs, each in the order of the list.
  for (const CommittedProposal& entry : list) {
    if (const auto* proposal = entry.proposal->get<GroupContextExtensions>()) {
      next.context.extensions = proposal->extensions;
    }
  }
  for (const CommittedProposal& entry : list) {
    const auto* update = entry.proposal->get<Update>();
    if (update == nullptr) continue;
    next.tree.update(entry.sender.leaf(), update->leaf_node);
    if (entry.sender.leaf() != own_leaf()) continue;
    const PrivateKey* const key =
        entry.by_reference == nullptr ? nullptr : entry.by_reference->new_leaf_key();
    require(key != nullptr, "12.1.2", "a Commit updates our leaf with a key that is not ours");
    next.keys.set(node_of(own_leaf()), key->duplicate());
  }
  for (const CommittedProposal& entry : list) {
    if (const auto* remove = entry.proposal->get<Remove>()) next.tree.remove(remove->removed);
  }
  for (const CommittedProposal& entry : list) {
    if (const auto* add = entry.proposal->get<Add>()) {
      next.newcomers.push_back({next.tree.add(add->key_package.leaf_node), &add->key_package});
    }
    if (const auto* psk = entry.proposal->get<PreSharedKey>()) next.psks.push_back(psk->psk);
  }
  next.keys.forget_outdated(next.tree);
  return next;
}

// From the signed Commit to the secrets of the epoch that it starts.
Group::Next Group::advance(Provisional& provisional, const AuthenticatedContent& commit,
                           ByteView commit_secret, ByteView psk_secret) const {
  GroupContext& context = provisional.context;
  context.tree_hash = provisional.tree.root_hash();
  context.confirmed_transcript_hash = confirmed_transcript_hash(interim_transcript_hash_, commit);
  SecretBytes joiner = joiner_secret(secrets_.init_secret.view(), commit_secret, context);
  SecretBytes welcome = mls::welcome_secret(joiner.view(), psk_secret);
  EpochSecrets epoch = EpochSecrets::derive(epoch_secret(joiner.view(), psk_secret, context).view());
  return {std::move(joiner), std::move(welcome), std::move(epoch)};
}

NewLeaves Group::Provisional::new_leaves() const {
  NewLeaves leaves;
  for (const Newcomer& newcomer : newcomers) leaves.insert(newcomer.leaf);
  return leaves;
}

void Group::Provisional::learn(PathSecrets& path) {
  keys.forget_outdated(tree);
  for (PathStep& step : path.steps) keys.set(step.node, step.key.duplicate());
}

SecretBytes collect_psks(const std::vector<PreSharedKeyId>& ids, const Application& application) {
  std::vector<PreSharedKeySecret> psks;
  for (const PreSharedKeyId& id : ids) {
    std::optional<SecretBytes> psk = application.find_psk ? application.find_psk(id) : std::nullopt;
    // s12.4.2: all PSKs are available.
    require(psk.has_value(), "12.4.2", "a pre-shared key is asked for that we do not have");
    psks.push_back({id, std::move(*psk)});
  }
  return psk_secret(psks);
}

}  // namespace vcplay::mls
