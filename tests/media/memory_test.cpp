// What a medium may take of the machine's memory, whether it asks or not.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "media/allowance.hpp"
#include "words/audio_files.hpp"
#include "words/fragment_bomb.hpp"
#include "words/http_server.hpp"
#include "words/index_bomb.hpp"
#include "words/peak_memory.hpp"
#include "words/playback.hpp"

namespace vcplay::testing {
namespace {

constexpr std::int64_t kMebi = 1 << 20;
constexpr std::int64_t kMostMegabytes = 108;  // beside the 42 of a program that plays
const media::WebRules kTrusted{};

media::Media at(const std::string& location) { return {location, {}, 0, 0}; }

rlim_t most_data() {
  rlimit limit{};
  EXPECT_EQ(::getrlimit(RLIMIT_DATA, &limit), 0);
  return limit.rlim_cur;
}

TEST(IndexBomb, InAFileCostsItself) {
  const rlim_t before = most_data();
  const std::string next = make_audio("next.flac", Content::sweep);
  const PeakMemory peak;
  const Playback playback = play({at(write_file("bomb.mov", index_bomb())), at(next)});
  ASSERT_EQ(playback.results.size(), 2U);
  EXPECT_EQ(playback.results[1].error, "") << "the next one plays, whatever sounded of the first";
  EXPECT_EQ(most_data(), before) << "what the rest of the program may take is its own affair again";
  if (!peak.is_known()) GTEST_SKIP() << "nobody keeps an account of memory";
  EXPECT_LT(peak.megabytes(), kMostMegabytes);
}

TEST(IndexBomb, FromAServerCostsLess) {
  const std::string bomb = index_bomb();
  const HttpServer server([&](const HttpExchange& client) { client.answer_range(bomb); });
  const PeakMemory peak;
  EXPECT_EQ(play({at(server.url("/bomb.mov"))}).results.size(), 1U);
  if (!peak.is_known()) GTEST_SKIP() << "nobody keeps an account of memory";
  EXPECT_LT(peak.megabytes(), kMostMegabytes);
}

TEST(FragmentBomb, FromAServerWithoutPartsCostsLess) {
  const std::string bomb = fragment_bomb();
  const HttpServer server([&](const HttpExchange& client) { client.answer(bomb); });
  const PeakMemory peak;
  EXPECT_NE(refusal(at(server.url("/bomb.mp4"))), "");
  if (!peak.is_known()) GTEST_SKIP() << "nobody keeps an account of memory";
  EXPECT_LT(peak.megabytes(), kMostMegabytes);
}

class MemoryOfAMedium : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!PeakMemory().is_known()) GTEST_SKIP() << "nobody keeps an account of memory";
  }
  void TearDown() override {
    for (const auto& [place, size] : taken_) ::munmap(place, size);
  }
  /// From the kernel: what the heap has left over from another test would be no growth.
  void take(std::int64_t bytes) {
    const auto size = static_cast<std::size_t>(bytes);
    void* const place =
        ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    ASSERT_NE(place, MAP_FAILED);
    taken_.emplace_back(place, size);
  }

 private:
  std::vector<std::pair<void*, std::size_t>> taken_;
};

TEST_F(MemoryOfAMedium, IsCountedFromItsOpeningWhateverSoundsBetween) {
  media::Allowance allowance(media::Abode::on_a_server, kTrusted);
  for (int i = 0; i < 4; ++i) {
    take(10 * kMebi);
    allowance.note_sound(20ms);
    ASSERT_FALSE(allowance.is_spent()) << i;
  }
  take(10 * kMebi);
  allowance.note_sound(20ms);
  EXPECT_TRUE(allowance.is_spent());
  EXPECT_EQ(allowance.fault(), "it takes more memory than it may (80 MiB)");
}

// The program's libraries are such files: a busy machine reads them in while the first medium is open.
TEST_F(MemoryOfAMedium, IsNotWhatLiesInFiles) {
  const std::string file = write_file("library.so", std::string(60 * kMebi, 'x'));
  media::Allowance allowance(media::Abode::here, kTrusted);
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  void* const place = ::mmap(nullptr, 60 * kMebi, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
  ::close(fd);
  ASSERT_NE(place, MAP_FAILED);
  EXPECT_FALSE(allowance.is_spent()) << allowance.fault();
  ::munmap(place, 60 * kMebi);
}

TEST_F(MemoryOfAMedium, MayGrowALittleForAsLongAsItSounds) {
  media::Allowance allowance(media::Abode::on_a_server, kTrusted);
  for (int hour = 0; hour < 12; ++hour) {
    take(10 * kMebi);
    allowance.note_sound(1h);
    ASSERT_FALSE(allowance.is_spent()) << hour;
  }
  take(30 * kMebi);
  EXPECT_FALSE(allowance.is_spent());
  take(30 * kMebi);
  EXPECT_TRUE(allowance.is_spent()) << "what it did not take is not saved up";
}

TEST_F(MemoryOfAMedium, IsInProportionToTheBytesThatCame) {
  media::Allowance allowance(media::Abode::on_a_server, kTrusted);
  allowance.take(3 * kMebi);
  take(60 * kMebi);
  EXPECT_FALSE(allowance.is_spent());
  allowance.take(30 * kMebi);
  take(30 * kMebi);
  EXPECT_TRUE(allowance.is_spent()) << "up to a bound";
}

TEST_F(MemoryOfAMedium, IsInProportionToTheFile) {
  const auto most = [&](std::int64_t file, const media::WebRules& rules) {
    media::Allowance allowance(media::Abode::here, rules);
    allowance.note_size(file * kMebi);
    allowance.take(100 * kMebi);
    std::int64_t taken = 0;
    for (; !allowance.is_spent(); taken += 10) take(10 * kMebi);
    return taken;
  };
  const media::WebRules strangers{media::Origin::untrusted, {}};
  EXPECT_NEAR(static_cast<double>(most(1, kTrusted)), 90, 10);
  EXPECT_NEAR(static_cast<double>(most(200, kTrusted)), 190, 10);
  EXPECT_NEAR(static_cast<double>(most(1'000, strangers)), 70, 10);
}

TEST_F(MemoryOfAMedium, IsNotThatOfOneThatWasOpenedLater) {
  media::Allowance playing(media::Abode::on_a_server, kTrusted);
  {
    media::Allowance scanned(media::Abode::on_a_server, kTrusted);
    take(60 * kMebi);
    EXPECT_TRUE(scanned.is_spent());
    EXPECT_FALSE(playing.is_spent()) << "it took none of it";
  }
  EXPECT_FALSE(playing.is_spent()) << "nor does it where that is never given back";
  take(40 * kMebi);
  EXPECT_FALSE(playing.is_spent());
  take(20 * kMebi);
  EXPECT_TRUE(playing.is_spent());
}

TEST_F(MemoryOfAMedium, LeavesTheUsersOwnLimitInPlace) {
  rlimit mine{};
  ASSERT_EQ(::getrlimit(RLIMIT_DATA, &mine), 0);
  rlimit low = mine;
  low.rlim_cur = 90 * kMebi;
  ASSERT_EQ(::setrlimit(RLIMIT_DATA, &low), 0);
  {
    const media::Allowance allowance(media::Abode::on_a_server, kTrusted);
    EXPECT_EQ(most_data(), low.rlim_cur);
  }
  EXPECT_EQ(most_data(), low.rlim_cur);
  ::setrlimit(RLIMIT_DATA, &mine);
}

}  // namespace
}  // namespace vcplay::testing
