#include "gateway/close.hpp"

#include <fmt/core.h>

#include <string>

#include "base/text.hpp"
#include "gateway/opcodes.hpp"

namespace vcplay::gateway {
namespace {

/// " (4008: …)", as far as it is known.
std::string in_brackets(std::optional<std::uint16_t> code, std::string_view detail) {
  constexpr std::size_t kColumns = 120;
  const std::string safe = display_safe(detail, kColumns);
  if (!code) return safe.empty() ? std::string() : fmt::format(" ({})", safe);
  return safe.empty() ? fmt::format(" ({})", *code) : fmt::format(" ({}: {})", *code, safe);
}

}  // namespace

AfterClose after_close(std::optional<std::uint16_t> code) noexcept {
  if (!code) return AfterClose::resume;
  switch (static_cast<CloseCode>(*code)) {
    case CloseCode::normal:
    case CloseCode::going_away:
      return AfterClose::resume_once;
    case CloseCode::unknown_opcode:
    case CloseCode::decode_error:
    case CloseCode::already_authenticated:
      return AfterClose::resume_warily;
    case CloseCode::not_authenticated:
    case CloseCode::invalid_seq:
    case CloseCode::session_timed_out:
      return AfterClose::identify;
    case CloseCode::rate_limited:
      return AfterClose::resume_later;
    case CloseCode::authentication_failed:
    case CloseCode::invalid_shard:
    case CloseCode::sharding_required:
    case CloseCode::invalid_api_version:
    case CloseCode::invalid_intents:
    case CloseCode::disallowed_intents:
      return AfterClose::give_up;
    case CloseCode::unknown_error:
      break;
  }
  return AfterClose::resume;  // codes may come that nobody knows today
}

Error why_closed(std::optional<std::uint16_t> code, std::string_view detail, int shard_id, int shard_count) {
  const std::string what = in_brackets(code, detail);
  if (!code) return {Cause::network, fmt::format("The connection to Discord's gateway was lost{}.", what)};
  switch (static_cast<CloseCode>(*code)) {
    case CloseCode::authentication_failed:
      return {Cause::token_refused, "Discord refused the token (4004).", Hint::check_token};
    case CloseCode::invalid_shard:
      return {Cause::usage, fmt::format("Discord refused shard {}/{}{}.", shard_id, shard_count, what),
              Hint::choose_shard};
    case CloseCode::sharding_required:
      return {Cause::usage,
              fmt::format("This bot needs sharding and {}/{} is too few{}.", shard_id, shard_count, what),
              Hint::use_more_shards};
    case CloseCode::invalid_api_version:
      return {Cause::unexpected,
              fmt::format("Discord no longer speaks this version of its gateway{}: update vcplay.", what)};
    case CloseCode::invalid_intents:
    case CloseCode::disallowed_intents:
      return {
          Cause::unexpected,
          fmt::format("Discord refused the intents GUILDS and GUILD_VOICE_STATES{}: update vcplay.", what)};
    case CloseCode::unknown_opcode:
    case CloseCode::decode_error:
    case CloseCode::already_authenticated:
      return {Cause::network, fmt::format("Discord's gateway did not understand vcplay{}.", what)};
    case CloseCode::rate_limited:
      return {Cause::network, fmt::format("Discord closed the gateway because too much was sent{}.", what)};
    case CloseCode::not_authenticated:
    case CloseCode::invalid_seq:
      return {Cause::network, fmt::format("Discord no longer knows the gateway session{}.", what)};
    case CloseCode::session_timed_out:
      return {Cause::network, fmt::format("Discord closed the gateway, the session timed out{}.", what)};
    case CloseCode::normal:
    case CloseCode::going_away:
    case CloseCode::unknown_error:
      break;
  }
  return {Cause::network, fmt::format("Discord closed the gateway{}.", what)};
}

}  // namespace vcplay::gateway
