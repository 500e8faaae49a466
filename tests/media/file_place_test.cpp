// Files that we write stand where they were asked for, whatever links others have laid.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <system_error>

#include "base/error.hpp"
#include "media/pending_file.hpp"
#include "media/recorder.hpp"
#include "words/temporary_folder.hpp"

namespace vcplay::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr uid_t kSomebodyElse = 54'321;

/// A folder that all share, with another folder in which root keeps what is precious.
class SharedFolder : public ::testing::Test {
 protected:
  SharedFolder() {
    fs::create_directory(folder_.file("etc"));
    fs::create_directory(folder_.file("tmp"));
    precious_ = folder_.write("etc/precious", "of root's");
    ::chmod(folder_.file("tmp").c_str(), 01777);
  }
  /// A link in tmp, made by `owner`. False: only root can play others.
  bool link(const std::string& name, const std::string& target, uid_t owner) const {
    fs::create_symlink(target, shared(name));
    return ::lchown(shared(name).c_str(), owner, static_cast<gid_t>(-1)) == 0;
  }
  [[nodiscard]] std::string shared(const std::string& name) const { return folder_.file("tmp/" + name); }
  static void write(const std::string& path, const std::string& text) {
    media::PendingFile file(path);
    ASSERT_EQ(::write(file.fd(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
    file.keep();
  }
  static std::string refusal(const std::string& path) {
    try {
      const media::PendingFile file(path);
    } catch (const Error& error) {
      EXPECT_EQ(error.cause(), Cause::output);
      return error.what();
    }
    return "taken";
  }

  const TemporaryFolder folder_;
  std::string precious_;
};

TEST_F(SharedFolder, ALinkOfSomebodyElsesIsReplacedAndNotFollowed) {
  if (!link("song.ogg", precious_, kSomebodyElse)) GTEST_SKIP() << "only root can make links of others";
  write(shared("song.ogg"), "sound");
  EXPECT_EQ(contents_of(precious_), "of root's");
  EXPECT_FALSE(fs::is_symlink(shared("song.ogg")));
  EXPECT_EQ(contents_of(shared("song.ogg")), "sound");
}

TEST_F(SharedFolder, ALinkOfSomebodyElsesToAFolderIsRefused) {
  if (!link("music", folder_.file("etc"), kSomebodyElse))
    GTEST_SKIP() << "only root can make links of others";
  EXPECT_THAT(refusal(shared("music/precious")), HasSubstr("precious cannot be written: Permission denied"));
  EXPECT_EQ(contents_of(precious_), "of root's");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_.file("etc")), fs::directory_iterator()), 1);
}

TEST_F(SharedFolder, LinksOfOnesOwnAreFollowed) {
  fs::create_directory_symlink("../etc", shared("mine"));
  fs::create_symlink("mine/precious", shared("far.ogg"));
  write(shared("far.ogg"), "sound");
  EXPECT_EQ(contents_of(precious_), "sound");
  EXPECT_TRUE(fs::is_symlink(shared("far.ogg")));
}

TEST_F(SharedFolder, OnesOwnLinkToALinkOfSomebodyElsesEndsThere) {
  if (!link("theirs", precious_, kSomebodyElse)) GTEST_SKIP() << "only root can make links of others";
  fs::create_symlink("theirs", shared("mine.ogg"));
  write(shared("mine.ogg"), "sound");
  EXPECT_EQ(contents_of(precious_), "of root's");
  EXPECT_EQ(contents_of(shared("theirs")), "sound");
}

TEST_F(SharedFolder, ALinkThatLeadsBackToItselfIsRefused) {
  fs::create_symlink("b.ogg", shared("a.ogg"));
  fs::create_symlink("a.ogg", shared("b.ogg"));
  EXPECT_THAT(refusal(shared("a.ogg")), HasSubstr("Too many levels of symbolic links"));
}

TEST_F(SharedFolder, ARecordingFollowsNobodyToADevice) {
  if (!link("heard.wav", "/dev/null", kSomebodyElse)) GTEST_SKIP() << "only root can make links of others";
  const std::vector<float> silence(1'920);
  media::Recorder recorder(shared("heard.wav"));
  recorder.add({}, silence.data(), 960);
  recorder.finish();
  EXPECT_GT(fs::file_size(shared("heard.wav")), 3'840U);
  EXPECT_FALSE(fs::is_symlink(shared("heard.wav")));
}

TEST_F(SharedFolder, TheRightsOfSomebodyElsesFileAreNotTakenOver) {
  const std::string old = folder_.write("tmp/old.ogg", "bait");
  ASSERT_EQ(::chmod(old.c_str(), 04777), 0);
  write(old, "sound");
  struct stat about {};
  ASSERT_EQ(::stat(old.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 07777U, 0777U) << "of one's own, but not to lend one's rights";
  if (::chown(old.c_str(), kSomebodyElse, static_cast<gid_t>(-1)) != 0) GTEST_SKIP() << "only root can give";
  ASSERT_EQ(::chmod(old.c_str(), 0666), 0);
  write(old, "more sound");
  ASSERT_EQ(::stat(old.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0022U, 0U);
}

TEST_F(SharedFolder, AFolderThatIsNotThereIsSaid) {
  EXPECT_THAT(refusal(shared("no/song.ogg")),
              HasSubstr("song.ogg cannot be written: No such file or directory."));
  EXPECT_THAT(refusal(shared("")), HasSubstr("is no regular file"));
}

}  // namespace
}  // namespace vcplay::testing
