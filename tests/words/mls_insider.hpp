// A member who breaks the rules: its messages are authentic, only wrong.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "words/mls_words.hpp"

namespace vcplay::mls::test {

/// A member at leaf 3 of a group of four who signs whatever it likes.
class Insider {
 public:
  Insider() : party_(3), person_("insider"), own_(person_.key_package()) {
    CommitOptions options;
    options.by_value = {{Add{own_.key_package}}};
    NewCommit commit = party_.view(0).commit({}, options);
    const auto welcome = decoded<Welcome>(*commit.welcome);
    const GroupSecrets secrets =
        decrypt_group_secrets(welcome, *welcome.find(own_.key_package.ref()), own_.init_key);
    party_.deliver(0, std::move(commit), {});
    epoch_ = EpochSecrets::derive(
        epoch_secret(secrets.joiner_secret.view(), zero_secret().view(), victim().context()).view());
  }

  [[nodiscard]] const Group& victim() const { return party_.view(1); }
  [[nodiscard]] LeafIndex leaf() const { return {3}; }
  [[nodiscard]] const OwnKeyPackage& own() const { return own_; }
  [[nodiscard]] const Person& person() const { return person_; }
  [[nodiscard]] const LeafNode& leaf_of_member(std::uint32_t i) const { return *victim().tree().leaf({i}); }

  template <typename Content>
  [[nodiscard]] PublicMessage forge(Content content) const {
    return forge_as(Sender::member(leaf()), std::move(content));
  }
  template <typename Content>
  [[nodiscard]] PublicMessage forge_as(Sender sender, Content content) const {
    const GroupContext& context = victim().context();
    FramedContent framed{context.group_id, context.epoch, sender, {}, std::move(content)};
    AuthenticatedContent message = sign_content(std::move(framed), own_.signature_key, context);
    if (message.content.template get<Commit>() != nullptr) message.auth.confirmation_tag = Bytes(32, 0);
    return protect(std::move(message), epoch_.membership_key.view(), context);
  }

  void commit(std::vector<Proposal> proposals, std::optional<UpdatePath> path = {}) const {
    Commit commit;
    for (Proposal& proposal : proposals) commit.proposals.push_back({std::move(proposal)});
    commit.path = std::move(path);
    static_cast<void>(victim().process(forge(std::move(commit)), {}));
  }
  void propose(Proposal proposal) const {
    static_cast<void>(victim().verify_proposal(forge(std::move(proposal))));
  }

  /// A path that would be valid with an empty list of proposals, if it told the secrets behind its keys.
  enum class Telling { the_truth, lies };
  [[nodiscard]] UpdatePath path(Telling telling = Telling::the_truth) const {
    RatchetTree tree = victim().tree();
    NewPath created = renew_path(tree, leaf(), kGroupId, own_.signature_key);
    if (telling == Telling::lies) {
      created.secrets = derive_path_secrets(created.nodes, crypto::random_secret(kHashBytes));
    }
    GroupContext context = victim().context();
    context.epoch += 1;
    context.tree_hash = tree.root_hash();
    return seal_path(tree, leaf(), created, encoded(context), {});
  }
  void sign(LeafNode& node) const { node.sign(own_.signature_key, {kGroupId, leaf()}); }

 private:
  Party party_;
  Person person_;
  OwnKeyPackage own_;
  EpochSecrets epoch_;
};

/// One insider for all tests of one program; it changes nothing.
inline const Insider& insider() {
  static const Insider insider;
  return insider;
}

inline Proposal add(const KeyPackage& key_package) { return {Add{key_package}}; }
inline Proposal remove_of(std::uint32_t leaf) { return {Remove{{leaf}}}; }
inline Proposal psk(Bytes nonce = Bytes(32, 1)) {
  return {PreSharedKey{{ExternalPskId{{1}}, std::move(nonce)}}};
}

}  // namespace vcplay::mls::test
