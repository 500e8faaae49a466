// One call's end-to-end encryption as the voice server runs it (DAVE, "Group Key
// Exchange", "Protocol Transitions").
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "dave/messages.hpp"
#include "rehearsal/dave_message.hpp"
#include "rehearsal/ledger.hpp"
#include "rehearsal/options.hpp"
#include "rehearsal/public_group.hpp"

namespace vcplay::rehearsal {

/// What a call needs of the delivery service that it belongs to, which outlives it.
struct DeliveryDesk {
  const DiscordOptions& options;
  Books& books;
  const mls::PrivateKey& key;  // the external sender's
  const SendDave& send;
  const std::function<bool(Snowflake user)>& is_away;
};

// Opcode 27's two forms, and how a proposal is referred to.
[[nodiscard]] Bytes append_proposals(const std::vector<mls::MlsMessage>& proposals);
[[nodiscard]] Bytes revoke_proposals(const std::set<Bytes>& refs);
[[nodiscard]] Bytes ref_of(const mls::MlsMessage& proposal);

/// The group of one channel: who is in it, who is to be, and which change is on its way.
class DeliveryCall {
 public:
  DeliveryCall(Snowflake channel, const DeliveryDesk& desk);

  /// In force, or about to be. Somebody who comes to a lonely member brings encryption back.
  [[nodiscard]] int version_for_newcomers() const noexcept { return alone_in_plain_ ? 1 : version_; }
  [[nodiscard]] bool is_empty() const noexcept { return seats_.empty(); }

  void before_join(Snowflake user, TimePoint now);
  void join(Snowflake user, TimePoint now);
  void leave(Snowflake user, TimePoint now);
  void on_key_package(Snowflake user, ByteView body, TimePoint now);              // 26
  void on_commit(Snowflake user, ByteView body, TimePoint now);                   // 28
  void on_ready(Snowflake user, dave::TransitionId transition, TimePoint now);    // 23
  void on_invalid(Snowflake user, dave::TransitionId transition, TimePoint now);  // 31
  void on_time(TimePoint now);
  [[nodiscard]] std::optional<TimePoint> deadline() const;
  void disturb(DaveDisturbance disturbance, TimePoint now);
  void flood_with_transitions(std::uint64_t changes, TimePoint now);

 private:
  using Ref = Bytes;

  /// Somebody who is connected. In the group, or pending.
  struct Seat {
    bool established = false;  // in the group, as far as it says itself
    int owed = 0;              // key packages that it has been asked for
    TimePoint key_package_due = TimePoint::max();
    std::optional<mls::KeyPackage> key_package;  // waits to be added
    TimePoint add_after{};                       // its Add is held back until then
    std::set<Ref> told;                          // proposals of this epoch that it knows
    bool answered = false;                       // … and committed since it was told the last
    std::set<Ref> key_packages_seen;
    std::set<dave::TransitionId> announced;  // with a Commit or a Welcome
    std::set<dave::TransitionId> spoiled;    // those that we spoiled for it

    /// Has a group of its own, in which the call's may begin.
    [[nodiscard]] bool is_ready() const noexcept { return key_package.has_value() && owed == 0; }
  };
  /// A proposal of this epoch that is not revoked.
  struct Proposed {
    Ref ref;
    Snowflake user;  // whom it adds or removes
    mls::Proposal proposal;
    mls::MlsMessage message;
    bool sent = false;
    [[nodiscard]] bool adds() const noexcept { return proposal.get<mls::Add>() != nullptr; }
  };
  /// What was proposed at one time, and whom each Add adds (nobody: a Remove).
  using Snapshot = std::map<Ref, std::optional<Snowflake>>;
  /// Proposals that a Commit on its way may still refer to.
  struct Outdated {
    TimePoint until;
    Snapshot proposals;
  };
  struct Transition {
    int version;
    std::set<Snowflake> told;
    std::set<Snowflake> waiting_for;
    TimePoint due;
  };

  // ── delivery_call.cpp: who is there ──
  void introduce_external_sender(Snowflake user);
  void ask_for_key_package(Seat& seat, int times = 1);
  void give_up_waiting_for_key_packages();
  [[nodiscard]] std::size_t established() const;
  void breach(Snowflake user, Rule rule, std::string detail) const;
  void send_text(Snowflake to, dave::Opcode opcode, const nlohmann::json& data) const;
  void send_binary(Snowflake to, dave::Opcode opcode, Bytes body) const;
  [[nodiscard]] mls::ExternalSender external_sender() const;
  [[nodiscard]] mls::Extensions group_extensions() const;

  // ── delivery_proposals.cpp: what is to change ──
  void reconcile();
  void revoke_outdated();
  void propose_missing();
  void propose(Snowflake user, mls::Proposal proposal);
  [[nodiscard]] bool is_proposed(Snowflake user, bool add) const;
  [[nodiscard]] mls::MlsMessage signed_proposal(mls::Proposal proposal) const;
  void revoke(const std::set<Ref>& refs);
  void forget_proposals();
  [[nodiscard]] Snapshot snapshot() const;
  void outdate(Snapshot proposals);
  void tell_proposals();
  void tell_proposals_to(Snowflake user, Seat& seat);
  void withdraw_adds();
  [[nodiscard]] bool may_commit(const Seat& seat) const;
  [[nodiscard]] std::uint64_t epoch() const;
  void complain_about_missing_commits();

  // ── delivery_commits.cpp: how it changes ──
  struct CommitWelcome;
  [[nodiscard]] bool is_late(Snowflake user, const mls::FramedContent& content) const;
  [[nodiscard]] static std::set<Ref> known_to(Snowflake user, const Snapshot& proposals);
  [[nodiscard]] mls::ProposalList resolve(Snowflake user, const mls::Commit& commit) const;
  [[nodiscard]] PublicGroup group_of(Snowflake user, const mls::FramedContent& content) const;
  void announce(Snowflake user, const CommitWelcome& message, PublicGroup next);
  void announce_commit(Snowflake to, Snowflake committer, dave::TransitionId transition, const Bytes& commit);
  void announce_welcome(Snowflake to, dave::TransitionId transition, const mls::Welcome& welcome);

  // ── delivery_transitions.cpp: from when on ──
  dave::TransitionId begin_transition(int version, const std::set<Snowflake>& told);
  void prepare_transition(int version);
  void execute(dave::TransitionId id);
  void time_out_transitions();
  void no_longer_in_transitions(Snowflake user);
  void make_group_anew(int times = 1);
  void reset_sole_member();
  void forget_group();
  void upgrade();

  // ── delivery_disturbances.cpp ──
  void send_other_external_sender();
  void add_stranger();
  void add_user_twice();
  void execute_unknown_transition();
  void change_version_without_group();
  void change_version_with_same_group();
  void send_bait(const mls::OwnKeyPackage& bait);
  void revoke_baits();

  const Snowflake channel_;
  const DeliveryDesk desk_;
  TimePoint now_{};
  int version_ = 1;
  std::map<Snowflake, Seat> seats_;
  std::optional<PublicGroup> group_;  // from epoch 1 on
  std::vector<Proposed> proposed_;    // in order
  std::deque<Outdated> outdated_;
  TimePoint tell_at_ = TimePoint::max();  // proposals are held until then
  TimePoint commit_due_ = TimePoint::max();
  TimePoint old_group_until_{};  // messages of a group that is gone may still arrive
  std::map<dave::TransitionId, Transition> transitions_;
  dave::TransitionId last_transition_ = 0;
  std::set<std::pair<Snowflake, dave::TransitionId>> late_;  // opcode 23 may still come, and says nothing
  bool alone_in_plain_ = false;
  TimePoint upgrade_at_ = TimePoint::max();
  std::set<Ref> baits_;  // Adds that nobody may commit
  TimePoint revoke_baits_at_ = TimePoint::max();
  // Of the faults that were ordered, those that are still to come.
  int commits_to_corrupt_;
  int welcomes_to_corrupt_;
  int adds_to_revoke_;
};

}  // namespace vcplay::rehearsal
