// `vcplay encode`: the whole program, and what ffmpeg makes of its files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "words/audio_files.hpp"
#include "words/opus_files.hpp"
#include "words/stage.hpp"

namespace vcplay::testing {
namespace {

using nlohmann::json;
using std::chrono_literals::operator""s;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Command encode(const std::vector<std::string>& words) {
  Command command;
  command.words = {kProgram, "encode"};
  command.words.insert(command.words.end(), words.begin(), words.end());
  command.environment = {{"PATH", "/usr/bin:/bin"}};
  return command;
}

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    names.push_back(entry.path().filename().string());
  }
  return names;
}

/// A rehearsal's account of the only track.
json rehearsed(const std::string& file) {
  Command command;
  command.words = {kProgram, "rehearse", "--fast", "--json", file};
  const Finished finished = run(command, 60s);
  EXPECT_EQ(finished.exit_status, 0) << finished.err << finished.out;
  return json::parse(finished.out).at("tracks").at(0);
}

std::size_t samples_in(const std::string& file) { return ffmpeg_decode(file).size() / kChannels; }

class EveryLength : public ::testing::TestWithParam<std::size_t> {};

TEST_P(EveryLength, IsKeptToTheSampleAndPassesThrough) {
  const TemporaryFolder folder;
  const std::string source = make_file("source.wav", music(GetParam()), "-c:a pcm_f32le");
  const std::string file = folder.file("out.opus");
  const Finished finished = run(encode({source, "-o", file}));
  ASSERT_EQ(finished.exit_status, 0) << finished.err;
  EXPECT_EQ(finished.out + finished.err, "") << "what goes well is silent";

  const std::vector<float> decoded_file = opus_decode(file);
  EXPECT_EQ(decoded_file.size() / kChannels, GetParam());
  EXPECT_LT(residual(decoded_file, ffmpeg_decode(source), 0, GetParam()), -25);
  const std::size_t packets = packets_in(file).size();
  EXPECT_EQ(packets, (GetParam() + 312 + 959) / 960);
  const json track = rehearsed(file);
  EXPECT_GE(track.at("passed"), packets - 1);
  EXPECT_TRUE(track.at("reencoded").is_null() || packets < 3) << track;
}

INSTANTIATE_TEST_SUITE_P(Encode, EveryLength, ::testing::Values(1'000, 95'688, 95'689, 96'000, 100'123));

TEST(Encode, KeepsTitleAndArtistOfTheOnlyTrack) {
  const TemporaryFolder folder;
  const std::string song =
      make_file("tagged.mp3", music(48'000), "-metadata title='Gong \"1\"' -metadata artist=Bell");
  ASSERT_EQ(run(encode({song, "-o", folder.file("one.opus")})).exit_status, 0);
  EXPECT_EQ(tag_of(folder.file("one.opus"), "title"), "Gong \"1\"");
  EXPECT_EQ(tag_of(folder.file("one.opus"), "artist"), "Bell");
  ASSERT_EQ(run(encode({song, song, "-o", folder.file("two.opus")})).exit_status, 0);
  EXPECT_EQ(tag_of(folder.file("two.opus"), "title"), "");
}

TEST(Encode, PutsSeveralTracksIntoOneWithoutAGap) {
  const TemporaryFolder folder;
  const std::string head = make_file("head.wav", music(50'001), "-c:a pcm_f32le");
  const std::string tail = make_file("tail.flac", music(50'002, 50'001));
  const std::string whole = make_file("whole.wav", music(100'003), "-c:a pcm_f32le");
  const Finished finished =
      run(encode({"--json", "--bitrate", "128k", head, tail, "--output", folder.file("both.ogg")}));
  ASSERT_EQ(finished.exit_status, 0) << finished.err;
  const json report = json::parse(finished.out);
  EXPECT_DOUBLE_EQ(report.at("seconds").get<double>(), 100'003 / 48'000.0);
  EXPECT_EQ(report.at("bytes"), std::filesystem::file_size(folder.file("both.ogg")));
  EXPECT_EQ(report.at("tracks").size(), 2U);
  const std::vector<float> heard = opus_decode(folder.file("both.ogg"));
  ASSERT_EQ(heard.size() / kChannels, 100'003U);
  EXPECT_LT(residual(heard, ffmpeg_decode(whole), 50'001 - 960, 1'920), -35);
}

TEST(Encode, LetsOpusThroughToTheSample) {
  const TemporaryFolder folder;
  const std::string song = make_file("song.webm", music(100'123), "-c:a libopus -b:a 96k");
  ASSERT_EQ(run(encode({song, "-o", folder.file("same.opus")})).exit_status, 0);
  const std::vector<std::string> before = packets_in(song);
  const std::vector<std::string> after = packets_in(folder.file("same.opus"));
  ASSERT_GE(after.size(), before.size());
  for (std::size_t i = 0; i + 1 < before.size(); ++i) ASSERT_EQ(after[i], before[i]) << "packet " << i;
  EXPECT_EQ(samples_in(folder.file("same.opus")), 100'123U);
}

TEST(Encode, KeepsToTheBitrate) {
  const TemporaryFolder folder;
  const std::string song = make_file("rate.wav", music(480'000));
  for (const int bitrate : {32, 64, 160}) {
    const std::string file = folder.file("rate.opus");
    ASSERT_EQ(run(encode({"--bitrate", std::to_string(bitrate) + "k", song, "-o", file})).exit_status, 0);
    EXPECT_NEAR(static_cast<double>(std::filesystem::file_size(file)) * 8 / 10 / 1000, bitrate,
                bitrate * 0.1);
  }
}

TEST(Encode, TakesAPipe) {
  const TemporaryFolder folder;
  Command command =
      encode({"-f", "s16le", "--rate", "48000", "--channels", "2", "-", "-o", folder.file("p.opus")});
  command.input = Stage::pcm(1.5);
  const Finished finished = run(command);
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  EXPECT_EQ(samples_in(folder.file("p.opus")), 72'000U);
}

// ── what can go wrong ──

TEST(Encode, WritesWhatCanBePlayedAndSaysWhatCannot) {
  const TemporaryFolder folder;
  const std::string song = make_file("good.wav", music(48'000));
  const Finished finished = run(encode({"missing.mp3", song, "-o", folder.file("rest.opus")}));
  EXPECT_EQ(finished.exit_status, 4);
  EXPECT_THAT(finished.err, HasSubstr("\"missing.mp3\" cannot be opened"));
  EXPECT_EQ(samples_in(folder.file("rest.opus")), 48'000U);
}

TEST(Encode, LeavesTheOldFileWhereNothingCanBePlayed) {
  const TemporaryFolder folder;
  const std::string old = folder.write("old.opus", "precious");
  EXPECT_EQ(run(encode({"missing.mp3", "-o", old})).exit_status, 3);
  EXPECT_EQ(contents_of(old), "precious");
  EXPECT_THAT(names_in(folder.file("")), ElementsAre("old.opus"));
}

TEST(Encode, ReplacesAnOldFileBehindItsLinkAndKeepsItsRights) {
  const TemporaryFolder folder;
  const std::string old = folder.write("old.opus", "outdated");
  ASSERT_EQ(::chmod(old.c_str(), 0640), 0);
  std::filesystem::create_symlink("old.opus", folder.file("link.opus"));
  ASSERT_EQ(run(encode({make_file("new.wav", music(48'000)), "-o", folder.file("link.opus")})).exit_status,
            0);
  EXPECT_TRUE(std::filesystem::is_symlink(folder.file("link.opus")));
  EXPECT_EQ(samples_in(old), 48'000U);
  struct stat about {};
  ASSERT_EQ(::stat(old.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0640U);
}

TEST(Encode, CanReplaceItsOwnSource) {
  const TemporaryFolder folder;
  const std::string file = folder.file("self.opus");
  std::filesystem::copy_file(make_file("self-source.opus", music(48'000), "-c:a libopus"), file);
  ASSERT_EQ(run(encode({"--volume", "50", file, "-o", file})).exit_status, 0);
  EXPECT_EQ(samples_in(file), 48'000U);
}

TEST(Encode, NeedsAFileThatCanBeWritten) {
  const TemporaryFolder folder;
  const std::string song = make_file("any.wav", music(48'000));
  Finished finished = run(encode({song, "-o", folder.file("no/such/folder.opus")}));
  EXPECT_EQ(finished.exit_status, 13);
  EXPECT_THAT(finished.err, HasSubstr("folder.opus cannot be written: No such file or directory.\n"));
  std::filesystem::create_directory(folder.file("d.opus"));
  finished = run(encode({song, "-o", folder.file("d.opus")}));
  EXPECT_EQ(finished.exit_status, 13);
  EXPECT_THAT(finished.err, HasSubstr("is no regular file"));
  EXPECT_EQ(run(encode({song})).exit_status, 2);
  EXPECT_EQ(run(encode({song, "-o", "-"})).exit_status, 2);
  EXPECT_EQ(run(encode({song, "-o", "song.mp3"})).exit_status, 2);
}

TEST(Encode, OfWhatDoesNotFitLeavesNothingBehind) {
  const TemporaryFolder folder;
  const std::string song = make_file("big.wav", music(4'800'000));
  Command command = encode({});
  // A limit for files is met as a full disk is: by a write that fails.
  command.words = {"sh",
                   "-c",
                   "ulimit -f 64; exec \"$0\" \"$@\"",
                   kProgram,
                   "encode",
                   song,
                   "-o",
                   folder.file("full.opus")};
  const Finished finished = run(command);
  EXPECT_EQ(finished.exit_status, 13);
  EXPECT_THAT(finished.err, HasSubstr("full.opus cannot be written: File too large."));
  EXPECT_THAT(names_in(folder.file("")), IsEmpty());
}

TEST(Encode, ThatIsInterruptedLeavesTheOldFileAndNothingElse) {
  const TemporaryFolder folder;
  const std::string old = folder.write("old.opus", "precious");
  Command command = encode({"-v", "-f", "s16le", "--rate", "48000", "--channels", "2", "-", "-o", old});
  command.input = Stage::pcm(1);
  command.input_stays_open = true;
  Subprocess program(command);
  ASSERT_TRUE(program.wait_for_text("is being written", 20s));
  EXPECT_EQ(names_in(folder.file("")).size(), 2U);
  program.send(SIGINT);
  const Finished finished = program.finish(20s);
  EXPECT_EQ(finished.signal, SIGINT);
  EXPECT_EQ(contents_of(old), "precious");
  EXPECT_THAT(names_in(folder.file("")), ElementsAre("old.opus"));
}

}  // namespace
}  // namespace vcplay::testing
