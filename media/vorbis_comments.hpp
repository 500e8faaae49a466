// A block of Vorbis comments, cut down.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace vcplay::media {

inline constexpr std::size_t kMostComments = 128;
inline constexpr std::size_t kMostCommentBytes = 4'096;  // each

/// `block` with few comments, none of them long or empty, and without the name of who wrote it ("Ogg Vorbis
/// I format specification", s5.2.1; RFC 9639 s8.6). What is behind a lie about a length is left out.
[[nodiscard]] std::string few_comments(std::string_view block);

}  // namespace vcplay::media
