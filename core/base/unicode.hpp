// What display_safe() must know of Unicode, without the C library's locale: decoding, width, visibility.
#pragma once

#include <cstddef>
#include <string_view>

namespace vcplay {

/// One step of decoding UTF-8: a scalar value, or the bytes that are none.
struct DecodedChar {
  char32_t code = 0xfffd;
  std::size_t bytes = 1;  // how far to go on; for bad input the longest prefix of a character, at least 1
  bool valid = false;
};

/// The first character of `text`, which is not empty. Overlong forms, surrogates, cut sequences and values
/// beyond U+10FFFF are not valid.
[[nodiscard]] DecodedChar decode_utf8(std::string_view text) noexcept;

/// Columns on a terminal: 2 for East Asian wide characters and emoji, 0 for combining marks, else 1.
[[nodiscard]] std::size_t char_width(char32_t code) noexcept;

/// True for what a reader cannot see or what changes the order of what he sees: controls, line separators,
/// bidi controls, zero-width and other format characters, fillers, noncharacters.
[[nodiscard]] bool is_invisible(char32_t code) noexcept;

}  // namespace vcplay
