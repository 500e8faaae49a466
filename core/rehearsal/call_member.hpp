// A member of the call who lives in this process: keeps to DAVE and hears what the media server forwards.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/snowflake.hpp"
#include "dave/frame_decryptor.hpp"
#include "dave/session.hpp"
#include "rehearsal/dave_message.hpp"
#include "rehearsal/options.hpp"

namespace vcplay::rehearsal {

class DeliveryService;

/// One epoch of a member's group, with the keys to hear its speakers by.
struct HeardEpoch {
  struct Ears {
    dave::FrameDecryptor decryptor;
    dave::FrameDecryptor second_look;  // only ever sees frames whose nonce was there before
  };
  std::uint64_t number = 0;  // MLS's
  dave::TransitionId transition = 0;
  std::string privacy_code;
  std::set<Snowflake> roster;
  std::map<Snowflake, Ears> ears;
  std::optional<TimePoint> executed;  // by this member
};

/// What a member makes of a frame.
struct Hearing {
  enum class Kind : std::uint8_t {
    decrypted,
    clear,           // it was not encrypted, and the member takes it
    repeated_nonce,  // authentic, but its nonce was used before under the same key
    undecryptable,
  };
  Kind kind = Kind::undecryptable;
  Bytes opus;                         // when decrypted or in the clear
  const HeardEpoch* epoch = nullptr;  // whose key the frame is under, if that is known
};

/// Speaks to the delivery service as any member does, through a dave::Session of its own, and never waits for
/// anything: a member who does not speak misses no key. Lives on the rehearsal's thread.
class CallMember {
 public:
  /// `speakers` are the users whose frames it will be asked to open.
  CallMember(Snowflake user, std::vector<Snowflake> speakers, MemberScript script);

  [[nodiscard]] Snowflake user() const noexcept { return user_; }
  [[nodiscard]] const MemberScript& script() const noexcept { return script_; }

  // ── in the call ──
  /// A new voice session in `channel`, where `present` are, too.
  void enter(Snowflake channel, const std::set<Snowflake>& present, TimePoint now);
  /// SESSION_DESCRIPTION.
  void begin(int version, TimePoint now);
  void leave() noexcept;
  [[nodiscard]] bool is_in(Snowflake channel) const noexcept { return session_ && channel_ == channel; }
  [[nodiscard]] bool is_in_a_call() const noexcept { return session_.has_value(); }
  /// Opcodes 11 and 13.
  void meet(Snowflake other, TimePoint now);
  void part(Snowflake other, TimePoint now);
  void on_message(const DaveMessage& message, TimePoint now);

  // ── what it has to say: queued, because the delivery service must not be called while it speaks ──
  /// Says all that is due by `now`.
  void answer(DeliveryService& service, TimePoint now);
  [[nodiscard]] bool has_answer(TimePoint now) const;
  [[nodiscard]] std::optional<TimePoint> deadline() const;

  // ── what it hears ──
  [[nodiscard]] Hearing hear(Snowflake speaker, ByteView frame, TimePoint now);
  /// Whether it is entitled to hear what is sent now: from the execution of its first epoch (or of version 0)
  /// until it leaves or loses the group.
  [[nodiscard]] bool is_listening() const noexcept { return listening_since_.has_value(); }
  [[nodiscard]] std::optional<TimePoint> listening_since() const noexcept { return listening_since_; }
  /// How often it has begun to listen.
  [[nodiscard]] std::uint64_t stays() const noexcept { return stays_; }
  /// The group was there before this member: frames may be under way that it cannot open.
  [[nodiscard]] bool came_later() const noexcept { return first_epoch_ > 1; }
  /// True when it got this epoch's keys after it entered: keys from an earlier stay do not count.
  [[nodiscard]] bool has_epoch(const std::string& privacy_code) const;
  /// The latest last.
  [[nodiscard]] const std::deque<HeardEpoch>& epochs() const noexcept { return epochs_; }

  /// Called for each epoch that it gets the keys of.
  std::function<void(const HeardEpoch&, TimePoint)> on_epoch = [](const HeardEpoch&, TimePoint) {};

 private:
  struct Answer {
    TimePoint due{};
    std::string text;  // or
    Bytes binary;
  };

  void carry_out(dave::Actions actions, dave::TransitionId transition, TimePoint now);
  void begin_epoch(const dave::NewEpoch& epoch, dave::TransitionId transition, TimePoint now);
  void execute(dave::TransitionId transition, TimePoint now);
  void forget_expired(TimePoint now);
  void say(std::string text, TimePoint now);
  void say(Bytes binary, TimePoint now);
  [[nodiscard]] bool takes_clear(TimePoint now) const noexcept;
  [[nodiscard]] Hearing look_again(Snowflake speaker, ByteView frame, TimePoint now);

  const Snowflake user_;
  const std::vector<Snowflake> speakers_;
  const MemberScript script_;
  Snowflake channel_;
  std::optional<dave::Session> session_;
  std::deque<HeardEpoch> epochs_;
  std::uint64_t first_epoch_ = 0;  // by which it began to listen
  std::optional<TimePoint> listening_since_;
  std::uint64_t stays_ = 0;
  std::optional<TimePoint> clear_until_;  // TimePoint::max(): version 0 is in force
  std::deque<Answer> answers_;
  bool has_forged_ = false;
};

}  // namespace vcplay::rehearsal
