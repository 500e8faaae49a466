// From a run of samples to numbered OpusFrames.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "media/event.hpp"
#include "media/opus_bridge.hpp"
#include "media/opus_encoder.hpp"
#include "media/outlet.hpp"
#include "media/pcm_fifo.hpp"
#include "media/progress.hpp"
#include "media/true_peak_limiter.hpp"

namespace vcplay::media {

/// Cuts the samples of all tracks, one after the other, into frames of 20 ms and encodes them into the queue.
/// Waits while the queue is full. Lives on the media thread.
class FrameMaker {
 public:
  FrameMaker(const std::atomic<int>& bitrate, double volume, const EncoderOptions& options, Outlet& outlet,
             Event& stop, Progress& progress);

  /// Nothing is encoded before `known` is raised: the bitrate is not known until then.
  void encode_after(const Event& known) noexcept { bitrate_known_ = &known; }
  /// Waits for that; false after a stop.
  [[nodiscard]] bool wait_for_bitrate();
  /// Where the bitrate has fallen, what waits in the queue is made to fit.
  void note_bitrate();

  /// Where the resampler puts a track's samples.
  [[nodiscard]] PcmFifo& fifo() noexcept { return fifo_; }

  /// What to do with whole frames.
  enum class Feed : std::uint8_t {
    patiently,            // put all, waiting for room
    while_there_is_room,  // put what there is room for; the others wait here
    not_now,
  };
  void feed(Feed how) noexcept { feed_ = how; }
  /// Leaves out the oldest of the samples that wait, in whole frames, and blends what was before into
  /// what comes behind within 5 ms.
  void leave_out(std::size_t samples);

  /// The samples that come from here on belong to `track`.
  void begin_track(std::uint32_t track);
  /// Encodes all whole frames. `may_clip`: the source itself can exceed full scale, as a downmix does.
  void encode_whole_frames(bool may_clip);
  /// After the last track: fills the last frame up with silence, and enough of it that a decoder, whose
  /// output runs behind, gives the last real sample.
  void flush();

  // Packets that need no encoder may follow samples, and samples may follow them.
  /// True while packets go out as they came: no sample waits.
  [[nodiscard]] bool passes() const noexcept { return passes_; }
  /// Fills the last frame up as flush() does; packets may follow.
  void finish_samples();
  /// What comes next knows nothing of what came before: 20 ms of silence are put, for decoders to forget it.
  /// False when nothing came before, and after a stop.
  bool put_reset();
  /// Takes a packet of 20 ms and at most kMaxOpusBytes, and puts the one before it; false after a stop.
  [[nodiscard]] bool put_packet(ByteView opus);
  /// Puts the last packet; false after a stop.
  bool put_held();
  /// Forgets the last packet instead. It was made for an end: had it to go on into samples, its overlap with
  /// what follows would be missing.
  void drop_held() noexcept { held_.reset(); }
  /// The last packet with such an end; nothing where that cannot be.
  using Bridge = std::function<std::optional<std::vector<std::uint8_t>>(const CeltFrame& end)>;
  /// Samples follow the packets: the encoder first gets `heard` (whole frames), what a listener's decoder has
  /// just given, so that its packets go on where those ended. A last packet that CELT cannot follow by itself
  /// needs a `bridge`, and is put with it then.
  void preroll(std::span<const float> heard, Bridge bridge);
  /// True until all that came by a preroll has gone through the encoder.
  [[nodiscard]] bool prepares() const noexcept { return unheard_ > 0; }
  /// All samples that ever came to be heard.
  [[nodiscard]] std::uint64_t came() const noexcept { return fifo_.end() - prerolled_; }
  /// The peak of the last 20 ms or so of samples.
  [[nodiscard]] float tail_peak() noexcept;

  /// The samples of all frames that are not to be heard: the decoder's delay at their beginning (until
  /// something else was said of a track that passes through) and what flush() filled up at their end.
  void set_lead(std::size_t samples) noexcept {
    if (!began_) lead_ = samples;
  }
  [[nodiscard]] std::size_t lead() const noexcept { return lead_; }
  [[nodiscard]] std::size_t tail() const noexcept { return tail_; }

  /// How many frames begin in the current track, including one that its samples do not fill yet.
  [[nodiscard]] std::uint64_t frames_of_track() const noexcept;

 private:
  struct Start {
    std::uint64_t position;
    std::uint32_t track;
    std::uint64_t frames;  // made so far
  };

  [[nodiscard]] bool may_put();
  [[nodiscard]] bool wait_for_room();
  void encode_front();
  void encode_unheard(std::span<const float> pcm);
  void put_bridge(std::span<const float> end);
  [[nodiscard]] Start& owner_of(std::uint64_t position);

  const std::atomic<int>& bitrate_;
  int made_for_ = 0;  // the bitrate that was noted last
  const EncoderOptions options_;
  const Event* bitrate_known_ = nullptr;  // nullptr: it always is
  const bool amplifies_;
  Outlet& outlet_;
  Event& stop_;
  Progress& progress_;
  PcmFifo fifo_;
  TruePeakLimiter limiter_;
  OpusEncoder encoder_;
  Feed feed_ = Feed::patiently;
  bool limits_ = false;
  bool passes_ = false;
  bool began_ = false;    // a frame was made
  std::size_t lead_ = 0;  // samples
  std::size_t tail_ = 0;
  std::optional<OpusFrame> held_;  // the last packet
  std::size_t unheard_ = 0;        // so many frames are encoded for the encoder's sake alone
  std::uint64_t prerolled_ = 0;    // samples
  Bridge bridge_;                  // to build when the last of them is encoded
  std::uint8_t last_packet_ = 0;   // the first byte of the last one that went out as it came
  float last_peak_ = 0;            // of the last frame that was encoded
  std::vector<Start>
      starts_;    // of the tracks that still have samples in the fifo; the last is the current one
  Duration nap_;  // how long to wait before looking for room again
};

}  // namespace vcplay::media
