// What a terminal gets to see of text that strangers wrote.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "base/text.hpp"
#include "base/unicode.hpp"

namespace vcplay {
namespace {

using namespace std::string_literals;

TEST(DisplaySafe, LeavesOrdinaryTextAlone) {
  EXPECT_EQ(display_safe("Für Elise – Бетховен 月光"), "Für Elise – Бетховен 月光");
  EXPECT_EQ(display_safe(""), "");
  EXPECT_EQ(display_safe("01: Intro.mp3"), "01: Intro.mp3");
}

TEST(DisplaySafe, ShowsAHostileTitleAsOneHarmlessLine) {
  const std::string title = "Song\x1b]0;owned\x07\x1b[2J\nvcplay: warning: send money\r\tnow";
  const std::string shown = display_safe(title);
  EXPECT_EQ(shown, R"(Song\x1b]0;owned\x07\x1b[2J\nvcplay: warning: send money\r\tnow)");
  EXPECT_EQ(shown.find_first_of("\x1b\x07\n\r\t"), std::string::npos);
}

TEST(DisplaySafe, ShowsControlsOfEveryKind) {
  EXPECT_EQ(display_safe("a\0b"s), R"(a\x00b)");
  EXPECT_EQ(display_safe("a\x7f"), R"(a\x7f)");
  EXPECT_EQ(display_safe("\u009b31m"), R"(\u{9b}31m)") << "C1's CSI starts a sequence without any ESC";
  EXPECT_EQ(display_safe("a\u2028b\u2029c"), R"(a\u{2028}b\u{2029}c)");
}

TEST(DisplaySafe, ShowsWhatReordersOrHidesText) {
  EXPECT_EQ(display_safe("gpj.\u202e3pm"), R"(gpj.\u{202e}3pm)");
  for (const unsigned code :
       {0x61cU, 0x200eU, 0x200fU, 0x202aU, 0x202bU, 0x202cU, 0x202dU, 0x2066U, 0x2067U, 0x2068U, 0x2069U,
        0x200bU, 0x200cU, 0x200dU, 0x2060U, 0xfeffU, 0xadU, 0x3164U, 0xe0041U}) {
    EXPECT_TRUE(is_invisible(code)) << std::hex << code;
  }
}

TEST(DisplaySafe, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(display_safe("caf\xe9 noir"), "caf\uFFFD noir") << "Latin-1";
  EXPECT_EQ(display_safe("\xc0\xaf"), "\uFFFD\uFFFD") << "an overlong slash";
  EXPECT_EQ(display_safe("\xe0\x80\xaf"), "\uFFFD\uFFFD\uFFFD") << "another one";
  EXPECT_EQ(display_safe("\xc1\x9b"), "\uFFFD\uFFFD") << "an overlong [";
  EXPECT_EQ(display_safe("\xed\xa0\x80"), "\uFFFD\uFFFD\uFFFD") << "a surrogate";
  EXPECT_EQ(display_safe("\xf4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD") << "beyond U+10FFFF";
  EXPECT_EQ(display_safe("\xe2\x82"), "\uFFFD") << "cut off within a character";
  EXPECT_EQ(display_safe("\xe2\x82!"), "\uFFFD!") << "the next character survives";
  EXPECT_EQ(display_safe("\xff\xfe"), "\uFFFD\uFFFD");
}

TEST(DisplaySafe, AcceptsTheOutermostCharacters) {
  for (const std::string_view text : {"\u0080", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\U00010000"}) {
    const DecodedChar c = decode_utf8(text);
    EXPECT_TRUE(c.valid);
    EXPECT_EQ(c.bytes, text.size());
  }
  EXPECT_EQ(decode_utf8("\xf4\x8f\xbf\xbf").code, U'\U0010ffff');
}

TEST(DisplaySafe, CutsByColumnsNotByBytes) {
  EXPECT_EQ(display_safe("abcdef", 6), "abcdef");
  EXPECT_EQ(display_safe("abcdef", 5), "abcd…");
  EXPECT_EQ(display_safe("日本語", 6), "日本語");
  EXPECT_EQ(display_safe("日本語", 5), "日本…");
  EXPECT_EQ(display_safe("日本語", 4), "日…") << "half a character does not exist";
  EXPECT_EQ(display_safe("abc", 1), "…");
  EXPECT_EQ(display_safe("abc", 0), "");
  for (std::size_t columns = 0; columns < 12; ++columns) {
    EXPECT_LE(display_width(display_safe("a語\x1b e\u0301語x", columns)), columns);
  }
}

TEST(DisplaySafe, NeverCutsAnEscapeInHalf) { EXPECT_EQ(display_safe("ab\x1b[0m", 5), "ab…"); }

TEST(DisplaySafe, KeepsMarksWithTheirLetterButNotAPileOfThem) {
  EXPECT_EQ(display_safe("e\u0301f", 2), "e\u0301f");
  std::string pile = "e";
  for (int i = 0; i < 100; ++i) pile += "\u0301";
  EXPECT_LT(display_safe(pile).size(), 12U);
}

TEST(DisplaySafe, MasksWhatUrlsMustNotTell) {
  EXPECT_EQ(display_safe("https://user:password@host/x?token=abc#f"), "https://***@host/x?***");
  EXPECT_EQ(display_safe("https://token@host"), "https://***@host");
  EXPECT_EQ(display_safe("https://a:b@c@host/"), "https://***@host/") << "the last @ ends the user info";
  EXPECT_EQ(display_safe("https://host/x#access_token=abc"), "https://host/x#***");
  EXPECT_EQ(display_safe("rtmp+tls://me:pw@host:1935/live"), "rtmp+tls://***@host:1935/live");
  EXPECT_EQ(display_safe("HTTPS://ME:PW@HOST"), "HTTPS://***@HOST");
}

TEST(DisplaySafe, FindsUrlsWhereverTheyStand) {
  EXPECT_EQ(display_safe("cannot open 'https://u:p@h/s.mp3?k=1': refused, see (http://h/?a=b)."),
            "cannot open 'https://***@h/s.mp3?***': refused, see (http://h/?***).");
  EXPECT_EQ(display_safe("\"wss://h/?v=10&t=s\"\nhttps://h?x"), "\"wss://h/?***\"\\nhttps://h?***");
  EXPECT_EQ(display_safe("tcp://a:b@c,https://d:e@f"), "tcp://***@c,https://***@f");
  EXPECT_EQ(display_safe("http://h/?next=http://a:b@c"), "http://h/?***");
}

TEST(DisplaySafe, LeavesHarmlessUrlsReadable) {
  EXPECT_EQ(display_safe("https://host/@handle/song.mp3"), "https://host/@handle/song.mp3");
  EXPECT_EQ(display_safe("mail me@host, or ://x?y"), "mail me@host, or ://x?y");
  EXPECT_EQ(display_safe("what?://"), "what?://");
}

TEST(DisplayWidth, CountsColumns) {
  EXPECT_EQ(display_width("abc"), 3U);
  EXPECT_EQ(display_width("月光"), 4U);
  EXPECT_EQ(display_width("ﾊﾝｶｸ"), 4U) << "halfwidth katakana";
  EXPECT_EQ(display_width("e\u0301"), 1U);
  EXPECT_EQ(display_width("🎵"), 2U);
  EXPECT_EQ(display_width("한국"), 4U);
}

TEST(Wrapped, BreaksAtSpacesWhereALineIsTooLong) {
  EXPECT_EQ(wrapped("short enough", 80, 2), "short enough");
  EXPECT_EQ(wrapped("label   one two three", 12, 4), "label   one\n    two\n    three");
  EXPECT_EQ(wrapped("    four spaces", 80, 2), "    four spaces") << "what stands aligned stays so";
  EXPECT_EQ(wrapped("a word-that-is-too-long-for-it b", 10, 2), "a\n  word-that-is-too-long-for-it\n  b");
  EXPECT_EQ(wrapped("月光 月光 月光", 9, 0), "月光 月光\n月光");
  EXPECT_EQ(wrapped("", 80, 2), "");
}

TEST(AsciiOnly, KeepsWhatAnyTerminalCanShow) {
  EXPECT_EQ(ascii_only("Für Elise…"), "F?r Elise...");
  EXPECT_EQ(ascii_only("0.35 µs, 2 × identified"), "0.35 us, 2 x identified");
  EXPECT_EQ(ascii_only("cafe\u0301"), "cafe") << "a mark alone is no character";
  EXPECT_EQ(ascii_only("a\x1b\x80z"), "a??z");
}

}  // namespace
}  // namespace vcplay
