// What a playlist's entry means, seen from where the playlist came from.
#pragma once

#include <string>
#include <string_view>

#include "media/playlist.hpp"

namespace vcplay::media {

/// Where a playlist came from: the ground on which its entries stand.
struct PlaylistPlace {
  std::string location;  // its own name or URL
  bool remote = false;   // it, or one that led to it, came from a server
};

/// The file or URL that `entry` means. Throws std::runtime_error with a clause saying why it may
/// not be opened: a playlist from a server leads to servers only, and nothing leads anywhere but
/// to files and http(s).
[[nodiscard]] std::string resolve(const PlaylistEntry& entry, const PlaylistPlace& place);

/// The file or URL that a word means which somebody typed: http and https in whatever case, file: (RFC 8089),
/// or else a file's name. Throws std::runtime_error with a clause saying why there is no such file.
[[nodiscard]] std::string location_of(const std::string& word);

/// `text` with its percent-encoded bytes (RFC 3986 s2.1) as they are. Throws std::runtime_error with a clause
/// when a file cannot be called so.
[[nodiscard]] std::string percent_decoded(std::string_view text);

/// RFC 3986 s5.2: `reference`, as seen from the http(s) URL `base`.
[[nodiscard]] std::string resolve_url(std::string_view reference, std::string_view base);

}  // namespace vcplay::media
