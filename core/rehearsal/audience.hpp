// All members of the call who live in this process, and what they hear of everybody who speaks.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/snowflake.hpp"
#include "rehearsal/call_member.hpp"
#include "rehearsal/ledger.hpp"
#include "rehearsal/spent_nonces.hpp"
#include "rehearsal/taken_packets.hpp"
#include "rehearsal/transition_log.hpp"
#include "rehearsal/world.hpp"
#include "rtp/header.hpp"

namespace vcplay::rehearsal {

class DeliveryService;

/// What one member made of a frame.
struct Reception {
  CallMember* member = nullptr;
  Hearing::Kind kind{};
  bool entitled = false;
};

/// The payload of an authenticated packet, opened by every member who is there. Each frame can be opened once
/// only, so this is done when it arrives, whether or not it will be forwarded.
struct OpenedFrame {
  enum class Content : std::uint8_t {
    silence,    // the exact silence packet in the clear
    clear,      // an Opus packet, where that is allowed
    plaintext,  // an Opus packet, or anything but a protocol frame, where that is forbidden
    encrypted,
  };
  Content content{};
  Bytes wire;                 // as it is forwarded
  std::optional<Bytes> opus;  // as the listener has it
  bool is_silence = false;    // as far as anybody here can tell
  std::vector<Reception> receptions;
  std::vector<std::pair<Rule, std::string>> breaches;  // the speaker's
};

/// For a payload that reaches nobody: nobody opens it.
[[nodiscard]] OpenedFrame unopened(ByteView payload);

/// Holds the keys that the media server does not have. Lives on the rehearsal's thread.
class Audience {
 public:
  Audience(const World& world, Books& books);

  // ── who is there ──
  /// Nothing for users who do not live in this process.
  [[nodiscard]] CallMember* member(Snowflake user) noexcept;
  /// SESSION_DESCRIPTION is about to go out to an account.
  void begin_session(Snowflake speaker, int version);
  /// Opcodes 11 and 13 to everybody else in the channel.
  void meet(Snowflake user, Snowflake channel, TimePoint now);
  void part(Snowflake user, Snowflake channel, TimePoint now);
  /// Any message of the delivery service; true when it was for somebody who lives here.
  bool on_message(const DaveMessage& message, TimePoint now);
  /// Has everybody say what is due.
  void answer(DeliveryService& service, TimePoint now);
  [[nodiscard]] std::optional<TimePoint> deadline() const;

  // ── what they hear ──
  /// The account has no connection to the voice gateway: what it is told of keys reaches it later.
  std::function<bool(Snowflake user)> is_away = [](Snowflake) { return false; };
  [[nodiscard]] OpenedFrame open(Snowflake user, ByteView payload, TimePoint now);
  /// Holds the frame against its speaker. Not for copies of a packet that was there before.
  void judge(Snowflake user, const OpenedFrame& frame);
  /// Counts a frame that was forwarded to the members. They could not hear the packets that were `taken`.
  void deliver(Snowflake user, const rtp::Header& header, const OpenedFrame& frame, const TakenPackets& taken,
               TimePoint now);

  /// The media server withholds some of what the user says: that is no loss.
  void withhold(Snowflake user);

  /// Adds what was heard of `user`, and under which keys.
  void measure(Snowflake user, Report& report) const;
  /// What was heard of `user` so far no longer counts.
  void begin_anew(Snowflake user);

 private:
  /// One member's count of one speaker's packets.
  struct Tally {
    ListenerReport counts;
    std::uint32_t ssrc = 0;
    std::optional<std::uint16_t> last_sequence;  // while it is entitled to what follows
    std::uint64_t stay = 0;
  };
  struct Speaker {
    TransitionLog log;
    EncryptionReport encryption;
    std::deque<std::pair<std::string, std::set<Snowflake>>> codes;  // the last epochs' and who computed them
    std::map<Snowflake, Tally> tallies;
    SpentNonces spent;               // of each epoch, named by its code
    TimePoint out_of_touch_until{};  // it was away, or may not yet have acted on what it missed
  };
  /// The epoch whose key a frame is under.
  struct KeyOfFrame {
    std::string privacy_code;
    bool is_early = false;
    bool is_late = false;
  };

  [[nodiscard]] static OpenedFrame::Content content_of(const TransitionLog& log, ByteView payload,
                                                       TimePoint now);
  [[nodiscard]] static KeyOfFrame key_of(const Speaker& speaker, const CallMember& member,
                                         const HeardEpoch& epoch, TimePoint now);
  void let_all_hear(Snowflake user, Speaker& speaker, OpenedFrame& frame, TimePoint now);
  void find_breaches(Speaker& speaker, const std::optional<KeyOfFrame>& key, OpenedFrame& frame,
                     TimePoint now) const;
  static void count(Tally& tally, const Reception& reception, const rtp::Header& header,
                    const TakenPackets& taken, TimePoint now);
  void note_epoch(Snowflake member, const HeardEpoch& epoch);
  [[nodiscard]] std::string name_of(Snowflake user) const;

  const World& world_;
  Books& books_;
  std::vector<std::unique_ptr<CallMember>> members_;
  std::map<Snowflake, Speaker> speakers_;
};

}  // namespace vcplay::rehearsal
