#include "channel/call.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/deadline.hpp"

namespace vcplay::channel {
namespace {

// The voice state of a move or of a join is on the way when its server comes first.
constexpr Duration kPairGrace = 100ms;
// A word of the main gateway may be so much later than the voice server's close code of the same cause.
constexpr Duration kWordGrace = 250ms;
// Discord answers an op 4 within tenths of a second, or never.
constexpr Duration kAnswerTime = 4s;
constexpr Duration kReleaseTime = 2s;
// A server that went away is replaced within seconds; an outage may take longer.
constexpr Duration kServerTime = 60s;
// After 4014 and 4022 the main gateway's word is hardly ever later.
constexpr Duration kWordTime = 5s;
// What is lost for so long is lost for good.
constexpr Duration kPatience = 120s;
// A session that lasted so long was good: what went wrong before is forgotten.
constexpr Duration kStableTime = 60s;
// In a join that has never succeeded somebody waits for an answer.
constexpr int kMostBeforeLive = 2;
constexpr Duration kRejoinInterval = 60s;
constexpr Duration kLeastRejoinPause = 2s;
constexpr int kMostRejoins = 5;
constexpr Duration kMoveWindow = 60s;
constexpr std::size_t kMostMoves = 5;
constexpr Backoff::Limits kRenewals{.first = 1s, .longest = 30s, .most = 10};

Error removed_by_moderator(Hint hint) {
  return {Cause::removed, "The bot was removed from the voice channel.", hint};
}

Error migrated() { return {Cause::network, "Discord moved the call to another voice server."}; }

call::Actions append(call::Actions first, call::Actions then) {
  for (call::Action& action : then) first.push_back(std::move(action));
  return first;
}

}  // namespace

Call::Call(Config config)
    : config_(std::move(config)), channel_(config_.channel), renewals_(kRenewals, config_.random) {}

void Call::enter(State state, std::optional<TimePoint> due) {
  state_ = state;
  due_ = due;
  waits_since_.reset();
  if (state != State::live) stable_at_.reset();
}

void Call::question_waits(TimePoint now) {
  const bool is_asking = state_ == State::asking || state_ == State::releasing;
  if (is_asking && gateway_up_ && !waits_since_) waits_since_ = now;
}

void Call::question_is_sent(TimePoint now) {
  if (!waits_since_) return;
  const Duration waited = now - *waits_since_;
  waits_since_.reset();
  if (due_) *due_ += waited;
  if (give_up_at_) *give_up_at_ += waited;
}

std::optional<TimePoint> Call::deadline() const noexcept {
  if (waits_since_) return stable_at_;
  return earlier(earlier(due_, stable_at_), give_up_at_);
}

/// Remembers why, and from when on it counts as lost.
void Call::is_lost(const Error& reason, TimePoint now) {
  why_lost_ = reason;
  // The first join has the owner's own deadline.
  if (has_been_live_ && !give_up_at_) give_up_at_ = now + kPatience;
}

/// What is under way is void, and something else takes its place by itself.
call::Actions Call::lose(const Error& reason, TimePoint now) {
  is_lost(reason, now);
  return {call::CloseVoice{}, call::Retry{Duration::zero(), 1, reason}};
}

call::Actions Call::end(Error reason, bool there) {
  enter(State::over, std::nullopt);
  give_up_at_.reset();
  return {call::Ended{std::move(reason), there}};
}

// ── the main gateway ──

call::Actions Call::join(TimePoint now) {
  if (state_ == State::over) return {};
  gateway_up_ = true;
  // A new gateway session is in no channel, and its voice states have session ids of their own.
  session_id_.reset();
  if (state_ == State::removed) return {};
  return ask(now);
}

call::Actions Call::gateway_resumed(TimePoint now) {
  if (state_ == State::over) return {};
  gateway_up_ = true;
  if (state_ == State::asking) return ask(now);  // the question may have been lost, and its answer, too
  if (state_ == State::awaiting_word) due_ = now + kWordTime;
  if ((state_ == State::pausing || state_ == State::releasing) && !due_) return ask(now);
  return {};
}

/// Without a gateway the question waits until there is one; give_up_at_ bounds that.
call::Actions Call::ask(TimePoint now) {
  server_.reset();
  is_answered_ = false;
  if (!gateway_up_) {
    enter(State::pausing, std::nullopt);
    return {};
  }
  // An answer to the first question may take as long as the owner lets the join take.
  enter(State::asking, has_been_live_ ? std::optional(now + kAnswerTime) : std::nullopt);
  joined_at_ = now;
  return {call::Ask{channel_}};
}

/// The same channel, asked for again through the same session, need not be answered: leave it first.
call::Actions Call::release(TimePoint now) {
  if (!gateway_up_) {
    enter(State::releasing, std::nullopt);
    return {};
  }
  session_id_.reset();
  enter(State::releasing, now + kReleaseTime);
  return {call::Ask{std::nullopt}};
}

call::Actions Call::own_voice_state(const gateway::OwnVoiceState& state, TimePoint now) {
  if (state_ == State::outside || state_ == State::over || state_ == State::removed) return {};
  if (!state.channel) {
    if (state_ == State::releasing) return ask(now);
    // The echo of a leave, perhaps of an earlier run of ours.
    if (state_ == State::asking || !session_id_) return {};
    return was_removed(now);
  }
  const bool is_answer = state_ == State::asking || state_ == State::pairing;
  if (*state.channel == channel_ && is_answer) {
    session_id_ = state.session_id;
    is_answered_ = true;
    return server_ ? open(now) : call::Actions{};
  }
  if (!session_id_) return {};  // where an earlier run of ours was
  if (state.session_id != *session_id_) {
    return end({Cause::busy,
                "Another process plays with this bot in this guild and took over; one of the two must go."},
               false);
  }
  return *state.channel == channel_ ? call::Actions{} : was_moved(state, now);
}

call::Actions Call::voice_server(const gateway::VoiceServer& server, TimePoint now) {
  if (state_ == State::outside || state_ == State::over || state_ == State::removed) return {};
  if (!server.endpoint) {  // it is gone, another one follows
    if (state_ == State::asking || state_ == State::releasing || state_ == State::pausing) return {};
    call::Actions actions = lose({Cause::network, "The voice server went away."}, now);
    enter(State::awaiting_server, now + kServerTime);
    return actions;
  }
  if (state_ == State::releasing) return {};
  server_ = server;
  switch (state_) {
    case State::pausing:  // better than an answer to a question of ours
    case State::asking:
      if (!session_id_) return {};
      if (is_answered_) return open(now);
      enter(State::pairing, now + kPairGrace);
      return {};
    case State::awaiting_server:
      return open(now);
    case State::awaiting_word:
      return append(lose(migrated(), now), open(now));
    case State::pairing:
      return {};
    default:
      break;
  }
  // Whatever this server has to say, the session before it is void.
  call::Actions actions = lose(migrated(), now);
  enter(State::pairing, now + kPairGrace);
  return actions;
}

call::Actions Call::open(TimePoint now) {
  if (!session_id_) return ask(now);
  enter(State::opening, std::nullopt);
  opened_at_ = now;
  return {call::OpenVoice{channel_, *session_id_, server_->token, *server_->endpoint}};
}

call::Actions Call::was_moved(const gateway::OwnVoiceState& state, TimePoint now) {
  if (config_.on_move == OnMove::exit) {
    return end({Cause::removed, "The bot was moved to another voice channel.", Hint::follow_moves}, true);
  }
  // Its server may have come first, while another one was awaited.
  const bool has_server =
      state_ == State::pairing || (state_ == State::opening && now < opened_at_ + kPairGrace);
  call::Actions actions = lose({Cause::network, "The bot was moved to another voice channel."}, now);
  if (config_.on_move == OnMove::go_back) return append(std::move(actions), go_back(now));
  channel_ = *state.channel;
  actions.emplace_back(call::Moved{channel_});
  if (has_server) return append(std::move(actions), open(now));
  enter(State::awaiting_server, now + kAnswerTime);
  return actions;
}

call::Actions Call::go_back(TimePoint now) {
  const auto old = [&](TimePoint when) { return now - when > kMoveWindow; };
  moves_.erase(std::remove_if(moves_.begin(), moves_.end(), old), moves_.end());
  if (moves_.size() >= kMostMoves) {
    return end({Cause::removed, "The bot was moved to another voice channel again and again."}, true);
  }
  moves_.push_back(now);
  return ask(now);
}

call::Actions Call::was_removed(TimePoint now) {
  session_id_.reset();
  server_.reset();
  if (config_.on_kick == OnKick::exit) return end(removed_by_moderator(Hint::rejoin_after_kick), false);
  if (rejoins_ >= kMostRejoins) {
    return end(
        {Cause::removed, fmt::format("The bot was removed from the voice channel {} times.", rejoins_ + 1)},
        false);
  }
  ++rejoins_;
  channel_ = config_.channel;
  const TimePoint back = std::max(now + kLeastRejoinPause, joined_at_.value_or(now) + kRejoinInterval);
  why_lost_ = removed_by_moderator(Hint::none);
  give_up_at_.reset();
  enter(State::removed, back);
  return {call::CloseVoice{}, call::Retry{back - now, rejoins_, *why_lost_}};
}

call::Actions Call::channel_deleted(Snowflake channel) {
  if (state_ == State::over || channel != channel_) return {};
  return end({Cause::removed, "The voice channel was deleted."}, false);
}

call::Actions Call::guild_deleted(bool unavailable, TimePoint now) {
  if (state_ == State::over) return {};
  if (!unavailable) return end({Cause::removed, "The bot was removed from the guild."}, false);
  if (has_voice()) return {};  // an outage of the guild need not be one of its call
  is_lost({Cause::network, "The guild became unavailable: Discord has an outage."}, now);
  return {};
}

// ── the voice session ──

call::Actions Call::voice_is_live(TimePoint now) {
  if (state_ != State::opening) return {};
  enter(State::live, std::nullopt);
  server_.reset();
  has_been_live_ = true;
  give_up_at_.reset();
  stable_at_ = now + kStableTime;
  return {};
}

call::Actions Call::voice_is_over(voice::Over over, TimePoint now) {
  if (!has_voice()) return {};
  switch (over.then) {
    case voice::After::give_up:
      return end(std::move(over.reason), true);
    case voice::After::wait:
      is_lost(over.reason, now);
      enter(State::awaiting_word, gateway_up_ ? std::optional(now + kWordTime) : std::nullopt);
      return {call::CloseVoice{}};
    case voice::After::renew:
      break;
  }
  const int most = has_been_live_ ? over.most_renewals : std::min(over.most_renewals, kMostBeforeLive);
  int& renewed = renewals_by_code_[over.code.value_or(0)];
  if (++renewed > most) return end(std::move(over.reason), true);
  // What the voice server knows the main gateway is about to say, too: that another process took over, that
  // the bot was removed.
  return renew(std::move(over.reason), over.code ? std::max(over.pause, kWordGrace) : over.pause, now);
}

call::Actions Call::path_is_lost(Error reason, TimePoint now) {
  if (state_ != State::live) return {};
  return renew(std::move(reason), Duration::zero(), now);
}

/// The first renewal comes at once, those after it with growing pauses.
call::Actions Call::renew(Error reason, Duration pause, TimePoint now) {
  is_lost(reason, now);
  Duration wait = pause;
  if (renewals_.tried() > 0 || !has_been_live_) {
    const auto next = renewals_.next();
    if (!next) return end(std::move(reason), true);
    wait = std::max(wait, *next);
  } else {
    static_cast<void>(renewals_.next());
  }
  call::Actions actions{call::CloseVoice{}, call::Retry{wait, renewals_.tried(), std::move(reason)}};
  if (wait > Duration::zero()) {
    enter(State::pausing, now + wait);
    return actions;
  }
  return append(std::move(actions), ask(now));
}

// ── time ──

call::Actions Call::on_time(TimePoint now) {
  if (stable_at_ && now >= *stable_at_) {
    stable_at_.reset();
    renewals_.succeeded();
    renewals_by_code_.clear();
  }
  if (waits_since_) return {};
  if (give_up_at_ && now >= *give_up_at_) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(kPatience).count();
    return end({Cause::network,
                fmt::format("The call was lost and could not be had again within {} s. {}", seconds,
                            why_lost_->what()),
                why_lost_->hint()},
               true);
  }
  if (!due_ || now < *due_) return {};
  due_.reset();
  switch (state_) {
    case State::pausing:
    case State::removed:
    case State::releasing:
      return ask(now);
    case State::asking:
      return release(now);
    case State::pairing:
      return open(now);
    case State::awaiting_server:
      return renew(*why_lost_, Duration::zero(), now);
    case State::awaiting_word:
      return end(*why_lost_, true);
    default:
      return {};
  }
}

}  // namespace vcplay::channel
