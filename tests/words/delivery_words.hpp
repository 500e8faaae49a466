// A call whose members are protocol machines, and a delivery service between them: no socket, no clock.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/opus_frame.hpp"
#include "base/packet.hpp"
#include "dave/frame_decryptor.hpp"
#include "dave/session.hpp"
#include "rehearsal/delivery_service.hpp"

namespace vcplay::rehearsal::test {

using nlohmann::json;

inline constexpr Snowflake kAnn{300000000000000003};
inline constexpr Snowflake kBob{400000000000000004};
inline constexpr Snowflake kCid{500000000000000005};
inline constexpr Snowflake kDee{600000000000000006};

inline DiscordOptions encrypted(DaveFaults faults = {}) {
  DiscordOptions options;
  options.occupants = 0;
  options.dave_version = 1;
  options.dave_faults = std::move(faults);
  return options;
}

/// A delivery service, and who broke which rule.
struct Desk {
  explicit Desk(DiscordOptions options = encrypted()) : world(std::move(options)), service(world, books) {}

  [[nodiscard]] Snowflake channel() const { return world.options().channel; }
  [[nodiscard]] std::vector<std::string> broken(Snowflake user) const {
    std::vector<std::string> rules;
    for (const Finding& finding : books.report_of(user).findings) rules.push_back(finding.rule);
    return rules;
  }
  /// What was said about it; empty when the rule was kept.
  [[nodiscard]] std::string sentence(Snowflake user) const {
    const Report report = books.report_of(user);
    return report.findings.empty() ? "" : report.findings.front().detail;
  }

  TimePoint now{1000s};
  World world;
  Books books;
  DeliveryService service;
};

/// Somebody in the call as vcplay itself would be.
struct Caller {
  Caller(Snowflake user, Snowflake channel)
      : session(dave::Config{user, channel, mls::PrivateKey::generate(), dave::Plaintext::allowed}) {}

  dave::Session session;
  std::string media = "nothing yet";
  std::string code;
  std::unique_ptr<FrameTransform> line = std::make_unique<dave::SilenceOnly>();
  std::deque<std::variant<dave::SendText, dave::SendBinary>> outbox;
  std::vector<int> heard;      // opcodes
  std::vector<int> proposals;  // how many there were in each opcode 27; -1: they were revoked
  std::set<int> mute;          // opcodes of its own that get lost
  bool is_there = true;
};

/// A call of Callers. Whatever anybody says waits until settle(), where those who were named slow come last.
class Room : public Desk {
 public:
  explicit Room(DiscordOptions options = encrypted()) : Desk(std::move(options)) {
    service.send = [this](const DaveMessage& message, TimePoint) { down_.push_back(message); };
  }

  // ── what happens ──

  void come(Snowflake user) {
    arrive(user);
    settle();
  }
  /// Comes, and so far has said nothing.
  void arrive(Snowflake user) {
    auto& place = callers_[user];
    place = std::make_unique<Caller>(user, channel());
    json others = json::array();
    for (auto& [id, other] : callers_) {
      if (id == user || !other->is_there) continue;
      others.push_back(id.str());
      carry_out(*other, other->session.on_text(11, {{"user_ids", {user.str()}}}, now));
    }
    if (!others.empty()) carry_out(*place, place->session.on_text(11, {{"user_ids", others}}, now));
    const int version = service.version(channel(), 1);
    service.before_join(channel(), user, now);
    hand_down();
    carry_out(*place, place->session.begin(version, now));
    place->heard.push_back(4);
    service.join(channel(), user, now);
  }
  void go(Snowflake user) {
    depart(user);
    settle();
  }
  void depart(Snowflake user) {
    of(user).is_there = false;
    for (auto& [id, other] : callers_) {
      if (other->is_there) carry_out(*other, other->session.on_text(13, {{"user_id", user.str()}}, now));
    }
    service.leave(user, now);
  }
  void disturb(Snowflake user) {
    service.disturb(user, now);
    settle();
  }
  /// Whatever was said arrives, and whatever is said in return.
  void settle() {
    do {
      hand_down();
    } while (hand_up());
  }
  /// Everybody hears what the server has said so far; what they answer is still on its way.
  void hand_down() {
    while (!down_.empty()) {
      const DaveMessage message = std::move(down_.front());
      down_.pop_front();
      const auto found = callers_.find(message.to);
      if (found != callers_.end() && found->second->is_there) hear(*found->second, message);
    }
  }
  /// Moves the clock; what falls due on the way happens at its own time.
  void pass(Duration time) {
    const TimePoint end = now + time;
    for (auto due = deadline(); due && *due <= end; due = deadline()) {
      now = std::max(now, *due);
      service.on_time(now);
      for (auto& [user, caller] : callers_) {
        if (caller->session.deadline().value_or(TimePoint::max()) > now || !caller->is_there) continue;
        carry_out(*caller, caller->session.on_time(now));
      }
      settle();
    }
    now = end;
  }
  void makes_haste(Snowflake user) { first_ = user; }

  // ── what came of it ──

  [[nodiscard]] Caller& of(Snowflake user) { return *callers_.at(user); }
  [[nodiscard]] std::vector<int> heard(Snowflake user) { return std::exchange(of(user).heard, {}); }
  [[nodiscard]] std::uint64_t epoch(Snowflake user) { return of(user).session.group()->epoch(); }
  /// They have one group, nobody else is in it, and each hears the others.
  void expect_call_of(const std::set<Snowflake>& users) {
    for (const Snowflake user : users) {
      SCOPED_TRACE(user.str());
      EXPECT_EQ(broken(user), std::vector<std::string>{}) << sentence(user);
      ASSERT_EQ(of(user).media, "encrypted");
      ASSERT_NE(of(user).session.group(), nullptr);
      EXPECT_EQ(of(user).session.group()->roster().size(), users.size());
      EXPECT_EQ(of(user).code, of(*users.begin()).code);
      for (const Snowflake other : users) EXPECT_TRUE(other == user || hears(other, user));
    }
  }

 private:
  [[nodiscard]] std::optional<TimePoint> deadline() const {
    std::optional<TimePoint> earliest = service.deadline();
    for (const auto& [user, caller] : callers_) {
      const auto due = caller->session.deadline();
      if (caller->is_there && due && (!earliest || *due < *earliest)) earliest = due;
    }
    return earliest;
  }
  /// Two packets: the second would show a nonce used twice.
  [[nodiscard]] bool hears(Snowflake listener, Snowflake speaker) {
    dave::FrameDecryptor ears;
    ears.begin_epoch(dave::KeyRatchet(*of(listener).session.group(), speaker), now);
    return opens(ears, speaker) && opens(ears, speaker);
  }
  [[nodiscard]] bool opens(dave::FrameDecryptor& ears, Snowflake speaker) {
    const Bytes opus = {0xfc, 1, 2, 3, 4, 5, 6, 7};
    std::array<std::uint8_t, kMaxProtocolFrameBytes> buffer{};
    std::copy(opus.begin(), opus.end(), buffer.begin());
    const std::size_t size = of(speaker).line->apply(buffer, opus.size());
    const auto result = ears.open(ByteView(buffer).first(size), now);
    return result.outcome == dave::Opened::decrypted && result.opus == opus;
  }
  void hear(Caller& caller, const DaveMessage& message) {
    const int opcode = static_cast<int>(message.opcode);
    caller.heard.push_back(opcode);
    if (opcode == 27) {
      const auto list = dave::read_proposals(message.binary);
      const auto* const added = std::get_if<dave::AppendProposals>(&list);
      caller.proposals.push_back(added == nullptr ? -1 : static_cast<int>(added->messages.size()));
    }
    carry_out(caller, message.text.empty()
                          ? caller.session.on_binary(static_cast<std::uint8_t>(opcode), message.binary, now)
                          : caller.session.on_text(opcode, json::parse(message.text), now));
  }
  /// One caller's next message goes up: of the one who makes haste, or else of anybody.
  bool hand_up() {
    const auto next = [&]() -> std::pair<const Snowflake, std::unique_ptr<Caller>>* {
      const auto hasty = callers_.find(first_);
      if (hasty != callers_.end() && !hasty->second->outbox.empty()) return &*hasty;
      for (auto& entry : callers_) {
        if (!entry.second->outbox.empty()) return &entry;
      }
      return nullptr;
    }();
    if (next == nullptr) return false;
    auto& [user, caller] = *next;
    const auto message = std::move(caller->outbox.front());
    caller->outbox.pop_front();
    if (!caller->is_there) return true;
    if (const auto* const binary = std::get_if<dave::SendBinary>(&message)) {
      if (caller->mute.count(binary->bytes.front()) == 0) service.on_binary(user, binary->bytes, now);
      return true;
    }
    const json text = json::parse(std::get<dave::SendText>(message).text);
    const int opcode = text.at("op").get<int>();
    if (caller->mute.count(opcode) == 0) service.on_text(user, opcode, text.at("d"), now);
    return true;
  }
  void carry_out(Caller& caller, dave::Actions actions) {
    for (dave::Action& action : actions) std::visit([&](auto& one) { done(caller, one); }, action);
  }
  static void done(Caller& caller, dave::SendText& send) { caller.outbox.emplace_back(std::move(send)); }
  static void done(Caller& caller, dave::SendBinary& send) { caller.outbox.emplace_back(std::move(send)); }
  static void done(Caller& caller, dave::UseEncryptor& use) {
    caller.line = std::move(use.encryptor);
    caller.media = "encrypted";
  }
  static void done(Caller& caller, dave::SendPlain&) { caller.media = "plain"; }
  static void done(Caller& caller, dave::HoldAudio& hold) {
    caller.line = std::move(hold.gate);
    caller.media = hold.why == dave::Hold::alone ? "alone" : "waiting";
  }
  static void done(Caller& caller, dave::NewEpoch& epoch) { caller.code = epoch.privacy_code; }
  static void done(Caller& caller, dave::Failed& failed) { caller.media = failed.error.what(); }

  std::map<Snowflake, std::unique_ptr<Caller>> callers_;
  std::deque<DaveMessage> down_;
  Snowflake first_;
};

}  // namespace vcplay::rehearsal::test
