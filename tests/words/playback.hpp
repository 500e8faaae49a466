// A pipeline played from beginning to end, and what a listener would make of it.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "media/pipeline.hpp"

namespace vcplay::testing {

/// Collects what a pipeline tells, and lets a test wait for its end.
class Witness final : public media::PipelineListener {
 public:
  void on_track(const media::TrackInfo& info) override;
  void on_title(const media::StreamTitle& title) override;
  void on_track_end(const media::TrackResult& result) override;
  void on_pipeline_end() override;

  /// False when a minute was not enough.
  [[nodiscard]] bool wait_for_end();
  /// False when a minute was not enough.
  [[nodiscard]] bool wait_for_track();
  /// Likewise; so many tracks have ended.
  [[nodiscard]] bool wait_for_results(std::size_t count);

  // Only after wait_for_end():
  std::vector<media::TrackInfo> tracks;
  std::vector<media::TrackResult> results;
  std::vector<std::string> titles;  // "0 Somebody - Something"
  std::vector<std::string> order;   // "track 0", "end 0", …, "all"

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
};

/// Everything that came out of one run.
struct Playback {
  std::vector<OpusFrame> frames;
  std::vector<media::TrackInfo> tracks;
  std::vector<media::TrackResult> results;
  std::vector<std::string> order;

  /// Decoded by libopus, without the encoder's delay: interleaved stereo at 48 kHz.
  [[nodiscard]] std::vector<float> heard() const;
};

/// Plays all of `media` into a queue that holds everything (up to five minutes).
[[nodiscard]] Playback play(std::vector<media::Media> media,
                            const media::PipelineOptions& options = {128'000, 1.0, {}});
[[nodiscard]] Playback play(const std::string& location);

/// The error sentence of the only MEDIA, which is expected to give no frame.
[[nodiscard]] std::string refusal(const media::Media& media, const media::PipelineOptions& options = {});

/// The correlation of one channel (0 or 1) of two interleaved stereo signals, without any shift.
[[nodiscard]] double correlation(const std::vector<float>& a, const std::vector<float>& b,
                                 std::size_t channel);

/// Keeps all log lines of the given level and above while it lives.
class LogBook {
 public:
  explicit LogBook(log::Level level = log::Level::warning);
  ~LogBook();
  LogBook(const LogBook&) = delete;
  LogBook& operator=(const LogBook&) = delete;
  [[nodiscard]] std::vector<std::string> lines() const;
  /// The lines so far are of no interest any more.
  void forget();

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace vcplay::testing
