// How people write a span of time.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace vcplay {

/// "200ms", "0.2s", "0.2" (seconds), "90min", "1h", "1:30" or "1:02:03". Nothing for anything else, and for
/// more than some eleven days. The locale has no say in it.
[[nodiscard]] std::optional<Duration> read_time(std::string_view text);

/// "3s" or "1500ms": read_time() makes the same of it.
[[nodiscard]] std::string time_text(Duration time);

}  // namespace vcplay
