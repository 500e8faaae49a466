// The vandal who damages files for the corpus: it does so again, and knows the checksums of Ogg.
#include <gtest/gtest.h>

#include <string>

#include "words/audio_files.hpp"
#include "words/temporary_folder.hpp"
#include "words/vandal.hpp"

namespace vcplay::testing {
namespace {

TEST(Vandal, DoesTheSameForTheSameSeed) {
  const std::string whole = contents_of(make_file("whole.wav", "-f lavfi -i anoisesrc=d=0.1"));
  const std::string other(5'000, 'b');
  int changed = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Vandal first(seed);
    Vandal second(seed);
    const std::string damaged = first.damage(whole, other);
    changed += damaged == whole ? 0 : 1;
    EXPECT_EQ(second.damage(whole, other), damaged) << first.account();
  }
  EXPECT_GE(changed, 95) << "two of the same block may be swapped, or nothing be overwritten by nothing";
}

TEST(Vandal, KnowsTheChecksumsOfOgg) {
  const std::string song = contents_of(make_file("sum.opus", "-f lavfi -i sine=d=0.3:r=48000"));
  std::string mended = song;
  mend_ogg_checksums(mended);
  EXPECT_EQ(mended, song) << "as ffmpeg wrote them";
  mended[22] = static_cast<char>(mended[22] ^ 1);
  mend_ogg_checksums(mended);
  EXPECT_EQ(mended, song);
}

}  // namespace
}  // namespace vcplay::testing
