// RFC 9420 s12.4.3.1: joining by Welcome.
#include "mls/group_state.hpp"
#include "mls/leaf_rules.hpp"
#include "mls/refusal.hpp"
#include "mls/tree_validation.hpp"

namespace vcplay::mls {
namespace {

GroupSecrets open_secrets(const Welcome& welcome, const OwnKeyPackage& own) {
  // s12.4.3.1: the cipher suites of Welcome and key package are the same, and ours.
  require(welcome.cipher_suite == kCipherSuite && own.key_package.cipher_suite == kCipherSuite, "12.4.3.1",
          "a Welcome is for another cipher suite than 2");
  const EncryptedGroupSecrets* const entry = welcome.find(own.key_package.ref());
  if (entry == nullptr) refuse_misplaced("12.4.3.1", "a Welcome is not for our key package");
  GroupSecrets secrets = decrypt_group_secrets(welcome, *entry, own.init_key);
  for (const PreSharedKeyId& psk : secrets.psks) {
    const auto* resumption = std::get_if<ResumptionPskId>(&psk.psk);
    if (resumption != nullptr && resumption->usage != ResumptionPskUsage::application) {
      refuse_unsupported("11.2", "a Welcome reinitialises or branches another group");
    }
  }
  return secrets;
}

RatchetTree tree_of(const GroupInfo& info, std::optional<RatchetTree> given) {
  if (const Bytes* data = info.extensions.find(extension_type::ratchet_tree))
    return decoded<RatchetTree>(*data);
  require(given.has_value(), "12.4.3.1", "a Welcome comes without its ratchet tree");
  return std::move(*given);
}

void check_group_info(const GroupInfo& info, const RatchetTree& tree) {
  // s12.4.3.1: version and cipher suite are those of our key package.
  require(info.group_context.version == kMls10 && info.group_context.cipher_suite == kCipherSuite, "12.4.3.1",
          "a Welcome is for a group with another version or cipher suite");
  // s12.4.3.1: the signer is a member and the signature is its own.
  const LeafNode* const signer = tree.leaf(info.signer);
  require(signer != nullptr, "12.4.3.1", "a group info is signed by nobody in the group");
  require(info.signature_is_valid(signer->signature_key), "12.4.3.1",
          "a group info's signature is not valid");
}

void check_tree(const RatchetTree& tree, const GroupContext& context, const Application& application) {
  // s12.4.3.1: the tree is the one that the group agreed on.
  require(tree.root_hash() == context.tree_hash, "12.4.3.1",
          "a ratchet tree does not have the group's tree hash");
  tree_rules::unmerged_leaves_are_valid(tree);
  tree_rules::parent_hashes_are_valid(tree);
  tree_rules::parent_keys_are_points(tree);
  tree_rules::parent_keys_are_unique(tree);
  leaf_rules::all_fit_group(tree, context.extensions);
  tree_rules::leaves_are_valid(tree, context.group_id);
  if (!application.check_leaf) return;
  for (const LeafIndex index : tree.members()) application.check_leaf(*tree.leaf(index));
}

LeafIndex find_own_leaf(const RatchetTree& tree, const LeafNode& own) {
  for (const LeafIndex index : tree.members()) {
    if (*tree.leaf(index) == own) return index;
  }
  require(false, "12.4.3.1", "a Welcome's ratchet tree does not have our leaf");
  return {};
}

}  // namespace

Group Group::join(const Welcome& welcome, const OwnKeyPackage& own, const Application& application,
                  std::optional<RatchetTree> given_tree) {
  GroupSecrets secrets = open_secrets(welcome, own);
  const SecretBytes psks = collect_psks(secrets.psks, application);
  const SecretBytes welcome_key = welcome_secret(secrets.joiner_secret.view(), psks.view());
  const GroupInfo info = decrypt_group_info(welcome.encrypted_group_info, welcome_key.view());
  RatchetTree tree = tree_of(info, std::move(given_tree));
  check_group_info(info, tree);
  check_tree(tree, info.group_context, application);

  TreePrivateKeys keys(find_own_leaf(tree, own.key_package.leaf_node), own.leaf_key.duplicate());
  if (secrets.path_secret) {
    const PathSecrets path =
        implant_path_secret(tree, keys.leaf(), info.signer, std::move(*secrets.path_secret));
    for (const PathStep& step : path.steps) keys.set(step.node, step.key.duplicate());
  }

  const SecretBytes epoch = epoch_secret(secrets.joiner_secret.view(), psks.view(), info.group_context);
  EpochSecrets epoch_secrets = EpochSecrets::derive(epoch.view());
  // s12.4.3.1: the confirmation tag belongs to the epoch that we arrived at.
  const Bytes tag = confirmation_tag(epoch_secrets, info.group_context.confirmed_transcript_hash);
  require(crypto::equal_in_constant_time(tag, info.confirmation_tag), "12.4.3.1",
          "a group info's confirmation tag is not valid");
  return {info.group_context,           std::move(tree), std::move(keys), std::move(epoch_secrets), tag,
          own.signature_key.duplicate()};
}

}  // namespace vcplay::mls
