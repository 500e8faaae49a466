// Playlists that would go on for ever, or eat all memory, if one followed them.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "media/playlist.hpp"
#include "words/bytes_read.hpp"
#include "words/playback.hpp"
#include "words/temporary_folder.hpp"

namespace vcplay::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(PlaylistBomb, OfEightMillionEntriesIsReadNoFurtherThanItCounts) {
  std::string m3u;
  while (m3u.size() < media::kMaxPlaylistBytes) m3u += "a\n";
  EXPECT_THAT(media::parse_m3u(m3u), SizeIs(media::kMaxPlaylistEntries + 1));
  std::string pls = "[playlist]\n";
  std::string xspf = "<playlist><trackList>";
  for (std::size_t i = 1; i <= 200'000; ++i) {
    pls += fmt::format("File{}=a\n", i);
    xspf += "<track><location>a</location></track>";
  }
  std::string cue = "FILE a WAVE\n";
  while (cue.size() < media::kMaxPlaylistBytes) cue += "TRACK 1 AUDIO\nINDEX 01 0:0:0\n";
  EXPECT_THAT(media::parse_cue(cue), SizeIs(media::kMaxPlaylistEntries + 1));
  EXPECT_THAT(media::parse_pls(pls), SizeIs(media::kMaxPlaylistEntries + 1));
  EXPECT_THAT(media::parse_xspf(xspf), SizeIs(media::kMaxPlaylistEntries + 1)) << "its end is never seen";
}

TEST(PlaylistBomb, OfTitlesWithoutFilesHidesNoFile) {
  std::string pls = "[playlist]\n";
  for (std::size_t i = 1; i <= media::kMaxPlaylistEntries + 10; ++i) pls += fmt::format("Title{}=a\n", i);
  EXPECT_THAT(media::parse_pls(pls + "File1=b\nFile2=c\n"), SizeIs(2));
}

TEST(PlaylistBomb, OfOneLongNameInEveryTrackOfASheetIsRefused) {
  // Megabytes for each of so many tracks would be terabytes together.
  const std::string long_name(std::size_t{8} << 20U, 'x');
  std::string tracks;
  while (tracks.size() < std::size_t{7} << 20U) tracks += "TRACK 1 AUDIO\nINDEX 01 0:0:0\n";
  const auto why_not = [&](const std::string& start) {
    try {
      return fmt::format("{} tracks", media::parse_cue(start + tracks).size());
    } catch (const std::runtime_error& refusal) {
      return std::string(refusal.what());
    }
  };
  EXPECT_EQ(why_not("\nFILE " + long_name + "\n"), "the name in line 2 is too long");
  EXPECT_EQ(why_not("FILE " + std::string(4096, 'x') + "\n"), "its names are too long for so many tracks");
  EXPECT_EQ(why_not("PERFORMER " + long_name + "\nFILE a\n"), "its names are too long for so many tracks");
}

TEST(PlaylistBomb, OfListsThatMultiplyEachOtherGoesOffOnce) {
  // Ten times itself on each of eight levels, and a missing song at the end of each: a hundred million.
  const TemporaryFolder folder;
  for (int level = 1; level <= 8; ++level) {
    std::string text;
    for (int i = 0; i < 10; ++i) text += level < 8 ? fmt::format("{}.m3u\n", level + 1) : "rtsp://x\n";
    folder.write(fmt::format("{}.m3u", level), text);
  }
  const Playback playback = play(folder.file("1.m3u"));
  EXPECT_GT(playback.results.size(), 50'000U);
  EXPECT_LT(playback.results.size(), 2 * media::kMaxPlaylistEntries);
  EXPECT_THAT(playback.frames, IsEmpty());
}

TEST(PlaylistBomb, OfOneLongListThatIsNamedAgainAndAgainIsReadAFewTimes) {
  const TemporaryFolder folder;
  folder.write("long.m3u", "rtsp://x\n#" + std::string(std::size_t{10} << 20U, 'x') + '\n');
  std::string text;
  for (int i = 0; i < 1'000; ++i) text += "long.m3u\n";
  const std::uint64_t before = bytes_read();
  const Playback playback = play(folder.write("outer.m3u", text));
  EXPECT_LT(bytes_read() - before, 200U << 20U);
  ASSERT_THAT(playback.results, SizeIs(1'000));
  EXPECT_THAT(playback.results.front().error, HasSubstr("rtsp://x"));
  EXPECT_THAT(playback.results.back().error,
              HasSubstr("long.m3u\" is left out: all playlists together are longer than 128 MiB"));
}

}  // namespace
}  // namespace vcplay::testing
