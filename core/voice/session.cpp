#include "voice/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/json.hpp"
#include "base/log.hpp"
#include "base/overloaded.hpp"
#include "base/text.hpp"
#include "voice/close.hpp"
#include "voice/ip_discovery.hpp"
#include "voice/opcodes.hpp"

namespace vcplay::voice {
namespace {

constexpr std::size_t kBinaryHeaderBytes = 3;  // u16 seq, u8 opcode

std::string message(Opcode opcode, nlohmann::json data) {
  return json::dump({{"op", static_cast<std::int64_t>(opcode)}, {"d", std::move(data)}});
}

Actions one(Action&& action) {
  Actions actions;
  actions.push_back(std::move(action));
  return actions;
}

Actions ignore(std::string_view what) {
  log::debug("voice gateway: ignored {}", what);
  return {};
}

std::vector<std::string> offered_modes(const nlohmann::json& ready) {
  std::vector<std::string> modes;
  for (const nlohmann::json& mode : json::list(ready, "modes")) {
    if (const auto* const name = mode.get_ptr<const std::string*>()) modes.push_back(*name);
  }
  return modes;
}

/// Nothing unless `secret_key` is 32 numbers of one byte each.
std::optional<rtp::TransportKey> secret_key(const nlohmann::json& description) {
  const nlohmann::json& numbers = json::list(description, "secret_key");
  if (numbers.size() != rtp::kTransportKeyBytes) return std::nullopt;
  rtp::TransportKey key;
  std::size_t at = 0;
  for (const nlohmann::json& number : numbers) {
    const auto byte = json::as_integer(number);
    if (!byte || *byte < 0 || *byte > 255) return std::nullopt;
    key.span()[at++] = static_cast<std::uint8_t>(*byte);
  }
  return key;
}

}  // namespace

Session::Session(Config config)
    : config_(std::move(config)),
      dave_({config_.user, config_.channel, std::move(config_.signature_key), config_.plaintext}) {}

Actions Session::on_open(TimePoint /*now*/) {
  if (state_ != State::not_open) return {};
  state_ = State::waiting_for_ready;
  return one(SendText{message(Opcode::identify, {{"server_id", config_.server.str()},
                                                 {"user_id", config_.user.str()},
                                                 {"session_id", config_.session_id},
                                                 {"token", std::string(config_.token.reveal())},
                                                 {"max_dave_protocol_version", dave::kMaxVersion}})});
}

Actions Session::on_text(std::string_view text, TimePoint now) {
  if (state_ == State::over) return {};
  const nlohmann::json message = json::parse(text);
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
      return on_ready(data);
    case Opcode::session_description:
      return on_session_description(data, now);
    case Opcode::heartbeat:
      return beat(now);
    case Opcode::heartbeat_ack:
      heartbeat_.on_ack();
      return {};
    case Opcode::speaking:  // who of the others speaks: only a listener cares
    case Opcode::resumed:
      return {};
    // Sent by a client only.
    case Opcode::identify:
    case Opcode::select_protocol:
    case Opcode::resume:
      return ignore("an opcode that no server sends");
  }
  // Who is in the call, and when its keys change; Discord has more opcodes than it documents.
  return adopt(dave_.on_text(*opcode, data, now));
}

Actions Session::on_binary(ByteView message, TimePoint now) {
  if (state_ == State::over) return {};
  if (message.size() < kBinaryHeaderBytes) return ignore("a binary message without a header");
  sequence_ = load_be16(message);
  return adopt(dave_.on_binary(message[2], message.subspan(kBinaryHeaderBytes), now));
}

Actions Session::on_hello(const nlohmann::json& data, TimePoint now) {
  if (heartbeat_.deadline()) return ignore("a second HELLO");
  const auto interval = Heartbeat::interval(json::number(data, "heartbeat_interval"));  // may be fractional
  if (!interval)
    return fail(kCloseToResume, Cause::network, "The voice server said HELLO without a heartbeat interval.");
  heartbeat_.start(now + *interval, *interval);
  return {};
}

Actions Session::on_ready(const nlohmann::json& data) {
  if (state_ != State::waiting_for_ready) return ignore("a READY out of place");
  const auto ssrc = json::integer_in(data, "ssrc", 0, UINT32_MAX);
  const auto address = json::text(data, "ip");
  const auto port = json::integer_in(data, "port", 1, UINT16_MAX);
  if (!ssrc || !port || !address || !is_numeric_address(*address)) {
    return fail(kCloseForGood, Cause::network,
                "The voice server said READY without an ssrc, an address or a port.");
  }
  const std::vector<std::string> offered = offered_modes(data);
  const auto mode = rtp::choose_mode(offered);
  if (!mode) {
    constexpr std::size_t kColumns = 120;
    return fail(
        kCloseForGood, Cause::unexpected,
        fmt::format("The voice server offers no encryption mode that this vcplay knows ({}): update vcplay.",
                    display_safe(fmt::format("{}", fmt::join(offered, ", ")), kColumns)));
  }
  state_ = State::discovering;
  ssrc_ = static_cast<std::uint32_t>(*ssrc);
  mode_ = *mode;
  return one(MediaServer{ssrc_, *address, static_cast<std::uint16_t>(*port), mode_});
}

Actions Session::select_protocol(const std::string& address, std::uint16_t port) {
  if (state_ != State::discovering) return {};
  state_ = State::waiting_for_description;
  return one(SendText{message(
      Opcode::select_protocol,
      {{"protocol", "udp"}, {"data", {{"address", address}, {"port", port}, {"mode", rtp::name(mode_)}}}})});
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
  auto key = secret_key(data);
  if (!key)
    return fail(kCloseForGood, Cause::network,
                "The voice server described the session without a key of 32 bytes.");
  const int dave_version =
      static_cast<int>(json::integer_in(data, "dave_protocol_version", 0, UINT16_MAX).value_or(0));
  Actions actions = one(SessionReady{mode_, std::move(*key), dave_version});
  if (state_ == State::live) return actions;
  state_ = State::live;
  for (Action& action : adopt(dave_.begin(dave_version, now))) actions.push_back(std::move(action));
  return actions;
}

Actions Session::adopt(dave::Actions&& actions) {
  Actions adopted;
  for (dave::Action& action : actions) {
    std::visit(Overloaded{
                   [&](dave::SendText& send) { adopted.push_back(SendText{std::move(send.text)}); },
                   [&](dave::SendBinary& send) { adopted.push_back(SendBinary{std::move(send.bytes)}); },
                   [&](dave::Failed& failed) {
                     for (Action& end : fail(kCloseForGood, failed.error.cause(), failed.error.what()))
                       adopted.push_back(std::move(end));
                   },
                   [&](auto& line) { adopted.push_back(std::move(line)); },
               },
               action);
  }
  return adopted;
}

Actions Session::speaking(std::uint8_t flags) {
  if (state_ != State::live || speaking_flags_ == flags) return {};
  speaking_flags_ = flags;
  return one(SendText{message(Opcode::speaking, {{"speaking", flags}, {"delay", 0}, {"ssrc", ssrc_}})});
}

Actions Session::on_close(std::optional<std::uint16_t> code, std::string_view detail, TimePoint /*now*/) {
  if (state_ == State::over) return {};
  end();
  return one(Over{.code = code, .reason = why_closed(code, detail)});
}

Actions Session::on_time(TimePoint now) {
  if (state_ == State::over) return {};
  Actions actions = adopt(dave_.on_time(now));
  if (state_ == State::over) return actions;
  for (Action& action : on_heartbeat_time(now)) actions.push_back(std::move(action));
  return actions;
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
  return fail(kCloseToResume, Cause::network,
              "The voice server stopped answering: two heartbeats were not acknowledged.");
}

std::optional<TimePoint> Session::deadline() const noexcept {
  const auto beat = heartbeat_.deadline();
  const auto key = state_ == State::over ? std::nullopt : dave_.deadline();
  return beat && key ? std::min(*beat, *key) : beat ? beat : key;
}

Actions Session::beat(TimePoint now) const {
  const auto nonce = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
  return one(SendText{message(Opcode::heartbeat, {{"t", nonce}, {"seq_ack", sequence_}})});
}

Actions Session::fail(std::uint16_t close_code, Cause cause, const std::string& sentence) {
  end();
  Actions actions = one(CloseSocket{close_code, ""});
  actions.push_back(Over{.reason = Error(cause, sentence)});
  return actions;
}

void Session::end() noexcept {
  state_ = State::over;
  heartbeat_.stop();
}

}  // namespace vcplay::voice
