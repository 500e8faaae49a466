// Everything that core/mls decodes: refused, or written again in the very same bytes.
#include <array>

#include "mls/framing.hpp"
#include "mls/group.hpp"
#include "mls/ratchet_tree.hpp"
#include "mls/refusal.hpp"
#include "mls/tree_validation.hpp"
#include "randomness.hpp"
#include "target.hpp"

namespace vcplay::fuzz {
namespace {

using namespace mls;

bool same(ByteView a, ByteView b) { return as_text(a) == as_text(b); }

template <typename T>
T read_and_write(ByteView bytes) {
  T value = decoded<T>(bytes);
  must_hold(same(encoded(value), bytes), "what is decoded is encoded in the same bytes");
  return value;
}

template <typename T>
void one(ByteView bytes) {
  static_cast<void>(read_and_write<T>(bytes));
}

void key_package(ByteView bytes) {
  const auto package = read_and_write<KeyPackage>(bytes);
  validate_key_package(package);
  must_hold(package.signature_is_valid(), "a key package that is valid is signed");
}

void group_secrets(ByteView bytes) {
  const GroupSecrets secrets = GroupSecrets::decode(bytes);
  must_hold(same(secrets.encode().view(), bytes), "group secrets are encoded in the same bytes");
}

void extensions(ByteView bytes) {
  const auto list = read_and_write<Extensions>(bytes);
  const std::vector<ExternalSender> senders = external_senders(list);
  const Bytes* const data = list.find(extension_type::external_senders);
  must_hold(data == nullptr || external_senders_extension(senders).data == *data,
            "external senders are encoded in the same bytes");
}

// A ratchet tree of any shape: hashing, resolving and checking it end, and a removed member is gone.
void ratchet_tree(ByteView bytes) {
  auto tree = read_and_write<RatchetTree>(bytes);
  const Bytes hash = tree.root_hash();
  const std::vector<LeafIndex> members = tree.members();
  for (const LeafIndex leaf : members) static_cast<void>(tree.filtered_direct_path(leaf));
  const std::size_t parts = tree.resolution(root(tree.size())).size();
  must_hold(parts > 0 || members.empty(), "a tree with members resolves to something");
  if (members.size() > 64) return;
  for (const LeafIndex leaf : members) {
    if (tree.leaf(leaf) != nullptr) tree.remove(leaf);
    must_hold(tree.leaf(leaf) == nullptr, "a leaf that was removed is blank");
  }
  must_hold(tree.size() == LeafCount{1} && tree.members().empty(), "an empty tree is cut to one leaf");
  auto again = decoded<RatchetTree>(bytes);
  must_hold(again.root_hash() == hash, "a tree's hash is a function of the tree");
  tree_rules::parent_hashes_are_valid(again);
  tree_rules::parent_keys_are_points(again);
  tree_rules::parent_keys_are_unique(again);
}

constexpr std::array kDecoders = {
    one<MlsMessage>,
    key_package,
    one<Welcome>,
    one<GroupInfo>,
    ratchet_tree,
    group_secrets,
    one<Proposal>,
    one<Commit>,
    one<UpdatePath>,
    one<LeafNode>,
    one<PublicMessage>,
    one<AuthenticatedContent>,
    one<FramedContent>,
    extensions,
    one<GroupContext>,
    one<ExternalSender>,
    one<ParentNode>,
    one<PreSharedKeyId>,
    one<RequiredCapabilities>,
};

// ── seeds: what a small group says ──

struct Collection {
  std::vector<Seed> seeds;

  void add(const std::string& name, Bytes bytes, void (*decoder)(ByteView)) {
    std::uint8_t kind = 0;
    while (kDecoders[kind] != decoder) ++kind;
    bytes.insert(bytes.begin(), kind);
    seeds.push_back({name, std::move(bytes)});
  }
  void add_message(const std::string& name, const MlsMessage& message) {
    add(name, encoded(message), one<MlsMessage>);
    if (const auto* const body = message.get<PublicMessage>()) {
      add(name + "_public", encoded(*body), one<PublicMessage>);
      add(name + "_authenticated", encoded(body->authenticated()), one<AuthenticatedContent>);
      add(name + "_content", encoded(body->content), one<FramedContent>);
      if (const auto* const proposal = body->content.get<Proposal>()) {
        add(name + "_proposal", encoded(*proposal), one<Proposal>);
      } else if (const auto* const commit = body->content.get<Commit>()) {
        add(name + "_commit", encoded(*commit), one<Commit>);
        if (commit->path) add(name + "_path", encoded(*commit->path), one<UpdatePath>);
      }
    }
  }
};

OwnKeyPackage person(std::uint8_t number) {
  return make_key_package({{Bytes(8, number)}, {}, {}, {}}, PrivateKey::generate());
}

void add_small_things(Collection& all, const OwnKeyPackage& ann, const ExternalSender& sender) {
  all.add("key_package", encoded(ann.key_package), key_package);
  all.add("leaf", encoded(ann.key_package.leaf_node), one<LeafNode>);
  all.add("extensions", encoded(Extensions{{external_senders_extension({sender})}}), extensions);
  all.add("external_sender", encoded(sender), one<ExternalSender>);
  all.add("parent_node", encoded(ParentNode{public_key_of(ann.leaf_key), {1, 2}, {{1}, {5}}}),
          one<ParentNode>);
  const PreSharedKeyId external{ExternalPskId{{1, 2, 3}}, Bytes(32, 7)};
  const PreSharedKeyId resumption{ResumptionPskId{ResumptionPskUsage::application, {9}, 4}, Bytes(32, 8)};
  all.add("psk", encoded(external), one<PreSharedKeyId>);
  all.add("resumption_psk", encoded(resumption), one<PreSharedKeyId>);
  all.add("required", encoded(RequiredCapabilities{{7}, {8, 9}, {1}}), one<RequiredCapabilities>);
  const Bytes secrets = [&] {
    const GroupSecrets made{SecretBytes(32), SecretBytes(32), {external, resumption}};
    const SecretBytes encoded_secrets = made.encode();
    return Bytes(encoded_secrets.view().begin(), encoded_secrets.view().end());
  }();
  all.add("group_secrets", secrets, group_secrets);
  for (const Proposal& proposal :
       {Proposal{PreSharedKey{external}}, Proposal{ReInit{{1}, kMls10, kCipherSuite, {}}},
        Proposal{ExternalInit{Bytes(65, 4)}}, Proposal{GroupContextExtensions{{{{17, {1, 2}}}}}},
        Proposal{Update{ann.key_package.leaf_node}}}) {
    all.add(std::string("proposal_") + name_of(proposal), encoded(proposal), one<Proposal>);
  }
}

void add_group(Collection& all, const Group& group, const PrivateKey& signature_key) {
  const std::string epoch = "_" + std::to_string(group.epoch());
  all.add("tree" + epoch, encoded(group.tree()), ratchet_tree);
  all.add("context" + epoch, encoded(group.context()), one<GroupContext>);
  GroupInfo info{group.context(),
                 {{{extension_type::ratchet_tree, encoded(group.tree())}}},
                 Bytes(32, 1),
                 group.own_leaf(),
                 {}};
  info.sign(signature_key);
  all.add("group_info" + epoch, encoded(info), one<GroupInfo>);
  all.add_message("group_info_message" + epoch, {info});
}

}  // namespace

std::vector<Seed> seeds() {
  seed_randomness(1);
  Collection all;
  const OwnKeyPackage ann = person(1);
  const PrivateKey gateway = PrivateKey::generate();
  const ExternalSender sender{public_key_of(gateway), {{'g'}}};
  add_small_things(all, ann, sender);
  all.add_message("key_package_message", {ann.key_package});

  Group group = Group::create({1, 2}, ann, {{external_senders_extension({sender})}});
  add_group(all, group, ann.signature_key);
  CommitOptions adds;
  for (std::uint8_t i = 2; i < 8; ++i) adds.by_value.push_back({Add{person(i).key_package}});
  NewCommit first = group.commit({}, adds);
  all.add_message("commit_of_adds", decoded<MlsMessage>(first.commit));
  all.add("welcome", *first.welcome, one<Welcome>);
  all.add_message("welcome_message", {decoded<Welcome>(*first.welcome)});
  group = std::move(first.next);
  add_group(all, group, ann.signature_key);
  all.add_message("update", group.propose_update().message);

  // Blank nodes, unmerged leaves, a path.
  PendingProposals pending;
  for (const Proposal& proposal : {Proposal{Remove{{2}}}, Proposal{Add{person(9).key_package}}}) {
    const MlsMessage message = external_proposal({1, 2}, group.epoch(), 0, gateway, proposal);
    all.add_message(std::string("external_") + name_of(proposal), message);
    pending.add(group.verify_proposal(*message.get<PublicMessage>()));
  }
  NewCommit second = group.commit(pending);
  all.add_message("commit_by_reference", decoded<MlsMessage>(second.commit));
  group = std::move(second.next);
  add_group(all, group, ann.signature_key);
  CommitOptions later;
  later.by_value = {{Add{person(10).key_package}}};
  add_group(all, group.commit({}, later).next, ann.signature_key);
  return std::move(all.seeds);
}

}  // namespace vcplay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vcplay::fuzz;
  if (size == 0) return 0;
  try {
    kDecoders[data[0] % kDecoders.size()]({data + 1, size - 1});
  } catch (const vcplay::mls::Refusal&) {  // anything else that is thrown is a finding
  }
  return 0;
}
