// Whether a MEDIA can be played, without playing it.
#pragma once

#include <optional>

#include "base/thread_annotations.hpp"
#include "cli/errand.hpp"
#include "cli/finding.hpp"
#include "media/pipeline.hpp"

namespace vcplay::cli {

/// Opens one MEDIA as play would (of a list, the first track that plays), decodes its first samples and
/// stops. Lives on the main thread.
class MediaProbe final : private media::PipelineListener {
 public:
  MediaProbe(const media::Media& media, const media::PipelineOptions& options)
      : media_(media), options_(options) {}

  /// Nothing when a signal came first, which is then in `signal`. A MEDIA that gives no sound within ten
  /// seconds has failed.
  [[nodiscard]] std::optional<Finding> run(Signals& signals, std::optional<int>& signal);

 private:
  void on_track(const media::TrackInfo& info) override;
  void on_track_end(const media::TrackResult& result) override;
  void on_pipeline_end() override;

  const media::Media& media_;
  const media::PipelineOptions& options_;
  Wakeup wakeup_;
  Mutex mutex_;
  std::optional<media::TrackInfo> track_ GUARDED_BY(mutex_);
  std::string error_ GUARDED_BY(mutex_);
};

}  // namespace vcplay::cli
