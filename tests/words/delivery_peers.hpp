// Members of a call who know MLS, and keep to DAVE as far as the story wants.
#pragma once

#include <deque>
#include <functional>
#include <optional>

#include "dave/policy.hpp"
#include "mls/refusal.hpp"
#include "words/delivery_words.hpp"

namespace vcplay::rehearsal::test {

inline Bytes with_opcode(dave::Opcode opcode, Bytes body) {
  body.insert(body.begin(), static_cast<std::uint8_t>(opcode));
  return body;
}

/// Opcode 28, whose parts a story may spoil.
struct Spoilable {
  mls::PublicMessage commit;
  std::optional<mls::Welcome> welcome;

  explicit Spoilable(const mls::NewCommit& made)
      : commit(*mls::decoded<mls::MlsMessage>(made.commit).get<mls::PublicMessage>()) {
    if (made.welcome) welcome = mls::decoded<mls::Welcome>(*made.welcome);
  }
  [[nodiscard]] mls::Commit& content() { return std::get<mls::Commit>(commit.content.content); }
  [[nodiscard]] Bytes message() const {
    mls::Writer out;
    mls::MlsMessage{commit}.write(out);
    if (welcome) welcome->write(out);
    return with_opcode(dave::Opcode::commit_welcome, out.take());
  }
};

/// Somebody whom core/dave does not keep from saying anything.
class Peer {
 public:
  Peer(Desk& desk, Snowflake who) : user(who), desk_(desk) {}

  void join() {
    desk_.service.join(desk_.channel(), user, desk_.now);
    say(key_package_message());
  }
  void say(const Bytes& message) { desk_.service.on_binary(user, message, desk_.now); }
  void say(std::int64_t opcode, const json& data) { desk_.service.on_text(user, opcode, data, desk_.now); }
  void ready(int transition) { say(23, {{"transition_id", transition}}); }
  [[nodiscard]] Bytes key_package_message() const { return dave::key_package_message(package.key_package); }
  [[nodiscard]] static mls::OwnKeyPackage make_package(Snowflake whose, const mls::PrivateKey& with,
                                                       mls::Lifetime lifetime = {},
                                                       mls::Capabilities can = {}) {
    return mls::make_key_package({{dave::identity_of(whose)}, std::move(can), lifetime, {}}, with);
  }

  void hear(const DaveMessage& message) {
    const ByteView body = message.binary;
    if (message.opcode == dave::Opcode::external_sender) {
      const auto sender = mls::decoded<mls::ExternalSender>(body);
      group = mls::Group::create(dave::identity_of(desk_.channel()), founding_leaf ? *founding_leaf : package,
                                 {{mls::external_senders_extension({sender})}});
    } else if (message.opcode == dave::Opcode::proposals) {
      take(dave::read_proposals(body));
    } else if (message.opcode == dave::Opcode::announce_commit_transition) {
      follow(*dave::read_announcement(body));
    } else if (message.opcode == dave::Opcode::welcome) {
      const dave::Announcement announced = *dave::read_announcement(body);
      enter(mls::Group::join(mls::decoded<mls::Welcome>(announced.message), package), announced.transition);
    }
  }
  [[nodiscard]] mls::NewCommit commit(const mls::CommitOptions& options = {}) const {
    return group->commit(pending, options);
  }
  [[nodiscard]] Spoilable commit_welcome() const { return Spoilable(commit()); }
  /// A Commit that may win.
  void say_commit() {
    mls::NewCommit made = commit();
    const Bytes message = dave::commit_welcome_message(made);
    own_ = std::move(made);
    say(message);
  }

  const Snowflake user;
  mls::PrivateKey key = mls::PrivateKey::generate();
  mls::OwnKeyPackage package = make_package(user, key);
  std::optional<mls::OwnKeyPackage> founding_leaf;  // where it is not that of the key package
  std::optional<mls::Group> group;
  mls::PendingProposals pending;

 private:
  void take(const std::variant<dave::AppendProposals, dave::RevokeProposals>& list) {
    if (const auto* const added = std::get_if<dave::AppendProposals>(&list)) {
      for (const mls::MlsMessage& message : added->messages) {
        pending.add(group->verify_proposal(*message.get<mls::PublicMessage>()));
      }
      return;
    }
    for (const Bytes& ref : std::get<dave::RevokeProposals>(list).refs) EXPECT_TRUE(pending.revoke(ref));
  }
  void follow(const dave::Announcement& announced) {
    const Bytes commit(announced.message.begin(), announced.message.end());
    if (own_ && own_->commit == commit) return enter(std::move(own_->next), announced.transition);
    const auto message = mls::decoded<mls::MlsMessage>(commit);
    enter(std::get<mls::Group>(group->process(*message.get<mls::PublicMessage>(), pending)),
          announced.transition);
  }
  void enter(mls::Group next, dave::TransitionId transition) {
    group = std::move(next);
    pending.clear();
    ready(transition);
  }

  Desk& desk_;
  std::optional<mls::NewCommit> own_;
};

/// Ann and Bob have a group, and Cid is proposed.
class PeerCall : public Desk {
 public:
  explicit PeerCall(DiscordOptions options = test::encrypted()) : Desk(std::move(options)) {
    service.send = [this](const DaveMessage& message, TimePoint) { down.push_back(message); };
  }
  void begin() {
    for (Peer* const peer : {&ann, &bob}) {
      peer->join();
      deliver();
    }
    ann.say_commit();
    deliver();
    cid.join();
    deliver();
    down.clear();
  }
  /// Everybody hears what was said to them.
  void deliver() {
    while (!down.empty()) {
      const DaveMessage message = std::move(down.front());
      down.pop_front();
      for (Peer* const peer : {&ann, &bob, &cid, &dee}) {
        if (peer->user == message.to) peer->hear(message);
      }
    }
  }
  /// Cid is welcomed and leaves again: there is somebody to be removed.
  void cid_comes_and_goes() {
    bob.say_commit();
    deliver();
    service.leave(kCid, now);
    deliver();
  }
  void pass(Duration time) {
    const TimePoint end = now + time;
    for (auto due = service.deadline(); due && *due <= end; due = service.deadline()) {
      now = std::max(now, *due);
      service.on_time(now);
    }
    now = end;
  }

  std::deque<DaveMessage> down;
  Peer ann{*this, kAnn};
  Peer bob{*this, kBob};
  Peer cid{*this, kCid};
  Peer dee{*this, kDee};
};

}  // namespace vcplay::rehearsal::test
