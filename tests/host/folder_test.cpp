// The folder of one user's runs.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "words/host_words.hpp"

namespace vcplay::testing {
namespace {

namespace fs = std::filesystem;
using host::StateFolder;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(Folder, IsMadeInTheHomeAndClosedToOthers) {
  const StateFolder folder = home_.open();
  EXPECT_EQ(folder.path(), home_.places.home + "/.local/state/vcplay");
  for (const char* part : {"/.local", "/.local/state", "/.local/state/vcplay"}) {
    EXPECT_EQ(mode_of(home_.places.home + part), "700") << part;
  }
  EXPECT_EQ(fcntl(folder.fd(), F_GETFD), FD_CLOEXEC);
}

TEST_F(Folder, IsTheSameTheSecondTime) {
  const StateFolder first = home_.open();
  const StateFolder second = home_.open();
  EXPECT_EQ(first.path(), second.path());
  EXPECT_THAT(warnings_.take(), IsEmpty());
}

TEST_F(Folder, IsWhereTheUserIdSaysWhateverTheEnvironment) {
  const host::StatePlaces before = host::state_places();
  const std::vector<std::string> names = {"HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR",
                                          "USER"};
  std::map<std::string, std::string> own;
  for (const std::string& name : names) {
    if (const char* const value = ::getenv(name.c_str())) own[name] = value;
    ::setenv(name.c_str(), home_.places.home.c_str(), 1);
  }
  const host::StatePlaces after = host::state_places();
  for (const std::string& name : names) ::unsetenv(name.c_str());
  for (const auto& [name, value] : own) ::setenv(name.c_str(), value.c_str(), 1);
  EXPECT_EQ(after.home, before.home);
  EXPECT_EQ(after.fallback, before.fallback);
  EXPECT_EQ(after.fallback, fmt::format("/var/tmp/vcplay-{}", ::geteuid()));
}

/// Sets VCPLAY_HOME while it lives.
class NamedHome {
 public:
  explicit NamedHome(const std::string& path) { ::setenv("VCPLAY_HOME", path.c_str(), 1); }
  ~NamedHome() { ::unsetenv("VCPLAY_HOME"); }
  NamedHome(const NamedHome&) = delete;
  NamedHome& operator=(const NamedHome&) = delete;
};

TEST_F(Folder, IsInTheHomeThatWasNamedForVcplayAlone) {
  const NamedHome named(home_.places.home);
  EXPECT_EQ(StateFolder::open().value().path(), home_.places.home + "/.local/state/vcplay");
  EXPECT_EQ(mode_of(home_.places.home + "/.local/state/vcplay"), "700");
  EXPECT_THAT(warnings_.take(), IsEmpty());
}

TEST_F(Folder, IsNowhereElseWhenANamedHomeCannotBeUsed) {
  std::ofstream(home_.places.home + "/.local") << "a file where a folder has to be";
  const std::map<std::string, std::string> complaints = {
      {home_.places.home, "VCPLAY_HOME: " + home_.places.home + "/.local: Not a directory."},
      {home_.places.home + "/none",
       "VCPLAY_HOME: " + home_.places.home + "/none: No such file or directory."},
      {"here", "VCPLAY_HOME: 'here' is no absolute path."}};
  for (const auto& [path, sentence] : complaints) {
    const NamedHome named(path);
    try {
      static_cast<void>(StateFolder::open());
      ADD_FAILURE() << path;
    } catch (const Error& error) {
      EXPECT_EQ(error.cause(), Cause::usage);
      EXPECT_EQ(error.what(), sentence);
    }
  }
}

TEST_F(Folder, AnEmptyNameOfAHomeIsNone) {
  const host::StatePlaces before = host::state_places();
  const NamedHome named("");
  EXPECT_EQ(host::state_places().home, before.home);
  EXPECT_EQ(host::state_places().fallback, before.fallback);
}

TEST_F(Folder, OpenToOthersIsClosed) {
  static_cast<void>(home_.open());
  fs::permissions(home_.file(""), fs::perms::all);
  static_cast<void>(home_.open());
  EXPECT_EQ(mode_of(home_.places.home + "/.local/state/vcplay"), "700");
}

TEST_F(Folder, ASymbolicLinkInItsPlaceIsNotFollowed) {
  const std::string elsewhere = home_.places.home + "/elsewhere";
  fs::create_directories(elsewhere);
  fs::create_directories(home_.places.home + "/.local/state");
  fs::create_directory_symlink(elsewhere, home_.places.home + "/.local/state/vcplay");
  EXPECT_EQ(home_.open().path(), home_.places.fallback);
}

TEST_F(Folder, AHomeOnAnotherDiskByWayOfALinkIsFine) {
  fs::create_directories(home_.places.home + "/disk");
  fs::create_directory_symlink(home_.places.home + "/disk", home_.places.home + "/.local");
  EXPECT_EQ(home_.open().path(), home_.places.home + "/.local/state/vcplay");
}

TEST_F(Folder, OfAnotherUserIsNotUsed) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give folders away";
  static_cast<void>(home_.open());
  ASSERT_EQ(::chown(home_.file("").c_str(), 65534, 65534), 0);
  EXPECT_EQ(home_.open().path(), home_.places.fallback);
}

TEST_F(Folder, WithoutAHomeIsBesideTheTemporaryFiles) {
  for (const std::string& missing : {std::string(), std::string("/proc/self/no-such-home")}) {
    host::StatePlaces places = home_.places;
    places.home = missing;
    EXPECT_EQ(StateFolder::open(places).value().path(), places.fallback) << missing;
  }
  EXPECT_EQ(mode_of(home_.places.fallback), "700");
  EXPECT_THAT(warnings_.take(), IsEmpty());
}

TEST_F(Folder, ThatCannotBeHadAnywhereEarnsOneWarning) {
  fs::create_directory_symlink(home_.places.home, home_.places.fallback);  // somebody else's trap
  fs::create_directory(home_.places.home + "/.local");
  std::ofstream(home_.places.home + "/.local/state") << "a file where a folder has to be";
  EXPECT_FALSE(StateFolder::open(home_.places));
  EXPECT_THAT(warnings_.take(), ElementsAre(AllOf(HasSubstr(".local/state"), HasSubstr("vcplay-1000"))));
  EXPECT_THAT(files_in(home_.places.home), ElementsAre(".local"));
}

}  // namespace
}  // namespace vcplay::testing
