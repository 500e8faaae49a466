#include "voice/close.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string>

#include "base/text.hpp"
#include "voice/opcodes.hpp"

namespace vcplay::voice {
namespace {

// Whoever could not even describe the session is not asked again at once.
constexpr Duration kPauseBeforeNext = 1s;
// A server that Discord does not find may be on its way out, and another one on its way in.
constexpr Duration kPauseForServer = 5s;
constexpr int kMostAfterLoss = 3;

enum class Remedy : std::uint8_t { resume, renew, wait, give_up };

/// One row of Discord, "Voice Close Event Codes".
struct Meaning {
  CloseCode code{};
  Remedy remedy{};
  int most_renewals = 0;
  Cause cause{};
  std::string_view sentence;  // {} stands for the code and what the server said to it
};

constexpr std::string_view kMisunderstood =
    "The voice server did not understand this vcplay{}: update it or report a bug.";
constexpr std::string_view kCrashed = "The voice server crashed{}.";
constexpr Meaning kTransport{{}, Remedy::resume, 0, Cause::network, "The voice server closed the session{}."};
constexpr Meaning kUnknown{{}, Remedy::renew, 1, Cause::network, "The voice server closed the session{}."};

constexpr std::array kMeanings{
    Meaning{CloseCode::unknown_opcode, Remedy::renew, 1, Cause::unexpected, kMisunderstood},
    Meaning{CloseCode::failed_to_decode, Remedy::renew, 1, Cause::unexpected, kMisunderstood},
    Meaning{CloseCode::not_authenticated, Remedy::renew, 1, Cause::unexpected, kMisunderstood},
    Meaning{CloseCode::authentication_failed, Remedy::renew, 2, Cause::network,
            "The voice server refused the token that Discord gave for it{}."},
    Meaning{CloseCode::already_authenticated, Remedy::renew, 1, Cause::unexpected, kMisunderstood},
    Meaning{CloseCode::session_no_longer_valid, Remedy::renew, 5, Cause::network,
            "The voice session is no longer valid{}."},
    Meaning{CloseCode::session_timeout, Remedy::renew, 5, Cause::network, "The voice session timed out{}."},
    Meaning{CloseCode::server_not_found, Remedy::renew, 5, Cause::network,
            "Discord did not find the voice server{}."},
    Meaning{CloseCode::unknown_protocol, Remedy::give_up, 0, Cause::unexpected, kMisunderstood},
    Meaning{CloseCode::webrtc_crashed, Remedy::resume, 0, Cause::network, kCrashed},
    Meaning{CloseCode::disconnected, Remedy::wait, 0, Cause::removed,
            "Discord disconnected the bot from the call{}: it was moved, it was removed from the channel, or "
            "the channel was deleted."},
    Meaning{CloseCode::server_crashed, Remedy::resume, 0, Cause::network, kCrashed},
    Meaning{CloseCode::unknown_encryption_mode, Remedy::renew, 1, Cause::unexpected, kMisunderstood},
    Meaning{CloseCode::dave_required, Remedy::give_up, 0, Cause::encryption,
            "This channel requires end-to-end encryption (DAVE) in a way that this vcplay does not speak{}: "
            "update it, or play in a stage channel, which does not require it."},
    Meaning{CloseCode::bad_request, Remedy::renew, 1, Cause::unexpected, kMisunderstood},
    Meaning{CloseCode::rate_limited, Remedy::give_up, 0, Cause::network,
            "The voice server closed the session, too much was sent{}: wait some minutes."},
    Meaning{
        CloseCode::call_terminated, Remedy::wait, 0, Cause::removed,
        "The call was ended{}: its voice server changed, the channel was deleted, or everybody was removed "
        "from it."},
};

const Meaning& meaning(std::uint16_t code) {
  const auto* const found = std::find_if(kMeanings.begin(), kMeanings.end(), [&](const Meaning& row) {
    return row.code == static_cast<CloseCode>(code);
  });
  if (found != kMeanings.end()) return *found;
  // RFC 6455 s7.4.2: below 4000 speaks the transport, from there on the application.
  return code < 4000 ? kTransport : kUnknown;
}

std::string in_brackets(std::uint16_t code, const std::string& detail) {
  return detail.empty() ? fmt::format(" ({})", code) : fmt::format(" ({}: {})", code, detail);
}

Over renewal(Duration pause, int most, std::optional<std::uint16_t> code, const Error& reason) {
  return {.then = After::renew, .pause = pause, .most_renewals = most, .code = code, .reason = reason};
}

}  // namespace

Error why_closed(std::optional<std::uint16_t> code, std::string_view detail) {
  constexpr std::size_t kColumns = 120;
  const std::string safe = display_safe(detail, kColumns);
  if (!code) {
    return {Cause::network, fmt::format("The connection to the voice server was lost{}.",
                                        safe.empty() ? safe : fmt::format(" ({})", safe))};
  }
  const Meaning& row = meaning(*code);
  return {row.cause, fmt::format(fmt::runtime(row.sentence), in_brackets(*code, safe))};
}

std::optional<Over> end_by(std::optional<std::uint16_t> code, bool described, const Error& reason) {
  const Meaning& row = code ? meaning(*code) : kTransport;
  switch (row.remedy) {
    case Remedy::resume:
      if (described) return std::nullopt;
      return renewal(kPauseBeforeNext, kMostAfterLoss, code, reason);
    case Remedy::renew: {
      const Duration pause = described ? Duration::zero() : kPauseBeforeNext;
      const bool is_server_gone = row.code == CloseCode::server_not_found;
      return renewal(is_server_gone ? kPauseForServer : pause, row.most_renewals, code, reason);
    }
    case Remedy::wait:
      return Over{.then = After::wait, .code = code, .reason = reason};
    case Remedy::give_up:
      break;
  }
  return Over{.then = After::give_up, .code = code, .reason = reason};
}

}  // namespace vcplay::voice
