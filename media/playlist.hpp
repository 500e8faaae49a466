// Playlists as text: what they name, before anybody asks whether it is there.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace vcplay::media {

enum class PlaylistKind { m3u, pls, xspf, cue };

/// One track as a playlist names it.
struct PlaylistEntry {
  std::string reference;          // as it stands there: a name, or a URL
  bool is_uri = false;            // percent-encoded, as XSPF wants it
  std::string title;              // UTF-8; empty: not given
  std::string artist;             // likewise
  std::optional<Duration> start;  // of the part of the file that is meant
  std::optional<Duration> end;
  bool is_cd_audio = false;  // CUE's BINARY: raw 16-bit stereo at 44.1 kHz
  bool big_endian = false;   // CUE's MOTOROLA
};

inline constexpr std::size_t kMaxPlaylistBytes = 16U << 20U;
inline constexpr std::size_t kMaxPlaylistEntries = 100'000;

/// By the ending of a file's name or of a URL's path.
[[nodiscard]] std::optional<PlaylistKind> playlist_by_name(std::string_view location);
/// By its first bytes, whatever it is called. CUE sheets have no such mark.
[[nodiscard]] std::optional<PlaylistKind> playlist_by_content(std::string_view beginning);
/// True for a text that begins as CUE sheets do; others may, too.
[[nodiscard]] bool may_be_cue(std::string_view beginning);
/// False when these first bytes are not a text's: then a name that promises a playlist lies.
[[nodiscard]] bool is_text(std::string_view beginning);
/// True for an M3U that lists the segments of one stream (RFC 8216 s4.1), not tracks.
[[nodiscard]] bool is_hls(std::string_view text);

/// What `text` (UTF-8, UTF-16 behind a byte order mark, or else Latin-1) names, in its order; where that is
/// more than kMaxPlaylistEntries, one entry beyond them shows it. Throws std::runtime_error saying what is
/// wrong with it.
[[nodiscard]] std::vector<PlaylistEntry> parse_playlist(PlaylistKind kind, std::string_view text);

// The same, one by one; lines may end as they like.
[[nodiscard]] std::vector<PlaylistEntry> parse_m3u(std::string_view text);
[[nodiscard]] std::vector<PlaylistEntry> parse_pls(std::string_view text);
[[nodiscard]] std::vector<PlaylistEntry> parse_xspf(std::string_view text);
[[nodiscard]] std::vector<PlaylistEntry> parse_cue(std::string_view text);

/// `text` as UTF-8: what is none is taken for Latin-1.
[[nodiscard]] std::string to_utf8(std::string_view text);

/// Takes the next line off the front of `text`, without its end and the blanks around it.
[[nodiscard]] std::string_view take_line(std::string_view& text);

/// The same letters without regard to case, in ASCII.
[[nodiscard]] bool same_word(std::string_view a, std::string_view b);

}  // namespace vcplay::media
