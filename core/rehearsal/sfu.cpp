#include "rehearsal/sfu.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/deadline.hpp"
#include "base/opus_frame.hpp"
#include "base/packet.hpp"
#include "rehearsal/datagram_kinds.hpp"
#include "rtp/header.hpp"

namespace vcplay::rehearsal {
namespace {

constexpr std::size_t kKeepaliveBytes = 8;
constexpr std::uint32_t kPing = 0x1337CAFE;
constexpr std::uint32_t kPong = 0x1337F00D;

constexpr std::size_t kMaxDatagram = 1400;  // whatever is longer risks fragmentation
constexpr std::size_t kMaxHeld = 64;        // packets per session that wait for SPEAKING
constexpr Duration kUnderWay = 1s;          // beyond the SESSION_DESCRIPTION that ended a key's time
// A client that has to learn on another way that its session is over goes on sending for a while.
constexpr Duration kLearns = 5s;
constexpr std::size_t kMostPast = 1024;
constexpr std::size_t kMostKeys = 8;      // of one session that may still be under way
constexpr Duration kSecondChance = 10ms;  // one more turn of the loop, in which a waiting SPEAKING is read

void complain_of_the_past(Ledger& account) {
  account.breach(
      Rule::packet_after_session,
      "a packet came for a voice session that had been over for long enough, or whose successor had "
      "its SESSION_DESCRIPTION");
}

/// RFC 3550 s5.1: with the padding bit set the last byte says how many bytes to leave out.
ByteView without_padding(ByteView payload, const rtp::ParsedHeader& header) {
  payload = payload.subspan(std::min(header.extension_bytes, payload.size()));
  if (!header.padding || payload.empty()) return payload;
  return payload.first(payload.size() - std::min<std::size_t>(payload.back(), payload.size()));
}

}  // namespace

Sfu::Sfu(World& world, Books& books, Audience& audience, Listener& listener,
         rtp::TransportCipher listener_sealer, CommonKeys& common, std::uint32_t first_ssrc)
    : faults(world.options().fault_seed),
      world_(world),
      books_(books),
      audience_(audience),
      listener_(listener),
      listener_sealer_(std::move(listener_sealer)),
      keys_(common.shared),
      spent_(common.spent),
      next_ssrc_(first_ssrc) {}

MediaSession& Sfu::open(Snowflake user) {
  const std::uint32_t ssrc = next_ssrc_++;
  auto& session = sessions_[ssrc];
  session = std::make_unique<MediaSession>(user, *world_.voice_state(user), ssrc, books_.of(user),
                                           world_.options().unthrottled);
  listener_.expect(ssrc, user);
  return *session;
}

KeyGiver::Key Sfu::describe(MediaSession& session, rtp::TransportMode mode, TimePoint now) {
  for (auto& [ssrc, other] : sessions_) {
    if (other.get() != &session && other->user == session.user && !other->superseded) other->superseded = now;
  }
  for (auto& [ssrc, past] : past_) {
    if (past.user == session.user && !past.superseded) past.superseded = now;
  }
  session.mode = mode;
  session.ledger.facts.mode = rtp::name(mode);
  const KeyGiver::Key key = keys_.give(session.user);
  use(session, key, now);
  return key;
}

KeyGiver::Key Sfu::rekey(MediaSession& session, Rekeying how, TimePoint now) {
  const KeyGiver::Key key = keys_.give(session.user, how);
  use(session, key, now);
  return key;
}

void Sfu::use(MediaSession& session, const KeyGiver::Key& key, TimePoint now) {
  if (!session.keys.empty()) session.keys.front().replaced = now;
  NonceSet& spent = spent_.under(std::string(key.begin(), key.end()));
  session.keys.push_front({rtp::TransportOpener(session.mode, rtp::TransportKey(key)), spent});
  if (session.keys.size() > kMostKeys) session.keys.pop_back();
  session.sealer.emplace(session.mode, rtp::TransportKey(key));
}

/// The key that opens the packet, which it does in place; nothing when none does.
MediaSession::Key* Sfu::key_of(MediaSession& session, ByteSpan packet, std::size_t clear_bytes,
                               std::optional<rtp::TransportOpener::Opened>& opened, TimePoint now) {
  const Bytes sealed(packet.begin(), packet.end());
  for (MediaSession::Key& key : session.keys) {
    if (key.replaced && now - *key.replaced > kUnderWay) continue;
    std::copy(sealed.begin(), sealed.end(), packet.begin());
    if ((opened = key.opener.open(packet, clear_bytes))) return &key;
  }
  return nullptr;
}

void Sfu::set_speaking(MediaSession& session, std::uint8_t flags, TimePoint now) {
  session.inspector.on_speaking(flags, now);
  session.speaking = flags;
  if (flags == 0) return;
  session.has_spoken = true;
  while (!session.held.empty()) {
    const MediaSession::Held held = std::move(session.held.front());
    session.held.pop_front();
    forward(session, held, now);
  }
}

void Sfu::close(std::uint32_t ssrc, TimePoint now) {
  MediaSession* const session = by_ssrc(ssrc);
  if (session == nullptr) return;
  while (!session->held.empty()) condemn(*session);
  session->inspector.on_end();
  if (past_.size() == kMostPast) past_.erase(past_.begin());
  past_[ssrc] = {session->user, now, session->superseded};
  sessions_.erase(ssrc);
}

void Sfu::resume(MediaSession& session, TimePoint now) {
  session.inspector.expect_end();
  for (MediaSession::Held& held : session.held) held.due = now + world_.options().speaking_grace;
}

void Sfu::excuse(Snowflake user) {
  for (auto& [ssrc, session] : sessions_) {
    if (session->user == user) session->inspector.excuse_end();
  }
}

void Sfu::on_datagram(ByteSpan datagram, PeerAddress source, TimePoint arrival, TimePoint now) {
  if (is_taken(datagram, source, arrival, now)) {
    // It never arrived.
  } else if (is_discovery(datagram)) {
    on_discovery(datagram, source, now);
  } else if (is_rtcp(datagram)) {
    ++by_source(source).facts.keepalives;
  } else if (!on_keepalive(datagram, source, now)) {
    on_rtp(datagram, source, arrival, now);
  }
}

/// What comes by an SSRC is its session's, from wherever; anything else that of the address.
bool Sfu::is_taken(ByteView datagram, PeerAddress source, TimePoint arrival, TimePoint now) {
  const std::optional<std::uint32_t> ssrc = named_ssrc(datagram);
  MediaSession* const session = ssrc ? by_ssrc(*ssrc) : session_at(source);
  if (session == nullptr || !faults.takes(session->user, now)) return false;
  if (!ssrc || is_discovery(datagram)) return true;
  ++session->ledger.facts.packets_dropped_by_script;
  session->inspector.take(rtp::parse_header(datagram)->fields.sequence, arrival);
  return true;
}

void Sfu::on_discovery(ByteView request, PeerAddress source, TimePoint now) {
  const std::uint32_t ssrc = load_be32(request.subspan(4));
  MediaSession* const session = by_ssrc(ssrc);
  if (session == nullptr) {
    if (is_of_the_past(ssrc, now)) return;
    by_source(source).breach(Rule::discovery_ssrc,
                             fmt::format("discovery named the SSRC {}, which nobody has", ssrc));
    return;
  }
  if (load_be16(request.subspan(2)) != kDiscoveryLength) {
    session->ledger.breach(Rule::discovery_malformed, "the length field of a discovery request is not 70");
    return;
  }
  session->ledger.first("discovery", now);
  session->discovered = source;
  const DiscordOptions& options = world_.options();
  ++discovery_requests_;
  if (options.never_answers_discovery || discovery_requests_ <= options.lost_discovery_packets) return;

  std::array<std::uint8_t, kDiscoveryBytes> answer{};
  const ByteSpan bytes(answer);
  const bool lies = discovery_requests_ <= options.lost_discovery_packets + options.wrong_discovery_answers;
  store_be16(bytes, kDiscoveryResponse);
  store_be16(bytes.subspan(2), kDiscoveryLength);
  store_be32(bytes.subspan(4), lies ? ssrc ^ 1 : ssrc);
  const std::string host = source.host();
  std::memcpy(answer.data() + 8, host.data(), host.size());
  store_be16(bytes.subspan(kDiscoveryBytes - 2), source.port);
  send_to(session, source, answer, now);
}

bool Sfu::on_keepalive(ByteView datagram, PeerAddress source, TimePoint now) {
  if (datagram.size() != kKeepaliveBytes) return false;
  ++by_source(source).facts.keepalives;
  if (load_be32(datagram) != kPing) return true;
  std::array<std::uint8_t, kKeepaliveBytes> pong{};
  store_be32(pong, kPong);
  store_be32(ByteSpan(pong).subspan(4), load_be32(datagram.subspan(4)));
  send_to(session_at(source), source, pong, now);
  return true;
}

void Sfu::on_rtp(ByteSpan packet, PeerAddress source, TimePoint arrival, TimePoint now) {
  const std::optional<rtp::ParsedHeader> header = rtp::parse_header(packet);
  if (!header) {
    by_source(source).breach(Rule::packet_malformed,
                             fmt::format("a datagram of {} bytes is no RTP", packet.size()));
    return;
  }
  MediaSession* const session = by_ssrc(header->fields.ssrc);
  if (session == nullptr) {
    if (is_of_the_past(header->fields.ssrc, now)) return;
    by_source(source).breach(Rule::unknown_ssrc, fmt::format("a packet carries the SSRC {}, which nobody has",
                                                             header->fields.ssrc));
    return;
  }
  if (session->keys.empty()) {
    session->ledger.breach(Rule::packet_before_session, "a packet came before SESSION_DESCRIPTION");
    return;
  }
  check_clear_part(*session, *header, packet.size(), source);
  std::optional<rtp::TransportOpener::Opened> opened;
  const MediaSession::Key* const key = key_of(*session, packet, header->clear_bytes, opened, now);
  if (key == nullptr) {
    session->ledger.breach(Rule::bad_tag, fmt::format("packet {} is not authentic", header->fields.sequence));
    session->inspector.excuse_gap(1);
    return;
  }
  const ByteView payload = without_padding(opened->payload, *header);
  const bool reaches_nobody = is_stale(*session);
  OpenedFrame frame = reaches_nobody ? unopened(payload) : audience_.open(session->user, payload, now);
  const bool is_silence = frame.is_silence;
  if (!session->inspector.accept({*header, opened->nonce, key->spent, packet.size(), is_silence, arrival}))
    return;
  if (session->superseded && now - *session->superseded > kUnderWay) complain_of_the_past(session->ledger);
  if (reaches_nobody) return;
  audience_.judge(session->user, frame);
  if (frame.content == OpenedFrame::Content::plaintext) return;  // reaches nobody
  judge_speaking(*session, {header->fields, std::move(frame), arrival}, now);
  if (!is_silence) on_audio(session->user, now);  // may end the session
}

/// A newer one took its place, or its user is elsewhere by now.
bool Sfu::is_stale(const MediaSession& session) const {
  const VoiceState* const state = world_.voice_state(session.user);
  return session.superseded || state == nullptr || state->channel != session.channel ||
         state->visits != session.visit || state->session_id != session.stay;
}

/// True when the SSRC was somebody's; whoever still uses it has had time to learn.
bool Sfu::is_of_the_past(std::uint32_t ssrc, TimePoint now) {
  const auto found = past_.find(ssrc);
  if (found == past_.end()) return false;
  const Past& past = found->second;
  const bool is_too_late =
      now - past.closed > kLearns || (past.superseded && now - *past.superseded > kUnderWay);
  if (is_too_late) complain_of_the_past(books_.of(past.user));
  return true;
}

void Sfu::check_clear_part(MediaSession& session, const rtp::ParsedHeader& header, std::size_t bytes,
                           PeerAddress source) {
  if (header.payload_type != rtp::kOpusPayloadType) {
    session.ledger.breach(Rule::wrong_payload_type,
                          fmt::format("the payload type is {} instead of 120", header.payload_type));
  }
  if (header.marker) session.ledger.breach(Rule::marker_set, "the marker bit is set");
  if (bytes > kMaxDatagram) {
    session.ledger.breach(Rule::packet_too_large,
                          fmt::format("a packet has {} bytes; the limit is 1400", bytes));
  }
  if (session.announced && source != *session.announced) {
    session.ledger.breach(Rule::wrong_source_address,
                          fmt::format("a packet came from {}, SELECT_PROTOCOL announced {}", source.str(),
                                      session.announced->str()));
  }
}

void Sfu::judge_speaking(MediaSession& session, MediaSession::Held packet, TimePoint now) {
  const bool may_pass =
      session.speaking != 0 || (session.has_spoken && packet.frame.is_silence && session.held.empty());
  if (may_pass) return forward(session, packet, now);
  if (session.held.size() == kMaxHeld) condemn(session);
  packet.due = now + world_.options().speaking_grace;
  session.held.push_back(std::move(packet));
}

void Sfu::condemn(MediaSession& session) {
  const bool spoke = session.has_spoken;
  session.held.pop_front();
  if (session.inspector.is_end_excused()) return;  // it may not have been able to say SPEAKING
  session.ledger.breach(spoke ? Rule::audio_while_not_speaking : Rule::audio_before_speaking,
                        spoke ? "audio came after SPEAKING 0" : "a packet came before the first SPEAKING");
}

void Sfu::forward(MediaSession& session, const MediaSession::Held& packet, TimePoint now) {
  const rtp::Header& header = packet.header;
  const OpenedFrame& frame = packet.frame;
  const VoiceState* const speaker = world_.voice_state(session.user);
  const ByteView payload = frame.wire;
  if (payload.size() > kMaxProtocolFrameBytes || is_stale(session)) return;
  if (speaker->is_silenced()) {
    audience_.withhold(session.user);
    return listener_.withhold(session.user);
  }
  std::array<std::uint8_t, kMaxPacketBytes> buffer{};
  const auto seal = [&](rtp::TransportCipher& cipher) {
    header.write(buffer);
    std::copy(payload.begin(), payload.end(), buffer.begin() + kRtpHeaderBytes);
    return ByteSpan(buffer).first(cipher.seal(buffer, payload.size()));
  };
  for (auto& [ssrc, receiver] : sessions_) {
    if (receiver.get() == &session || !receiver->sealer || !receiver->discovered) continue;
    const VoiceState* const state = world_.voice_state(receiver->user);
    // Nothing is forwarded to the deaf.
    if (state == nullptr || state->channel != speaker->channel || state->self_deaf) continue;
    send_to(receiver.get(), *receiver->discovered, seal(*receiver->sealer), now);
  }
  audience_.deliver(session.user, header, frame, session.inspector.taken(), now);
  const VoiceState* const ear = world_.voice_state(world_.listener());
  if (ear == nullptr || ear->channel != speaker->channel) return;
  ++session.ledger.facts.packets_forwarded;
  listener_.receive(seal(listener_sealer_), frame.opus);
  if (!frame.is_silence) session.ledger.is_heard(packet.arrival);
}

void Sfu::send_to(const MediaSession* session, PeerAddress to, ByteView datagram, TimePoint now) {
  if (session == nullptr || !faults.takes(session->user, now)) send(to, datagram);
}

void Sfu::on_overruns(std::uint32_t datagrams) {
  for (auto& [ssrc, session] : sessions_) session->inspector.excuse_gap(datagrams);
}

void Sfu::on_time(TimePoint now) {
  for (auto& [ssrc, session] : sessions_) {
    while (!session->held.empty() && session->held.front().due <= now) {
      MediaSession::Held& held = session->held.front();
      if (held.second_chance) {
        condemn(*session);
      } else {
        held.second_chance = true;
        held.due = now + kSecondChance;
      }
    }
  }
}

std::optional<TimePoint> Sfu::deadline() const {
  std::optional<TimePoint> earliest;
  for (const auto& [ssrc, session] : sessions_) {
    if (!session->held.empty()) earliest = earlier(earliest, session->held.front().due);
  }
  return earliest;
}

MediaSession* Sfu::by_ssrc(std::uint32_t ssrc) {
  const auto found = sessions_.find(ssrc);
  return found == sessions_.end() ? nullptr : found->second.get();
}

MediaSession* Sfu::session_at(PeerAddress source) {
  const auto found = std::find_if(sessions_.begin(), sessions_.end(),
                                  [&](const auto& entry) { return entry.second->discovered == source; });
  return found == sessions_.end() ? nullptr : found->second.get();
}

Ledger& Sfu::by_source(PeerAddress source) {
  MediaSession* const session = session_at(source);
  return session == nullptr ? books_.of_nobody() : session->ledger;
}

}  // namespace vcplay::rehearsal
