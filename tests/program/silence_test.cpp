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

}  // namespace
}  // namespace vcplay::testing
