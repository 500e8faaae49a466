// DAVE's protocol machine (protocol version 1): the voice gateway's messages and time in, actions out.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/deadline.hpp"
#include "base/logger.hpp"
#include "dave/membership.hpp"
#include "dave/opcodes.hpp"
#include "dave/transitions.hpp"

namespace vcplay::dave {

/// The one that we offer in max_dave_protocol_version.
inline constexpr int kMaxVersion = 1;
/// How long media may wait for a key while somebody listens, before the group is asked for anew, and then
/// once more before the session is given up.
inline constexpr Duration kKeyTimeout = 10s;
/// Opcode 11 may come behind the Welcome to a group whose members it names; no key of that group is used
/// until all of them are named. After so long the group is refused (opcode 31), and the second one in a row
/// ends the session.
inline constexpr Duration kAnnouncementTime = 5s;
/// Who has left (opcode 13) is still in the group until a Commit removes it: a round trip or two, and up to
/// 2 s for a transition that has begun before. After so long the key is given up and the group joined again.
inline constexpr Duration kRemovalTime = 10s;
/// More users than any encrypted call has; the rest stay unknown, and nobody unknown gets into the group.
inline constexpr std::size_t kMaxUsers = 10'000;

// ── what the owner has to do, in order ──

struct SendText {
  std::string text;
};
struct SendBinary {
  Bytes bytes;
};
/// From the next packet on frames pass this one. The one before must not be used again.
struct UseEncryptor {
  std::unique_ptr<FrameTransform> encryptor;
};
/// From the next packet on frames go out as they are. Only ever said under Plaintext::allowed.
struct SendPlain {};
/// Why media may not be sent.
enum class Hold : std::uint8_t {
  alone,          // nobody is there to share a key with
  waiting,        // others are there, the key is not yet
  not_encrypted,  // the server wants frames in the clear, and that is refused
};
/// From the next packet on frames pass `gate`, which lets nothing but silence out. Said again
/// when the reason changes.
struct HoldAudio {
  Hold why;
  std::unique_ptr<FrameTransform> gate;
};
/// Somebody in the group, for pairwise fingerprints.
struct GroupMember {
  Snowflake user;
  Bytes signature_key;
};
/// The group is in a new epoch: group() has the keys to listen with, these are for people to compare.
struct NewEpoch {
  std::uint64_t epoch;
  std::string privacy_code;  // 30 digits
  std::vector<GroupMember> members;
};
/// No key in all that time, or a version that nobody offered. The session is over: begin a new one, or end.
struct Failed {
  Error error;
};
using Action = std::variant<SendText, SendBinary, UseEncryptor, SendPlain, HoldAudio, NewEpoch, Failed>;
using Actions = std::vector<Action>;

/// Whether audio may go out without end-to-end encryption when the server says so.
enum class Plaintext : std::uint8_t {
  refused,
  on_stage,  // as long as nothing was encrypted: Discord's stages have no end-to-end encryption
  allowed,
};

struct Config {
  Snowflake user;                 // the bot
  Snowflake channel;              // the voice channel
  mls::PrivateKey signature_key;  // one for the whole process, so that others' verification of us lasts
  Plaintext plaintext = Plaintext::refused;
  bool was_encrypted = false;  // a call of the same stream was, before this session
  log::Logger logger = {};     // of what is about this session
};

/// End-to-end encryption of one voice session. Lives on the network thread.
class Session {
 public:
  explicit Session(Config config);

  /// SESSION_DESCRIPTION with this dave_protocol_version. What came before it (opcodes 11, 13 and 25) counts.
  [[nodiscard]] Actions begin(int version, TimePoint now);
  /// A text message's opcode and `d`. Others than 11, 13, 21, 22 and 24 are ignored.
  [[nodiscard]] Actions on_text(std::int64_t opcode, const nlohmann::json& data, TimePoint now);
  /// A binary message's opcode and what follows it. Others than 25, 27, 29 and 30 are ignored.
  [[nodiscard]] Actions on_binary(std::uint8_t opcode, ByteView body, TimePoint now);
  [[nodiscard]] Actions on_time(TimePoint now);
  [[nodiscard]] std::optional<TimePoint> deadline() const noexcept { return earlier(key_due_, roster_due_); }

  /// Nobody else is in the call, as far as opcodes 11 and 13 have said.
  [[nodiscard]] bool is_alone() const noexcept { return users_.size() == 1; }
  /// In the call, ourselves included.
  [[nodiscard]] const Users& users() const noexcept { return users_; }
  /// The established group, or nullptr.
  [[nodiscard]] const mls::Group* group() const noexcept { return membership_.established(); }

 private:
  /// What stands on the sender's line.
  enum class Line : std::uint8_t { nothing_yet, plain, encrypted, alone, waiting, not_encrypted };

  // Each appends to actions_ what is to be done; the public functions hand that out.
  void on_users(Opcode opcode, const nlohmann::json& data);
  void on_prepare_transition(const nlohmann::json& data);
  void on_execute_transition(const nlohmann::json& data);
  void on_prepare_epoch(const nlohmann::json& data);
  void on_proposals(ByteView body);
  void on_announcement(Opcode opcode, ByteView body);

  [[nodiscard]] Followed follow(Opcode opcode, ByteView message);
  void on_new_epoch(Opcode opcode, TransitionId transition);
  void renew();
  void recover();
  void ready(TransitionId transition, int version);
  void execute(TransitionId transition);

  [[nodiscard]] std::optional<Snowflake> stranger() const;
  void watch_roster(TimePoint now);
  void use_withheld_key();
  void refuse_roster();
  [[nodiscard]] bool speaks(int version) const;
  [[nodiscard]] bool may_be_plain() const noexcept;
  [[nodiscard]] Line line_now() const noexcept;
  [[nodiscard]] Actions settle(TimePoint now);
  [[nodiscard]] bool somebody_waits() const noexcept;
  void hold_to_time(TimePoint now);
  void fail(const std::string& sentence, Hint hint = Hint::none);

  const log::Logger logger_;
  const Snowflake self_;
  const Plaintext plaintext_;
  bool was_encrypted_;  // this call, or one before it
  Users users_;
  Membership membership_;
  Transitions transitions_;
  std::optional<int> active_version_;  // since SESSION_DESCRIPTION
  int group_version_ = 0;              // that the group is made for
  bool began_without_ = false;         // SESSION_DESCRIPTION said 0, and no group was announced since
  bool has_key_ = false;               // frames are encrypted
  bool recovering_ = false;            // opcode 31 and a new key package are out, no answer yet
  TransitionId last_transition_ = kInitialTransition;
  Line line_ = Line::nothing_yet;     // as said last
  std::optional<TimePoint> key_due_;  // while somebody waits for media that need a key
  bool asked_again_ = false;          // the first wait is over

  /// The transition of a Welcome whose key is not used yet, because somebody in the group is not named.
  struct Withheld {
    TransitionId transition;
    bool executed = false;  // opcode 22 has come
  };
  std::optional<Withheld> withheld_;
  Users roster_;                         // of the established group
  std::optional<TimePoint> roster_due_;  // while somebody is in the group and not in the call
  int rosters_refused_ = 0;              // Welcomes in a row

  bool over_ = false;
  Actions actions_;
};

}  // namespace vcplay::dave
