// Playlists as other programs write them, and as nobody should.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "media/directory.hpp"
#include "media/playlist.hpp"
#include "media/reference.hpp"

namespace vcplay::testing {
namespace {

using media::PlaylistEntry;
using media::PlaylistKind;
using media::resolve_url;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> references(const std::vector<PlaylistEntry>& entries) {
  std::vector<std::string> all;
  for (const PlaylistEntry& entry : entries) all.push_back(entry.reference);
  return all;
}

std::vector<std::string> titles(const std::vector<PlaylistEntry>& entries) {
  std::vector<std::string> all;
  for (const PlaylistEntry& entry : entries) all.push_back(entry.artist + "|" + entry.title);
  return all;
}

template <typename Work>
std::string complaint(Work&& work) {
  try {
    work();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return {};
}

TEST(M3u, NamesFilesWithTheirTitles) {
  const auto entries = media::parse_playlist(PlaylistKind::m3u,
                                             "\xEF\xBB\xBF#EXTM3U\r\n"
                                             "#EXTINF:123,Nina Simone - Sinnerman\r\n"
                                             "Nina/10 Sinnerman.flac\r\n"
                                             "\r\n"
                                             "# a remark\r\n"
                                             "  plain.mp3  \r\n"
                                             "#EXTINF:-1 tvg-id=\"a,b\" group=\"c\",Radio\r\n"
                                             "http://radio.example/live?x=1#y\r\n");
  EXPECT_THAT(references(entries),
              ElementsAre("Nina/10 Sinnerman.flac", "plain.mp3", "http://radio.example/live?x=1#y"));
  EXPECT_THAT(titles(entries), ElementsAre("Nina Simone|Sinnerman", "|", "|Radio"));
}

TEST(M3u, EndsItsLinesAsOldMacsDid) {
  EXPECT_THAT(references(media::parse_m3u("a.mp3\rb.mp3\rc.mp3")), ElementsAre("a.mp3", "b.mp3", "c.mp3"));
}

TEST(M3u, TitlesInLatin1BecomeUtf8) {
  EXPECT_THAT(titles(media::parse_m3u("#EXTINF:1,Bj\xF6rk - J\xF3ga\na.mp3\n")), ElementsAre("Björk|Jóga"));
  EXPECT_THAT(titles(media::parse_m3u("#EXTINF:1,Björk - Jóga\na.mp3\n")), ElementsAre("Björk|Jóga"));
}

TEST(M3u, TitlesThatOnlyLookLikeUtf8AreLatin1) {
  // Unicode 14 s3.9, table 3-7: an overlong form, half of a surrogate pair, beyond U+10FFFF.
  EXPECT_EQ(media::to_utf8("\xE0\x80\xAF"), "\u00E0\u0080\u00AF");
  EXPECT_EQ(media::to_utf8("\xED\xA0\x80"), "\u00ED\u00A0\u0080");
  EXPECT_EQ(media::to_utf8("\xF4\x90\x80\x80"), "\u00F4\u0090\u0080\u0080");
  EXPECT_EQ(media::to_utf8("\xF0\x80\x80\xAF"), "\u00F0\u0080\u0080\u00AF");
  EXPECT_EQ(media::to_utf8("\xF0\x9F\x8E\xB5"), "\U0001F3B5");
}

TEST(M3u, IsHlsWhereItListsSegments) {
  EXPECT_TRUE(media::is_hls("#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\na.ts\n"));
  EXPECT_TRUE(media::is_hls("\xEF\xBB\xBF#EXTM3U\r\n\r\n#EXT-X-VERSION:3\r\n"));
  EXPECT_FALSE(media::is_hls("#EXTM3U\n#EXTINF:5,The #EXT-X- files\na.mp3\n"));
  EXPECT_FALSE(media::is_hls("#EXT-X-TARGETDURATION:5\na.ts\n")) << "RFC 8216 s4.3.1.1: the first line";
}

TEST(Pls, NamesFilesInTheOrderOfTheirNumbers) {
  const auto entries = media::parse_pls(
      "[playlist]\nNumberOfEntries=3\nFile10=c.mp3\nTitle10=Last\nfile2 = b.mp3\nFILE1=http://a.example/\n"
      "Length1=-1\nTitle1=Radio A\nVersion=2\nFile=x\nFile9999999999999999999999=y\nTitle5=of nothing\n");
  EXPECT_THAT(references(entries), ElementsAre("http://a.example/", "b.mp3", "c.mp3"));
  EXPECT_THAT(titles(entries), ElementsAre("|Radio A", "|", "|Last"));
}

TEST(Xspf, NamesLocationsTitlesAndCreators) {
  const auto entries = media::parse_xspf(
      R"(<?xml version="1.0" encoding="UTF-8"?>
<playlist version="1" xmlns="http://xspf.org/ns/0/"><title>List</title><trackList>
  <track><location>file:///music/a%20b.mp3</location><location>second choice</location>
    <title>Tom &amp; Jerry</title><creator>Hanna</creator><extension><title>not this</title></extension></track>
  <track><title>without a location</title></track>
  <track><location>
    rel/c.ogg
  </location></track>
</trackList></playlist>)");
  EXPECT_THAT(references(entries), ElementsAre("file:///music/a%20b.mp3", "rel/c.ogg"));
  EXPECT_THAT(titles(entries), ElementsAre("Hanna|Tom & Jerry", "|"));
  EXPECT_TRUE(entries[0].is_uri);
}

TEST(Xspf, RefusesEntitiesAndWhateverElseADocumentTypeBrings) {
  const std::string laughs =
      "<?xml version=\"1.0\"?><!DOCTYPE p [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>"
      "<playlist><trackList><track><location>&b;</location></track></trackList></playlist>";
  const std::string thief =
      "<!DOCTYPE p [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>"
      "<playlist><trackList><track><location>&a;</location></track></trackList></playlist>";
  for (const std::string& text : {laughs, thief}) {
    EXPECT_THAT(complaint([&] { static_cast<void>(media::parse_xspf(text)); }), HasSubstr("entities"));
  }
}

TEST(Xspf, SaysWhereItIsBroken) {
  EXPECT_THAT(complaint([] { static_cast<void>(media::parse_xspf("<playlist>\n<trackList></playlist>")); }),
              HasSubstr("line 2: mismatched tag"));
}

TEST(Cue, CutsOneFileIntoTracks) {
  const auto entries = media::parse_cue(
      "REM GENRE Jazz\nPERFORMER \"The Band\"\nTITLE \"The Album\"\nFILE \"the album.flac\" WAVE\n"
      "  TRACK 01 AUDIO\n    TITLE \"First\"\n    INDEX 00 00:00:00\n    INDEX 01 00:00:37\n"
      "  TRACK 02 AUDIO\n    TITLE \"Second\"\n    PERFORMER \"A Guest\"\n    INDEX 00 03:58:00\n"
      "    INDEX 01 04:00:15\n    INDEX 02 05:00:00\n"
      "  TRACK 03 MODE1/2352\n    INDEX 01 100:00:74\n");
  ASSERT_EQ(entries.size(), 2U) << "data is not for ears";
  EXPECT_THAT(titles(entries), ElementsAre("The Band|First", "A Guest|Second"));
  EXPECT_EQ(entries[0].reference, "the album.flac");
  // 37 frames of 1/75 s; the gap before a track (INDEX 00) belongs to the one before it.
  EXPECT_EQ(*entries[0].start, std::chrono::nanoseconds(37'000'000'000 / 75));
  EXPECT_EQ(*entries[0].end, std::chrono::nanoseconds(240'200'000'000));
  EXPECT_EQ(*entries[1].start, *entries[0].end);
  EXPECT_EQ(*entries[1].end, std::chrono::nanoseconds(6'000'986'666'666)) << "no data in it";
}

TEST(Cue, NamesAFileForEachTrack) {
  const auto entries = media::parse_cue(
      "FILE a.wav WAVE\n TRACK 01 AUDIO\n  INDEX 01 00:00:00\n TRACK 02 AUDIO\n  INDEX 00 01:00:00\n"
      "FILE b.bin BINARY\n  INDEX 01 00:00:00\n");
  EXPECT_THAT(references(entries), ElementsAre("a.wav", "b.bin"));
  EXPECT_FALSE(entries[0].end);
  EXPECT_FALSE(entries[0].is_cd_audio);
  EXPECT_TRUE(entries[1].is_cd_audio);
}

TEST(Cue, RefusesTimesThatAreNone) {
  for (const char* const time : {"00:00", "00:60:00", "00:00:75", "-1:00:00", "aa:bb:cc", ""}) {
    const std::string text = std::string("FILE a.wav WAVE\nTRACK 01 AUDIO\nINDEX 01 ") + time;
    EXPECT_THAT(complaint([&] { static_cast<void>(media::parse_cue(text)); }), HasSubstr("mm:ss:ff")) << time;
  }
}

TEST(Cue, SaysInWhichLineItIsBroken) {
  const auto broken = [](const char* text) { static_cast<void>(media::parse_cue(text)); };
  EXPECT_EQ(complaint([&] { broken("FILE a.wav WAVE\r\n\r\nTRACK 01 AUDIO\r\nINDEX 01 00:0x:00\r\n"); }),
            "\"00:0x:00\" in line 4 is no time in mm:ss:ff");
}

/// `text` in UTF-16 behind a byte order mark, as Windows writes it.
std::string utf16(std::u16string_view text, bool little_endian) {
  std::string bytes = little_endian ? "\xFF\xFE" : "\xFE\xFF";
  for (const char16_t unit : text) {
    const std::string low(1, static_cast<char>(unit & 0xFF));
    const std::string high(1, static_cast<char>(unit >> 8));
    bytes += little_endian ? low + high : high + low;
  }
  return bytes;
}

TEST(Playlist, MayBeUtf16) {
  for (const bool little_endian : {true, false}) {
    const std::string list =
        utf16(u"#EXTM3U\r\n#EXTINF:1,Bj\u00F6rk - \U0001F3B5\r\nT\u00F3nn.mp3\r\n", little_endian);
    EXPECT_TRUE(media::is_text(list.substr(0, 31))) << "half a character is no fault of the text";
    EXPECT_EQ(media::playlist_by_content(list.substr(0, 31)), PlaylistKind::m3u);
    const auto entries = media::parse_playlist(PlaylistKind::m3u, list);
    EXPECT_THAT(references(entries), ElementsAre("Tónn.mp3"));
    EXPECT_THAT(titles(entries), ElementsAre("Björk|🎵"));
  }
  const std::string xml =
      "<?xml version='1.0' encoding='UTF-16'?><playlist><trackList><track><location>a.mp3"
      "</location></track></trackList></playlist>";
  EXPECT_THAT(references(media::parse_playlist(PlaylistKind::xspf,
                                               utf16(std::u16string(xml.begin(), xml.end()), true))),
              ElementsAre("a.mp3"));
}

TEST(Playlist, OfDamagedUtf16IsReadAsFarAsItIsSound) {
  const std::string list = utf16(u"a.mp3\nb\xD800.mp3\n", true);
  EXPECT_THAT(references(media::parse_playlist(PlaylistKind::m3u, list)), ElementsAre("a.mp3", "b"));
  EXPECT_THAT(media::parse_playlist(PlaylistKind::m3u, "\xFF\xFE"), IsEmpty());
  EXPECT_THAT(media::parse_playlist(PlaylistKind::m3u,
                                    "\xFF\xFE"
                                    "a"),
              IsEmpty());
}

TEST(Playlist, IsKnownByNameAndByContent) {
  EXPECT_EQ(media::playlist_by_name("a/b.M3U8"), PlaylistKind::m3u);
  EXPECT_EQ(media::playlist_by_name("http://host/a.pls?token=b.mp3"), PlaylistKind::pls);
  EXPECT_EQ(media::playlist_by_name("a.xspf"), PlaylistKind::xspf);
  EXPECT_EQ(media::playlist_by_name("a.cue"), PlaylistKind::cue);
  EXPECT_EQ(media::playlist_by_name("lists.pls/song"), std::nullopt);
  EXPECT_EQ(media::playlist_by_name("what?.m3u"), PlaylistKind::m3u)
      << "a file's name may have question marks";
  EXPECT_EQ(media::playlist_by_content("\xEF\xBB\xBF#EXTM3U\n"), PlaylistKind::m3u);
  EXPECT_EQ(media::playlist_by_content("[PLAYLIST]\n"), PlaylistKind::pls);
  EXPECT_EQ(media::playlist_by_content("<?xml version='1.0'?>\n<playlist"), PlaylistKind::xspf);
  EXPECT_EQ(media::playlist_by_content("<?xml version='1.0'?>\n<svg"), std::nullopt);
  EXPECT_EQ(media::playlist_by_content("ID3\4"), std::nullopt);
}

TEST(Playlist, OfNothingNamesNothing) {
  for (const auto kind : {PlaylistKind::m3u, PlaylistKind::pls, PlaylistKind::cue}) {
    EXPECT_THAT(media::parse_playlist(kind, ""), IsEmpty());
    EXPECT_THAT(media::parse_playlist(kind, "#\n\n# =\r"), IsEmpty());
  }
}

TEST(Reference, IsResolvedAsRfc3986Says) {
  // RFC 3986 s5.4, those of its examples that can occur here.
  const std::string base = "http://a/b/c/d;p?q";
  EXPECT_EQ(resolve_url("g", base), "http://a/b/c/g");
  EXPECT_EQ(resolve_url("./g", base), "http://a/b/c/g");
  EXPECT_EQ(resolve_url("g/", base), "http://a/b/c/g/");
  EXPECT_EQ(resolve_url("/g", base), "http://a/g");
  EXPECT_EQ(resolve_url("//g", base), "http://g");
  EXPECT_EQ(resolve_url("?y", base), "http://a/b/c/d;p?y");
  EXPECT_EQ(resolve_url("g?y", base), "http://a/b/c/g?y");
  EXPECT_EQ(resolve_url("g?y/./x", base), "http://a/b/c/g?y/./x");
  EXPECT_EQ(resolve_url("", base), "http://a/b/c/d;p?q");
  EXPECT_EQ(resolve_url("#s", base), "http://a/b/c/d;p?q#s");
  EXPECT_EQ(resolve_url("?y#s", base), "http://a/b/c/d;p?y#s");
  EXPECT_EQ(resolve_url("#s", "http://a"), "http://a#s");
  EXPECT_EQ(resolve_url("//g/./x/../h?y/../z", base), "http://g/h?y/../z");
  EXPECT_EQ(resolve_url(".", base), "http://a/b/c/");
  EXPECT_EQ(resolve_url("..", base), "http://a/b/");
  EXPECT_EQ(resolve_url("../g", base), "http://a/b/g");
  EXPECT_EQ(resolve_url("../../../g", base), "http://a/g");
  EXPECT_EQ(resolve_url("..g", base), "http://a/b/c/..g");
  EXPECT_EQ(resolve_url("./../g", base), "http://a/b/g");
  EXPECT_EQ(resolve_url("g", "http://a"), "http://a/g");
  EXPECT_EQ(resolve_url("https://other/x", base), "https://other/x");
}

std::string resolved(const std::string& reference, const media::PlaylistPlace& place, bool is_uri = false) {
  PlaylistEntry entry;
  entry.reference = reference;
  entry.is_uri = is_uri;
  return media::resolve(entry, place);
}

TEST(Reference, OfALocalPlaylistIsAFileBesideItOrAnAddress) {
  const media::PlaylistPlace place{"/music/list.m3u", false};
  EXPECT_EQ(resolved("a.mp3", place), "/music/a.mp3");
  EXPECT_EQ(resolved("/b/a.mp3", place), "/b/a.mp3");
  EXPECT_EQ(resolved("a%20b.mp3", place), "/music/a%20b.mp3");
  EXPECT_EQ(resolved("a%20b.mp3", place, true), "/music/a b.mp3");
  EXPECT_EQ(resolved("file:///x/a%20b.mp3", place), "/x/a b.mp3");
  EXPECT_EQ(resolved("HTTPS://Host/a", place), "https://Host/a");
  EXPECT_EQ(resolved("01: Intro.mp3", place), "/music/01: Intro.mp3");
  EXPECT_EQ(resolved("concat:a|b", place), "/music/concat:a|b");
  EXPECT_EQ(resolved("-", {"list.m3u", false}), "./-") << "a file of that name, not standard input";
  EXPECT_EQ(resolved("%68ttp://host/x", {"list.xspf", false}, true), "./http://host/x") << "likewise";
  EXPECT_EQ(resolved("%2D", {"list.xspf", false}, true), "./-");
  for (const char* const other : {"rtsp://host/x", "ftp://host/x", "data://text", "concatf://x"}) {
    EXPECT_THAT(complaint([&] { static_cast<void>(resolved(other, place)); }),
                HasSubstr("files, http and https only"));
  }
  EXPECT_THAT(complaint([&] { static_cast<void>(resolved("file://server/x", place)); }),
              HasSubstr("another computer"));
  EXPECT_THAT(complaint([&] { static_cast<void>(resolved("a%00.mp3", place, true)); }),
              HasSubstr("no file's name"));
}

TEST(Reference, OfARemotePlaylistIsAnAddress) {
  const media::PlaylistPlace place{"https://host/lists/a.m3u", true};
  EXPECT_EQ(resolved("a.mp3", place), "https://host/lists/a.mp3");
  EXPECT_EQ(resolved("/etc/passwd", place), "https://host/etc/passwd") << "a path on the server";
  EXPECT_EQ(resolved("-", place), "https://host/lists/-");
  for (const char* const other :
       {"file:///etc/passwd", "FILE:/etc/passwd", "concat:/etc/passwd", "rtmp://x/y", "pipe:0",
        "data:audio/mpeg;base64,AAAA", "crypto+file:///etc/passwd"}) {
    EXPECT_THAT(complaint([&] { static_cast<void>(resolved(other, place)); }),
                HasSubstr("http and https only"))
        << other;
  }
}

TEST(NaturalOrder, PutsTwoBeforeTen) {
  EXPECT_TRUE(media::natural_less("2.mp3", "10.mp3"));
  EXPECT_TRUE(media::natural_less("Track 2", "track 10"));
  EXPECT_TRUE(media::natural_less("01.mp3", "2.mp3"));
  EXPECT_TRUE(media::natural_less("a", "b"));
  EXPECT_TRUE(media::natural_less("a", "aa"));
  EXPECT_FALSE(media::natural_less("same", "same"));
  EXPECT_NE(media::natural_less("01", "1"), media::natural_less("1", "01"))
      << "an order, even where both mean the same";
  EXPECT_TRUE(media::natural_less("99999999999999999999998", "99999999999999999999999"));
}

}  // namespace
}  // namespace vcplay::testing
