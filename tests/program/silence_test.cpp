// What plays whole says nothing without a terminal: cron mails every word.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "words/audio_files.hpp"
#include "words/corpus_kinds.hpp"
#include "words/stage.hpp"

namespace vcplay::testing {
namespace {

using std::chrono_literals::operator""s;

class Silence : public ::testing::TestWithParam<CorpusKind> {};

/// What the whole program makes of it, as a cron line would call it.
void expect_silence(const std::string& shell_words) {
  Command command;
  command.words = {"/bin/sh", "-c", shell_words};
  const Finished finished = run(command, 60s);
  EXPECT_EQ(finished.exit_status, 0) << shell_words;
  EXPECT_EQ(finished.err, "") << shell_words;
  EXPECT_EQ(finished.out.rfind("ok ", 0), 0U) << finished.out;
}

TEST_P(Silence, IsKeptOfWhatIsWhole) {
  // Their index stands behind the sound, and a list is none in a pipe.
  const std::set<std::string> of_no_pipe = {"opus_in_mp4", "opus_in_caf", "m4a", "alac"};
  // What lists name.
  static_cast<void>(make_file("tone.wav", "-f lavfi -i sine=440:d=1"));
  static_cast<void>(make_file("song.flac", "-f lavfi -i sine=880:d=1"));
  const std::string file = make_whole(GetParam());
  const std::string program = std::string(kProgram) + " rehearse --fast ";
  expect_silence(program + file);
  if (is_list(GetParam()) || of_no_pipe.count(GetParam().name) > 0) return;
  expect_silence("cat " + file + " | " + program + "-");
}

INSTANTIATE_TEST_SUITE_P(Of, Silence, ::testing::ValuesIn(corpus_kinds()),
                         [](const auto& row) { return std::string(row.param.name); });

INSTANTIATE_TEST_SUITE_P(
    AlsoOf, Silence,
    ::testing::Values(CorpusKind{"ac3", "a.ac3", ""}, CorpusKind{"eac3", "a.eac3", ""},
                      CorpusKind{"dts", "a.dts", "-strict -2"}, CorpusKind{"w64", "a.w64", ""},
                      CorpusKind{"rf64", "rf64.wav", "-rf64 always"}, CorpusKind{"mp2", "a.mp2", ""},
                      CorpusKind{"mp3_in_wav", "mp3.wav", "-c:a libmp3lame"},
                      CorpusKind{"ogg_of_flac", "a.oga", "-c:a flac"}, CorpusKind{"voc", "a.voc", ""}),
    [](const auto& row) { return std::string(row.param.name); });

// ffmpeg writes none.
TEST(SilenceOfDsf, IsKept) {
  const auto number = [](std::uint64_t value, std::size_t bytes) {
    std::string text;
    for (std::size_t i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
    return text;
  };
  constexpr std::size_t kBlock = 4'096;
  const std::string sound(40 * kBlock, '\x69');
  const std::string format = number(1, 4) + number(0, 4) + number(1, 4) + number(1, 4) +
                             number(2'822'400, 4) + number(1, 4) + number(sound.size() * 8 - 20'000, 8) +
                             number(kBlock, 4) + number(0, 4);
  const std::string file =
      write_file("a.dsf", "DSD " + number(28, 8) + number(92 + sound.size(), 8) + number(0, 8) + "fmt " +
                              number(52, 8) + format + "data" + number(12 + sound.size(), 8) + sound);
  const std::string program = std::string(kProgram) + " rehearse --fast ";
  expect_silence(program + file);
  expect_silence("cat " + file + " | " + program + "-");
}

}  // namespace
}  // namespace vcplay::testing
