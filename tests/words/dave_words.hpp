// A call to be in: the voice gateway as delivery service, other members made of core/mls alone, and the bot.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "dave/displayable_code.hpp"
#include "dave/frame_decryptor.hpp"
#include "dave/session.hpp"
#include "mls/refusal.hpp"

namespace vcplay::dave::test {

using nlohmann::json;
using Said = std::vector<std::string>;

inline constexpr Snowflake kBot{100000000000000001};
inline constexpr Snowflake kChannel{200000000000000002};
inline constexpr Snowflake kAnn{300000000000000003};
inline constexpr Snowflake kBob{400000000000000004};
inline constexpr Snowflake kCid{500000000000000005};
inline const Bytes kPacket = {0xfc, 1, 2, 3, 4, 5, 6, 7};

inline Bytes operator+(Bytes left, ByteView right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

/// The voice gateway's key, and what it signs.
class Gateway {
 public:
  [[nodiscard]] mls::ExternalSender sender() const {
    return {mls::public_key_of(key_), {{'g', 'a', 't', 'e'}}};
  }
  [[nodiscard]] mls::Extensions extensions() const { return {{mls::external_senders_extension({sender()})}}; }
  [[nodiscard]] mls::MlsMessage propose(std::uint64_t epoch, mls::Proposal proposal,
                                        Snowflake channel = kChannel) const {
    return mls::external_proposal(identity_of(channel), epoch, 0, key_, std::move(proposal));
  }

 private:
  mls::PrivateKey key_ = mls::PrivateKey::generate();
};

/// Opcode 27's body.
inline Bytes append(const std::vector<mls::MlsMessage>& messages) {
  mls::Writer out;
  out.u8(0);
  out.vector(messages);
  return out.take();
}
inline Bytes revoke(const std::vector<mls::MlsMessage>& messages) {
  mls::Writer refs;
  for (const mls::MlsMessage& message : messages) {
    refs.opaque(mls::make_proposal_ref(mls::encoded(message.get<mls::PublicMessage>()->authenticated())));
  }
  mls::Writer out;
  out.u8(1);
  out.opaque(refs.bytes());
  return out.take();
}
/// The body of opcodes 29 and 30.
inline Bytes announce(TransitionId transition, ByteView message) {
  Bytes body(2);
  store_be16(body, transition);
  return std::move(body) + message;
}

/// Opcode 28, taken apart.
struct CommitWelcome {
  Bytes commit;
  Bytes welcome;  // empty: nobody is added
  explicit CommitWelcome(ByteView body) {
    mls::Reader in(body);
    static_cast<void>(mls::MlsMessage::read(in));
    welcome.assign(in.rest().begin(), in.rest().end());
    commit.assign(body.begin(), body.end() - static_cast<std::ptrdiff_t>(welcome.size()));
  }
  explicit CommitWelcome(const mls::NewCommit& made)
      : commit(made.commit), welcome(made.welcome.value_or(Bytes())) {}
};

/// Another member, who knows MLS and nothing of core/dave's session.
class Peer {
 public:
  explicit Peer(Snowflake user) : user_(user), package_(make_package(user, key_)) {}

  [[nodiscard]] Snowflake user() const { return user_; }
  [[nodiscard]] mls::Proposal add() const { return {mls::Add{package_.key_package}}; }
  [[nodiscard]] const mls::Group& group() const { return group_.value(); }
  [[nodiscard]] mls::LeafIndex leaf() const { return group().own_leaf(); }
  [[nodiscard]] std::string code() const { return privacy_code(group().epoch_authenticator()); }

  void found(const mls::Extensions& extensions, Snowflake channel = kChannel) {
    group_ = mls::Group::create(identity_of(channel), package_, extensions);
  }
  void hear(const std::vector<mls::MlsMessage>& proposals) {
    for (const mls::MlsMessage& message : proposals) {
      pending_.add(group().verify_proposal(*message.get<mls::PublicMessage>()));
    }
  }
  [[nodiscard]] mls::NewCommit commit(const mls::CommitOptions& options = {}) const {
    return group().commit(pending_, options);
  }
  /// Our own Commit has won.
  void adopt(mls::NewCommit commit) { enter(std::move(commit.next)); }
  void follow(ByteView commit) {
    const auto message = mls::decoded<mls::MlsMessage>(commit);
    enter(std::get<mls::Group>(group().process(*message.get<mls::PublicMessage>(), pending_)));
  }
  void join(ByteView welcome) { enter(mls::Group::join(mls::decoded<mls::Welcome>(welcome), package_)); }
  void forget_proposals() { pending_.clear(); }

  /// What becomes of a frame of the bot's.
  [[nodiscard]] Opened open(ByteView frame) { return ears_.open(frame, TimePoint{1000s}).outcome; }

 private:
  static mls::OwnKeyPackage make_package(Snowflake user, const mls::PrivateKey& key) {
    return mls::make_key_package({{identity_of(user)}, {}, {}, {}}, key);
  }
  void enter(mls::Group group) {
    group_ = std::move(group);
    pending_.clear();
    ears_.begin_epoch(KeyRatchet(*group_, kBot), TimePoint{1000s});
  }

  Snowflake user_;
  mls::PrivateKey key_ = mls::PrivateKey::generate();
  mls::OwnKeyPackage package_;
  std::optional<mls::Group> group_;
  mls::PendingProposals pending_;
  FrameDecryptor ears_;
};

/// The bot in a call, and what it did last.
class Call : public testing::Test {
 protected:
  // ── the server speaks ──
  void begin(int version = 1) { carry_out(bot_->begin(version, now_)); }
  void text(Opcode opcode, const json& data) {
    carry_out(bot_->on_text(static_cast<std::int64_t>(opcode), data, now_));
  }
  void binary(Opcode opcode, ByteView body) {
    carry_out(bot_->on_binary(static_cast<std::uint8_t>(opcode), body, now_));
  }
  void external_sender() { binary(Opcode::external_sender, mls::encoded(gateway_.sender())); }
  void connect(Snowflake user) { text(Opcode::clients_connect, {{"user_ids", {user.str()}}}); }
  void disconnect(Snowflake user) { text(Opcode::client_disconnect, {{"user_id", user.str()}}); }
  void propose(const std::vector<mls::MlsMessage>& proposals) {
    binary(Opcode::proposals, append(proposals));
  }
  void commit(TransitionId transition, ByteView message) {
    binary(Opcode::announce_commit_transition, announce(transition, message));
  }
  void welcome(TransitionId transition, ByteView message) {
    binary(Opcode::welcome, announce(transition, message));
  }
  void prepare(TransitionId transition, int version) {
    text(Opcode::prepare_transition, {{"transition_id", transition}, {"protocol_version", version}});
  }
  void prepare_epoch(std::uint64_t epoch, int version = 1) {
    text(Opcode::prepare_epoch, {{"protocol_version", version}, {"epoch", epoch}});
  }
  void execute(TransitionId transition) { text(Opcode::execute_transition, {{"transition_id", transition}}); }
  void pass(Duration time) {
    now_ += time;
    if (bot_->deadline() && *bot_->deadline() <= now_) carry_out(bot_->on_time(now_));
  }

  // ── what the bot did, since it was asked last ──
  [[nodiscard]] std::vector<std::string> said() { return std::exchange(said_, {}); }
  static std::string ready(TransitionId transition) { return "ready " + std::to_string(transition); }
  static std::string invalid(TransitionId transition) { return "invalid " + std::to_string(transition); }
  [[nodiscard]] mls::Proposal add_bot() const { return {mls::Add{key_packages_.back()}}; }
  [[nodiscard]] CommitWelcome committed() {
    const CommitWelcome last(commits_.back());
    commits_.clear();
    return last;
  }
  /// An audio packet as it would go out now; empty: not at all.
  [[nodiscard]] Bytes packet(ByteView opus = kPacket) {
    std::array<std::uint8_t, kMaxProtocolFrameBytes> buffer{};
    std::copy(opus.begin(), opus.end(), buffer.begin());
    const std::size_t size = line_ ? line_->apply(buffer, opus.size()) : opus.size();
    return {buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(size)};
  }
  /// Two packets: the second would show a nonce used twice.
  [[nodiscard]] bool heard_by(Peer& peer) {
    return peer.open(packet()) == Opened::decrypted && peer.open(packet()) == Opened::decrypted;
  }

  // ── longer stories ──

  /// Ann has a group, the bot comes and is welcomed; transition 1 is executed.
  void join_ann() {
    begin();
    external_sender();
    connect(kAnn);
    ann_.found(gateway_.extensions());
    welcome(1, ann_adds({add_bot()}).welcome);
    execute(1);
    ASSERT_EQ(media_, "encrypted");
    ASSERT_EQ(said(), (std::vector<std::string>{"key package", ready(1)}));
  }
  /// Ann commits these proposals, which the bot may or may not have seen, and moves on.
  CommitWelcome ann_adds(const std::vector<mls::Proposal>& proposals) {
    return ann_commits(in_epoch(proposals));
  }
  CommitWelcome ann_commits(const std::vector<mls::MlsMessage>& messages) {
    ann_.hear(messages);
    mls::NewCommit made = ann_.commit();
    const CommitWelcome result(made);
    ann_.adopt(std::move(made));
    return result;
  }
  /// The gateway's proposals for Ann's epoch.
  [[nodiscard]] std::vector<mls::MlsMessage> in_epoch(const std::vector<mls::Proposal>& proposals) const {
    std::vector<mls::MlsMessage> messages;
    for (const mls::Proposal& proposal : proposals)
      messages.push_back(gateway_.propose(ann_.group().epoch(), proposal));
    return messages;
  }
  [[nodiscard]] static mls::Proposal remove(mls::LeafIndex leaf) { return {mls::Remove{leaf}}; }

  void carry_out(Actions actions) {
    for (Action& action : actions) std::visit([this](auto& one) { on(one); }, action);
  }

  Gateway gateway_;
  Peer ann_{kAnn};
  Peer bob_{kBob};
  Peer cid_{kCid};
  TimePoint now_{1000s};
  std::vector<std::string> warnings_;
  std::optional<Session> bot_{
      std::in_place,
      Config{.user = kBot,
             .channel = kChannel,
             .signature_key = mls::PrivateKey::generate(),
             .logger = log::Logger([this](log::Level level, log::Place, const std::string& line) {
               if (level == log::Level::warning) warnings_.push_back(line);
             })}};
  std::vector<mls::KeyPackage> key_packages_;
  std::vector<Bytes> commits_;
  std::string media_ = "nothing yet";
  std::optional<std::string> code_;  // of the latest epoch
  std::size_t members_ = 0;          // in it
  std::optional<Error> failure_;

 private:
  void on(SendText& send) {
    const json message = json::parse(send.text);
    const auto opcode = static_cast<Opcode>(message.at("op").get<int>());
    const auto transition = message.at("d").at("transition_id").get<TransitionId>();
    EXPECT_EQ(message.at("d").size(), 1U);
    ASSERT_TRUE(opcode == Opcode::transition_ready || opcode == Opcode::invalid_commit_welcome);
    said_.push_back(opcode == Opcode::transition_ready ? ready(transition) : invalid(transition));
  }
  void on(SendBinary& send) {
    const ByteView body = ByteView(send.bytes).subspan(1);
    if (send.bytes[0] == static_cast<std::uint8_t>(Opcode::key_package)) {
      said_.emplace_back("key package");
      key_packages_.push_back(mls::decoded<mls::KeyPackage>(body));
      return;
    }
    ASSERT_EQ(send.bytes[0], static_cast<std::uint8_t>(Opcode::commit_welcome));
    said_.emplace_back("commit");
    commits_.emplace_back(body.begin(), body.end());
  }
  void on(UseEncryptor& use) {
    line_ = std::move(use.encryptor);
    media_ = "encrypted";
  }
  void on(SendPlain&) {
    line_.reset();
    media_ = "plain";
  }
  void on(HoldAudio& hold) {
    line_ = std::move(hold.gate);
    media_ = hold.why == Hold::alone ? "alone" : hold.why == Hold::waiting ? "waiting" : "not encrypted";
  }
  void on(NewEpoch& epoch) {
    code_ = epoch.privacy_code;
    members_ = epoch.members.size();
  }
  void on(Failed& failed) { failure_ = failed.error; }

  std::vector<std::string> said_;
  std::unique_ptr<FrameTransform> line_ = std::make_unique<SilenceOnly>();
};

}  // namespace vcplay::dave::test
