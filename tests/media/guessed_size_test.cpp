// Sizes that writers put in because they did not know them: the sound goes up to the end.
#include "media/guessed_size.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "words/whole_files.hpp"

namespace vcplay::testing {
namespace {

TEST(GuessedSize, IsWhatWritersPutInWhoDoNotKnowIt) {
  for (const std::uint64_t guess :
       {0ULL, 0x7F000000ULL, 0x7FFFF000ULL, 0x7FFFFFFFULL, 0x80000000ULL, 0xFFFFFFFFULL, 0xFFFFFFDBULL,
        0x7FFFFFFFFFFFFFFFULL, 0xFFFFFFFFFFFFFFFFULL}) {
    EXPECT_TRUE(media::is_guessed_size(guess)) << guess;
  }
  for (const std::uint64_t size : {36ULL, 1'000'000ULL, 0x40000000ULL, 3'000'000'000ULL, 5'000'000'000ULL}) {
    EXPECT_FALSE(media::is_guessed_size(size)) << size;
  }
}

TEST(GuessedSize, MeansUntilTheEnd) {
  using std::string_literals::operator""s;
  const std::string wav = bytes_of("size.wav", "-bitexact -map_metadata -1");
  ASSERT_EQ(wav.compare(36, 4, "data"), 0);
  for (const std::string& size : {"\0\0\0\0"s, "\xFF\xFF\xFF\xFF"s, "\0\0\0\x7F"s, "\xFF\xFF\xFF\x7F"s,
                                  "\0\xF0\xFF\x7F"s, "\0\0\0\x80"s, "\x24\0\0\x80"s}) {
    expect_whole("size.wav", with_at(with_at(wav, 40, size), 4, size));
  }
  const std::string au = bytes_of("size.au");
  for (const std::string& size : {"\xFF\xFF\xFF\xFF"s, "\x7F\xFF\xFF\xFF"s, "\x7F\0\0\0"s}) {
    expect_whole("size.au", with_at(au, 8, size));
  }
  // FORM size AIFF COMM 18 channels(2) frames(4) …, as sox and others write it into pipes
  const std::string aiff = bytes_of("size.aiff", "-bitexact -map_metadata -1");
  const std::size_t comm = aiff.find("COMM");
  const std::size_t ssnd = aiff.find("SSND");
  ASSERT_NE(ssnd, std::string::npos);
  expect_whole("size.aiff", with_at(with_at(with_at(aiff, 4, "\x7F\0\0\x2E"s), comm + 10, "\x1F\xC0\0\0"s),
                                    ssnd + 4, "\x7F\0\0\x08"s));
  expect_whole("size.aiff",
               with_at(with_at(with_at(aiff, 4, "\xFF\xFF\xFF\xFF"s), comm + 10, "\x3F\xFF\xFF\xFF"s),
                       ssnd + 4, "\xFF\xFF\xFF\xFF"s));
}

/// As it comes from a program that cannot go back to its head.
std::string streamed(const std::string& name, const std::string& arguments) {
  return bytes_of(name, arguments + " -seekable 0 -f " + name.substr(name.find('.') + 1));
}

TEST(GuessedSize, OfEveryKindMeansUntilTheEnd) {
  using std::string_literals::operator""s;
  for (const std::string& size :
       {"\x80\0\0\0"s, "\x80\0\0\x24"s, "\xFF\xFF\xFF\xDB"s, "\xFF\xFF\xF0\0"s, "\0\0\0\0"s, "\xC0\0\0\0"s}) {
    expect_whole("size.au", with_at(bytes_of("size.au"), 8, size));
  }
  expect_whole("streamed.aiff", streamed("streamed.aiff", ""));
  expect_whole("streamed.w64", streamed("streamed.w64", ""));
  expect_whole("streamed.rf64.wav", streamed("streamed.wav", "-rf64 always"));
  expect_whole("streamed.caf", streamed("streamed.caf", ""));
  const std::string caf = bytes_of("size.caf");
  const std::string most = "\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s;
  for (const std::string& size : {most, std::string(8, '\0'), "\0\0\0\0\xFF\xFF\xFF\xFF"s}) {
    expect_whole("size.caf", with_at(caf, caf.find("data") + 4, size));
  }
  const std::string w64 = bytes_of("size.w64");
  const std::size_t data = w64.find("data\xF3\xAC") + 16;
  for (const std::string& size :
       {std::string(8, '\0'), std::string(8, '\xFF'), "\x18"s + std::string(7, '\0')}) {
    expect_whole("size.w64", with_at(with_at(w64, data, size), 16, size));
  }
  const std::string rf64 = bytes_of("size.wav", "-rf64 always");
  const std::size_t ds64 = rf64.find("ds64") + 8;
  for (const std::string& size :
       {std::string(8, '\0'), std::string(8, '\xFF'), "\xFF\xFF\xFF\xFF"s + std::string(4, '\0')}) {
    expect_whole("size.rf64.wav", with_at(rf64, ds64, size + size + size));
  }
}

// A head's own size, for one.
TEST(GuessedSize, ThatIsTinyMeansUntilTheEndWhereMoreFollows) {
  using std::string_literals::operator""s;
  const std::string riff = bytes_of("size.wav", "-bitexact -map_metadata -1");
  const std::string aiff = bytes_of("size.aiff", "-bitexact -map_metadata -1");
  const std::string caf = bytes_of("size.caf");
  const std::string rf64 = bytes_of("rf64.wav", "-rf64 always");
  for (const char size : {'\x24', '\x2C', '\x08'}) {
    const std::string little = size + "\0\0\0"s;
    const std::string big = "\0\0\0"s + size;
    expect_whole("tiny.wav", with_at(with_at(riff, 40, little), 4, little));
    const std::size_t ssnd = aiff.find("SSND") + 4;
    expect_whole("tiny.aiff", with_at(with_at(aiff, 4, big), ssnd, big));
    expect_whole("tiny.caf", with_at(caf, caf.find("data") + 4, "\0\0\0\0"s + big));
    expect_whole("tiny.rf64.wav", with_at(rf64, rf64.find("ds64") + 16, little + "\0\0\0\0"s));
  }
  const std::string silent(std::size_t{48'000} * 2, '\0');
  expect_whole("silent.wav", with_at(wav(1, 2, silent, false), 40, "\x24\0\0\0"s), 1);
}

TEST(GuessedSize, ThatIsRoundIsNoPromise) {
  using std::string_literals::operator""s;
  const std::string wav = bytes_of("size.wav", "-bitexact -map_metadata -1");
  const std::string aiff = bytes_of("size.aiff", "-bitexact -map_metadata -1");
  const std::size_t comm = aiff.find("COMM");
  const std::size_t ssnd = aiff.find("SSND");
  for (const std::uint32_t size :
       {0x40000000U, 1'000'000'000U, 2'000'000'000U, 0xF0000000U, 0xFF000000U, 0x40000000U - 36}) {
    std::string little;
    for (unsigned shift = 0; shift < 32; shift += 8) little += static_cast<char>(size >> shift);
    const std::string big(little.rbegin(), little.rend());
    expect_whole("round.wav", with_at(with_at(wav, 40, little), 4, little));
    expect_whole("round.au", with_at(bytes_of("size.au"), 8, big));
    std::string frames;
    for (unsigned shift = 0; shift < 32; shift += 8)
      frames.insert(0, 1, static_cast<char>(size / 4 >> shift));
    expect_whole("round.aiff", with_at(with_at(with_at(aiff, 4, big), comm + 10, frames), ssnd + 4, big));
  }
}

}  // namespace
}  // namespace vcplay::testing
