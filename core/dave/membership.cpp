#include "dave/membership.hpp"

#include <algorithm>

#include "mls/refusal.hpp"

namespace vcplay::dave {
namespace {

// Bounds on what a server can make us keep in one epoch; a call has far fewer members.
constexpr std::size_t kMaxProposals = 4096;
constexpr std::size_t kMaxOwnCommits = 256;

}  // namespace

Membership::Membership(Snowflake self, Snowflake channel, mls::PrivateKey signature_key, log::Logger logger)
    : logger_(std::move(logger)),
      self_(self),
      group_id_(identity_of(channel)),
      signature_key_(std::move(signature_key)) {}

const mls::KeyPackage& Membership::renew() {
  const mls::LeafContents leaf{{identity_of(self_)}, {}, {}, {}};
  Pending pending{mls::make_key_package(leaf, signature_key_), std::nullopt};
  forget_epoch();
  current_.reset();
  joined_by_.clear();
  pending_ = std::move(pending);
  make_pending_group();
  return pending_->key_package.key_package;
}

void Membership::leave() noexcept {
  if (!current_) return;
  forget_epoch();
  current_.reset();
  joined_by_.clear();
}

void Membership::on_external_sender(ByteView package) {
  auto sender = mls::decoded<mls::ExternalSender>(package);
  static_cast<void>(mls::point_of(sender.signature_key));
  if (current_) {
    logger_.debug("dave: ignored an external sender, because the group exists already");
    return;
  }
  if (external_sender_ == sender) return;  // said again: what was proposed since then still holds
  external_sender_ = std::move(sender);
  forget_epoch();
  make_pending_group();
}

void Membership::make_pending_group() {
  if (!pending_ || !external_sender_) return;
  pending_->group = mls::Group::create(group_id_, pending_->key_package,
                                       {{mls::external_senders_extension({*external_sender_})}});
}

const mls::Group* Membership::local_group() const noexcept {
  if (current_) return &*current_;
  return pending_ && pending_->group ? &*pending_->group : nullptr;
}

void Membership::forget_epoch() noexcept {
  proposals_.clear();
  own_commits_.clear();
}

void Membership::adopt(mls::Group group) {
  current_ = std::move(group);
  pending_.reset();  // the key package is spent, its keys are wiped
  forget_epoch();
}

std::optional<Bytes> Membership::on_proposals(ByteView body, const Users& recognized) {
  const auto list = read_proposals(body);
  if (local_group() == nullptr) return std::nullopt;
  if (const auto* const added = std::get_if<AppendProposals>(&list)) {
    if (!append(*added, recognized)) return std::nullopt;
  } else {
    revoke(std::get<RevokeProposals>(list));
  }
  return commit();
}

bool Membership::append(const AppendProposals& list, const Users& recognized) {
  const mls::Group& group = *local_group();
  std::vector<mls::PendingProposal> verified;
  for (const mls::MlsMessage& entry : list.messages) {
    const auto* const message = entry.get<mls::PublicMessage>();
    if (message == nullptr) mls::refuse_malformed("6", "a list of proposals holds something else");
    const mls::FramedContent& content = message->content;
    // For the established group while we still wait to be welcomed, or for an epoch that is over.
    if (content.group_id != group_id_ || content.epoch != group.epoch()) return false;
    const auto* const proposal = content.get<mls::Proposal>();
    if (proposal == nullptr) mls::refuse_malformed("12.1", "a list of proposals holds another message");
    policy::is_from_external_sender(*message);
    policy::adds_or_removes(*proposal);
    policy::adds_somebody_who_is_here(*proposal, recognized);
    verified.push_back(group.verify_proposal(*message));
  }
  if (proposals_.all().size() + verified.size() > kMaxProposals) {
    throw Refusal("Proposal Handling", "more proposals than any call has members");
  }
  // The same proposal again is no second one, but answered again: the first answer may have been lost.
  for (mls::PendingProposal& proposal : verified) static_cast<void>(proposals_.add(std::move(proposal)));
  return true;
}

void Membership::revoke(const RevokeProposals& list) {
  for (const Bytes& ref : list.refs) {
    if (!proposals_.revoke(ref)) logger_.debug("dave: a proposal is revoked that nobody made");
  }
}

// Every member commits, and the voice gateway takes the first that it gets.
std::optional<Bytes> Membership::commit() {
  if (proposals_.empty()) return std::nullopt;
  const mls::Group& group = *local_group();
  try {
    mls::NewCommit commit = group.commit(proposals_);
    policy::users_are_distinct(commit.next);
    Bytes message = commit_welcome_message(commit);
    if (own_commits_.size() >= kMaxOwnCommits) own_commits_.erase(own_commits_.begin());
    own_commits_.insert_or_assign(std::move(commit.commit), std::move(commit.next));
    return message;
  } catch (const Error& refusal) {
    // We are to go ourselves, or to be added although we are there: for others to commit.
    logger_.debug("dave: the proposals are not ours to commit: {}", refusal.what());
    return std::nullopt;
  }
}

Followed Membership::on_commit(ByteView message) {
  const mls::Group* const group = local_group();
  if (group == nullptr) return Followed::ignored;
  const auto own = own_commits_.find(Bytes(message.begin(), message.end()));
  if (own != own_commits_.end()) {
    adopt(std::move(own->second));
    return Followed::advanced;
  }
  if (!current_ && proposals_.empty())
    return Followed::ignored;  // the others' group, in which we are not yet
  const auto decoded = mls::decoded<mls::MlsMessage>(message);
  const auto* const commit = decoded.get<mls::PublicMessage>();
  const auto* const content = commit == nullptr ? nullptr : commit->content.get<mls::Commit>();
  if (content == nullptr) mls::refuse_malformed("12.4", "an announced Commit is something else");
  if (commit->content.group_id != group_id_) return Followed::ignored;
  if (!current_) {
    if (commit->content.epoch != group->epoch()) return Followed::ignored;
    // DAVE, "Client Commit Validity": the first Commit of a group is ours or comes with a Welcome.
    throw Refusal("Client Commit Validity", "somebody else's first Commit came instead of a Welcome");
  }
  if (commit->content.epoch < group->epoch()) return Followed::ignored;  // said again after a resume
  policy::is_by_reference_alone(*content);
  auto next = group->process(*commit, proposals_);
  if (std::holds_alternative<mls::RemovedFromGroup>(next)) {
    leave();
    return Followed::removed;
  }
  auto& after = std::get<mls::Group>(next);
  policy::committer_stays_who_it_is(*group, after, commit->content.sender.leaf());
  policy::users_are_distinct(after);
  adopt(std::move(after));
  return Followed::advanced;
}

Followed Membership::on_welcome(ByteView message) {
  if (current_ && std::equal(message.begin(), message.end(), joined_by_.begin(), joined_by_.end())) {
    return Followed::ignored;  // said again after a resume
  }
  const auto welcome = mls::decoded<mls::Welcome>(message);
  if (!pending_)
    throw Refusal("Welcome Handling", "a Welcome came without a key package of ours waiting for it");
  if (!external_sender_) throw Refusal("External Sender", "a Welcome came before the external sender");
  mls::Group group = mls::Group::join(welcome, pending_->key_package);
  policy::is_group_of(group, group_id_);
  policy::has_only_our_external_sender(group, *external_sender_);
  policy::users_are_distinct(group);
  adopt(std::move(group));
  joined_by_.assign(message.begin(), message.end());
  return Followed::advanced;
}

}  // namespace vcplay::dave
