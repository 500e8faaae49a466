// Pipes, stops, waits and the watchdog's view: the pipeline as its neighbours meet it while it runs.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cmath>
#include <csignal>
#include <fstream>
#include <memory>
#include <optional>
#include <thread>

#include "words/audio_files.hpp"
#include "words/hung_file.hpp"
#include "words/named_threads.hpp"
#include "words/playback.hpp"
#include "words/read_log.hpp"
#include "words/temporary_folder.hpp"
#include "words/wait.hpp"

namespace vcplay::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

const media::PipelineOptions kOptions{};
const media::Media kRawStdin{"-", "s16le", 48'000, 2};
constexpr std::size_t kRawFrameBytes = kSamplesPerFrame * kChannels * 2;

/// A pipe in the place of this program's standard input.
class StandardInput {
 public:
  StandardInput() : before_(::dup(STDIN_FILENO)) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    ::dup2(ends[0], STDIN_FILENO);
    ::close(ends[0]);
    writer_ = ends[1];
  }
  ~StandardInput() {
    close();
    ::dup2(before_, STDIN_FILENO);
    ::close(before_);
  }
  StandardInput(const StandardInput&) = delete;
  StandardInput& operator=(const StandardInput&) = delete;

  /// False when nobody reads any more.
  bool write(const std::string& bytes) const {
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t written = ::write(writer_, bytes.data() + done, bytes.size() - done);
      if (written < 0) return false;
      done += static_cast<std::size_t>(written);
    }
    return true;
  }
  void close() {
    if (writer_ >= 0) ::close(writer_);
    writer_ = -1;
  }

 private:
  int before_;
  int writer_ = -1;
};

/// Plays the role of the sender: takes the next frame as soon as there is one.
OpusFrame take(ReadLog& queue) {
  const OpusFrame* const next = next_frame(queue);
  if (next == nullptr) throw std::runtime_error("the queue ended early");
  const OpusFrame frame = *next;
  queue.pop();
  return frame;
}

std::string tone(double seconds) {
  std::string bytes;
  for (int i = 0; i < static_cast<int>(seconds * kSampleRate); ++i) {
    const auto value = static_cast<std::int16_t>(8'000 * std::sin(i * 0.05));
    for (int channel = 0; channel < kChannels; ++channel) {
      bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
  }
  return bytes;
}

TEST(StandardInputPcm, IsPlayedToItsLastSample) {
  const LogBook log;
  StandardInput input;
  std::thread writer([&] {
    input.write(tone(2.0));
    input.close();
  });
  const Playback playback = play({kRawStdin});
  writer.join();
  EXPECT_EQ(playback.frames.size(), 101U);
  EXPECT_EQ(playback.results.at(0).error, "");
  EXPECT_THAT(log.lines(), IsEmpty());
}

TEST(StandardInputWav, IsHeardBeforeItsEndIsWritten) {
  const std::string wav = contents_of(make_audio("a.wav", Content::sweep, "-ar 48000"));
  StandardInput input;
  ReadLog queue;
  Witness witness;
  media::Pipeline pipeline({{"-", {}, 0, 0}}, kOptions, queue, witness);
  pipeline.start();
  ASSERT_TRUE(input.write(wav.substr(0, 20'000)));  // a tenth of a second
  EXPECT_EQ(take(queue).track_frame, 0U);
  EXPECT_EQ(take(queue).track_frame, 1U);
  std::thread writer([&] {
    input.write(wav.substr(20'000));
    input.close();
  });
  for (std::uint64_t frame = 2; frame < 251; ++frame) EXPECT_EQ(take(queue).track_frame, frame);
  writer.join();
  EXPECT_TRUE(witness.wait_for_end());
  EXPECT_TRUE(queue.drained());
}

TEST(StandardInputWav, LosesNothingOnTheWay) {
  const std::string path = make_audio("a.wav", Content::speech);
  const Playback from_file = play(path);
  StandardInput input;
  std::thread writer([&] {
    input.write(contents_of(path));
    input.close();
  });
  const Playback from_pipe = play("-");
  writer.join();
  ASSERT_EQ(from_pipe.frames.size(), from_file.frames.size());
  for (std::size_t i = 0; i < from_file.frames.size(); ++i) {
    ASSERT_EQ(to_hex(from_pipe.frames[i].view()), to_hex(from_file.frames[i].view())) << "packet " << i;
  }
}

TEST(BadStandardInput, PipeClosedAtOnce) {
  for (const media::Media& media : {kRawStdin, media::Media{"-", {}, 0, 0}, media::Media{"-", "wav", 0, 0}}) {
    StandardInput input;
    input.close();
    EXPECT_EQ(refusal(media), "standard input ended before any audio came");
  }
}

TEST(BadStandardInput, Terminal) {
  const int controller = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  ASSERT_GE(controller, 0);
  ASSERT_EQ(::grantpt(controller), 0);
  ASSERT_EQ(::unlockpt(controller), 0);
  const int terminal = ::open(::ptsname(controller), O_RDWR | O_NOCTTY | O_CLOEXEC);
  ASSERT_GE(terminal, 0);
  {
    const StandardInput restored_afterwards;
    ::dup2(terminal, STDIN_FILENO);
    EXPECT_EQ(refusal({"-", {}, 0, 0}),
              "standard input is a terminal: pipe audio into vcplay or name a file");
  }
  ::close(terminal);
  ::close(controller);
}

TEST(BadStandardInput, Closed) {
  const StandardInput restored_afterwards;
  ::close(STDIN_FILENO);
  EXPECT_EQ(refusal({"-", {}, 0, 0}), "standard input is closed: pipe audio into vcplay or name a file");
}

TEST(NamedPipe, WaitsForItsWriterAndPlays) {
  const std::string song = contents_of(make_audio("a.flac", Content::sweep));
  const std::string path = scratch() + "fifo";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  ReadLog queue(512);
  Witness witness;
  media::Pipeline pipeline({{path, {}, 0, 0}}, kOptions, queue, witness);
  pipeline.start();
  std::ofstream(path, std::ios::binary) << song;  // opens only when somebody reads
  ASSERT_TRUE(witness.wait_for_end());
  EXPECT_EQ(witness.results.at(0).error, "");
  EXPECT_EQ(witness.results.at(0).frames, 251U);
}

TEST(Stop, EndsAWaitForASilentPipe) {
  const StandardInput silent;
  ReadLog queue;
  Witness witness;
  media::Pipeline pipeline({kRawStdin}, kOptions, queue, witness);
  pipeline.start();
  pipeline.stop();
  ASSERT_TRUE(witness.wait_for_end());
  EXPECT_TRUE(queue.drained());
  for (const media::TrackResult& result : witness.results)
    EXPECT_EQ(result.error, "") << "it was not the pipe's fault";
}

TEST(Stop, EndsAWaitForRoomAndKeepsWhatIsQueued) {
  const std::string song = make_audio("a.flac", Content::sweep);
  ReadLog queue(16);
  Witness witness;
  media::Pipeline pipeline({{song, {}, 0, 0}, {song, {}, 0, 0}}, kOptions, queue, witness);
  pipeline.start();
  ASSERT_EQ(take(queue).track_frame, 0U);
  pipeline.stop();
  ASSERT_TRUE(witness.wait_for_end());
  ASSERT_EQ(witness.results.size(), 1U) << "the second file is not begun";
  EXPECT_EQ(witness.results[0].error, "");
  EXPECT_EQ(witness.results[0].frames, queue.size() + 1);
  EXPECT_TRUE(queue.finished());
}

TEST(Stop, ComesBeforeTheStartAsWell) {
  ReadLog queue;
  Witness witness;
  media::Pipeline pipeline({{"/nowhere", {}, 0, 0}}, kOptions, queue, witness);
  pipeline.stop();
  pipeline.start();
  ASSERT_TRUE(witness.wait_for_end());
  EXPECT_TRUE(witness.results.empty());
}

TEST(Pipeline, GoesWithoutEverHavingStarted) {
  ReadLog queue;
  Witness witness;
  { const media::Pipeline pipeline({kRawStdin}, kOptions, queue, witness); }
  EXPECT_TRUE(witness.order.empty());
}

TEST(Pipeline, LeavesAThreadBehindThatTheKernelDoesNotGiveBack) {
  const std::string song = make_audio("a.wav", Content::sweep);
  auto hung = std::make_unique<HungFile>(song);
  if (!hung->hangs()) GTEST_SKIP() << "no leases on this file system";
  {
    ReadLog queue;
    Witness witness;
    media::Pipeline pipeline({{song, {}, 0, 0}}, kOptions, queue, witness);
    pipeline.start();
    ASSERT_TRUE(eventually("the pipeline works", [&] { return pipeline.activity().busy; }));
  }  // comes back although the file still hangs
  EXPECT_TRUE(eventually("it is seen to live on", [] { return thread_lives("vcplay-media"); }));
  hung.reset();
  // It finds the queue and the listener gone, and goes.
  EXPECT_TRUE(eventually("the media thread is gone", [] { return !thread_lives("vcplay-media"); }));
}

TEST(Watchdog, SeesWorkButBlamesNobodyForAFullQueueOrASilentPipe) {
  StandardInput input;
  ReadLog queue(4);
  Witness witness;
  media::Pipeline pipeline({kRawStdin}, kOptions, queue, witness);
  EXPECT_FALSE(pipeline.activity().busy);
  pipeline.start();
  ASSERT_TRUE(input.write(std::string(kRawFrameBytes * 20, '\0')));
  const auto rests = [&] { return !pipeline.activity().busy; };
  ASSERT_TRUE(eventually("the queue is full", [&] { return queue.size() == queue.capacity(); }));
  ASSERT_TRUE(eventually("the pipeline rests before a full queue", rests));
  for (int frame = 0; frame < 16; ++frame) take(queue);
  ASSERT_TRUE(eventually("the pipeline rests behind a silent pipe", rests));
  EXPECT_EQ(pipeline.activity().location, "-");
}

TEST(Queue, IsNeverOverfilledByAnEndlessPipe) {
  ::signal(SIGPIPE, SIG_IGN);
  StandardInput input;
  std::thread endless([&] {
    const std::string second = tone(1.0);
    while (input.write(second)) {
    }
  });
  {
    ReadLog queue;
    Witness witness;
    media::Pipeline pipeline({kRawStdin}, kOptions, queue, witness);
    pipeline.start();
    for (std::uint64_t frame = 0; frame < 3'000; ++frame) {  // a minute
      EXPECT_EQ(take(queue).track_frame, frame);
      ASSERT_LE(queue.size(), queue.capacity());
    }
  }
  ::close(STDIN_FILENO);  // ends the writer
  endless.join();
}

TEST(Bitrate, ChangesWhileAFilePlays) {
  const std::string song = make_audio("a.flac", Content::speech);
  ReadLog queue(4);
  Witness witness;
  media::Pipeline pipeline({{song, {}, 0, 0}}, {256'000, 1.0, {}}, queue, witness);
  pipeline.start();
  std::size_t before = 0;
  for (int frame = 0; frame < 50; ++frame) before += take(queue).size;
  pipeline.set_bitrate(16'000);
  for (int frame = 0; frame < 8; ++frame) take(queue);  // these may still be of the old one
  std::size_t after = 0;
  for (int frame = 0; frame < 50; ++frame) after += take(queue).size;
  EXPECT_GT(before, 50 * 300U);
  EXPECT_LT(after, 50 * 60U);
}

TEST(UnknownBitrate, IsWaitedForUntilAStop) {
  ReadLog queue(500);
  Witness witness;
  media::PipelineOptions options;
  options.bitrate = 0;
  media::Pipeline pipeline({{make_audio("a.wav", Content::speech), {}, 0, 0}}, options, queue, witness);
  pipeline.start();
  ASSERT_TRUE(witness.wait_for_track());  // it is decoded
  pipeline.stop();
  ASSERT_TRUE(witness.wait_for_end());
  EXPECT_EQ(queue.size(), 0U);
}

class LateBitrate : public ::testing::TestWithParam<const char*> {};

TEST_P(LateBitrate, IsTheBitrateOfAllThatComes) {
  const std::string song = make_audio(std::string("a.") + GetParam(), Content::speech, "-b:a 192k");
  ReadLog queue(500);
  Witness witness;
  media::PipelineOptions options;
  options.bitrate = 0;
  options.encoder.limit = 256'000;  // as somebody asked for
  media::Pipeline pipeline({{song, {}, 0, 0}}, options, queue, witness);
  pipeline.start();
  pipeline.set_bitrate(24'000);
  ASSERT_TRUE(witness.wait_for_end());
  EXPECT_EQ(witness.results.at(0).error, "");
  EXPECT_NEAR(static_cast<double>(queue.size()), kContentSeconds * 50, 2);
  std::size_t bytes = 0;
  while (const OpusFrame* const frame = queue.front()) {
    EXPECT_LE(frame->size, 2.2 * 24'000 / 8 / 50) << "libopus swings about its target";
    bytes += frame->size;
    queue.pop();
  }
  EXPECT_LT(static_cast<double>(bytes), 1.1 * 24'000 / 8 * kContentSeconds);
}

INSTANTIATE_TEST_SUITE_P(Of, LateBitrate, ::testing::Values("wav", "opus"),
                         [](const auto& row) { return std::string(row.param); });

TEST(Libraries, TellTheirVersions) {
  const std::vector<std::string> versions = media::library_versions();
  ASSERT_EQ(versions.size(), 5U);
  EXPECT_THAT(versions[0], HasSubstr("libavformat "));
  EXPECT_THAT(versions[4], HasSubstr("libopus "));
}

}  // namespace
}  // namespace vcplay::testing
