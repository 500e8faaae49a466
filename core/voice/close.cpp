#include "voice/close.hpp"

#include <fmt/core.h>

#include <string>

#include "base/text.hpp"
#include "voice/opcodes.hpp"

namespace vcplay::voice {
namespace {

struct Meaning {
  Cause cause;
  std::string_view sentence;  // {} stands for the code and what the server said to it
};

Meaning meaning(CloseCode code) {
  switch (code) {
    case CloseCode::authentication_failed:
      return {Cause::network, "The voice server refused the token that Discord gave for it{}: start again."};
    case CloseCode::session_no_longer_valid:
      return {Cause::network, "The voice session is no longer valid{}: start again."};
    case CloseCode::session_timeout:
      return {Cause::network, "The voice session timed out{}: start again."};
    case CloseCode::server_not_found:
      return {Cause::network, "Discord did not find the voice server{}: start again in some seconds."};
    case CloseCode::webrtc_crashed:
    case CloseCode::server_crashed:
      return {Cause::network, "The voice server crashed{}: start again."};
    case CloseCode::rate_limited:
      return {Cause::network, "The voice server closed the session, too much was sent{}: wait some minutes."};
    case CloseCode::disconnected:
      return {Cause::removed, "The bot was removed from the channel, or the channel was deleted{}."};
    case CloseCode::call_terminated:
      return {Cause::removed,
              "The call was ended: the channel was deleted, or everybody was removed from it{}."};
    case CloseCode::dave_required:
      return {
          Cause::encryption,
          "This channel requires end-to-end encryption (DAVE) in a way that this vcplay does not speak{}: "
          "update it, or play in a stage channel, which does not require it."};
    case CloseCode::unknown_opcode:
    case CloseCode::failed_to_decode:
    case CloseCode::not_authenticated:
    case CloseCode::already_authenticated:
    case CloseCode::unknown_protocol:
    case CloseCode::unknown_encryption_mode:
    case CloseCode::bad_request:
      return {Cause::unexpected,
              "The voice server did not understand this vcplay{}: update it or report a bug."};
  }
  return {Cause::network, "The voice server closed the session{}."};
}

std::string in_brackets(std::uint16_t code, const std::string& detail) {
  return detail.empty() ? fmt::format(" ({})", code) : fmt::format(" ({}: {})", code, detail);
}

}  // namespace

Error why_closed(std::optional<std::uint16_t> code, std::string_view detail) {
  constexpr std::size_t kColumns = 120;
  const std::string safe = display_safe(detail, kColumns);
  if (!code) {
    return {Cause::network, fmt::format("The connection to the voice server was lost{}.",
                                        safe.empty() ? safe : fmt::format(" ({})", safe))};
  }
  const auto [cause, sentence] = meaning(static_cast<CloseCode>(*code));
  return {cause, fmt::format(fmt::runtime(sentence), in_brackets(*code, safe))};
}

}  // namespace vcplay::voice
