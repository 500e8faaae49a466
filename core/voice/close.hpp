// What it means when Discord closes the voice gateway.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/error.hpp"

namespace vcplay::voice {

/// The sentence and the cause for a connection that ended with `code` (nothing: without a close frame).
/// `detail` is text from outside.
[[nodiscard]] Error why_closed(std::optional<std::uint16_t> code, std::string_view detail);

}  // namespace vcplay::voice
