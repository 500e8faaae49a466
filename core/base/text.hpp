// Text from outside is made harmless here, before a terminal, a log or Discord sees it.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

namespace vcplay {

inline constexpr std::size_t kNoColumnLimit = std::numeric_limits<std::size_t>::max();

/// `text` as one harmless line: valid UTF-8 (bad bytes become U+FFFD), control, bidi and invisible characters
/// made visible (ESC as "\x1b", newline as "\n", U+202E as "\u{202e}"), `user:password@`, query strings and
/// fragments of URLs masked, cut to `max_columns` of display width with "…" when it is longer.
[[nodiscard]] std::string display_safe(std::string_view text, std::size_t max_columns = kNoColumnLimit);

/// Display width in terminal columns of valid UTF-8 (East Asian wide characters are 2, combining marks 0).
[[nodiscard]] std::size_t display_width(std::string_view text);

/// `text` in printable ASCII: "…" becomes "...", every other character '?', combining marks nothing. For
/// terminals without UTF-8.
[[nodiscard]] std::string ascii_only(std::string_view text);

/// `line`, broken at spaces where it is longer than `columns`. All lines but the first are indented by
/// `indent`. A word that is longer than a line stays whole.
[[nodiscard]] std::string wrapped(std::string_view line, std::size_t columns, std::size_t indent);

}  // namespace vcplay
