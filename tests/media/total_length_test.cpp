// How long everything is, before it is played.
#include "media/total_length.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "words/hung_file.hpp"
#include "words/long_file.hpp"

namespace vcplay::testing {
namespace {

using media::Media;
using media::ProgramOptions;
using media::total_length;

constexpr Duration kPatience = 60s;

class TotalLength : public ::testing::Test {
 protected:
  [[nodiscard]] std::string wav(const std::string& name, std::uint32_t seconds) const {
    return long_wav(folder_, name, seconds);
  }
  static std::optional<Duration> of(const std::vector<std::string>& names, const ProgramOptions& options = {},
                                    Duration most = 1000h) {
    std::vector<Media> media(names.size());
    for (std::size_t i = 0; i < names.size(); ++i) media[i].location = names[i];
    return total_length(media, options, most, kPatience);
  }
  TemporaryFolder folder_;
};

TEST_F(TotalLength, IsThatOfAllFiles) {
  EXPECT_EQ(of({wav("a.wav", 3'600), wav("b.wav", 60)}), 3'660s);
  EXPECT_EQ(of({}), 0s) << "nothing is to be played";
}

TEST_F(TotalLength, IsThatOfWhatListsAndFoldersLeadTo) {
  static_cast<void>(wav("a.wav", 100));
  static_cast<void>(wav("b.wav", 10));
  EXPECT_EQ(of({folder_.file("")}), 110s);
  EXPECT_EQ(of({folder_.write("list.m3u", "b.wav\na.wav\nb.wav\n")}), 120s);
}

TEST_F(TotalLength, CountsEveryRound) {
  const std::string song = wav("song.wav", 100);
  EXPECT_EQ(of({song}, {.rounds = 3}), 300s);
  EXPECT_EQ(of({song}, {.rounds = 2, .shuffle = true}), 200s);
  EXPECT_EQ(of({song}, {.rounds = 0}), std::nullopt) << "for ever";
}

TEST_F(TotalLength, IsThatOfThePartThatIsMeant) {
  const std::string song = wav("song.wav", 100);
  EXPECT_EQ(of({song}, {.start = 30s}), 70s);
  EXPECT_EQ(of({song}, {.start = 30s, .end = 40s}), 10s);
}

TEST_F(TotalLength, LeavesOutWhatCannotBePlayed) {
  EXPECT_EQ(of({folder_.file("nowhere.wav"), folder_.write("text.wav", "no sound"), wav("a.wav", 10)}), 10s);
}

TEST_F(TotalLength, IsUnknownWhereOneDoesNotSay) {
  const std::string song = wav("song.wav", 100);
  const std::string fifo = folder_.file("fifo");
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(of({song, fifo}), std::nullopt);
  EXPECT_EQ(of({song, folder_.write("list.m3u", "https://radio.example/\n")}), std::nullopt);
}

TEST_F(TotalLength, IsNotAddedUpBeyondWhatMatters) {
  const std::string song = wav("song.wav", 100);
  const std::string list = folder_.write("list.m3u", "https://radio.example/\n");
  EXPECT_EQ(of({song, song, list}, {}, 150s), 200s) << "the list is not even opened";
  EXPECT_EQ(of({song, list}, {.rounds = 2}, 150s), 200s);
}

TEST_F(TotalLength, IsUnknownWhereAFileHangs) {
  const std::string song = wav("song.wav", 100);
  const HungFile hung(song);
  if (!hung.hangs()) GTEST_SKIP() << "no leases on this file system";
  EXPECT_EQ(total_length({Media{.location = song, .format = {}}}, {}, 1000h, 50ms), std::nullopt);
}

}  // namespace
}  // namespace vcplay::testing
