#include "dave/policy.hpp"

#include <algorithm>

namespace vcplay::dave {
namespace {

void require(bool holds, std::string_view section, const std::string& sentence) {
  if (!holds) throw Refusal(section, sentence);
}

}  // namespace

std::optional<Snowflake> user_of(ByteView identity) {
  if (identity.size() != sizeof(Snowflake::value)) return std::nullopt;
  return Snowflake{load_be64(identity)};
}

Bytes identity_of(Snowflake user) {
  Bytes identity(sizeof user.value);
  store_be64(identity, user.value);
  return identity;
}

namespace policy {

void is_from_external_sender(const mls::PublicMessage& message) {
  // DAVE, "Proposal Handling": only the voice gateway proposes; it is the one external sender.
  require(message.content.sender == mls::Sender::external(0), "Proposal Handling",
          "a proposal does not come from the voice gateway");
}

void adds_or_removes(const mls::Proposal& proposal) {
  // DAVE, "Proposal Handling": Add and Remove are the allowed types.
  require(proposal.get<mls::Add>() != nullptr || proposal.get<mls::Remove>() != nullptr, "Proposal Handling",
          std::string("a proposal is a ") + mls::name_of(proposal));
}

void adds_somebody_who_is_here(const mls::Proposal& proposal, const Users& recognized) {
  // DAVE, "Member Add": refuse an Add for somebody who is not expected to be in the session.
  const auto* const add = proposal.get<mls::Add>();
  if (add == nullptr) return;
  const auto user = user_of(add->key_package.leaf_node.credential.identity);
  require(user.has_value(), "Member Add", "a credential to be added names no user");
  require(recognized.count(*user) != 0, "Member Add",
          "user " + user->str() + " is to be added without being in the call");
}

void is_by_reference_alone(const mls::Commit& commit) {
  // DAVE, "Client Commit Validity": nothing but references to proposals that the voice gateway sent. "Voice
  // Gateway Commit Validity": and at least one.
  const bool all = std::all_of(commit.proposals.begin(), commit.proposals.end(), [](const auto& entry) {
    return std::holds_alternative<mls::ProposalRef>(entry.value);
  });
  require(all, "Client Commit Validity", "a Commit holds a proposal of its own");
  require(!commit.proposals.empty(), "Voice Gateway Commit Validity", "a Commit refers to no proposal");
}

void committer_stays_who_it_is(const mls::Group& before, const mls::Group& after, mls::LeafIndex committer) {
  // DAVE, "Voice Gateway Commit Validity": the committer keeps its credential and signature key.
  const mls::LeafNode& old_leaf = *before.tree().leaf(committer);
  const mls::LeafNode& new_leaf = *after.tree().leaf(committer);
  require(old_leaf.credential == new_leaf.credential && old_leaf.signature_key == new_leaf.signature_key,
          "Voice Gateway Commit Validity", "a Commit changes who its sender is");
}

void users_are_distinct(const mls::Group& group) {
  // DAVE, "Client Commit Validity": no two leaves have the same credential.
  Users users;
  for (const mls::Member& member : group.roster()) {
    const auto user = user_of(member.identity);
    require(user.has_value(), "MLS Parameters", "a member's credential names no user");
    require(users.insert(*user).second, "Client Commit Validity",
            "user " + user->str() + " would be in the group twice");
  }
}

void has_only_our_external_sender(const mls::Group& group, const mls::ExternalSender& expected) {
  // DAVE, "Invalid Groups": the one extension, with the one sender that the voice gateway announced.
  const mls::Extensions& extensions = group.context().extensions;
  require(extensions == mls::Extensions{{mls::external_senders_extension({expected})}}, "Invalid Groups",
          "the group's external sender is not the one that the voice gateway announced");
}

void is_group_of(const mls::Group& group, ByteView group_id) {
  require(std::equal(group_id.begin(), group_id.end(), group.context().group_id.begin(),
                     group.context().group_id.end()),
          "Invalid Groups", "a Welcome is for another channel's group");
}

}  // namespace policy
}  // namespace vcplay::dave
