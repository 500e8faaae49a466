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

/// The file or URL that `entry` means. Throws std::runtime_error with a
/// clause saying why it may not be opened: a playlist from a server leads
/// to servers only, and nothing leads anywhere but to files and http(s).
[[nodiscard]] std::string resolve(const PlaylistEntry& entry, const PlaylistPlace& place);

/// RFC 3986 s5.2: `reference`, as seen from the http(s) URL `base`.
[[nodiscard]] std::string resolve_url(std::string_view reference, std::string_view base);

}  // namespace vcplay::media
