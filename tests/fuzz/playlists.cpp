// Playlists that anybody may write, in any encoding: what they name, and where that may lead.
#include <iconv.h>

#include <algorithm>
#include <stdexcept>

#include "media/io.hpp"
#include "media/playlist.hpp"
#include "media/reference.hpp"
#include "shown.hpp"
#include "target.hpp"

namespace vcplay::fuzz {
namespace {

using namespace media;

constexpr std::size_t kMostText = 64U << 10U;  // of what a few bytes are made into

/// A list is long where it says the same again: 0x01 and a number stand for so many more of the line before,
/// 0x02 and a number for so many times 256 more of the letter before.
std::string inflated(std::string_view text) {
  std::string whole;
  for (std::size_t i = 0; i < text.size() && whole.size() < kMostText; ++i) {
    const bool is_order = (text[i] == '\x01' || text[i] == '\x02') && i + 1 < text.size() && !whole.empty();
    if (!is_order) {
      whole += text[i];
      continue;
    }
    const std::size_t times = static_cast<unsigned char>(text[i + 1]);
    if (text[i++] == '\x02') {
      whole.append(times * 256, whole.back());
      continue;
    }
    const std::string line = whole.substr(whole.find_last_of('\n', whole.size() - 2) + 1);
    for (std::size_t n = 0; n < times && whole.size() < kMostText; ++n) whole += line;
  }
  return whole.substr(0, kMostText);
}

/// By the C library, behind a byte order mark; nothing where `text` is no UTF-8.
std::optional<std::string> in_utf16(std::string text, const char* encoding, std::string_view mark) {
  const iconv_t converter = ::iconv_open(encoding, "UTF-8");
  must_hold(converter != reinterpret_cast<iconv_t>(std::intptr_t{-1}),  // NOLINT(performance-no-int-to-ptr)
            "the C library knows UTF-16");
  std::string wide(text.size() * 2, '\0');
  char* from = text.data();
  char* to = wide.data();
  std::size_t left = text.size();
  std::size_t room = wide.size();
  const bool is_sound = ::iconv(converter, &from, &left, &to, &room) != static_cast<std::size_t>(-1);
  ::iconv_close(converter);
  if (!is_sound) return std::nullopt;
  wide.resize(wide.size() - room);
  return std::string(mark) + wide;
}

/// What a list says, or why it says nothing.
struct Read {
  std::vector<PlaylistEntry> entries;
  std::string failure;
};

Read read(PlaylistKind kind, std::string_view text) {
  try {
    return {parse_playlist(kind, text), {}};
  } catch (const std::runtime_error& failure) {
    return {{}, failure.what()};
  }
}

bool same(const PlaylistEntry& a, const PlaylistEntry& b) {
  return a.reference == b.reference && a.is_uri == b.is_uri && a.title == b.title && a.artist == b.artist &&
         a.start == b.start && a.end == b.end && a.is_cd_audio == b.is_cd_audio &&
         a.big_endian == b.big_endian;
}

void must_be_the_same(const Read& a, const Read& b) {
  must_hold(a.failure == b.failure, "an encoding makes nothing wrong");
  must_hold(std::equal(a.entries.begin(), a.entries.end(), b.entries.begin(), b.entries.end(), same),
            "an encoding makes no difference");
}

bool is_one_line(std::string_view text) { return text.find_first_of("\r\n") == std::string_view::npos; }

void look_at(const PlaylistEntry& entry) {
  must_hold(!entry.reference.empty(), "an entry names something");
  must_hold(is_one_line(entry.reference) && is_one_line(entry.title) && is_one_line(entry.artist),
            "what stands in a line is one");
  must_hold(is_utf8(entry.title) && is_utf8(entry.artist), "names are UTF-8");
  must_hold(!entry.start || *entry.start >= Duration::zero(), "a part begins in its file");
  must_hold(!entry.end || (entry.start && *entry.end > *entry.start), "a part ends behind its beginning");
  must_hold(entry.is_cd_audio || !entry.big_endian, "only CD audio has an order of bytes");
}

std::string lower(std::string_view text) {
  std::string small(text);
  std::transform(small.begin(), small.end(), small.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
  return small;
}

void follow(const PlaylistEntry& entry, const PlaylistPlace& place) {
  std::string there;
  try {
    there = resolve(entry, place);
  } catch (const std::runtime_error&) {
    return;
  }
  must_hold(there.find('\0') == std::string::npos, "what is opened has a name as the system knows them");
  must_hold(there != "-", "no list reads standard input");
  if (place.remote) return must_hold(is_address(there), "a server's list leads to servers");
  must_hold(!is_address(there) || is_address(lower(entry.reference)),
            "a file's list leads to a server where it names one");
}

void look_at(const Read& list, std::size_t size) {
  if (!list.failure.empty()) return must_hold(is_utf8(list.failure), "why a list cannot be read is UTF-8");
  must_hold(list.entries.size() <= kMaxPlaylistEntries + 1, "a list is as long as it may be, and one more");
  std::size_t bytes = 0;
  for (const PlaylistEntry& entry : list.entries) {
    look_at(entry);
    bytes += entry.reference.size() + entry.title.size() + entry.artist.size();
  }
  must_hold(bytes <= kMaxPlaylistBytes + 4 * size, "a list takes no more memory than a text that may be one");
  constexpr std::size_t kFollowed = 4;  // each asks the system for files
  for (std::size_t i = 0; i < std::min(list.entries.size(), kFollowed); ++i) {
    for (const PlaylistPlace& place :
         {PlaylistPlace{"list.m3u", false}, PlaylistPlace{"/nowhere/list.m3u", false},
          PlaylistPlace{"https://example.org/a/list.m3u?b#c", true},
          PlaylistPlace{"/nowhere/in.m3u", true}}) {
      follow(list.entries[i], place);
    }
  }
}

void read_all(PlaylistKind kind, const std::string& text) {
  const Read list = read(kind, text);
  look_at(list, text.size());
  const std::string head = text.substr(0, 512);
  static_cast<void>(playlist_by_content(head));
  static_cast<void>(playlist_by_name(head));
  static_cast<void>(is_hls(text));
  must_hold(is_utf8(to_utf8(text)), "to_utf8 makes UTF-8");
  const bool has_mark =
      text.starts_with("\xEF\xBB\xBF") || text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF");
  if (kind == PlaylistKind::xspf || has_mark) return;  // which say themselves how they are written
  must_be_the_same(list, read(kind, "\xEF\xBB\xBF" + text));
  const auto little = in_utf16(text, "UTF-16LE", "\xFF\xFE");
  if (!little) return;
  must_be_the_same(list, read(kind, *little));
  must_be_the_same(list, read(kind, *in_utf16(text, "UTF-16BE", "\xFE\xFF")));
  must_hold(is_text(text) == is_text(*little), "a text is one in every encoding");
  must_hold(playlist_by_content(text) == playlist_by_content(*little), "so is a playlist");
}

}  // namespace

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  const auto add = [&](const char* name, PlaylistKind kind, std::string_view text) {
    Bytes input = {static_cast<std::uint8_t>(kind)};
    input.insert(input.end(), text.begin(), text.end());
    all.push_back({name, std::move(input)});
  };
  add("m3u", PlaylistKind::m3u,
      "#EXTM3U\n#EXTINF:123 tvg-name=\"a,b\",Miles Davis - So \xc3\x8bWhat\nmusic\\so what.mp3\r\n# x\n"
      "https://example.org/a?b=1#c\nfile:///a%20b.mp3\n-\n../up.flac\n");
  add("m3u_hls", PlaylistKind::m3u, "#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:4,\nsegment0.ts\n");
  add("m3u_latin", PlaylistKind::m3u, "#EXTINF:1,Bj\xf6rk - J\xf3ga\nbj\xf6rk.ogg\n\xe0\x80\x80\n");
  add("m3u_long", PlaylistKind::m3u, "a.mp3\n\x01\xff#EXTINF:1,a\x02\x10\nb");
  add("pls", PlaylistKind::pls,
      "[playlist]\nNumberOfEntries=2\nFile2=http://example.org:8000/live\nTitle2=Radio\nLength2=-1\n"
      "File1=/music/a.ogg\nTitle1=A - B\nVersion=2\n");
  const char* const xspf =
      "<playlist version=\"1\" xmlns=\"http://xspf.org/ns/0/\"><trackList>\n<track>"
      "<location>file:///music/a%20b.mp3</location><title>T &amp; &#xe4;</title><creator>C</creator></track>"
      "<track><location>\n  b%2Fc.ogg\n</location><location>other</location></track></trackList></playlist>";
  add("xspf", PlaylistKind::xspf, std::string("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n") + xspf);
  add("xspf_utf16", PlaylistKind::xspf, *in_utf16(xspf, "UTF-16LE", "\xFF\xFE"));
  add("xspf_types", PlaylistKind::xspf,
      "<?xml version=\"1.0\"?><!DOCTYPE p [<!ENTITY a \"b\"><!ENTITY c "
      "\"&a;&a;\">]><playlist>&c;</playlist>");
  add("cue", PlaylistKind::cue,
      "REM GENRE Jazz\nPERFORMER \"Someone\"\nFILE \"album one.flac\" WAVE\n  TRACK 01 AUDIO\n    TITLE "
      "\"First\"\n    INDEX 01 00:00:00\n  TRACK 02 AUDIO\n    PERFORMER Other\n    INDEX 00 03:59:10\n"
      "    INDEX 01 04:01:74\nFILE disc.bin MOTOROLA\n  TRACK 03 AUDIO\n    INDEX 01 00:02:00\n"
      "  TRACK 04 MODE1/2352\n    INDEX 01 10:00:00\n");
  add("cue_long", PlaylistKind::cue, "FILE \"a\x02\x08\" WAVE\nTRACK 1 AUDIO\nINDEX 01 0:0:0\n");
  return all;
}

}  // namespace vcplay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vcplay;
  fuzz::Input input({data, size});
  const auto kind = static_cast<media::PlaylistKind>(input.u8() % 4);
  fuzz::read_all(kind, fuzz::inflated(as_text(input.rest())));
  return 0;
}
