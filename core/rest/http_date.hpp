// The Date of an HTTP answer, and what it says of our own clock.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "base/clock.hpp"

namespace vcplay::rest {

/// RFC 9110 s5.6.7, the one form that is sent: "Sun, 06 Nov 1994 08:49:37 GMT". Nothing for any other text.
[[nodiscard]] std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text) noexcept;

/// How far a clock that shows `now` is ahead of the sender's; negative: behind. Nothing when `date` is none.
/// A Date names the second that has begun, and an answer takes its time: good to a few seconds.
[[nodiscard]] std::optional<Duration> clock_ahead_of(std::string_view date,
                                                     std::chrono::system_clock::time_point now) noexcept;

}  // namespace vcplay::rest
