// How the main gateway's session gets from a lost connection to the next one, and when it gives up.
#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "gateway/close.hpp"
#include "gateway/opcodes.hpp"
#include "gateway/session_impl.hpp"

namespace vcplay::gateway {
namespace {

constexpr int kMostIdentifies = 3;
constexpr int kMostUnreached = 5;
constexpr int kMostMisunderstandings = 3;

constexpr Duration kSendingPeriod = 60s;  // Discord, Gateway topic, "Rate Limiting": 120 messages in 60 s
constexpr Duration kSentOnOften = 5s;
constexpr Duration kShortLife = 60s;
// A connection that is lost sooner was no success: a server that takes a session back only to drop it again
// gets fewer tries each time.
constexpr Duration kGoodLife = 5s;

/// A close reason is anything, what we sent included.
std::string without(std::string_view secret, std::string_view text) {
  constexpr std::string_view kHidden = "[hidden]";
  std::string clean(text);
  if (secret.empty()) return clean;
  for (auto at = clean.find(secret); at != std::string::npos; at = clean.find(secret, at + kHidden.size()))
    clean.replace(at, secret.size(), kHidden);
  return clean;
}

}  // namespace

// ── why a connection is of no use any more ──

Actions Session::on_close(std::optional<std::uint16_t> code, std::string_view detail, TimePoint now) {
  if (state_ == State::over) return {};
  notice_good_life(now);
  if (state_ == State::between_sockets && now < reconnect_at_) return remind(reconnect_at_ - now);
  const Error reason =
      why_closed(code, without(config_.token.reveal(), detail), config_.shard_id, config_.shard_count);
  const AfterClose then = after_close(code);
  if (then == AfterClose::resume_warily) return was_not_understood(reason, now);
  misunderstandings_ = 0;
  switch (then) {
    case AfterClose::resume_once:
      if (++farewells_ > 1) return start_afresh(reason, now);
      break;
    case AfterClose::resume_later:
      return reconnect(kSendingPeriod + next_wait(), reason, now);
    case AfterClose::identify:
      return start_afresh(reason, now);
    case AfterClose::give_up:
      return end(reason);
    case AfterClose::resume:
    case AfterClose::resume_warily:
      break;
  }
  return retry(reason, now);
}

Actions Session::was_not_understood(const Error& reason, TimePoint now) {
  // In a row: unless a minute went well between them.
  if (is_ready() && !was_well_just_now(now)) misunderstandings_ = 0;
  if (++misunderstandings_ == kMostMisunderstandings)
    return end(Error(Cause::unexpected, fmt::format("{} Update vcplay, or report a bug.", reason.what())));
  log::warning("{} That is a bug of vcplay: please report it.", reason.what());
  return retry(reason, now);
}

Actions Session::on_reconnect(TimePoint now) {
  // At once, but not round and round when the next server sends us on as well.
  const bool often = sent_on_at_ && now - *sent_on_at_ < kSentOnOften;
  sent_on_at_ = now;
  const Error reason(Cause::network, "Discord asked for a new connection to its gateway.");
  return hang_up(reconnect(often ? next_wait() : Duration::zero(), reason, now));
}

Actions Session::on_invalid_session(const nlohmann::json& data, TimePoint now) {
  if (data.is_boolean() && data.get<bool>() && can_resume())
    return hang_up(retry(Error(Cause::network, "Discord interrupted the gateway session."), now));
  return hang_up(start_afresh(Error(Cause::network, "Discord did not accept the gateway session."), now));
}

// ── the ways out of it ──

Actions Session::retry(const Error& reason, TimePoint now) { return reconnect(next_wait(), reason, now); }

Actions Session::start_afresh(const Error& reason, TimePoint now) {
  // 1 to 5 s, and twice as long each time that a session did not live a minute: identifies are counted.
  constexpr int kMostDoublings = 6;
  if (!was_well_just_now(now)) short_lives_ = 0;
  const Duration wait = (1s + drawn(4s)) * (1 << short_lives_);
  if (was_well_just_now(now)) short_lives_ = std::min(short_lives_ + 1, kMostDoublings);
  forget_session();
  return reconnect(wait, reason, now);
}

Actions Session::reconnect(Duration after, const Error& reason, TimePoint now) {
  if (attempt_ == kWaits.most) {
    return end(Error(Cause::network,
                     fmt::format("Discord's gateway is lost for good, {} attempts in a row failed: {}",
                                 attempt_, reason.what())));
  }
  if (!can_resume()) forget_session();
  if (identifies_ == kMostIdentifies) {
    return end(
        Error(reason.cause(), fmt::format("{} {} IDENTIFYs in a row came to nothing, and Discord counts "
                                          "them: no more is sent.",
                                          reason.what(), identifies_)));
  }
  if (state_ == State::waiting_for_hello || state_ == State::between_sockets) ++unreached_;
  state_ = State::between_sockets;
  heartbeat_.stop();
  answer_due_.reset();
  waiting_.keep_leaves();
  ++attempt_;
  reconnect_at_ = now + after;
  pending_ = Reconnect{unreached_ < kMostUnreached ? resume_url_ : "", after, attempt_, reason};
  return one(Reconnect(*pending_));
}

Actions Session::hurry(TimePoint now) {
  if (state_ != State::between_sockets || now >= reconnect_at_) return {};
  reconnect_at_ = now;
  return remind(Duration::zero());
}

Actions Session::remind(Duration after) {
  pending_->after = after;
  return one(Reconnect(*pending_));
}

Actions Session::end(Error error) {
  state_ = State::over;
  heartbeat_.stop();
  answer_due_.reset();
  waiting_.clear();
  return one(Failed{std::move(error)});
}

Actions Session::hang_up(Actions then) const {
  // What is over for good must not leave a bot behind that haunts the channel.
  then.insert(then.begin(), CloseSocket{state_ == State::over ? kCloseForGood : kCloseToResume, ""});
  return then;
}

// ── what has been tried ──

void Session::was_reached() noexcept {
  if (unreached_ < kMostUnreached) unreached_ = 0;
}

void Session::succeed(TimePoint now) {
  state_ = State::ready;
  answer_due_.reset();
  unreached_ = 0;
  farewells_ = 0;
  well_since_ = now;
}

/// What was tried before is forgotten once a connection has lasted.
void Session::notice_good_life(TimePoint now) noexcept {
  if (!is_ready() || now - *well_since_ < kGoodLife) return;
  backoff_.succeeded();
  attempt_ = 0;
}

void Session::forget_session() {
  waiting_.clear();  // without the session the bot is in no channel
  sequence_.reset();
  session_id_.clear();
  resume_url_.clear();
}

Duration Session::next_wait() {
  if (attempt_ == 0) return drawn(1s);
  return backoff_.next().value_or(kWaits.longest);
}

Duration Session::drawn(Duration whole) const {
  const double fraction = std::clamp(config_.random(), 0.0, 1.0);
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::nano>(whole) * fraction);
}

bool Session::was_well_just_now(TimePoint now) const noexcept {
  return well_since_ && now - *well_since_ < kShortLife;
}

}  // namespace vcplay::gateway
