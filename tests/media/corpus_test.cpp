// Thousands of damaged files: each is played as far as it goes or refused in a sentence, within bounds, and
// the file behind it is heard. VCPLAY_CORPUS_SEED makes others, VCPLAY_CORPUS_FILES more or fewer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opus/opus.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "words/audio_files.hpp"
#include "words/bytes_read.hpp"
#include "words/corpus_kinds.hpp"
#include "words/playback.hpp"
#include "words/read_log.hpp"
#include "words/temporary_folder.hpp"
#include "words/vandal.hpp"

namespace vcplay::testing {
namespace {

using ::testing::AllOf;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::SizeIs;
using Kind = CorpusKind;

constexpr std::uint64_t kSeed = 20'260;
constexpr std::uint64_t kFiles = 2'240;
constexpr Duration kPatience = 40s;  // with one file; far beyond what the slowest needs on a busy machine

// No sound that is worth the name takes less than this: an Opus packet of a byte lasts 120 ms.
constexpr std::size_t kFramesPerByte = 6;
// FFmpeg looks into a file more than once before it is sure what it is, in pieces of 32 KiB.
constexpr std::uint64_t kReadings = 50;
constexpr std::uint64_t kSmallChange = 8U << 20U;            // bytes
constexpr std::int64_t kMostMemory = std::int64_t{1} << 20;  // KiB, with all that a sanitizer puts aside
constexpr std::size_t kMostWarnings = 10;

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// One of the ways in which people play files.
struct Way {
  const char* name;
  media::PipelineOptions options;
  std::optional<Duration> start;
  bool piped = false;
};

Way way(std::size_t number) {
  Way chosen{"as it is", {}, {}};
  chosen.options.encoder.complexity = 0;  // what the encoder makes of it does not matter
  switch (number % 8) {
    case 3:
      chosen.name = "--normalize track";
      chosen.options.sound.normalize = media::Normalize::track;
      break;
    case 4:
      chosen.name = "--volume 200 --fade-in 0.1 --fade-out 0.1";
      chosen.options.volume = 2.0;
      chosen.options.sound.fade_in = chosen.options.sound.fade_out = 100ms;
      break;
    case 5:
      chosen.name = "by a pipe";
      chosen.piped = true;
      break;
    case 6:
      chosen.name = "--start 15";
      chosen.start = 15s;
      break;
    case 7:
      chosen.name = "--af atempo=1.25";
      chosen.options.sound.filters = "atempo=1.25";
      break;
    default:
      break;
  }
  return chosen;
}

/// Checks frames as a listener's decoder does.
class Ear {
 public:
  Ear() : decoder_(opus_decoder_create(kSampleRate, kChannels, &result_)) {}

  void hear(const OpusFrame& frame) {
    PcmFrame samples;
    const int made = frame.size == 0 || frame.size > kMaxOpusBytes
                         ? 0
                         : opus_decode_float(decoder_.get(), frame.bytes.data(), frame.size, samples.data(),
                                             static_cast<int>(kSamplesPerFrame), 0);
    ++heard_;
    if (made != static_cast<int>(kSamplesPerFrame)) ++unheard_;
  }
  [[nodiscard]] std::size_t heard() const noexcept { return heard_; }
  [[nodiscard]] std::size_t unheard() const noexcept { return unheard_; }

 private:
  struct Free {
    void operator()(OpusDecoder* decoder) const { opus_decoder_destroy(decoder); }
  };
  int result_ = 0;
  std::unique_ptr<OpusDecoder, Free> decoder_;
  std::size_t heard_ = 0;
  std::size_t unheard_ = 0;
};

/// Writes down what a pipeline tells.
class Clerk final : public media::PipelineListener {
 public:
  void on_track(const media::TrackInfo& info) override {
    const std::scoped_lock lock(mutex_);
    began.insert(info.track);
  }
  void on_track_end(const media::TrackResult& result) override {
    const std::scoped_lock lock(mutex_);
    results.push_back(result);
  }
  void on_pipeline_end() override {
    const std::scoped_lock lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }
  [[nodiscard]] bool ended_within(Duration patience) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [this] { return ended_; });
  }

  // Only after the end:
  std::set<std::uint32_t> began;
  std::vector<media::TrackResult> results;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
};

/// What came of a damaged file and the healthy one behind it.
struct Outcome {
  bool ended = false;
  std::size_t frames = 0;
  std::size_t bad_frames = 0;
  std::uint64_t read = 0;  // bytes
  std::set<std::uint32_t> began;
  std::vector<media::TrackResult> results;
};

/// Takes frames as they come, as `rehearse --fast` does, and no more than `most`.
Outcome play_both(const media::Media& damaged, const media::Media& healthy,
                  const media::PipelineOptions& options, std::size_t most) {
  constexpr Duration kLook = 5ms;
  Outcome outcome;
  Ear ear;
  Clerk clerk;
  ReadLog queue(1024);
  const std::uint64_t before = bytes_read();
  const TimePoint deadline = Clock::now() + kPatience;
  media::Pipeline pipeline({damaged, healthy}, options, queue, clerk);
  pipeline.start();
  while (!outcome.ended && ear.heard() <= most && Clock::now() < deadline) {
    outcome.ended = clerk.ended_within(kLook);
    for (const OpusFrame* frame = queue.front(); frame != nullptr; frame = queue.front()) {
      ear.hear(*frame);
      queue.pop();
    }
  }
  outcome.read = bytes_read() - before;
  outcome.frames = ear.heard();
  outcome.bad_frames = ear.unheard();
  if (outcome.ended) {
    outcome.began = clerk.began;
    outcome.results = clerk.results;
  }
  return outcome;
}

/// Gives a file's bytes through a named pipe, once, for as long as somebody takes them.
class Pipe {
 public:
  Pipe(const std::string& path, const std::string& bytes) : path_(path) {
    if (::mkfifo(path.c_str(), 0600) != 0) throw std::runtime_error("no named pipe");
    writer_ = std::thread([path, bytes] { std::ofstream(path, std::ios::binary) << bytes; });
  }
  ~Pipe() {
    writer_.join();
    std::filesystem::remove(path_);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

 private:
  std::string path_;
  std::thread writer_;
};

/// Of this process, in KiB.
std::int64_t peak_memory() {
  rusage used{};
  EXPECT_EQ(::getrusage(RUSAGE_SELF, &used), 0);
  return used.ru_maxrss;
}

bool is_a_sentence(const std::string& text) {
  return text.size() > 10 && text.find('\n') == std::string::npos && text.back() != ' ' && text.back() != ':';
}

class Corpus : public ::testing::TestWithParam<Kind> {
 protected:
  Corpus() { std::signal(SIGPIPE, SIG_IGN); }

  static std::string damaged(const Kind& kind, const std::string& whole, const std::string& other,
                             std::size_t number, std::string& account) {
    std::uint64_t seed = seed_ * 1'000'003 + number;
    for (const char letter : std::string(kind.name)) seed = seed * 31 + static_cast<unsigned char>(letter);
    Vandal vandal(seed);
    std::string bytes = vandal.damage(whole, other);
    account = vandal.account();
    if (number % 2 == 1 && bytes.compare(0, 4, "OggS") == 0) {
      mend_ogg_checksums(bytes);
      account += ", its checksums mended";
    }
    return bytes;
  }

  void judge(const Outcome& outcome, const media::Media& played, std::size_t size) const {
    ASSERT_TRUE(outcome.ended) << "it did not end";
    EXPECT_LE(outcome.frames, kFramesPerByte * size + 1000);
    EXPECT_EQ(outcome.bad_frames, 0U) << "not one packet of 20 ms each";
    EXPECT_LE(outcome.read, kReadings * size + kSmallChange);
    EXPECT_LT(peak_memory(), kMostMemory);
    for (const media::TrackResult& result : outcome.results) {
      if (result.error.empty()) {
        EXPECT_EQ(outcome.began.count(result.track), 1U) << "neither played nor failed";
      } else {
        EXPECT_TRUE(is_a_sentence(result.error)) << result.error;
        const std::string named = result.location == played.location ? played.location : std::string();
        EXPECT_THAT(result.error, HasSubstr(named));
      }
    }
    ASSERT_GE(outcome.results.size(), 2U);
    const media::TrackResult& last = outcome.results.back();
    EXPECT_EQ(last.location, healthy_);
    EXPECT_EQ(last.error, "");
    // A filter that ends a sound of 100 Hz gives the last third of a second of it late.
    EXPECT_THAT(last.frames, AllOf(Ge(3U), Le(5U + 17U))) << "the healthy file behind it";
    EXPECT_THAT(log_.lines(), SizeIs(Le(kMostWarnings)));
  }

  static inline const std::uint64_t seed_ = number_from("VCPLAY_CORPUS_SEED", kSeed);
  static inline const std::size_t files_ =
      (number_from("VCPLAY_CORPUS_FILES", kFiles) + corpus_kinds().size() - 1) / corpus_kinds().size();
  const std::string healthy_ = make_file("tone.wav", "-f lavfi -i sine=d=0.1:r=48000", "-ac 2");
  const std::string song_ = make_file("song.flac", "-f lavfi -i sine=d=0.3:r=44100", "-ac 2");
  LogBook log_;
};

TEST_P(Corpus, IsPlayedAsFarAsItGoes) {
  const Kind& kind = GetParam();
  const std::string path = make_whole(kind);
  const std::string whole = contents_of(path);
  const std::string other = contents_of(make_file("other.mkv", "-i \"" + song_ + '"', "-c:a libopus"));
  const Outcome intact = play_both({path, {}, 0, 0}, {healthy_, {}, 0, 0}, way(0).options, 10'000);
  ASSERT_NO_FATAL_FAILURE(judge(intact, {path, {}, 0, 0}, whole.size()));
  EXPECT_EQ(intact.results.front().error, "");
  ASSERT_GE(intact.frames, 20U) << "what is to be damaged is not in order";

  std::size_t heard = 0;
  for (std::size_t number = 0; number < files_ && !HasFailure(); ++number) {
    std::string account;
    const std::string bytes = damaged(kind, whole, other, number, account);
    const std::string name = std::to_string(number) + kind.file;
    const std::string file = write_file(name, bytes);
    const Way chosen = way(number);
    media::Media played{file, {}, 0, 0};
    played.start = chosen.start;
    std::optional<Pipe> pipe;
    if (chosen.piped) {
      played.location = scratch() + "pipe-" + name;
      pipe.emplace(played.location, bytes);
    }
    SCOPED_TRACE("file " + std::to_string(number) + " of VCPLAY_CORPUS_SEED=" + std::to_string(seed_) + ": " +
                 account + "; played " + chosen.name);
    log_.forget();
    const std::size_t most = kFramesPerByte * bytes.size() + 1000;
    const Outcome outcome = play_both(played, {healthy_, {}, 0, 0}, chosen.options, most);
    judge(outcome, played, bytes.size());
    if (outcome.frames > 10) ++heard;
    if (HasFailure()) {
      const auto kept =
          std::filesystem::temp_directory_path() / ("vcplay-corpus-" + std::to_string(seed_) + '-' + name);
      std::filesystem::copy_file(file, kept, std::filesystem::copy_options::overwrite_existing);
      ADD_FAILURE() << "kept as " << kept;
    }
    std::filesystem::remove(file);
  }
  if (is_list(kind)) return;  // an XML document with one wrong letter in it is none any more
  EXPECT_GE(heard, files_ / 20) << "the damage is so great that it proves little";
}

INSTANTIATE_TEST_SUITE_P(OfEveryKind, Corpus, ::testing::ValuesIn(corpus_kinds()),
                         [](const auto& kind) { return std::string(kind.param.name); });

}  // namespace
}  // namespace vcplay::testing
