// The media thread: MEDIA in, OpusFrames out.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "media/encoder_options.hpp"
#include "media/live_options.hpp"
#include "media/program_options.hpp"
#include "media/progress.hpp"
#include "media/sound_options.hpp"
#include "media/web_rules.hpp"
#include "stream/frame_log.hpp"

namespace vcplay::media {

/// One MEDIA argument, or what one of them led to, and what is known about it before it is opened.
struct Media {
  enum class Nature : std::uint8_t { unknown, track, local_hls };

  std::string location;  // a file's or directory's name, an http(s) URL, or "-" for standard input
  std::string format;    // FFmpeg's name of the input format; empty: find out
  int rate = 0;          // Hz, for raw PCM; 0: not given
  int channels = 0;      // for raw PCM; 0: not given

  std::string audio_track = {};  // its number among the audio tracks, or a language; empty: the best

  Nature nature = Nature::unknown;  // what a look into it has shown

  // What a playlist or --start and --end said about it:
  std::optional<Duration> start = {};  // of the part that is meant
  std::optional<Duration> end = {};
  std::string start_as_written = {};  // as in ProgramOptions; empty where a playlist has a say in `start`
  std::string title = {};             // where it does not say its own, or only a part of it is meant
  std::string artist = {};            // likewise
};

struct PipelineOptions {
  int bitrate = 64'000;  // bit/s, until set_bitrate(); 0: nothing is encoded before that
  double volume = 1.0;   // linear; above 1 the limiter keeps peaks at -1 dBTP
  std::string ca_file;   // further trust anchors (PEM) for https media; empty: only the system's
  ProgramOptions program = {};
  SoundOptions sound = {};
  EncoderOptions encoder{};
  LiveOptions live{};
  WebRules web = {};
};

/// What a person wants to know of a track that plays. Texts are as they came:
/// pass them through display_safe().
struct TrackInfo {
  std::uint32_t track = 0;   // 0 for the first one; the number runs on from round to round
  std::uint32_t tracks = 0;  // how many there are, as far as lists have been opened; 0: nobody knows
  std::string location;
  std::string title;
  std::string artist;
  std::string album;
  std::string station;  // the name that a web radio gives itself
  std::string codec;    // FFmpeg's name
  std::string container;
  int sample_rate = 0;               // of the source, Hz
  int channels = 0;                  // of the source
  std::optional<Duration> duration;  // nothing when it is not known
  std::string reencoded;             // why its packets do not go out as they are; empty: they do
};

/// What is playing now within a track that has no end, such as a web radio.
struct StreamTitle {
  std::uint32_t track = 0;
  std::uint64_t frame = 0;  // of the track, from which on it holds
  std::string title;        // as it came
};

/// How one track ended.
struct TrackResult {
  std::uint32_t track = 0;
  std::string location;
  std::string title;         // as in TrackInfo; empty when it could not be opened
  std::uint64_t frames = 0;  // OpusFrames that began in it
  std::uint64_t passed = 0;  // those of them that were not encoded anew
  std::string reencoded;     // why the others did not; empty: nothing but a cut at its end
  /// Empty: played, as far as a damaged file goes (log::warning has said where it is), or until stop().
  /// Else one sentence that names the file.
  std::string error;
};

/// Called on the media thread; keep it short, post it on.
class PipelineListener {
 public:
  virtual ~PipelineListener() = default;
  virtual void on_track(const TrackInfo& info) = 0;
  virtual void on_title(const StreamTitle&) {}
  /// Its samples have all been taken. The last of them wait for the next track's first ones
  /// to fill their frame.
  virtual void on_track_end(const TrackResult& result) = 0;
  /// The media thread cannot go on, in one sentence; the end follows.
  virtual void on_failure(const std::string&) {}
  virtual void on_pipeline_end() = 0;  // after the last track; the queue is finished
};

/// Decodes, resamples and encodes all tracks that MEDIA lead to, one after the other, into a FrameLog, about
/// a second ahead. Owns the media thread. Tracks follow each other without a gap: the encoder runs through.
class Pipeline {
 public:
  /// Throws Error{usage} when `options.ca_file` cannot be used.
  Pipeline(std::vector<Media> media, const PipelineOptions& options, stream::FrameLog& queue,
           PipelineListener& listener);
  /// Stops and joins. A read that hangs in the kernel does not hold it up for more than a second; the queue
  /// is then finished, and on_pipeline_end() does not come.
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  void start();
  /// Any thread: ends early. Frames in the queue stay; on_pipeline_end() still comes.
  void stop();
  /// Any thread, instead: what is queued fades out within a quarter of a second, and the rest of it is not
  /// sent. Where next to nothing is queued there is nothing to fade.
  void stop_softly();
  /// The thread that owns it, when activity() shows that a track gets nowhere: leaves the media thread
  /// behind, in whatever library it is, and has another one go on with the next track; the lost one ends in
  /// an error. False when it is not in a library, or too many are left behind already.
  [[nodiscard]] bool skip_stuck_track();
  /// Any thread: from the next frame on; where it is less than before, what waits is encoded anew, too, but
  /// for the next few. Packets that take more than that do not pass through, either.
  void set_bitrate(int bits_per_second);

  /// What of all frames is not to be heard, in samples, as an Ogg Opus file says it.
  struct Extent {
    std::size_t pre_skip = 0;  // before the first sound; known from the first frame on
    std::size_t padding = 0;   // after the last; known after on_pipeline_end()
  };
  [[nodiscard]] Extent extent() const;

  /// Any thread: for the watchdog. `busy` means that the media thread is inside a file (not waiting for room
  /// in the queue, nor for a pipe's or terminal's next bytes); `since` is when it last made progress.
  struct Activity {
    bool busy = false;
    TimePoint since{};
    std::string location;  // of the track
    Progress::Awaits awaits = Progress::Awaits::nobody;
  };
  [[nodiscard]] Activity activity() const;
  /// Any thread.
  [[nodiscard]] LiveFigures live() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// "libavformat 59.27.100", … for --version.
[[nodiscard]] std::vector<std::string> library_versions();

/// FFmpeg's log lines go through log:: from here on; call once, early.
void route_ffmpeg_log();

/// Throws Error{usage} with FFmpeg's own reason when `graph` cannot be SoundOptions::filters.
void check_filters(const std::string& graph);

/// Throws Error{usage} with one sentence when FFmpeg has no input format of that name.
void check_format(const std::string& name);

}  // namespace vcplay::media
