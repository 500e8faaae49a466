#include "rehearsal/audience.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/deadline.hpp"
#include "base/opus_frame.hpp"
#include "dave/protocol_frame.hpp"

namespace vcplay::rehearsal {
namespace {

// What is under way when a key or a version changes: longer than any way, shorter than anybody's patience.
constexpr Duration kUnderWay = 1s;
constexpr std::size_t kMaxCodes = 8;          // epochs whose confirmations are still waited for
constexpr std::uint16_t kLargestLoss = 1000;  // a longer jump of the sequence is a restart, not a loss

bool equals_silence(ByteView payload) {
  return std::equal(payload.begin(), payload.end(), kOpusSilence.begin(), kOpusSilence.end());
}

}  // namespace

OpenedFrame unopened(ByteView payload) {
  OpenedFrame frame;
  const auto parsed = dave::parse_protocol_frame(payload);
  frame.is_silence = is_opus_silence(payload) || (parsed && parsed->ciphertext.size() == kOpusSilence.size());
  return frame;
}

Audience::Audience(const World& world, Books& books) : world_(world), books_(books) {
  std::vector<Snowflake> speakers;
  for (const Account& account : world_.options().accounts) speakers.push_back(account.user);
  const auto& scripts = world_.options().member_scripts;
  for (std::size_t i = 0; i < world_.listeners().size(); ++i) {
    const MemberScript script = i < scripts.size() ? scripts[i] : MemberScript{};
    auto& member =
        members_.emplace_back(std::make_unique<CallMember>(world_.listeners()[i], speakers, script));
    member->on_epoch = [this, user = member->user()](const HeardEpoch& epoch, TimePoint) {
      note_epoch(user, epoch);
    };
  }
}

// ── who is there ──

CallMember* Audience::member(Snowflake user) noexcept {
  const auto found = std::find_if(members_.begin(), members_.end(),
                                  [&](const auto& member) { return member->user() == user; });
  return found == members_.end() ? nullptr : found->get();
}

void Audience::begin_session(Snowflake speaker, int version) { speakers_[speaker].log.begin(version); }

void Audience::meet(Snowflake user, Snowflake channel, TimePoint now) {
  for (const auto& member : members_) {
    if (member->user() != user && member->is_in(channel)) member->meet(user, now);
  }
}

void Audience::part(Snowflake user, Snowflake channel, TimePoint now) {
  for (const auto& member : members_) {
    if (member->user() != user && member->is_in(channel)) member->part(user, now);
  }
}

bool Audience::on_message(const DaveMessage& message, TimePoint now) {
  if (CallMember* const here = member(message.to)) {
    here->on_message(message, now);
    return true;
  }
  speakers_[message.to].log.note(message, now);
  return false;
}

void Audience::answer(DeliveryService& service, TimePoint now) {
  const auto has_answer = [&](const auto& member) { return member->has_answer(now); };
  for (auto next = members_.begin(); next != members_.end();) {
    (*next)->answer(service, now);
    // What one says may move the others to answer.
    next = std::find_if(members_.begin(), members_.end(), has_answer);
  }
}

std::optional<TimePoint> Audience::deadline() const {
  std::optional<TimePoint> earliest;
  for (const auto& member : members_) earliest = earlier(earliest, member->deadline());
  return earliest;
}

void Audience::note_epoch(Snowflake member, const HeardEpoch& epoch) {
  for (const Account& account : world_.options().accounts) {
    if (epoch.roster.count(account.user) == 0) continue;
    Speaker& speaker = speakers_[account.user];
    auto& codes = speaker.codes;
    auto known = std::find_if(codes.begin(), codes.end(),
                              [&](const auto& c) { return c.first == epoch.privacy_code; });
    if (known == codes.end()) {
      ++speaker.encryption.epochs;
      speaker.encryption.epoch = epoch.number;
      speaker.encryption.privacy_code = epoch.privacy_code;
      speaker.encryption.members = epoch.roster.size();
      if (codes.size() == kMaxCodes) codes.pop_front();
      codes.push_back({epoch.privacy_code, {}});
      known = std::prev(codes.end());
    }
    known->second.insert(member);
  }
}

// ── what they hear ──

OpenedFrame Audience::open(Snowflake user, ByteView payload, TimePoint now) {
  Speaker& speaker = speakers_[user];
  if (is_away(user)) speaker.out_of_touch_until = now + kUnderWay;
  OpenedFrame frame;
  frame.wire.assign(payload.begin(), payload.end());
  frame.content = content_of(speaker.log, payload, now);
  frame.is_silence = frame.content == OpenedFrame::Content::silence ||
                     (frame.content == OpenedFrame::Content::clear && is_opus_silence(payload));
  if (frame.content == OpenedFrame::Content::plaintext) {
    frame.breaches.emplace_back(
        Rule::plaintext_in_encrypted_call,
        fmt::format("a packet of {} bytes is neither the silence packet nor encrypted", payload.size()));
    return frame;
  }
  if (frame.content != OpenedFrame::Content::encrypted) frame.opus = frame.wire;
  let_all_hear(user, speaker, frame, now);
  return frame;
}

OpenedFrame::Content Audience::content_of(const TransitionLog& log, ByteView payload, TimePoint now) {
  using Content = OpenedFrame::Content;
  if (equals_silence(payload)) return Content::silence;
  if (!log.has_encrypted()) return Content::clear;
  if (dave::parse_protocol_frame(payload)) return Content::encrypted;
  const bool just_changed = log.version_changed() && now - *log.version_changed() <= kUnderWay;
  return log.version() == 0 || just_changed ? Content::clear : Content::plaintext;
}

void Audience::let_all_hear(Snowflake user, Speaker& speaker, OpenedFrame& frame, TimePoint now) {
  const VoiceState* const place = world_.voice_state(user);
  if (place == nullptr) return;
  const bool is_encrypted = frame.content == OpenedFrame::Content::encrypted;
  std::optional<KeyOfFrame> key;
  for (const auto& member : members_) {
    if (!member->is_in(place->channel)) continue;
    Hearing hearing = member->hear(user, frame.wire, now);
    frame.receptions.push_back({member.get(), hearing.kind, false});
    if (hearing.epoch != nullptr && !key) key = key_of(speaker, *member, *hearing.epoch, now);
    if (hearing.kind != Hearing::Kind::decrypted) continue;
    frame.is_silence = is_opus_silence(hearing.opus);
    if (member->user() == world_.listener()) frame.opus = std::move(hearing.opus);
  }
  if (is_encrypted) find_breaches(speaker, key, frame, now);
  const bool was_decrypted =
      std::any_of(frame.receptions.begin(), frame.receptions.end(),
                  [](const Reception& reception) { return reception.kind == Hearing::Kind::decrypted; });
  // Nobody can tell: then its size has to do.
  if (is_encrypted && !was_decrypted) {
    frame.is_silence = dave::parse_protocol_frame(frame.wire)->ciphertext.size() == kOpusSilence.size();
  }
}

Audience::KeyOfFrame Audience::key_of(const Speaker& speaker, const CallMember& member,
                                      const HeardEpoch& epoch, TimePoint now) {
  KeyOfFrame key{epoch.privacy_code, !speaker.log.executed(epoch.transition), false};
  if (now <= speaker.out_of_touch_until) return key;
  bool is_later = false;
  for (const HeardEpoch& other : member.epochs()) {
    const auto executed = is_later ? speaker.log.executed(other.transition) : std::nullopt;
    if (executed && now - *executed > kUnderWay) key.is_late = true;
    is_later = is_later || &other == &epoch;
  }
  return key;
}

void Audience::find_breaches(Speaker& speaker, const std::optional<KeyOfFrame>& key, OpenedFrame& frame,
                             TimePoint now) const {
  std::string who;
  bool is_repeated = false;
  for (Reception& reception : frame.receptions) {
    const CallMember& member = *reception.member;
    if (!member.is_listening()) continue;
    // What was under way to a group before it came is not for a newcomer.
    const bool is_new = member.came_later() && now - *member.listening_since() <= kUnderWay;
    const bool is_out_of_touch = now <= speaker.out_of_touch_until;
    reception.entitled =
        key ? key->is_late || member.has_epoch(key->privacy_code) : !is_new && !is_out_of_touch;
    is_repeated = is_repeated || reception.kind == Hearing::Kind::repeated_nonce;
    if (!reception.entitled || reception.kind != Hearing::Kind::undecryptable) continue;
    if (who.empty()) who = name_of(member.user());
  }
  const auto breach = [&](Rule rule, std::string detail) {
    frame.breaches.emplace_back(rule, std::move(detail));
  };
  const std::uint32_t nonce = dave::parse_protocol_frame(frame.wire)->nonce;
  const bool is_spent = key && !speaker.spent.under(key->privacy_code).insert(nonce);
  if (is_repeated || is_spent) {
    breach(Rule::repeated_frame_nonce, fmt::format("the frame nonce {} came twice under one key", nonce));
  } else if (!who.empty()) {
    breach(Rule::undecryptable,
           fmt::format("{} could not decrypt the frame with nonce {}, to which it was entitled", who, nonce));
  }
  if (key && key->is_early) {
    breach(Rule::early_key, "a frame was under an epoch's key before opcode 22 put that in force");
  }
  if (key && key->is_late) {
    breach(Rule::late_key, "a frame was under the key before, more than 1 s after opcode 22");
  }
}

void Audience::judge(Snowflake user, const OpenedFrame& frame) {
  EncryptionReport& report = speakers_[user].encryption;
  for (const auto& [rule, detail] : frame.breaches) {
    books_.of(user).breach(rule, detail);
    if (rule == Rule::undecryptable || rule == Rule::repeated_frame_nonce) ++report.undecryptable;
  }
  if (frame.content == OpenedFrame::Content::plaintext) ++report.plaintext;
  if (frame.content == OpenedFrame::Content::silence) ++report.silence;
  if (frame.content == OpenedFrame::Content::clear && !frame.is_silence) ++report.clear;
  const bool was_decrypted =
      std::any_of(frame.receptions.begin(), frame.receptions.end(),
                  [](const Reception& reception) { return reception.kind == Hearing::Kind::decrypted; });
  if (was_decrypted) ++report.decrypted;
}

void Audience::deliver(Snowflake user, const rtp::Header& header, const OpenedFrame& frame,
                       const TakenPackets& taken, TimePoint now) {
  auto& tallies = speakers_[user].tallies;
  for (const Reception& reception : frame.receptions) {
    count(tallies[reception.member->user()], reception, header, taken, now);
  }
}

void Audience::count(Tally& tally, const Reception& reception, const rtp::Header& header,
                     const TakenPackets& taken, TimePoint now) {
  const bool is_heard = reception.kind == Hearing::Kind::decrypted ||
                        (reception.kind == Hearing::Kind::clear && reception.member->is_listening());
  const std::uint64_t stay = reception.member->stays();
  if (tally.ssrc != header.ssrc || tally.stay != stay) tally.last_sequence.reset();
  tally.ssrc = header.ssrc;
  tally.stay = stay;
  if (!is_heard && !reception.entitled) return tally.last_sequence.reset();
  ListenerReport& counts = tally.counts;
  if (tally.last_sequence) {
    const std::uint32_t taken_there = taken.between(*tally.last_sequence, header.sequence, now);
    const std::uint32_t gap =
        static_cast<std::uint16_t>(header.sequence - *tally.last_sequence - 1) - taken_there;
    if (gap <= kLargestLoss) {
      counts.lost += gap;
      counts.entitled += gap;
    }
  }
  tally.last_sequence = header.sequence;
  ++counts.entitled;
  ++(is_heard ? counts.heard : counts.undecryptable);
}

void Audience::withhold(Snowflake user) {
  for (auto& [listener, tally] : speakers_[user].tallies) tally.last_sequence.reset();
}

void Audience::measure(Snowflake user, Report& report) const {
  const auto found = speakers_.find(user);
  if (found == speakers_.end()) return;
  const Speaker& speaker = found->second;
  report.encryption = speaker.encryption;
  report.encryption.version = speaker.log.version();
  for (const auto& [code, confirmed] : speaker.codes) {
    report.encryption.recent_codes.push_back(code);
    if (code == speaker.encryption.privacy_code) report.encryption.confirmations = confirmed.size();
  }
  for (const auto& [listener, tally] : speaker.tallies) {
    report.listeners.push_back(tally.counts);
    report.listeners.back().user = listener;
    report.listeners.back().name = name_of(listener);
  }
}

void Audience::begin_anew(Snowflake user) {
  Speaker& speaker = speakers_[user];
  speaker.encryption = {};
  speaker.codes.clear();
  speaker.tallies.clear();
}

std::string Audience::name_of(Snowflake user) const {
  const Person* const person = world_.person(user);
  return person == nullptr ? user.str() : person->name;
}

}  // namespace vcplay::rehearsal
