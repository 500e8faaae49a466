// Which Commit wins, and who is told what about it (DAVE, "Commit Ordering",
// "Voice Gateway Commit Validity").
#include <fmt/format.h>

#include <algorithm>

#include "dave/policy.hpp"
#include "mls/refusal.hpp"
#include "rehearsal/delivery_call.hpp"

namespace vcplay::rehearsal {
namespace {

[[noreturn]] void refuse(std::string_view section, const std::string& sentence) {
  throw dave::Refusal(section, sentence);
}

constexpr std::string_view kValidity = "Voice Gateway Commit Validity";

/// The proposals that this Commit refers to. DAVE, "Voice Gateway Commit Validity": it holds nothing else.
std::set<Bytes> refs_in(const mls::Commit& commit) {
  std::set<Bytes> refs;
  for (const mls::ProposalOrRef& entry : commit.proposals) {
    const auto* const ref = std::get_if<mls::ProposalRef>(&entry.value);
    if (ref == nullptr) refuse(kValidity, "a Commit holds a proposal of its own");
    if (!refs.insert(ref->hash).second) refuse(kValidity, "a Commit refers to one proposal twice");
  }
  if (refs.empty()) refuse(kValidity, "a Commit refers to no proposal");
  return refs;
}

std::vector<Bytes> newcomers_in(const mls::ProposalList& list) {
  std::vector<Bytes> refs;
  for (const mls::CommittedProposal& entry : list) {
    if (const auto* const add = entry.proposal->get<mls::Add>()) refs.push_back(add->key_package.ref());
  }
  return refs;
}

/// DAVE, "dave_mls_commit_welcome (28)": there is a Welcome when somebody is added, and it has secrets for
/// all who are, and for nobody else.
void check_welcome(const std::optional<mls::Welcome>& welcome, const mls::ProposalList& list) {
  constexpr std::string_view kSection = "dave_mls_commit_welcome (28)";
  const std::vector<Bytes> newcomers = newcomers_in(list);
  if (newcomers.empty() && welcome) refuse(kSection, "a Welcome comes with a Commit that adds nobody");
  if (newcomers.empty()) return;
  if (!welcome) refuse(kSection, "a Commit adds somebody and brings no Welcome");
  if (welcome->cipher_suite != mls::kCipherSuite) refuse(kSection, "a Welcome is for another cipher suite");
  for (const Bytes& ref : newcomers) {
    if (welcome->find(ref) == nullptr) refuse(kSection, "a Welcome has no secrets for somebody who is added");
  }
  if (welcome->secrets.size() != newcomers.size()) refuse(kSection, "a Welcome has secrets for others too");
}

void flip_last_bit(Bytes& bytes) { bytes.back() ^= 1; }

}  // namespace

/// Opcode 28, taken apart.
struct DeliveryCall::CommitWelcome {
  Bytes commit;  // an MLSMessage, as it came
  mls::PublicMessage message;
  std::optional<mls::Welcome> welcome;

  explicit CommitWelcome(ByteView body) {
    mls::Reader in(body);
    const mls::MlsMessage outer = mls::MlsMessage::read(in);
    commit.assign(body.begin(), body.end() - static_cast<std::ptrdiff_t>(in.rest().size()));
    const auto* const inner = outer.get<mls::PublicMessage>();
    if (inner == nullptr || inner->content.get<mls::Commit>() == nullptr ||
        !inner->content.sender.is_member()) {
      refuse("dave_mls_commit_welcome (28)", "opcode 28 does not begin with a member's Commit");
    }
    message = *inner;
    if (in.done()) return;
    welcome = mls::Welcome::read(in);
    in.expect_end("a Welcome");
  }
};

void DeliveryCall::on_commit(Snowflake user, ByteView body, TimePoint now) {
  now_ = now;
  Rule broken = Rule::dave_commit;
  try {
    const CommitWelcome message(body);
    seats_.at(user).answered = true;
    if (is_late(user, message.message.content)) return;
    const mls::ProposalList list = resolve(user, *message.message.content.get<mls::Commit>());
    PublicGroup next = group_of(user, message.message.content).follow(message.message, list);
    broken = Rule::dave_welcome;
    check_welcome(message.welcome, list);
    announce(user, message, std::move(next));
  } catch (const Error& refusal) {
    breach(user, broken, fmt::format("opcode 28 is not valid: {}", refusal.what()));
  }
}

/// True when it was good once, and others were faster. Those are dropped without a word.
bool DeliveryCall::is_late(Snowflake user, const mls::FramedContent& content) const {
  const std::set<Ref> refs = refs_in(*content.get<mls::Commit>());
  if (content.group_id != dave::identity_of(channel_)) refuse(kValidity, "a Commit is for another group");
  const bool old_group = now_ < old_group_until_;
  if (old_group && (version_ == 0 || content.epoch != epoch())) return true;
  if (version_ == 0) refuse(kValidity, "a Commit comes although there is no group in version 0");
  if (content.epoch < epoch()) return true;
  if (content.epoch > epoch()) refuse("Commit Ordering", "a Commit is for an epoch that is yet to come");
  if (refs == known_to(user, snapshot())) return false;
  return std::any_of(outdated_.begin(), outdated_.end(), [&](const Outdated& outdated) {
    return outdated.until > now_ && refs == known_to(user, outdated.proposals);
  });
}

/// What somebody has to commit when this is proposed.
std::set<DeliveryCall::Ref> DeliveryCall::known_to(Snowflake user, const Snapshot& proposals) {
  std::set<Ref> refs;
  for (const auto& [ref, added] : proposals) {
    if (added != user) refs.insert(ref);
  }
  return refs;
}

/// The proposals behind the references, which have to be all that were made and not revoked.
mls::ProposalList DeliveryCall::resolve(Snowflake user, const mls::Commit& commit) const {
  std::set<Ref> missing = known_to(user, snapshot());
  mls::ProposalList list;
  for (const mls::ProposalOrRef& entry : commit.proposals) {
    const Ref& ref = std::get<mls::ProposalRef>(entry.value).hash;
    if (baits_.count(ref) > 0) refuse("Member Add", "a Commit adds somebody whom its sender had to refuse");
    if (missing.erase(ref) == 0)
      refuse(kValidity, "a Commit refers to a proposal that was not made or is revoked");
    const auto found =
        std::find_if(proposed_.begin(), proposed_.end(), [&](const Proposed& one) { return one.ref == ref; });
    list.push_back({&found->proposal, mls::Sender::external(0), nullptr});
  }
  if (!missing.empty()) refuse(kValidity, "a Commit leaves a proposal out");
  return list;
}

/// The group that the committer is in: the call's, or one of its own while there is none.
PublicGroup DeliveryCall::group_of(Snowflake user, const mls::FramedContent& content) const {
  const Seat& seat = seats_.at(user);
  if (!may_commit(seat)) refuse(kValidity, "a Commit comes from somebody who is not in the group");
  PublicGroup group =
      group_ ? *group_ : PublicGroup(dave::identity_of(channel_), *seat.key_package, group_extensions());
  if (group.leaf_of(user) != content.sender.leaf())
    refuse(kValidity, "a Commit names another leaf as its sender");
  return group;
}

/// Opcode 29 to those who were in the group and stay, opcode 30 to those who come.
void DeliveryCall::announce(Snowflake user, const CommitWelcome& message, PublicGroup next) {
  const std::set<Snowflake> before = [&] {
    std::set<Snowflake> members;
    for (const auto& [member, seat] : seats_) {
      if (seat.established || (!group_ && member == user)) members.insert(member);
    }
    return members;
  }();
  std::set<Snowflake> newcomers;
  for (const auto& [member, seat] : seats_) {
    if (next.leaf_of(member) && before.count(member) == 0) newcomers.insert(member);
  }
  std::set<Snowflake> told = before;
  told.insert(newcomers.begin(), newcomers.end());
  const dave::TransitionId transition = begin_transition(version_, told);
  group_ = std::move(next);
  const bool corrupts = commits_to_corrupt_ > 0 && before.size() > 1;
  for (const Snowflake member : before) announce_commit(member, user, transition, message.commit);
  if (corrupts) --commits_to_corrupt_;
  for (const Snowflake member : newcomers) announce_welcome(member, transition, *message.welcome);
  for (const Snowflake member : told) {
    Seat& seat = seats_.at(member);
    seat.established = true;
    seat.key_package.reset();
  }
  forget_proposals();
  reconcile();
}

void DeliveryCall::announce_commit(Snowflake to, Snowflake committer, dave::TransitionId transition,
                                   const Bytes& commit) {
  Seat& seat = seats_.at(to);
  seat.announced.insert(transition);
  Bytes body(sizeof transition);
  store_be16(body, transition);
  body.insert(body.end(), commit.begin(), commit.end());
  if (to != committer && commits_to_corrupt_ > 0) {
    flip_last_bit(body);  // of the membership tag
    seat.spoiled.insert(transition);
  }
  send_binary(to, dave::Opcode::announce_commit_transition, std::move(body));
}

/// DAVE, "dave_mls_welcome (30)": the Welcome with the secrets of this one newcomer alone. The group info has
/// to stay as it is to the byte, for the secrets are bound to it.
void DeliveryCall::announce_welcome(Snowflake to, dave::TransitionId transition,
                                    const mls::Welcome& welcome) {
  Seat& seat = seats_.at(to);
  seat.announced.insert(transition);
  mls::Welcome own{
      welcome.cipher_suite, {*welcome.find(seat.key_package->ref())}, welcome.encrypted_group_info};
  if (welcomes_to_corrupt_ > 0) {
    --welcomes_to_corrupt_;
    flip_last_bit(own.encrypted_group_info);
    seat.spoiled.insert(transition);
  }
  if (desk_.options.dave_faults.hides_members) seat.spoiled.insert(transition);  // with whom, it cannot know
  mls::Writer out;
  out.u16(transition);
  own.write(out);
  send_binary(to, dave::Opcode::welcome, out.take());
}

}  // namespace vcplay::rehearsal
