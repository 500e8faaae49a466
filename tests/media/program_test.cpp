// Which tracks a command line leads to: directories, playlists, rounds and orders, played to the end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "words/read_log.hpp"
#include "words/shelf.hpp"
#include "words/temporary_folder.hpp"
#include "words/wait.hpp"

namespace vcplay::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAreArray;

TEST(Directory, PlaysInNaturalOrderDownToTheLastFolder) {
  const Shelf shelf;
  for (const char* const name : {"10.wav", "2.wav", "cd 2/1.wav", "cd 2/b/1.wav", "cd 10/1.wav", "cover.jpg",
                                 ".hidden.wav", ".git/x.wav", "notes.txt", "list.m3u", "Z.WAV", "noending"}) {
    shelf.put(name);
  }
  const Playback playback = play(shelf.path());
  EXPECT_THAT(played(playback, shelf),
              ElementsAre("2.wav", "10.wav", "cd 2/1.wav", "cd 2/b/1.wav", "cd 10/1.wav", "Z.WAV"));
  EXPECT_THAT(errors(playback), SizeIs(0));
  EXPECT_NEAR(static_cast<double>(playback.frames.size()), 6.0 * kFramesOfATone, 1.0) << "and without gaps";
}

TEST(Directory, CountsItsTracksWhileItPlays) {
  const Shelf shelf;
  shelf.put("a.wav");
  shelf.put("b.wav");
  const Playback playback = play({word(shelf.path()), word(shelf.put("c/d.wav"))});
  ASSERT_EQ(playback.tracks.size(), 4U) << "a, b, c/d and c/d again";
  for (std::uint32_t i = 0; i < 4; ++i) {
    EXPECT_EQ(playback.tracks[i].track, i);
    EXPECT_EQ(playback.tracks[i].tracks, 4U);
    EXPECT_EQ(playback.results[i].track, i);
    EXPECT_NEAR(static_cast<double>(playback.results[i].frames), kFramesOfATone, 1.0);
  }
}

TEST(Directory, WhoseLinksLeadBackToItIsPlayedOnce) {
  const Shelf shelf;
  shelf.put("a/song.wav");
  fs::create_directory_symlink(shelf.path(), shelf.path("a/back"));
  fs::create_directory_symlink(shelf.path("a"), shelf.path("a/here"));
  fs::create_symlink("nowhere", shelf.path("a/lost.wav"));
  const Playback playback = play(shelf.path());
  EXPECT_THAT(played(playback, shelf), ElementsAre("a/song.wav"));
  EXPECT_THAT(errors(playback), ElementsAre(HasSubstr("lost.wav\" cannot be opened: No such file")));
}

TEST(Directory, WithoutAudioSaysSo) {
  const Shelf shelf;
  shelf.list("notes.txt", "Buy milk.");
  EXPECT_EQ(refusal(word(shelf.path())), '"' + shelf.path() + "\" is a directory without audio files");
  fs::create_directories(shelf.path("deep/er"));
  EXPECT_EQ(refusal(word(shelf.path())), '"' + shelf.path() + "\" has no audio files");
  const Playback twice = play({word(shelf.path()), word(shelf.path("deep"))});
  EXPECT_THAT(errors(twice),
              ElementsAre('"' + shelf.path() + "\" and what else is named have no audio files"));
}

TEST(Playlist, PlaysWhatItNamesFromWhereItLies) {
  const Shelf shelf;
  const std::string far = shelf.put("far/c.wav");
  shelf.put("lists/a.wav");
  shelf.put("b #1.wav");
  shelf.list("lists/inner.pls", "[playlist]\nFile1=../b #1.wav\nFile2=" + far + "\n");
  const std::string list =
      shelf.list("lists/outer.m3u", "#EXTM3U\n#EXTINF:1,Somebody - Something\na.wav\ninner.pls\nfile://" +
                                        far + "\n..\\b #1.wav\n");
  const Playback playback = play(list);
  EXPECT_THAT(errors(playback), SizeIs(0));
  EXPECT_THAT(played(playback, shelf),
              ElementsAre("lists/a.wav", "lists/../b #1.wav", "far/c.wav", "far/c.wav", "lists/../b #1.wav"));
  EXPECT_EQ(playback.tracks.at(0).title, "Something");
  EXPECT_EQ(playback.tracks.at(0).artist, "Somebody");
}

TEST(Playlist, IsKnownByItsContentWhateverItIsCalled) {
  const Shelf shelf;
  shelf.put("a.wav");
  EXPECT_THAT(play(shelf.list("list", "#EXTM3U\na.wav\n")).frames, SizeIs(kFramesOfATone + 1));
  EXPECT_THAT(play(shelf.list("list.txt",
                              "<?xml version=\"1.0\"?><playlist><trackList><track><location>a.wav"
                              "</location></track></trackList></playlist>"))
                  .frames,
              SizeIs(kFramesOfATone + 1));
}

TEST(Playlist, ThatIsReallyAudioIsPlayed) {
  const Shelf shelf;
  EXPECT_THAT(played(play(shelf.put("song.m3u")), shelf), ElementsAre("song.m3u"));
}

TEST(Playlist, OneBadEntrySpoilsNoOther) {
  const Shelf shelf;
  shelf.put("a.wav");
  const Playback playback = play(shelf.list("list.m3u", "gone.wav\na.wav\nrtsp://host/x\na.wav\n"));
  EXPECT_THAT(playback.tracks, SizeIs(2));
  EXPECT_THAT(playback.results, SizeIs(4));
  EXPECT_THAT(errors(playback),
              ElementsAre(HasSubstr("gone.wav\" cannot be opened: No such file"),
                          HasSubstr("list.m3u\" names \"rtsp://host/x\", but a playlist may name files")));
}

TEST(Playlist, FindsFilesWhoseNamesAreInAnotherEncoding) {
  const Shelf shelf;
  shelf.put("Björk.wav");
  shelf.put("J\xF3ga.wav");
  const Playback playback = play(shelf.list("latin1.m3u", "Bj\xF6rk.wav\nJ\xF3ga.wav\n"));
  EXPECT_THAT(errors(playback), SizeIs(0));
  EXPECT_THAT(playback.tracks, SizeIs(2));
}

TEST(Playlist, ThatContainsItselfEndsInASentence) {
  const Shelf shelf;
  shelf.put("a.wav");
  shelf.list("other.m3u", "./list.m3u\n");
  const Playback playback = play(shelf.list("list.m3u", "a.wav\nlist.m3u\nother.m3u\na.wav\n"));
  EXPECT_THAT(playback.tracks, SizeIs(2));
  EXPECT_THAT(errors(playback),
              AllOf(SizeIs(2), Each(HasSubstr("list.m3u\" is left out: it contains itself"))));
}

TEST(Playlist, IsFollowedEightDeep) {
  const Shelf shelf;
  shelf.put("a.wav");
  for (int i = 1; i <= 9; ++i) {
    shelf.list(std::to_string(i) + ".m3u", std::to_string(i + 1) + (i == 8 ? ".m3u\na.wav\n" : ".m3u\n"));
  }
  const Playback playback = play(shelf.path("1.m3u"));
  EXPECT_THAT(playback.tracks, SizeIs(1)) << "the eighth one's";
  EXPECT_THAT(errors(playback),
              ElementsAre(HasSubstr("9.m3u\" is left out: playlists may be nested 8 deep")));
}

TEST(Playlist, ThatIsTooLongEndsInASentence) {
  const Shelf shelf;
  const std::string huge = shelf.list("huge.m3u", "#EXTM3U\n" + std::string(1'000, 'x'));
  fs::resize_file(huge, std::uintmax_t{2} << 30U);  // 2 GB, of which none is on the disk
  EXPECT_EQ(refusal(word(huge)), '"' + huge + "\" is longer than a playlist may be (16 MiB)");
}

TEST(Playlist, OfAHundredThousandAndOneIsCut) {
  const Shelf shelf;
  std::string text;
  for (int i = 0; i <= 100'000; ++i) text += "rtsp://x\n";  // nothing that would have to be opened
  const Playback playback = play(shelf.list("long.m3u", text));
  EXPECT_EQ(playback.results.size(), 100'001U);
  EXPECT_EQ(playback.results.back().error, "The lists name more than 100000 tracks; the rest is left out");
}

TEST(Playlist, ThatNamesNothingSaysSo) {
  const Shelf shelf;
  const std::string list = shelf.list("empty.pls", "[playlist]\n");
  EXPECT_EQ(refusal(word(list)), '"' + list + "\" is a playlist that names nothing");
}

TEST(Playlist, WithEntitiesIsRefused) {
  const Shelf shelf;
  const std::string list =
      shelf.list("bomb.xspf", "<?xml version=\"1.0\"?><!DOCTYPE p [<!ENTITY a \"b\">]><playlist/>");
  EXPECT_THAT(refusal(word(list)), HasSubstr("bomb.xspf\" is a playlist that cannot be read: it declares"));
}

TEST(Playlist, OfSegmentsStaysOneMedium) {
  const Shelf shelf;
  const Playback playback = play(shelf.list(
      "hls.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\na.ts\n#EXTINF:5,\nb.ts\n#EXT-X-ENDLIST\n"));
  EXPECT_THAT(playback.results, SizeIs(1));
}

TEST(AGivenFormat, IsThatOfTheFilesInADirectoryAndSparesAPlaylist) {
  const Shelf shelf;
  shelf.put("a.wav");
  shelf.put("b.wav");
  media::Media raw{shelf.path(), "wav", 0, 0};
  EXPECT_THAT(play({raw}).tracks, SizeIs(2));
  raw.location = shelf.list("x.m3u", "a.wav\n");
  EXPECT_THAT(errors(play({raw})), SizeIs(1)) << "it was to be read as WAV";
}

TEST(Loop, PlaysEverythingSoManyTimes) {
  const Shelf shelf;
  const std::string a = shelf.put("a.wav");
  shelf.put("b/1.wav");
  const Playback playback = play({word(a), word(shelf.path("b"))}, with({.rounds = 3}));
  EXPECT_THAT(played(playback, shelf),
              ElementsAre("a.wav", "b/1.wav", "a.wav", "b/1.wav", "a.wav", "b/1.wav"));
  for (std::uint32_t i = 0; i < 6; ++i) {
    EXPECT_EQ(playback.tracks.at(i).track, i);
    EXPECT_EQ(playback.tracks.at(i).tracks, 0U);
  }
  EXPECT_NEAR(static_cast<double>(playback.frames.size()), 6.0 * kFramesOfATone, 1.0);
}

TEST(Loop, ForEverLastsUntilItIsStopped) {
  const Shelf shelf;
  ReadLog queue(64);
  Witness witness;
  media::Pipeline pipeline({word(shelf.put("a.wav"))}, with({.rounds = 0}), queue, witness);
  pipeline.start();
  std::size_t taken = 0;
  for (OpusFrame last{}; last.track < 20; ++taken) {
    const OpusFrame* const next = next_frame(queue);
    ASSERT_NE(next, nullptr);
    last = *next;
    queue.pop();
  }
  EXPECT_NEAR(static_cast<double>(taken), 20.0 * kFramesOfATone, 2.0);
  pipeline.stop();
  EXPECT_TRUE(witness.wait_for_end());
}

TEST(Loop, ForEverEndsWhenNothingPlaysInARound) {
  const Shelf shelf;
  const Playback playback =
      play({word(shelf.path("gone.wav")), word(shelf.path("lost.wav"))}, with({.rounds = 0}));
  EXPECT_THAT(playback.results, SizeIs(2));
}

TEST(Shuffle, PlaysEverythingOnceInAnOrderThatItsSeedBringsAgain) {
  const Shelf shelf;
  std::vector<std::string> names;
  for (int i = 0; i < 12; ++i) names.push_back(std::to_string(i) + ".wav");
  for (const std::string& name : names) shelf.put(name);
  const auto order = [&](std::uint64_t seed) {
    return played(play({word(shelf.path())}, with({.shuffle = true, .seed = seed})), shelf);
  };
  const std::vector<std::string> first = order(7);
  EXPECT_THAT(first, UnorderedElementsAreArray(names));
  EXPECT_NE(first, names);
  EXPECT_THAT(order(7), ElementsAreArray(first));
  EXPECT_NE(order(8), first);
}

TEST(Shuffle, IsAnotherOneInEachRound) {
  const Shelf shelf;
  for (int i = 0; i < 12; ++i) shelf.put(std::to_string(i) + ".wav");
  const std::vector<std::string> both =
      played(play({word(shelf.path())}, with({.rounds = 2, .shuffle = true, .seed = 7})), shelf);
  ASSERT_EQ(both.size(), 24U);
  const std::vector<std::string> first(both.begin(), both.begin() + 12);
  const std::vector<std::string> second(both.begin() + 12, both.end());
  EXPECT_NE(first, second);
  EXPECT_THAT(second, UnorderedElementsAreArray(first));
}

TEST(Shuffle, TellsItsSeed) {
  const Shelf shelf;
  const LogBook log(log::Level::info);
  static_cast<void>(play({word(shelf.put("a.wav"))}, with({.shuffle = true, .seed = 4711})));
  EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("--seed 4711")));
}

TEST(Text, OfGigabytesThatIsCalledMusicEndsInASentence) {
  const TemporaryFolder folder;
  for (const std::string name : {"text.mp3", "text.flac", "text.wav"}) {
    const std::string text = folder.write(name, "Buy milk and honey, and play no more.\n");
    fs::resize_file(text, std::uintmax_t{2} << 30U);  // of which next to nothing is on the disk
    EXPECT_THAT(refusal(word(text)), HasSubstr(name + "\" ")) << name;
  }
}

}  // namespace
}  // namespace vcplay::testing
