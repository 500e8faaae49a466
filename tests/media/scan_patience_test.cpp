// What becomes of a start when a measurement takes its time.
#include <dlfcn.h>
#include <ebur128.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include <array>
#include <cmath>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "media/loudness_cache.hpp"
#include "media/normalizer.hpp"
#include "words/audio_files.hpp"
#include "words/encoder_tap.hpp"
#include "words/leaping_clock.hpp"
#include "words/playback.hpp"
#include "words/read_log.hpp"
#include "words/temporary_folder.hpp"
#include "words/wait.hpp"

namespace vcplay::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

/// Where the thread that measures whole files waits while it is closed.
class Gate {
 public:
  void pass() {
    std::array<char, 16> name{};
    ::pthread_getname_np(::pthread_self(), name.data(), name.size());
    if (std::string_view(name.data()) != "vcplay-scan") return;
    std::unique_lock lock(mutex_);
    waiting_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !closed_; });
  }
  void close() {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    waiting_ = false;
  }
  void open() {
    const std::scoped_lock lock(mutex_);
    closed_ = false;
    changed_.notify_all();
  }
  /// False when a minute was not enough.
  [[nodiscard]] bool wait_for_somebody() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::minutes(1), [this] { return waiting_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool closed_ = false;
  bool waiting_ = false;
};

Gate gate;

/// Holds up the scan while it lives.
class HeldScan {
 public:
  HeldScan() { gate.close(); }
  ~HeldScan() { gate.open(); }
  HeldScan(const HeldScan&) = delete;
  HeldScan& operator=(const HeldScan&) = delete;
};

std::string cache_text(const std::string& folder) { return contents_of(folder + "/loudness"); }

/// Half a minute of noise that is too quiet for any target here.
std::string quiet_noise(const std::string& name) {
  return make_file(name, "-f lavfi -i \"anoisesrc=c=pink:a=0.5:d=30:s=48000:seed=3,volume=-9dB\"", "-ac 2");
}

class SlowMeasurement : public ::testing::Test {
 protected:
  SlowMeasurement() {
    options_.sound.normalize = media::Normalize::track;
    options_.sound.target_lufs = -20;
    options_.sound.cache_folder = folder_.file("cache");
  }
  void take(std::size_t frames) {
    for (; frames > 0 && next_frame(queue_) != nullptr; --frames) queue_.pop();
  }

  const TemporaryFolder folder_;
  const std::string song_ = quiet_noise("slow.flac");
  media::PipelineOptions options_;
  ReadLog queue_{16};
  Witness witness_;
};

static_assert(media::Normalizer::kPatience == 3s);

TEST_F(SlowMeasurement, HoldsUpTheStartForThreeSecondsAndNoLonger) {
  std::optional<HeldScan> scan(std::in_place);
  media::Pipeline pipeline({media::Media{song_, {}, 0, 0}}, options_, queue_, witness_);
  const TimePoint began = Clock::now();
  pipeline.start();
  ASSERT_TRUE(gate.wait_for_somebody());
  leap(media::Normalizer::kPatience - 10ms);
  ASSERT_TRUE(witness_.wait_for_track());
  take(1);
  EXPECT_GE(Clock::now() - began, media::Normalizer::kPatience);
  EXPECT_EQ(cache_text(options_.sound.cache_folder), "") << "it is not measured yet";
  scan.reset();
  pipeline.stop();
  EXPECT_TRUE(witness_.wait_for_end());
}

TEST_F(SlowMeasurement, IsOverdueAndThenBelieved) {
  const LogBook log(log::Level::info);
  EncoderTap encoder;
  std::optional<HeldScan> scan(std::in_place);
  media::Pipeline pipeline({media::Media{song_, {}, 0, 0}}, options_, queue_, witness_);
  pipeline.start();
  ASSERT_TRUE(gate.wait_for_somebody());
  leap(media::Normalizer::kPatience);
  take(100);
  EXPECT_THAT(log.lines(), Contains(HasSubstr("its loudness is found out while it plays")));
  EXPECT_EQ(cache_text(options_.sound.cache_folder), "");
  scan.reset();
  ASSERT_TRUE(eventually("the loudness is in the cache",
                         [&] { return !cache_text(options_.sound.cache_folder).empty(); }));
  take(10'000);
  ASSERT_TRUE(witness_.wait_for_end());

  const std::vector<float> source = ffmpeg_decode(song_);
  const std::vector<float> given = encoder.take();
  ASSERT_GE(given.size(), source.size());
  const auto gain_at = [&](double seconds) {
    const auto from = static_cast<std::size_t>(seconds * kSampleRate) * kChannels;
    double in = 0;
    double out = 0;
    for (std::size_t i = from; i < from + 9'600; ++i) {
      in += double{source.at(i)} * double{source[i]};
      out += double{given.at(i)} * double{given[i]};
    }
    return 10 * std::log10(out / in);
  };
  const auto measured = media::LoudnessCache(options_.sound.cache_folder)
                            .find(*media::identity_of(media::Media{song_, {}, 0, 0}));
  ASSERT_TRUE(measured && measured->lufs);
  const double wanted = options_.sound.target_lufs - *measured->lufs;
  ASSERT_GT(std::fabs(wanted), 1.0) << "it would show nothing";
  EXPECT_GT(std::fabs(gain_at(0.0) - wanted), 1.0) << "it begins with a guess";
  EXPECT_NEAR(gain_at(28.0), wanted, 0.01) << "and ends with what was measured, not with what was heard";
}

}  // namespace
}  // namespace vcplay::testing

// Stands in front of libebur128.
extern "C" int ebur128_add_frames_float(ebur128_state* st, const float* src, std::size_t frames) {
  static const auto behind =
      reinterpret_cast<decltype(&ebur128_add_frames_float)>(dlsym(RTLD_NEXT, "ebur128_add_frames_float"));
  vcplay::testing::gate.pass();
  return behind(st, src, frames);
}
