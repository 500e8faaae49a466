// What it means when the voice gateway closes: Discord's close codes, and what each leaves to be done.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/error.hpp"
#include "voice/session.hpp"

namespace vcplay::voice {

/// The sentence and the cause for a connection that ended with `code` (nothing: without a close frame); as
/// true of a try that is followed by another as of the last one. `detail` is text from outside.
[[nodiscard]] Error why_closed(std::optional<std::uint16_t> code, std::string_view detail);

/// The end of the session, when `code` (nothing: the connection was lost) is one; else it can be resumed.
/// `described`: SESSION_DESCRIPTION has come, without which there is nothing to resume.
[[nodiscard]] std::optional<Over> end_by(std::optional<std::uint16_t> code, bool described,
                                         const Error& reason);

}  // namespace vcplay::voice
