// Where the bot is, and what becomes of its voice session: the decisions between the two gateways.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/backoff.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/snowflake.hpp"
#include "channel/policies.hpp"
#include "gateway/session.hpp"
#include "voice/session.hpp"

namespace vcplay::channel {

namespace call {

// ── what the owner has to do, in order ──

/// Op 4: join this channel, or with nothing leave.
struct Ask {
  std::optional<Snowflake> channel;
};
/// The voice session, its socket and the stream are void: drop them. The queue keeps its place.
struct CloseVoice {};
/// Open a new voice session with these credentials.
struct OpenVoice {
  Snowflake channel;
  std::string session_id;
  std::string token;  // a secret: never log it
  std::string endpoint;
};
/// The bot is in another channel than before.
struct Moved {
  Snowflake channel;
};
/// Something was lost and is tried again after so long: to be told once.
struct Retry {
  Duration after{};
  int attempt = 1;
  Error reason;
};
/// It is over. `there`: the bot may still be in the channel, so that a leave is owed.
struct Ended {
  Error reason;
  bool there = true;
};
using Action = std::variant<Ask, CloseVoice, OpenVoice, Moved, Retry, Ended>;
using Actions = std::vector<Action>;

}  // namespace call

/// Decides when the bot joins, opens, renews, follows, waits or gives up. Sees no bytes: events and time go
/// in, actions come out. Lives on the network thread.
class Call {
 public:
  struct Config {
    Snowflake channel;
    OnMove on_move = OnMove::follow;
    OnKick on_kick = OnKick::exit;
    RandomFraction random = [] { return 0.5; };
  };
  explicit Call(Config config);

  /// From the main gateway.
  [[nodiscard]] call::Actions join(TimePoint now);  // READY and the guild are known: the first time, or anew
  [[nodiscard]] call::Actions gateway_resumed(TimePoint now);
  void gateway_lost() noexcept { gateway_up_ = false; }
  /// The latest Ask waits for its turn: until it is sent, or given up, nothing of its answer can be late.
  void question_waits(TimePoint now);
  void question_is_sent(TimePoint now);
  [[nodiscard]] call::Actions own_voice_state(const gateway::OwnVoiceState& state, TimePoint now);
  [[nodiscard]] call::Actions voice_server(const gateway::VoiceServer& server, TimePoint now);
  [[nodiscard]] call::Actions channel_deleted(Snowflake channel);
  [[nodiscard]] call::Actions guild_deleted(bool unavailable, TimePoint now);

  /// From the voice session.
  [[nodiscard]] call::Actions voice_is_live(TimePoint now);
  [[nodiscard]] call::Actions voice_is_over(voice::Over over, TimePoint now);
  /// No datagram gets through any more.
  [[nodiscard]] call::Actions path_is_lost(Error reason, TimePoint now);

  [[nodiscard]] call::Actions on_time(TimePoint now);
  [[nodiscard]] std::optional<TimePoint> deadline() const noexcept;

  /// Where the bot is, or is to be.
  [[nodiscard]] Snowflake channel() const noexcept { return channel_; }
  /// A session is described: audio can flow.
  [[nodiscard]] bool is_live() const noexcept { return state_ == State::live; }

 private:
  enum class State : std::uint8_t {
    outside,          // nothing was asked for yet
    pausing,          // before it is asked for again
    asking,           // op 4 is out; its answer comes in two halves
    pairing,          // a new server is named; its voice state may be on the way
    releasing,        // an unanswered op 4: leave, then ask again
    opening,          // the voice session comes about
    live,             // it is described
    awaiting_server,  // the server is gone or the bot was moved: another server will be named
    awaiting_word,    // the voice server ended the call: the main gateway will say why
    removed,          // by a moderator; it will come back
    over,
  };

  call::Actions ask(TimePoint now);
  call::Actions renew(Error reason, Duration pause, TimePoint now);
  call::Actions release(TimePoint now);
  call::Actions open(TimePoint now);
  call::Actions was_removed(TimePoint now);
  call::Actions was_moved(const gateway::OwnVoiceState& state, TimePoint now);
  call::Actions go_back(TimePoint now);
  call::Actions end(Error reason, bool there);
  [[nodiscard]] bool has_voice() const noexcept { return state_ == State::opening || state_ == State::live; }
  void enter(State state, std::optional<TimePoint> due);
  void is_lost(const Error& reason, TimePoint now);
  call::Actions lose(const Error& reason, TimePoint now);

  Config config_;
  State state_ = State::outside;
  std::optional<TimePoint> due_;          // when `state_` has lasted long enough
  std::optional<TimePoint> waits_since_;  // the latest Ask waits for its turn: other times stand still
  bool gateway_up_ = false;               // op 4 would be sent now
  bool has_been_live_ = false;

  Snowflake channel_;
  std::optional<std::string> session_id_;       // of our voice state in this gateway session
  bool is_answered_ = false;                    // that voice state is newer than the latest op 4
  std::optional<gateway::VoiceServer> server_;  // newer than the latest op 4 and than the latest live session
  TimePoint opened_at_{};                       // when it was tried

  // how much has been tried
  std::optional<Error> why_lost_;        // the reason of what is under way
  std::optional<TimePoint> give_up_at_;  // lost since: so long and no longer
  Backoff renewals_;
  std::map<int, int> renewals_by_code_;
  std::optional<TimePoint> stable_at_;  // once live until then: earlier failures are forgotten
  std::optional<TimePoint> joined_at_;
  int rejoins_ = 0;
  std::vector<TimePoint> moves_;  // of the last minute, that were undone
};

}  // namespace vcplay::channel
