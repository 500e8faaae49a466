// The media server: takes every member's packets, checks them and forwards them under each receiver's key.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/snowflake.hpp"
#include "rehearsal/audience.hpp"
#include "rehearsal/common_keys.hpp"
#include "rehearsal/datagram_port.hpp"
#include "rehearsal/key_giver.hpp"
#include "rehearsal/ledger.hpp"
#include "rehearsal/listener.hpp"
#include "rehearsal/stream_inspector.hpp"
#include "rehearsal/udp_faults.hpp"
#include "rehearsal/world.hpp"
#include "rtp/transport_cipher.hpp"

namespace vcplay::rehearsal {

/// What the media server knows of one voice session, from READY to the end of its websocket.
struct MediaSession {
  MediaSession(Snowflake user_id, const VoiceState& state, std::uint32_t ssrc_id, Ledger& account,
               bool unthrottled)
      : user(user_id),
        channel(state.channel),
        visit(state.visits),
        stay(state.session_id),
        ssrc(ssrc_id),
        ledger(account),
        inspector(account, unthrottled) {}

  Snowflake user;
  Snowflake channel;
  std::uint64_t visit;  // the voice state's count of them
  std::string stay;     // the voice state's session id
  std::uint32_t ssrc;
  Ledger& ledger;
  std::optional<PeerAddress> discovered;  // the source of its latest discovery request
  std::optional<PeerAddress> announced;   // by SELECT_PROTOCOL
  /// One of the keys that SESSION_DESCRIPTION named.
  struct Key {
    rtp::TransportOpener opener;
    NonceSet& spent;
    std::optional<TimePoint> replaced = {};
  };
  std::deque<Key> keys;  // the latest first
  std::optional<rtp::TransportCipher> sealer;
  rtp::TransportMode mode{};
  std::uint8_t speaking = 0;
  bool has_spoken = false;
  std::optional<TimePoint> superseded;  // another session of the same user was described
  StreamInspector inspector;

  /// A packet that overtook SPEAKING, or came without it: time will tell.
  struct Held {
    rtp::Header header;
    OpenedFrame frame;
    TimePoint arrival{};
    TimePoint due{};
    bool second_chance = false;
  };
  std::deque<Held> held;
};

/// Sans-I/O: datagrams and time in, datagrams out. Frames that are encrypted from end to end it forwards as
/// they are: what is in them it learns from the audience. Lives on the rehearsal's thread.
class Sfu {
 public:
  /// Sessions get SSRCs from `first_ssrc` on. `common` outlives it.
  Sfu(World& world, Books& books, Audience& audience, Listener& listener,
      rtp::TransportCipher listener_sealer, CommonKeys& common, std::uint32_t first_ssrc);

  std::function<void(PeerAddress to, ByteView datagram)> send = [](PeerAddress, ByteView) {};
  /// Called after each audio packet of an account.
  std::function<void(Snowflake user, TimePoint now)> on_audio = [](Snowflake, TimePoint) {};
  /// What happens to datagrams on their way, before any of this sees them.
  UdpFaults faults;

  /// A new session with an SSRC of its own for somebody who is in voice; stays valid until close().
  MediaSession& open(Snowflake user);
  /// SELECT_PROTOCOL was accepted: returns the secret key of SESSION_DESCRIPTION.
  [[nodiscard]] KeyGiver::Key describe(MediaSession& session, rtp::TransportMode mode, TimePoint now);
  /// The same in the midst of a session.
  [[nodiscard]] KeyGiver::Key rekey(MediaSession& session, Rekeying how, TimePoint now);
  void set_speaking(MediaSession& session, std::uint8_t flags, TimePoint now);
  void close(std::uint32_t ssrc, TimePoint now);
  /// The session's websocket is back: SPEAKING can come again.
  void resume(MediaSession& session, TimePoint now);
  /// From now on the account is not blamed for how its streams end: the server ends them.
  void excuse(Snowflake user);

  void on_datagram(ByteSpan datagram, PeerAddress source, TimePoint arrival, TimePoint now);
  /// Our own socket lost so many datagrams: nobody's fault.
  void on_overruns(std::uint32_t datagrams);
  void on_time(TimePoint now);
  [[nodiscard]] std::optional<TimePoint> deadline() const;

 private:
  [[nodiscard]] bool is_taken(ByteView datagram, PeerAddress source, TimePoint arrival, TimePoint now);
  void on_discovery(ByteView request, PeerAddress source, TimePoint now);
  bool on_keepalive(ByteView datagram, PeerAddress source, TimePoint now);
  void on_rtp(ByteSpan packet, PeerAddress source, TimePoint arrival, TimePoint now);
  void check_clear_part(MediaSession& session, const rtp::ParsedHeader& header, std::size_t bytes,
                        PeerAddress source);
  void judge_speaking(MediaSession& session, MediaSession::Held packet, TimePoint now);
  void condemn(MediaSession& session);
  void forward(MediaSession& session, const MediaSession::Held& packet, TimePoint now);
  void send_to(const MediaSession* session, PeerAddress to, ByteView datagram, TimePoint now);
  [[nodiscard]] bool is_stale(const MediaSession& session) const;
  [[nodiscard]] bool is_of_the_past(std::uint32_t ssrc, TimePoint now);
  [[nodiscard]] MediaSession* by_ssrc(std::uint32_t ssrc);
  [[nodiscard]] MediaSession* session_at(PeerAddress source);
  [[nodiscard]] Ledger& by_source(PeerAddress source);

  void use(MediaSession& session, const KeyGiver::Key& key, TimePoint now);
  [[nodiscard]] MediaSession::Key* key_of(MediaSession& session, ByteSpan packet, std::size_t clear_bytes,
                                          std::optional<rtp::TransportOpener::Opened>& opened, TimePoint now);

  /// A session that is no more: what was under way to it is nobody's fault.
  struct Past {
    Snowflake user;
    TimePoint closed{};
    std::optional<TimePoint> superseded;
  };

  World& world_;
  Books& books_;
  Audience& audience_;
  Listener& listener_;
  rtp::TransportCipher listener_sealer_;
  std::map<std::uint32_t, std::unique_ptr<MediaSession>> sessions_;
  std::map<std::uint32_t, Past> past_;
  KeyGiver keys_;
  SpentNonces& spent_;
  std::uint32_t next_ssrc_;
  int discovery_requests_ = 0;
};

}  // namespace vcplay::rehearsal
