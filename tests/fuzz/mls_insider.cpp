// What a member can do to a newcomer: trees, group contexts and Commits of the fuzzer's making, properly
// encrypted, signed and proved, so that they get past everything that keeps strangers out.
#include <algorithm>
#include <optional>
#include <set>

#include "mls/group.hpp"
#include "mls/key_schedule.hpp"
#include "mls/refusal.hpp"
#include "mls/tree_validation.hpp"
#include "randomness.hpp"
#include "story.hpp"

namespace vcplay::fuzz {
namespace {

using namespace mls;

const Bytes kGroupId = {0, 0, 0, 0, 0, 0, 0, 7};

/// Which part of the insider's work a step brings.
enum Kind : std::uint8_t {
  kTree,        // the ratchet tree in the group info
  kTreeChange,  // to the tree before: what (see change_tree), a node and a number, a byte each
  kExtensions,  // those of the group context
  kPathSecret,  // the one in the Welcome
  kContent,     // a FramedContent that the insider signs and proves
  kMessage,     // an AuthenticatedContent, to which the insider adds the membership tag
  kUnchanged,   // an MLSMessage, as it is
  kKinds,
};

/// Two newcomers, and the insider, whose signature key is known here. Their key packages are the
/// same in every run.
struct People {
  PrivateKey insider_key;
  OwnKeyPackage insider;
  OwnKeyPackage newcomer;
  OwnKeyPackage other;

  static OwnKeyPackage package(std::uint8_t user, const PrivateKey& key) {
    return make_key_package({{Bytes(8, user)}, {}, {}, {}}, key);
  }
  static const People& get() {
    static const People people = [] {
      seed_randomness(1);
      PrivateKey key = PrivateKey::generate();
      OwnKeyPackage own = package(1, key);
      return People{std::move(key), std::move(own), package(2, PrivateKey::generate()),
                    package(3, PrivateKey::generate())};
    }();
    return people;
  }
};

/// What the insider knows of the epoch that it leads newcomers into.
struct Epoch {
  GroupContext context;
  EpochSecrets secrets;
  Welcome welcome;
};

// The insider's Welcome into epoch 5 of a group with this tree. `head` says who signs the group info.
Epoch lead_into(const RatchetTree& tree, const Extensions& extensions, std::optional<Bytes> path_secret,
                std::uint8_t head) {
  const People& people = People::get();
  Epoch epoch;
  epoch.context = {kGroupId, 5, tree.root_hash(), Bytes(32, 9), extensions, kMls10, kCipherSuite};
  const SecretBytes joiner(32);
  const SecretBytes no_psk = zero_secret();
  epoch.secrets = EpochSecrets::derive(epoch_secret(joiner.view(), no_psk.view(), epoch.context).view());
  GroupInfo info{epoch.context,
                 {{{extension_type::ratchet_tree, encoded(tree)}}},
                 confirmation_tag(epoch.secrets, epoch.context.confirmed_transcript_hash),
                 {std::uint32_t{head} % 8},
                 {}};
  info.sign(people.insider_key);
  epoch.welcome.encrypted_group_info =
      encrypt_group_info(info, welcome_secret(joiner.view(), no_psk.view()).view());
  const crypto::hpke::Info context = group_secrets_context(epoch.welcome.encrypted_group_info);
  GroupSecrets secrets{joiner.duplicate(), std::nullopt, {}};
  if (path_secret) secrets.path_secret = SecretBytes(ByteView(*path_secret));
  for (const OwnKeyPackage* const newcomer : {&people.newcomer, &people.other}) {
    epoch.welcome.secrets.push_back(encrypt_group_secrets(secrets, newcomer->key_package, context));
  }
  return epoch;
}

// Members that are the insider's own sign what the fuzzer changed in them. Key packages are for any group.
RatchetTree resigned(RatchetTree tree) {
  const People& people = People::get();
  for (const LeafIndex index : tree.members()) {
    LeafNode leaf = *tree.leaf(index);
    if (leaf.signature_key != public_key_of(people.insider_key)) continue;
    leaf.sign(people.insider_key, {kGroupId, index});
    tree.set_leaf(index, std::move(leaf));
  }
  return tree;
}

// Changes that no flip of a bit makes, because lengths and hashes would have to follow.
RatchetTree change_tree(RatchetTree tree, Input input) {
  while (!input.done()) {
    const std::uint8_t what = input.u8();
    const NodeIndex index{input.u8() % node_width(tree.size())};
    const std::uint8_t number = input.u8();
    if (const ParentNode* const node = tree.parent(index)) {
      ParentNode changed_node = *node;
      auto& unmerged = changed_node.unmerged_leaves;
      if (what % 4 == 0)
        unmerged.insert(std::lower_bound(unmerged.begin(), unmerged.end(), LeafIndex{number}), {number});
      if (what % 4 == 1) std::erase(unmerged, LeafIndex{number});
      const HpkePublicKey* const key = tree.encryption_key({number % node_width(tree.size())});
      if (what % 4 == 2 && key != nullptr) changed_node.encryption_key = *key;
      if (what % 4 == 3) changed_node.parent_hash.assign(number % 33U, number);
      tree.set_parent(index, std::move(changed_node));
    } else if (is_leaf(index) && tree.leaf(leaf_of(index)) != nullptr && what % 4 == 0) {
      tree.remove(leaf_of(index));
    }
  }
  return tree;
}

// What somebody sound can say of the group that it is in.
void must_be_sound(const Group& group, const OwnKeyPackage& self) {
  const LeafNode* const leaf = group.tree().leaf(group.own_leaf());
  must_hold(leaf != nullptr && leaf->signature_key == self.key_package.leaf_node.signature_key,
            "the newcomer is in the group, in its own leaf");
  must_hold(group.context().tree_hash == group.tree().root_hash(), "the context has the tree's hash");
  const Bytes tree = encoded(group.tree());
  const auto again = decoded<RatchetTree>(tree);
  must_hold(encoded(again) == tree && again.root_hash() == group.tree().root_hash(),
            "a group's tree survives its encoding");
  tree_rules::parent_keys_are_points(again);
  std::set<NodeIndex> reached;
  for (const NodeIndex node : again.resolution(root(again.size()))) {
    must_hold(!again.is_blank(node) && reached.insert(node).second,
              "what is encrypted to all members is encrypted to keys, once to each");
  }
  for (NodeIndex index{1}; index.value < node_width(again.size()); index.value += 2) {
    const ParentNode* const node = again.parent(index);
    if (node == nullptr) continue;
    for (const LeafIndex unmerged : node->unmerged_leaves) {
      must_hold(again.leaf(unmerged) != nullptr && is_below(unmerged, index),
                "unmerged leaves are members below");
    }
  }
}

// Two newcomers were led into the group and see the same. The second one follows what the first one commits.
void must_get_on(const Group& group, const Welcome& welcome) {
  const People& people = People::get();
  must_be_sound(group, people.newcomer);
  std::optional<Group> other;
  std::optional<NewCommit> commit;
  CommitOptions options;
  options.force_path = true;
  try {
    other = Group::join(welcome, people.other);
    commit.emplace(group.commit({}, options));
  } catch (const Refusal&) {
    return;  // a tree without the other one, or one into which no path can be encrypted
  }
  const auto message = decoded<MlsMessage>(commit->commit);
  const auto next = other->process(*message.get<PublicMessage>(), {});
  must_be_sound(std::get<Group>(next), people.other);
  must_hold(
      as_text(std::get<Group>(next).epoch_authenticator()) == as_text(commit->next.epoch_authenticator()),
      "who makes a Commit and who follows it are in the same epoch");
}

std::optional<PublicMessage> message_of(const Step& step, const Epoch& epoch) {
  const People& people = People::get();
  switch (step.kind % kKinds) {
    case kContent: {
      auto content = decoded<FramedContent>(step.body);
      const bool is_commit = content.get<Commit>() != nullptr;
      AuthenticatedContent signed_content =
          sign_content(std::move(content), people.insider_key, epoch.context);
      if (is_commit) signed_content.auth.confirmation_tag = Bytes(32);
      return protect(std::move(signed_content), epoch.secrets.membership_key.view(), epoch.context);
    }
    case kMessage:
      return protect(decoded<AuthenticatedContent>(step.body), epoch.secrets.membership_key.view(),
                     epoch.context);
    case kUnchanged: {
      const auto message = decoded<MlsMessage>(step.body);
      const auto* const body = message.get<PublicMessage>();
      if (body != nullptr) return *body;
      return std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

void hear(Group& group, PendingProposals& pending, const PublicMessage& message) {
  if (message.content.get<Proposal>() != nullptr) {
    pending.add(group.verify_proposal(message));
    return;
  }
  const std::uint64_t before = group.epoch();
  auto next = group.process(message, pending);
  if (auto* const after = std::get_if<Group>(&next)) {
    must_hold(after->epoch() == before + 1, "a Commit leads into the next epoch");
    group = std::move(*after);
    pending.clear();
    must_be_sound(group, People::get().newcomer);
  }
}

void run(const Story& story) {
  std::optional<RatchetTree> tree;
  Extensions extensions;
  std::optional<Bytes> path_secret;
  try {
    for (const Step& step : story.steps) {
      if (step.kind % kKinds == kTree) tree = resigned(decoded<RatchetTree>(step.body));
      if (step.kind % kKinds == kTreeChange && tree) tree = change_tree(std::move(*tree), Input(step.body));
      if (step.kind % kKinds == kExtensions) extensions = decoded<Extensions>(step.body);
      if (step.kind % kKinds == kPathSecret) path_secret = step.body;
    }
  } catch (const Refusal&) {
    return;
  }
  if (!tree) return;
  const Epoch epoch = lead_into(*tree, extensions, path_secret, story.head);
  std::optional<Group> group;
  try {
    group = Group::join(epoch.welcome, People::get().newcomer);
  } catch (const Refusal&) {
    return;
  }
  must_get_on(*group, epoch.welcome);
  PendingProposals pending;
  for (const Step& step : story.steps) {
    const Bytes authenticator(group->epoch_authenticator().begin(), group->epoch_authenticator().end());
    try {
      if (const auto message = message_of(step, epoch)) hear(*group, pending, *message);
    } catch (const Refusal&) {
      must_hold(as_text(group->epoch_authenticator()) == as_text(authenticator),
                "what is refused changes nothing");
    }
  }
}

// ── seeds ──

/// A tree as it comes out of real Commits, with the insider at leaf 0 and both newcomers somewhere.
struct Trees {
  std::vector<Seed> seeds;

  void add(const std::string& name, const RatchetTree& tree, const Extensions& extensions = {}) {
    Story story{0, {{kTree, encoded(tree)}, {kExtensions, encoded(extensions)}}};
    seeds.push_back({name, story.write()});
    Story different = story;
    different.steps.insert(different.steps.begin() + 1, {kTreeChange, {0, 1, 1}});
    seeds.push_back({name + "_changed", different.write()});
    add_messages(name, story, lead_into(tree, extensions, {}, 0));
  }

  // The other newcomer says things, which the first one hears: as they are, and as content to be changed.
  void add_messages(const std::string& name, const Story& before, const Epoch& epoch) {
    const People& people = People::get();
    const Group other = Group::join(epoch.welcome, people.other);
    CommitOptions options;
    options.force_path = true;
    options.by_value = {{Add{People::package(20, PrivateKey::generate()).key_package}}};
    if (other.roster().size() > 3) options.by_value.push_back({Remove{other.roster()[1].leaf}});
    for (const Bytes& message : {encoded(other.propose_update().message), other.commit({}).commit,
                                 other.commit({}, options).commit}) {
      Story story = before;
      story.steps.push_back({kUnchanged, message});
      const auto content = decoded<MlsMessage>(message).get<PublicMessage>()->content;
      FramedContent insiders = content;
      insiders.sender = Sender::member({0});
      story.steps.push_back({kContent, encoded(insiders)});
      seeds.push_back({name + "_" + std::to_string(seeds.size()), story.write()});
    }
  }
};

}  // namespace

std::vector<Seed> seeds() {
  const People& people = People::get();
  seed_randomness(2);
  Trees all;
  const PrivateKey gateway = PrivateKey::generate();
  const Extensions extensions{{external_senders_extension({{public_key_of(gateway), {{'g'}}}})}};
  Group group = Group::create(kGroupId, people.insider, {});
  const auto commit = [&](std::vector<Proposal> proposals, bool with_path = true) {
    CommitOptions options;
    options.by_value = std::move(proposals);
    options.force_path = with_path;
    group = std::move(group.commit({}, options).next);
  };
  const auto stranger = [](std::uint8_t user) {
    return Proposal{Add{People::package(user, PrivateKey::generate()).key_package}};
  };
  commit({{Add{people.newcomer.key_package}}, {Add{people.other.key_package}}});
  all.add("three", group.tree());
  all.add("three_with_extensions", group.tree(), extensions);
  commit({stranger(4), stranger(5), stranger(6)});
  all.add("six", group.tree());
  commit({{Remove{{4}}}, stranger(7), stranger(8), stranger(9)});
  commit({{Remove{{3}}}});
  all.add("eight_with_blanks", group.tree());
  commit({stranger(10), stranger(11)}, false);
  all.add("nine_with_unmerged", group.tree());
  return std::move(all.seeds);
}

}  // namespace vcplay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vcplay::fuzz;
  static_cast<void>(People::get());  // before randomness is seeded for this input
  seed_randomness(3);
  run(Story::read({data, size}));
  return 0;
}
