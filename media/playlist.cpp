#include "media/playlist.hpp"

#include <strings.h>

#include <algorithm>
#include <charconv>
#include <cwchar>
#include <locale>
#include <map>

#include "base/unicode.hpp"

namespace vcplay::media {
namespace {

constexpr std::string_view kBlanks = " \t\r\n\f\v";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kLittleEndianMark = "\xFF\xFE";
constexpr std::string_view kBigEndianMark = "\xFE\xFF";
constexpr std::size_t kMaxPlsNumber = 1'000'000;

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

bool starts_with(std::string_view text, std::string_view start) {
  return text.size() >= start.size() && same_word(text.substr(0, start.size()), start);
}

bool has_utf16_mark(std::string_view text) {
  return text.substr(0, 2) == kLittleEndianMark || text.substr(0, 2) == kBigEndianMark;
}

/// `text`, which is UTF-16 behind its byte order mark, as UTF-8, as far as it is sound.
std::string from_utf16(std::string_view text) {
  const bool little_endian = text.substr(0, 2) == kLittleEndianMark;
  std::u16string wide;
  for (text.remove_prefix(2); text.size() >= 2; text.remove_prefix(2)) {
    const auto first = static_cast<unsigned char>(text[0]);
    const auto second = static_cast<unsigned char>(text[1]);
    wide += static_cast<char16_t>(little_endian ? first | second << 8 : first << 8 | second);
  }
  constexpr std::size_t kMostBytes = 3;  // of one unit; a pair of them makes four
  std::u8string narrow(wide.size() * kMostBytes, u8' ');
  const auto& converter =
      std::use_facet<std::codecvt<char16_t, char8_t, std::mbstate_t>>(std::locale::classic());
  std::mbstate_t state{};
  const char16_t* read = nullptr;
  char8_t* written = nullptr;
  converter.out(state, wide.data(), wide.data() + wide.size(), read, narrow.data(),
                narrow.data() + narrow.size(), written);
  return {narrow.data(), written};
}

/// Without a byte order mark, and in UTF-8 where that says UTF-16, as Windows writes lists.
std::string plain(std::string_view text) {
  if (has_utf16_mark(text)) return from_utf16(text);
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) text.remove_prefix(kByteOrderMark.size());
  return std::string(text);
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const DecodedChar next = decode_utf8(text);
    if (!next.valid) return false;
    text.remove_prefix(next.bytes);
  }
  return true;
}

/// "Artist - Title", as M3U and PLS write both into one line.
void set_names(PlaylistEntry& entry, std::string_view text) {
  const std::string_view whole = trimmed(text);
  const std::size_t dash = whole.find(" - ");
  entry.artist = dash == std::string_view::npos ? std::string() : to_utf8(trimmed(whole.substr(0, dash)));
  entry.title = to_utf8(trimmed(dash == std::string_view::npos ? whole : whole.substr(dash + 3)));
}

/// What follows "#EXTINF:": seconds, perhaps attributes with commas in quotation marks, a comma, the title.
std::string_view extinf_title(std::string_view text) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (text[i] == ',' && !quoted) return text.substr(i + 1);
  }
  return {};
}

/// The n of "File12"; nothing when `key` is not `word` and a number.
std::optional<std::size_t> numbered(std::string_view key, std::string_view word) {
  if (!starts_with(key, word)) return std::nullopt;
  const std::string_view digits = key.substr(word.size());
  std::size_t number = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || stop != digits.data() + digits.size() || number > kMaxPlsNumber)
    return std::nullopt;
  return number;
}

}  // namespace

bool same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
  const std::string_view line = trimmed(text.substr(0, end));
  const std::size_t ending = text.substr(end, 2) == "\r\n" ? 2 : 1;
  text.remove_prefix(std::min(end + ending, text.size()));
  return line;
}

std::string to_utf8(std::string_view text) {
  if (is_utf8(text)) return std::string(text);
  std::string converted;
  for (const char letter : text) {
    const auto code = static_cast<unsigned char>(letter);
    if (code < 0x80) {
      converted += letter;
    } else {
      converted += static_cast<char>(0xC0 | code >> 6);
      converted += static_cast<char>(0x80 | (code & 0x3F));
    }
  }
  return converted;
}

std::optional<PlaylistKind> playlist_by_name(std::string_view location) {
  if (starts_with(location, "http://") || starts_with(location, "https://")) {
    location = location.substr(0, location.find_first_of("?#"));
  }
  const std::size_t dot = location.find_last_of("./");
  if (dot == std::string_view::npos || location[dot] != '.') return std::nullopt;
  const std::string_view ending = location.substr(dot + 1);
  if (same_word(ending, "m3u") || same_word(ending, "m3u8")) return PlaylistKind::m3u;
  if (same_word(ending, "pls")) return PlaylistKind::pls;
  if (same_word(ending, "xspf")) return PlaylistKind::xspf;
  if (same_word(ending, "cue")) return PlaylistKind::cue;
  return std::nullopt;
}

std::optional<PlaylistKind> playlist_by_content(std::string_view beginning) {
  const std::string text = plain(beginning);
  const std::string_view head = trimmed(text);
  if (starts_with(head, "#EXTM3U")) return PlaylistKind::m3u;
  if (starts_with(head, "[playlist]")) return PlaylistKind::pls;
  const bool is_xml = starts_with(head, "<?xml") || starts_with(head, "<playlist");
  if (is_xml && head.find("<playlist") != std::string_view::npos) return PlaylistKind::xspf;
  return std::nullopt;
}

bool may_be_cue(std::string_view beginning) {
  const auto ends_in = [](std::string_view line, std::string_view word) {
    return line.size() > word.size() && same_word(line.substr(line.size() - word.size()), word);
  };
  const std::string text = plain(beginning);
  for (std::string_view rest = text; is_text(beginning) && !rest.empty();) {
    const std::string_view line = take_line(rest);
    if (starts_with(line, "TRACK ") && ends_in(line, " AUDIO")) return true;
    if (!starts_with(line, "FILE ")) continue;
    for (const std::string_view type : {" WAVE", " MP3", " AIFF", " BINARY", " MOTOROLA"}) {
      if (ends_in(line, type)) return true;
    }
  }
  return false;
}

bool is_text(std::string_view beginning) {
  const std::string head = plain(beginning);
  return std::none_of(head.begin(), head.end(), [](char letter) {
    const auto code = static_cast<unsigned char>(letter);
    return code < 0x20 && kBlanks.find(letter) == std::string_view::npos;
  });
}

bool is_hls(std::string_view text) {
  if (!starts_with(trimmed(plain(text.substr(0, 4096))), "#EXTM3U")) return false;
  while (!text.empty()) {
    if (take_line(text).substr(0, 7) == "#EXT-X-") return true;
  }
  return false;
}

std::vector<PlaylistEntry> parse_playlist(PlaylistKind kind, std::string_view text) {
  if (kind == PlaylistKind::xspf) return parse_xspf(text);  // XML says itself how it is written
  const std::string lines = plain(text);
  switch (kind) {
    case PlaylistKind::m3u:
      return parse_m3u(lines);
    case PlaylistKind::pls:
      return parse_pls(lines);
    case PlaylistKind::cue:
      return parse_cue(lines);
    case PlaylistKind::xspf:
      break;
  }
  return {};
}

std::vector<PlaylistEntry> parse_m3u(std::string_view text) {
  constexpr std::string_view kInfo = "#EXTINF:";
  std::vector<PlaylistEntry> entries;
  PlaylistEntry next;
  while (!text.empty() && entries.size() <= kMaxPlaylistEntries) {
    const std::string_view line = take_line(text);
    if (starts_with(line, kInfo)) {
      set_names(next, extinf_title(line.substr(kInfo.size())));
    } else if (!line.empty() && line.front() != '#') {
      next.reference = line;
      entries.push_back(std::move(next));
      next = {};
    }
  }
  return entries;
}

std::vector<PlaylistEntry> parse_pls(std::string_view text) {
  std::map<std::size_t, PlaylistEntry> numbered_entries;
  std::size_t files = 0;  // of these; some writers put all titles first
  while (!text.empty() && files <= kMaxPlaylistEntries) {
    const std::string_view line = take_line(text);
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view key = trimmed(line.substr(0, equals));
    const std::string_view value = trimmed(line.substr(equals + 1));
    if (const auto file = numbered(key, "File")) {
      std::string& reference = numbered_entries[*file].reference;
      if (reference.empty() && !value.empty()) ++files;
      if (!value.empty()) reference = value;
    } else if (const auto title = numbered(key, "Title")) {
      set_names(numbered_entries[*title], value);
    }
  }
  std::vector<PlaylistEntry> entries;
  for (auto& [number, entry] : numbered_entries) {
    if (!entry.reference.empty()) entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace vcplay::media
