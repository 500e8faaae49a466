#include "voice/session.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "base/deadline.hpp"
#include "base/json.hpp"
#include "base/overloaded.hpp"
#include "base/text.hpp"
#include "voice/close.hpp"
#include "voice/ip_discovery.hpp"
#include "voice/messages.hpp"
#include "voice/opcodes.hpp"

namespace vcplay::voice {
namespace {

constexpr std::size_t kBinaryHeaderBytes = 3;  // u16 seq, u8 opcode
// For HELLO, READY, SESSION_DESCRIPTION and RESUMED: Discord takes some tenths of a second.
constexpr Duration kAnswerTime = 10s;
constexpr Duration kDescriptionTime = kDiscoveryTries * kDiscoveryInterval + kAnswerTime;
// 200 ms to 6.4 s: a server that restarts is back by then, and Discord has not forgotten the session yet.
constexpr Backoff::Limits kReconnects{.first = 200ms, .longest = 8s, .most = 6};
constexpr int kMostAfterReconnects = 5;
constexpr int kMostAfterFailure = 1;
constexpr Duration kPauseAfterFailure = 1s;
// More than a call says in one epoch.
constexpr std::size_t kMostKept = 64;
constexpr Duration kTransitionTime = 2s;  // nobody waits longer for an opcode 23

Actions one(Action&& action) {
  Actions actions;
  actions.push_back(std::move(action));
  return actions;
}

void append(Actions& actions, Actions&& more) {
  for (Action& action : more) actions.push_back(std::move(action));
}

RandomFraction or_the_middle(RandomFraction random) {
  if (random) return random;
  return [] { return 0.5; };
}

}  // namespace

Session::Session(Config config)
    : config_(std::move(config)),
      dave_({config_.user, config_.channel, std::move(config_.signature_key), config_.plaintext,
             config_.was_encrypted, config_.logger}),
      backoff_(kReconnects, or_the_middle(std::move(config_.random))) {}

Actions Session::ignore(std::string_view what) const {
  config_.logger.debug("voice gateway: ignored {}", what);
  return {};
}

bool Session::has_socket() const noexcept {
  return state_ != State::not_open && state_ != State::lost && state_ != State::over;
}

Actions Session::on_open(TimePoint now) {
  if (state_ != State::not_open && state_ != State::lost) return {};
  const bool again = state_ == State::lost;
  state_ = again ? State::resuming : State::waiting_for_ready;
  hello_due_ = answer_due_ = now + kAnswerTime;
  return one(SendText{again ? resume_message(config_, sequence_) : identify_message(config_)});
}

Actions Session::on_text(std::string_view text, TimePoint now) {
  if (!has_socket()) return {};
  const nlohmann::json message = json::parse(text, {.bytes = kMostMessageBytes});
  // The last one received, not the greatest: the counter wraps at 16 bits.
  if (const auto sequence = json::integer_in(message, "seq", 0, UINT16_MAX))
    sequence_ = static_cast<int>(*sequence);
  const auto opcode = json::integer(message, "op");
  if (!opcode) return ignore("a message without an opcode");
  const nlohmann::json& data = json::field(message, "d");
  switch (static_cast<Opcode>(*opcode)) {
    case Opcode::hello:
      return on_hello(data, now);
    case Opcode::ready:
      return on_ready(data, now);
    case Opcode::session_description:
      return on_session_description(data, now);
    case Opcode::resumed:
      return on_resumed(now);
    case Opcode::heartbeat:
      return beat(now);
    case Opcode::heartbeat_ack:
      return on_heartbeat_ack();
    case Opcode::speaking:  // who of the others speaks: only a listener cares
      return {};
    // Sent by a client only.
    case Opcode::identify:
    case Opcode::select_protocol:
    case Opcode::resume:
      return ignore("an opcode that no server sends");
  }
  // Who is in the call, and when its keys change; Discord has more opcodes than it documents.
  if (*opcode == static_cast<std::int64_t>(dave::Opcode::execute_transition)) readiness_.clear();
  return adopt(dave_.on_text(*opcode, data, call_time(now)), now);
}

Actions Session::on_binary(ByteView message, TimePoint now) {
  if (!has_socket()) return {};
  if (message.size() < kBinaryHeaderBytes) return ignore("a binary message without a header");
  sequence_ = load_be16(message);
  return adopt(dave_.on_binary(message[2], message.subspan(kBinaryHeaderBytes), call_time(now)), now);
}

Actions Session::on_hello(const nlohmann::json& data, TimePoint now) {
  if (heartbeat_.deadline()) return ignore("a second HELLO");
  const auto interval = Heartbeat::interval(json::number(data, "heartbeat_interval"));  // may be fractional
  if (!interval)
    return fail(kCloseToResume, Cause::network, "The voice server said HELLO without a heartbeat interval.");
  hello_due_.reset();
  heartbeat_.start(now + *interval, *interval);
  return {};
}

Actions Session::on_ready(const nlohmann::json& data, TimePoint now) {
  if (state_ != State::waiting_for_ready) return ignore("a READY out of place");
  auto ready = read_ready(data);
  if (!ready) {
    return fail(kCloseForGood, Cause::network,
                "The voice server said READY without an ssrc, an address or a port.");
  }
  const auto mode = rtp::choose_mode(ready->modes);
  if (!mode) {
    constexpr std::size_t kColumns = 120;
    return fail(
        kCloseForGood, Cause::unexpected,
        fmt::format("The voice server offers no encryption mode that this vcplay knows ({}): update vcplay.",
                    display_safe(fmt::format("{}", fmt::join(ready->modes, ", ")), kColumns)));
  }
  state_ = State::discovering;
  answer_due_ = now + kDescriptionTime;
  ssrc_ = ready->ssrc;
  mode_ = *mode;
  return one(MediaServer{ssrc_, std::move(ready->address), ready->port, mode_});
}

Actions Session::select_protocol(const std::string& address, std::uint16_t port) {
  if (state_ != State::discovering) return {};
  state_ = State::waiting_for_description;
  return one(SendText{select_protocol_message(address, port, mode_)});
}

Actions Session::on_session_description(const nlohmann::json& data, TimePoint now) {
  // A second one, in a live session, brings a new key.
  if (state_ != State::waiting_for_description && state_ != State::live) {
    return ignore("a SESSION_DESCRIPTION out of place");
  }
  if (json::text(data, "mode") != rtp::name(mode_)) {
    return fail(
        kCloseForGood, Cause::unexpected,
        fmt::format("The voice server was asked for {} and answered with another mode.", rtp::name(mode_)));
  }
  auto key = read_secret_key(data);
  if (!key)
    return fail(kCloseForGood, Cause::network,
                "The voice server described the session without a key of 32 bytes.");
  const int dave_version =
      static_cast<int>(json::integer_in(data, "dave_protocol_version", 0, UINT16_MAX).value_or(0));
  Actions actions = one(SessionReady{mode_, std::move(*key), dave_version});
  if (state_ == State::live) return actions;
  state_ = State::live;
  described_ = true;
  answer_due_.reset();
  append(actions, adopt(dave_.begin(dave_version, call_time(now)), now));
  return actions;
}

// Discord, "Voice Connections", "Resuming Voice Connection": what was missed comes behind this.
Actions Session::on_resumed(TimePoint now) {
  if (state_ != State::resuming) return ignore("a RESUMED out of place");
  state_ = State::live;
  answer_due_.reset();
  away_ += now - lost_at_;
  Actions actions = one(Resumed{});
  if (speaking_flags_) actions.push_back(SendText{speaking_message(*speaking_flags_, ssrc_)});
  append(actions, std::exchange(kept_, {}));
  repeat_readiness(actions);
  return actions;
}

/// What went into a dying socket may be lost, and the others wait for it.
void Session::repeat_readiness(Actions& actions) {
  for (const auto& [when, text] : std::exchange(readiness_, {})) {
    if (lost_at_ - when < kTransitionTime) actions.push_back(SendText{text});
  }
}

void Session::remember_readiness(const std::string& text, TimePoint now) {
  if (json::integer(json::parse(text), "op") != static_cast<std::int64_t>(dave::Opcode::transition_ready)) {
    return;
  }
  if (readiness_.size() == kMostKept) readiness_.erase(readiness_.begin());
  readiness_.emplace_back(now, text);
}

// Not RESUMED: a server that takes sessions back only to lose them again gets fewer tries each time.
Actions Session::on_heartbeat_ack() noexcept {
  heartbeat_.on_ack();
  if (state_ == State::live) backoff_.succeeded();
  return {};
}

Actions Session::adopt(dave::Actions&& actions, TimePoint now) {
  Actions adopted;
  for (dave::Action& action : actions) {
    std::visit(Overloaded{
                   [&](dave::SendText& send) {
                     if (state_ == State::live) remember_readiness(send.text, now);
                     say(SendText{std::move(send.text)}, adopted);
                   },
                   [&](dave::SendBinary& send) { say(SendBinary{std::move(send.bytes)}, adopted); },
                   [&](dave::Failed& failed) {
                     append(adopted, fail(kCloseForGood, failed.error.cause(), failed.error.what(),
                                          failed.error.hint()));
                   },
                   [&](auto& line) { adopted.push_back(std::move(line)); },
               },
               action);
  }
  return adopted;
}

void Session::say(Action&& message, Actions& actions) {
  if (state_ != State::resuming) return actions.push_back(std::move(message));
  if (kept_.size() == kMostKept) kept_.erase(kept_.begin());  // the group is asked for again if it mattered
  kept_.push_back(std::move(message));
}

TimePoint Session::call_time(TimePoint now) const noexcept {
  return (state_ == State::resuming ? lost_at_ : now) - away_;
}

Actions Session::speaking(std::uint8_t flags) {
  if (!described_ || state_ == State::over || speaking_flags_.value_or(kNotSpeaking) == flags) return {};
  speaking_flags_ = flags;
  if (state_ != State::live) return {};
  return one(SendText{speaking_message(flags, ssrc_)});
}

// ── time ──

Actions Session::on_time(TimePoint now) {
  if (!has_socket()) return {};
  if (hello_due_ && now >= *hello_due_)
    return give_up_socket("The voice server did not say HELLO within 10 s.", now);
  if (answer_due_ && now >= *answer_due_) return give_up_socket(missing(), now);
  Actions actions;
  if (state_ == State::live) actions = adopt(dave_.on_time(call_time(now)), now);
  if (state_ == State::over) return actions;
  append(actions, on_heartbeat_time(now));
  return actions;
}

const char* Session::missing() const noexcept {
  switch (state_) {
    case State::waiting_for_ready:
      return "The voice server did not answer IDENTIFY within 10 s.";
    case State::resuming:
      return "The voice server did not answer RESUME within 10 s.";
    default:
      return "The voice server did not describe the session within 15 s of READY.";
  }
}

Actions Session::on_heartbeat_time(TimePoint now) {
  switch (heartbeat_.on_time(now)) {
    case Heartbeat::Due::nothing:
      return {};
    case Heartbeat::Due::beat:
      return beat(now);
    case Heartbeat::Due::lost:
      break;
  }
  return give_up_socket("The voice server stopped answering: two heartbeats were not acknowledged.", now);
}

std::optional<TimePoint> Session::deadline() const noexcept {
  const auto socket = earlier(earlier(hello_due_, answer_due_), heartbeat_.deadline());
  const auto key = dave_.deadline();
  return key && state_ == State::live ? earlier(socket, *key + away_) : socket;
}

Actions Session::beat(TimePoint now) const { return one(SendText{heartbeat_message(now, sequence_)}); }

// ── the end of a socket, and of the session ──

Actions Session::on_close(std::optional<std::uint16_t> code, std::string_view detail, TimePoint now) {
  if (state_ == State::over) return {};
  if (state_ == State::lost && now < reconnect_at_) return {};
  const std::string_view token = config_.token.reveal();
  const bool tells_token = !token.empty() && detail.find(token) != std::string_view::npos;
  return lose(code, why_closed(code, tells_token ? std::string_view() : detail), now);
}

Actions Session::lose(std::optional<std::uint16_t> code, Error reason, TimePoint now) {
  if (auto over = end_by(code, described_, reason)) return end(std::move(*over));
  if (state_ == State::live) lost_at_ = now;
  state_ = State::lost;
  forget_socket();
  const auto after = backoff_.next();
  if (!after) {
    return end({.then = After::renew,
                .most_renewals = kMostAfterReconnects,
                .code = code,
                .reason = std::move(reason)});
  }
  reconnect_at_ = now + *after;
  return one(Reconnect{*after, backoff_.tried(), std::move(reason)});
}

Actions Session::give_up_socket(const char* sentence, TimePoint now) {
  Actions actions = one(CloseSocket{kCloseToResume, ""});
  append(actions, lose(std::nullopt, Error(Cause::network, sentence), now));
  return actions;
}

Actions Session::fail(std::uint16_t close_code, Cause cause, const std::string& sentence, Hint hint) {
  Actions actions = one(CloseSocket{close_code, ""});
  Over over{.reason = Error(cause, sentence, hint)};
  if (cause == Cause::network) {
    over.then = After::renew;
    over.pause = described_ ? Duration::zero() : kPauseAfterFailure;
    over.most_renewals = kMostAfterFailure;
  }
  append(actions, end(std::move(over)));
  return actions;
}

Actions Session::end(Over&& over) {
  state_ = State::over;
  forget_socket();
  kept_.clear();
  return one(std::move(over));
}

void Session::forget_socket() noexcept {
  heartbeat_.stop();
  hello_due_.reset();
  answer_due_.reset();
}

}  // namespace vcplay::voice
