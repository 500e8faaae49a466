#include "rehearsal/call_member.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/deadline.hpp"
#include "base/json.hpp"
#include "base/opus_frame.hpp"
#include "base/overloaded.hpp"
#include "dave/messages.hpp"
#include "mls/framing.hpp"
#include "rehearsal/delivery_service.hpp"

namespace vcplay::rehearsal {
namespace {

using dave::Opcode;

constexpr std::size_t kMaxEpochs = 256;    // with their keys: more than a slow member can be behind
constexpr Duration kLateCommit = 300ms;    // any account has answered by then
constexpr std::size_t kTagsOfCommit = 66;  // confirmation and membership tag, 32 bytes and a length each

bool is_silence(ByteView frame) {
  return std::equal(frame.begin(), frame.end(), kOpusSilence.begin(), kOpusSilence.end());
}

/// Opcode 28 with a signature that is not right any more.
Bytes forged(Bytes message) {
  mls::Reader in(ByteView(message).subspan(1));
  static_cast<void>(mls::MlsMessage::read(in));
  const std::size_t end_of_commit = message.size() - in.rest().size();
  message.at(end_of_commit - kTagsOfCommit - 1) ^= 1;
  return message;
}

bool is_ready(const std::string& text) {
  return json::integer(json::parse(text), "op") == static_cast<std::int64_t>(Opcode::transition_ready);
}

bool is_complaint(const std::string& text) {
  return json::integer(json::parse(text), "op") == static_cast<std::int64_t>(Opcode::invalid_commit_welcome);
}

nlohmann::json ids_of(const std::set<Snowflake>& users) {
  nlohmann::json ids = nlohmann::json::array();
  for (const Snowflake user : users) ids.push_back(user.str());
  return ids;
}

}  // namespace

CallMember::CallMember(Snowflake user, std::vector<Snowflake> speakers, MemberScript script)
    : user_(user), speakers_(std::move(speakers)), script_(script) {}

// ── in the call ──

void CallMember::enter(Snowflake channel, const std::set<Snowflake>& present, TimePoint now) {
  leave();
  channel_ = channel;
  session_.emplace(dave::Config{user_, channel, mls::PrivateKey::generate(), dave::Plaintext::allowed});
  const nlohmann::json others = {{"user_ids", ids_of(present)}};
  carry_out(session_->on_text(static_cast<std::int64_t>(Opcode::clients_connect), others, now), 0, now);
}

void CallMember::begin(int version, TimePoint now) { carry_out(session_->begin(version, now), 0, now); }

void CallMember::leave() noexcept {
  session_.reset();
  epochs_.clear();
  answers_.clear();
  first_epoch_ = 0;
  has_forged_ = false;
  listening_since_.reset();
  clear_until_.reset();
}

void CallMember::meet(Snowflake other, TimePoint now) {
  if (!session_) return;
  const nlohmann::json data = {{"user_ids", {other.str()}}};
  carry_out(session_->on_text(static_cast<std::int64_t>(Opcode::clients_connect), data, now), 0, now);
}

void CallMember::part(Snowflake other, TimePoint now) {
  if (!session_) return;
  const nlohmann::json data = {{"user_id", other.str()}};
  carry_out(session_->on_text(static_cast<std::int64_t>(Opcode::client_disconnect), data, now), 0, now);
}

void CallMember::on_message(const DaveMessage& message, TimePoint now) {
  if (!session_) return;
  if (message.text.empty()) {
    const auto announced = dave::read_announcement(message.binary);
    carry_out(session_->on_binary(static_cast<std::uint8_t>(message.opcode), message.binary, now),
              announced ? announced->transition : dave::kInitialTransition, now);
    return;
  }
  const nlohmann::json data = json::parse(message.text);
  carry_out(session_->on_text(static_cast<std::int64_t>(message.opcode), data, now), 0, now);
  if (message.opcode != Opcode::execute_transition) return;
  if (const auto transition = dave::read_execute_transition(data)) execute(*transition, now);
}

void CallMember::carry_out(dave::Actions actions, dave::TransitionId transition, TimePoint now) {
  const auto mind_the_clear = [&] {
    if (clear_until_ == TimePoint::max()) clear_until_ = now + dave::kKeyRetention;
  };
  const auto listen = [&] {
    if (listening_since_) return;
    listening_since_ = now;
    ++stays_;
  };
  for (dave::Action& action : actions) {
    std::visit(Overloaded{[&](dave::SendText& send) { say(std::move(send.text), now); },
                          [&](dave::SendBinary& send) { say(std::move(send.bytes), now); },
                          [&](dave::NewEpoch& epoch) { begin_epoch(epoch, transition, now); },
                          [&](dave::UseEncryptor&) {
                            mind_the_clear();
                            if (!listening_since_ && !epochs_.empty()) first_epoch_ = epochs_.back().number;
                            listen();
                          },
                          [&](dave::SendPlain&) {
                            clear_until_ = TimePoint::max();
                            listen();
                          },
                          [&](dave::HoldAudio&) {
                            mind_the_clear();
                            listening_since_.reset();
                          },
                          [&](dave::Failed&) { listening_since_.reset(); }},
               action);
  }
}

void CallMember::begin_epoch(const dave::NewEpoch& epoch, dave::TransitionId transition, TimePoint now) {
  HeardEpoch& heard = epochs_.emplace_back();
  heard.number = epoch.epoch;
  heard.transition = transition;
  heard.privacy_code = epoch.privacy_code;
  for (const dave::GroupMember& member : epoch.members) heard.roster.insert(member.user);
  for (const Snowflake speaker : speakers_) {
    if (heard.roster.count(speaker) == 0) continue;
    HeardEpoch::Ears& ears = heard.ears[speaker];
    ears.decryptor.begin_epoch(dave::KeyRatchet(*session_->group(), speaker), now);
    ears.second_look.begin_epoch(dave::KeyRatchet(*session_->group(), speaker), now);
  }
  if (epochs_.size() > kMaxEpochs) epochs_.pop_front();
  if (transition == dave::kInitialTransition) execute(transition, now);
  on_epoch(epochs_.back(), now);
}

void CallMember::execute(dave::TransitionId transition, TimePoint now) {
  const auto prepared = std::find_if(epochs_.rbegin(), epochs_.rend(), [&](const HeardEpoch& epoch) {
    return epoch.transition == transition && !epoch.executed;
  });
  if (prepared != epochs_.rend()) prepared->executed = now;
}

// The keys of an epoch open what is under way for ten seconds after a later one is in force.
void CallMember::forget_expired(TimePoint now) {
  const auto in_force = std::find_if(epochs_.rbegin(), epochs_.rend(), [&](const HeardEpoch& epoch) {
    return epoch.executed && *epoch.executed + dave::kKeyRetention <= now;
  });
  if (in_force != epochs_.rend()) epochs_.erase(epochs_.begin(), std::prev(in_force.base()));
}

// ── what it has to say ──

void CallMember::say(std::string text, TimePoint now) {
  if (is_complaint(text)) listening_since_.reset();
  if (is_ready(text) && !script_.says_ready) return;
  answers_.push_back({now, std::move(text), {}});
}

void CallMember::say(Bytes binary, TimePoint now) {
  const bool is_commit = binary.at(0) == static_cast<std::uint8_t>(Opcode::commit_welcome);
  if (is_commit && script_.commits == Committing::never) return;
  if (is_commit && script_.commits == Committing::broken) binary.resize(binary.size() / 2);
  // Only once: forgeries that win one after the other would keep the others busy for ever.
  if (is_commit && script_.commits == Committing::forged && !has_forged_) {
    has_forged_ = true;
    binary = forged(std::move(binary));
  }
  const bool is_late = is_commit && script_.commits == Committing::late;
  answers_.push_back({is_late ? now + kLateCommit : now, {}, std::move(binary)});
}

void CallMember::answer(DeliveryService& service, TimePoint now) {
  for (auto next = answers_.begin(); next != answers_.end();) {
    if (next->due > now) {
      ++next;
      continue;
    }
    const Answer due = std::move(*next);
    answers_.erase(next);
    if (due.text.empty()) {
      service.on_binary(user_, due.binary, now);
    } else {
      const nlohmann::json message = json::parse(due.text);
      service.on_text(user_, json::integer(message, "op").value(), json::field(message, "d"), now);
    }
    next = answers_.begin();  // what the service sends meanwhile asks for more
  }
}

bool CallMember::has_answer(TimePoint now) const {
  return std::any_of(answers_.begin(), answers_.end(), [&](const Answer& one) { return one.due <= now; });
}

std::optional<TimePoint> CallMember::deadline() const {
  std::optional<TimePoint> earliest;
  for (const Answer& one : answers_) earliest = earlier(earliest, one.due);
  return earliest;
}

// ── what it hears ──

Hearing CallMember::hear(Snowflake speaker, ByteView frame, TimePoint now) {
  if (is_silence(frame)) return {Hearing::Kind::clear, Bytes(frame.begin(), frame.end())};
  forget_expired(now);
  if (epochs_.empty() || !dave::parse_protocol_frame(frame)) {
    if (!takes_clear(now)) return {};
    return {Hearing::Kind::clear, Bytes(frame.begin(), frame.end())};
  }
  bool was_there = false;
  for (auto epoch = epochs_.rbegin(); epoch != epochs_.rend(); ++epoch) {
    const auto ears = epoch->ears.find(speaker);
    if (ears == epoch->ears.end()) continue;
    dave::FrameDecryptor::Result result = ears->second.decryptor.open(frame, now);
    if (result.outcome == dave::Opened::decrypted) {
      return {Hearing::Kind::decrypted, std::move(result.opus), &*epoch};
    }
    was_there = was_there || result.outcome == dave::Opened::replayed;
  }
  return was_there ? look_again(speaker, frame, now) : Hearing{};
}

// A frame whose nonce was there before is refused unread. It may be the speaker's, or anybody's garbage with
// that number. A second decryptor, which has heard nothing of the epoch yet, tells which.
Hearing CallMember::look_again(Snowflake speaker, ByteView frame, TimePoint now) {
  for (auto epoch = epochs_.rbegin(); epoch != epochs_.rend(); ++epoch) {
    const auto ears = epoch->ears.find(speaker);
    if (ears == epoch->ears.end()) continue;
    const dave::Opened outcome = ears->second.second_look.open(frame, now).outcome;
    const bool is_authentic = outcome == dave::Opened::decrypted || outcome == dave::Opened::replayed;
    if (is_authentic) return {Hearing::Kind::repeated_nonce, {}, &*epoch};
  }
  return {};
}

bool CallMember::has_epoch(const std::string& privacy_code) const {
  return std::any_of(epochs_.begin(), epochs_.end(),
                     [&](const HeardEpoch& epoch) { return epoch.privacy_code == privacy_code; });
}

bool CallMember::takes_clear(TimePoint now) const noexcept { return clear_until_ && now < *clear_until_; }

}  // namespace vcplay::rehearsal
