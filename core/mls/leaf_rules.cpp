#include "mls/leaf_rules.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "mls/proposals.hpp"
#include "mls/refusal.hpp"

namespace vcplay::mls::leaf_rules {

void signature_is_valid(const LeafNode& leaf, const LeafPosition& position) {
  // s7.3: the signature on the LeafNode is valid using signature_key.
  require(leaf.signature_is_valid(position), "7.3", "a leaf's signature is not valid");
}

void supports_what_it_uses(const LeafNode& leaf) {
  // s11.1: all members support the cipher suite and protocol version in use.
  require(lists(leaf.capabilities.versions, kMls10), "11.1", "a leaf does not support mls10");
  require(lists(leaf.capabilities.cipher_suites, kCipherSuite), "11.1",
          "a leaf does not support cipher suite 2");
  // s7.2: the leaf's credential type is among its credentials.
  require(lists(leaf.capabilities.credentials, kBasicCredential), "7.2",
          "a leaf has a credential of a type that it does not support");
}

void extensions_are_listed(const Extensions& extensions, const Capabilities& capabilities) {
  // s7.3: the ID of each extension is in capabilities.extensions. s7.2: default ones are never listed.
  for (const Extension& extension : extensions.list) {
    require(extension_type::is_default(extension.type) || lists(capabilities.extensions, extension.type),
            "7.3", "a leaf carries an extension that its capabilities do not list");
  }
}

void keys_are_points(const LeafNode& leaf) {
  // s5.1.1: uncompressed points on the curve. The signature key is tried when the signature is verified.
  static_cast<void>(point_of(leaf.encryption_key));
}

void stands_alone(const LeafNode& leaf) {
  supports_what_it_uses(leaf);
  extensions_are_listed(leaf.extensions, leaf.capabilities);
  keys_are_points(leaf);
}

void source_is_key_package(const LeafNode& leaf) {
  // s7.3: in a KeyPackage, leaf_node_source is key_package.
  require(leaf.is_from_key_package(), "7.3", "a key package has a leaf that came from somewhere else");
}

void source_is_update(const LeafNode& leaf) {
  // s7.3: in an Update proposal, leaf_node_source is update.
  require(std::holds_alternative<FromUpdate>(leaf.source), "7.3", "an Update has a leaf from somewhere else");
}

void source_is_commit(const LeafNode& leaf) {
  // s7.3: in the path of a Commit, leaf_node_source is commit.
  require(leaf.parent_hash() != nullptr, "7.3", "a Commit's path has a leaf from somewhere else");
}

void encryption_key_is_new(const LeafNode& leaf, const LeafNode& replaced) {
  // s7.3 for Updates, s12.4.2 for Commits.
  require(leaf.encryption_key != replaced.encryption_key, "7.3",
          "a member's new leaf keeps its encryption key");
}

void meets_required_capabilities(const LeafNode& leaf, const Extensions& group_extensions) {
  // s7.3: what required_capabilities names is listed in the leaf's capabilities. s11.1:
  // defaults go without saying.
  const Bytes* const data = group_extensions.find(extension_type::required_capabilities);
  if (data == nullptr) return;
  const auto required = decoded<RequiredCapabilities>(*data);
  const Capabilities& has = leaf.capabilities;
  const auto all = [](const std::vector<std::uint16_t>& types, const auto& is_supported) {
    return std::all_of(types.begin(), types.end(), is_supported);
  };
  require(
      all(required.extension_types,
          [&](std::uint16_t type) {
            return extension_type::is_default(type) || lists(has.extensions, type);
          }) &&
          all(required.proposal_types,
              [&](std::uint16_t type) {
                return proposal_type::is_default(type) || lists(has.proposals, type);
              }) &&
          all(required.credential_types, [&](std::uint16_t type) { return lists(has.credentials, type); }),
      "7.3", "a leaf lacks a required capability");
}

void supports_group_extensions(const LeafNode& leaf, const Extensions& group_extensions) {
  // s13.4: the capabilities indicate support for each extension in the GroupContext.
  for (const Extension& extension : group_extensions.list) {
    require(extension_type::is_default(extension.type) || lists(leaf.capabilities.extensions, extension.type),
            "13.4", "a leaf does not support an extension of the group");
  }
}

void credential_types_are_supported_by_all(const RatchetTree& tree) {
  // s7.3: every member supports the types in use. Basic is the only type that can be in use here.
  for (const LeafIndex index : tree.members()) {
    require(lists(tree.leaf(index)->capabilities.credentials, kBasicCredential), "7.3",
            "a member does not support the credential type of the others");
  }
}

void keys_are_unique(const RatchetTree& tree) {
  // s7.3: signature_key and encryption_key are unique among the members.
  std::unordered_set<std::string_view> signature_keys;
  std::unordered_set<std::string_view> encryption_keys;
  for (const LeafIndex index : tree.members()) {
    const LeafNode& leaf = *tree.leaf(index);
    require(signature_keys.insert(as_text(leaf.signature_key)).second, "7.3",
            "two members have one signature key");
    require(encryption_keys.insert(as_text(leaf.encryption_key)).second, "7.3",
            "two members have one encryption key");
  }
}

void all_fit_group(const RatchetTree& tree, const Extensions& group_extensions) {
  credential_types_are_supported_by_all(tree);
  keys_are_unique(tree);
  for (const LeafIndex index : tree.members()) {
    meets_required_capabilities(*tree.leaf(index), group_extensions);
    supports_group_extensions(*tree.leaf(index), group_extensions);
  }
}

}  // namespace vcplay::mls::leaf_rules
