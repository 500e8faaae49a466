// What the media thread does, from the first track to the last.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "media/event.hpp"
#include "media/excursion.hpp"
#include "media/frame_maker.hpp"
#include "media/io.hpp"
#include "media/live_follower.hpp"
#include "media/live_gauge.hpp"
#include "media/opus_passthrough.hpp"
#include "media/outlet.hpp"
#include "media/pipeline.hpp"
#include "media/program.hpp"
#include "media/progress.hpp"
#include "media/resampler.hpp"
#include "media/sound_stage.hpp"
#include "media/source.hpp"

namespace vcplay::media {

/// All that the media thread works with. The thread shares its ownership: should it hang in a read for ever,
/// it keeps what it stands on.
class Work {
 public:
  Work(std::vector<Media> media, const PipelineOptions& options, stream::FrameLog& queue,
       PipelineListener& listener);

  /// The media thread, from its beginning to its end, or from where the one before it was left behind: what
  /// that one was at is lost. `excursion` is its own.
  void run(std::shared_ptr<Excursion> excursion) noexcept;
  /// Any thread, once all is written: makes the soft end, if one is asked for, and only once.
  void end_softly() {
    if (softly.exchange(false)) outlet.end_softly();
  }

  /// Any thread: from the next frame on. Once all is written, what waits is made to fit at once.
  void set_bitrate(int bits_per_second);

  Event stop;
  std::atomic<bool> softly{false};   // an end is asked for that nobody has made yet; set before `stop`
  std::atomic<bool> written{false};  // the last frame is in the queue
  Event ended;
  Progress progress;
  std::atomic<int> behind{0};  // threads that were left behind and have not come back
  std::atomic<int> bitrate;
  Event bitrate_known;
  std::atomic<int> limit;  // bit/s, of packets that pass through; 0: not known
  std::atomic<std::size_t> pre_skip{0};
  std::atomic<std::size_t> padding{0};
  Outlet outlet;
  LiveGauge gauge;

 private:
  /// What is done about an item.
  enum class Step : std::uint8_t {
    begins,   // the first one is looked for
    plays,    // it plays, or turns out to be a list
    expands,  // it was a list, whose first track is looked for
    settles,  // the next one is looked for, and then told what became of this
  };
  void end(const std::string& failure) noexcept;
  void play_all();
  [[nodiscard]] bool play();
  void go_on_with(Step step);
  void advance();
  void lose_track();
  void wind_up();
  void settle();
  void tell_result();
  void decode();
  void hear(const AVFrame& frame, Source& source);
  void tell_title(std::uint32_t track, std::string title);
  void begin(const Source& source, const std::string& reencoded);
  void pass_through(Source& source);
  void convert();
  void follow(Source& source);
  [[nodiscard]] bool take_decoded(std::span<const float> interleaved);
  void end_track();
  void play_out();

  const PipelineOptions options_;
  const TrustAnchors trust_;
  SaidOnce said_;
  Program program_;
  Resampler resampler_;
  FrameMaker maker_;
  LiveFollower follower_;
  SoundStage stage_;
  OpusPassthrough passthrough_;
  Excursion* excursion_ = nullptr;  // of the thread that works
  Step step_ = Step::begins;
  std::uint32_t track_ = 0;            // the number of the current one
  std::optional<Program::Item> item_;  // it
  TrackResult result_;                 // of it, so far
  bool began_ = false;                 // the current track has given audio
  std::string reencoded_;              // why it does not pass through
  bool passes_ = false;                // it does, or did
};

}  // namespace vcplay::media
