// Files whose names are not quite what a list, or somebody at a keyboard, says.
#include "media/nearby.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "media/reference.hpp"
#include "words/shelf.hpp"

namespace vcplay::testing {
namespace {

using media::FolderNames;
using media::Missing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::StrEq;

constexpr const char* kComposed = "Caf\u00E9.mp3";
constexpr const char* kDecomposed = "Cafe\u0301.mp3";

/// A disk with these folders, each with a slash at its end.
class Disk {
 public:
  explicit Disk(const std::map<std::string, std::vector<std::string>>& folders) {
    for (const auto& [folder, names] : folders) folders_.emplace(folder, names);
  }
  [[nodiscard]] std::optional<std::string> find(const Missing& missing) const {
    const FolderNames none({});
    return media::find_nearby(missing, [&](const std::string& folder) -> const FolderNames& {
      const auto found = folders_.find(folder);
      return found == folders_.end() ? none : found->second;
    });
  }

 private:
  std::map<std::string, FolderNames> folders_;
};

TEST(Nearby, ComparesNamesAsPeopleDo) {
  EXPECT_EQ(media::folded("Song.MP3"), media::folded("song.mp3"));
  EXPECT_EQ(media::folded(kComposed), media::folded(kDecomposed));
  EXPECT_EQ(media::folded("STRASSE"), media::folded("stra\u00DFe"));
  EXPECT_EQ(media::folded("Caf\xE9.mp3"), media::folded(kComposed)) << "Latin-1";
  EXPECT_NE(media::folded("Cafe.mp3"), media::folded(kComposed));
}

TEST(Nearby, FindsAFileInAnotherCaseOrNormalForm) {
  const Disk disk({{"/m/", {"Album", kDecomposed}}, {"/m/Album/", {"01 Intro.MP3"}}});
  EXPECT_THAT(disk.find({"/m/album/01 intro.mp3", "/m/list.m3u"}), Optional(StrEq("/m/Album/01 Intro.MP3")));
  EXPECT_THAT(disk.find({std::string("/m/") + kComposed, "/m/list.m3u"}),
              Optional(StrEq(std::string("/m/") + kDecomposed)));
  EXPECT_EQ(disk.find({"/m/album/02.mp3", "/m/list.m3u"}), std::nullopt);
}

TEST(Nearby, FindsAFileOfAPercentEncodedName) {
  const Disk disk({{"", {"a b.mp3", "100%.mp3"}}});
  EXPECT_THAT(disk.find({"a%20b.mp3", "list.m3u"}), Optional(StrEq("a b.mp3")));
  EXPECT_THAT(disk.find({"A%20B.mp3", "list.m3u"}), Optional(StrEq("a b.mp3")));
  EXPECT_EQ(disk.find({"a%00b.mp3", "list.m3u"}), std::nullopt);
}

TEST(Nearby, FindsTheEndOfAPathWithADrive) {
  const Disk disk({{"/m/", {"Album", "01.mp3"}}, {"/m/Album/", {"01.mp3"}}});
  EXPECT_THAT(disk.find({"/m/D:\\Music\\Album\\01.mp3", "/m/list.m3u"}), Optional(StrEq("/m/Album/01.mp3")))
      << "as much of it as there is";
  EXPECT_THAT(disk.find({"/m/album\\01.MP3", "/m/list.m3u"}), Optional(StrEq("/m/Album/01.mp3")));
  EXPECT_EQ(disk.find({"/m/Other/01.mp3", "/m/list.m3u"}), std::nullopt)
      << "another folder of this machine is no other machine's";
}

TEST(Nearby, FindsWhatASheetsFileHasBecome) {
  const Disk disk({{"/m/", {"album.cue", "album.flac", "cover.jpg", "a.flac", "a.mp3"}}});
  EXPECT_THAT(disk.find({"/m/album.wav", "/m/album.cue", true}), Optional(StrEq("/m/album.flac")));
  EXPECT_THAT(disk.find({"/m/Rips/Album.WAV", "/m/album.cue", true}), Optional(StrEq("/m/album.flac")));
  EXPECT_THAT(disk.find({"/m/range.wav", "/m/album.cue", true, true}), Optional(StrEq("/m/album.flac")))
      << "called like the sheet";
  EXPECT_EQ(disk.find({"/m/range.wav", "/m/album.cue", true, false}), std::nullopt) << "one of many";
  EXPECT_EQ(disk.find({"/m/a.wav", "/m/x.cue", true, true}), std::nullopt) << "nobody knows which of two";
  EXPECT_EQ(disk.find({"/m/album.wav", "/m/list.m3u"}), std::nullopt) << "no other list is left behind so";
}

// ── played ──

TEST(CueSheet, PlaysAsRippersLeaveIt) {
  const Shelf shelf;
  shelf.put("album.wave");
  for (const char* const name :
       {"album.wave", "album.wav", "ALBUM.WAV", "D:\\Rips\\album.wav", "Rips\\album.wave"}) {
    for (const char* const index : {"01", "1"}) {
      const std::string sheet =
          shelf.list("album.cue", std::string("FILE \"") + name +
                                      "\" WAVE\r\n  TRACK 01 AUDIO\r\n    INDEX " + index + " 0:0:0\r\n");
      const Playback playback = play(sheet);
      EXPECT_THAT(errors(playback), IsEmpty()) << name;
      EXPECT_THAT(played(playback, shelf), ElementsAre("album.wave")) << name;
    }
  }
}

TEST(Playlist, FindsFilesWhoseNamesComeFromOtherMachines) {
  const Shelf shelf;
  shelf.put(std::string("Musik/") + kDecomposed);
  shelf.put("a b.wav");
  const std::string list = shelf.list(
      "list.m3u", std::string("musik/") + kComposed + "\nA%20B.WAV\nC:\\Users\\me\\a b.wav\nnot there.wav\n");
  const Playback playback = play(list);
  EXPECT_THAT(played(playback, shelf),
              ElementsAre(std::string("Musik/") + kDecomposed, "a b.wav", "a b.wav"));
  EXPECT_THAT(errors(playback), ElementsAre(HasSubstr("not there.wav\" cannot be opened: No such file")));
}

TEST(Directory, LeavesOutWhatIsNoFile) {
  const Shelf shelf;
  shelf.put("song.wav");
  ASSERT_EQ(::mkfifo(shelf.path("pipe.wav").c_str(), 0600), 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, shelf.path("socket.wav").c_str(), sizeof address.sun_path - 1);
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  const Playback playback = play(shelf.path());
  ::close(socket);
  EXPECT_THAT(played(playback, shelf), ElementsAre("song.wav"));
  EXPECT_THAT(errors(playback), IsEmpty());
}

// ── typed ──

TEST(Word, MayBeAnAddressInWhateverCase) {
  EXPECT_EQ(media::location_of("HTTP://Host/A.mp3"), "http://Host/A.mp3");
  EXPECT_EQ(media::location_of("Https://host/"), "https://host/");
  EXPECT_EQ(media::location_of("file:///music/a%20b.mp3"), "/music/a b.mp3");
  EXPECT_EQ(media::location_of("FILE://localhost/a.mp3"), "/a.mp3");
}

TEST(Word, IsAFilesNameOtherwise) {
  for (const char* const name :
       {"-", "a.mp3", "01: Intro.mp3", "file:a.mp3", "http:", "rtsp://host/x", "C:\\a.mp3"}) {
    EXPECT_EQ(media::location_of(name), name);
  }
}

TEST(Word, ThatNamesNoFileOfThisComputerIsRefused) {
  EXPECT_THROW(static_cast<void>(media::location_of("file://server/a.mp3")), std::runtime_error);
  EXPECT_THROW(static_cast<void>(media::location_of("file://")), std::runtime_error);
  EXPECT_THROW(static_cast<void>(media::location_of("file:///a%00")), std::runtime_error);
}

}  // namespace
}  // namespace vcplay::testing
