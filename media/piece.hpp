// One file's audio, whatever it is wrapped in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "media/clock_time.hpp"
#include "media/ffmpeg.hpp"
#include "media/io.hpp"
#include "media/passthrough_rules.hpp"
#include "media/pipeline.hpp"
#include "media/range.hpp"

namespace vcplay::media {

/// Yields the decoded samples, or the packets, of one audio stream (the best, unless another one is asked
/// for), without the encoder's delay and padding: of a whole MEDIA, or of one of several files that follow
/// each other in it. Lives on the media thread, inside the library.
class Piece {
 public:
  static constexpr const char* kNoSound = " ends before any sound comes";

  /// What `access` stands at. `begin`: so many seconds of sound came before it. Throws Error{no_media} with
  /// one sentence that names the media.
  Piece(const Media& media, Access& access, World world, Range& range, double begin);

  [[nodiscard]] const TrackInfo& info() const noexcept { return info_; }
  /// What a chained Ogg says is playing now, once each time that it changes.
  [[nodiscard]] std::optional<std::string> take_title() { return std::exchange(link_title_, std::nullopt); }
  /// What the file says under `name`, in whatever case, or an empty string.
  [[nodiscard]] std::string tagged(const char* name) const;

  /// Gets to where the range is to begin, where there is a short way.
  void approach_start();
  /// The next samples (valid until the next call), or nullptr at the end, at the point where a damaged file
  /// yields no more, and after a stop.
  [[nodiscard]] AVFrame* next();

  // Instead of next(), when its packets may go out as they are (piece_packets.cpp):
  /// What Opus it is; nothing when it is not Opus.
  [[nodiscard]] std::optional<OpusStream> opus() const;
  /// One packet of it as it stands in the file.
  struct Packet {
    ByteView bytes;            // valid until the next call
    std::size_t samples = 0;   // that it holds, or its time in the file when it is damaged
    std::size_t skip = 0;      // so many samples, from its first one on, are not to be heard: pre-skip
    std::size_t discard = 0;   // nor are so many at its end
    std::size_t padding = 0;   // nor so many at the end of the packets before it
    bool begins_link = false;  // of a chained Ogg, or a file, but not the first: opus() may be another now
  };
  /// Nothing at the end and after a stop.
  [[nodiscard]] std::optional<Packet> next_packet();
  /// By how many samples its packets are more than the container promises: padding of which
  /// no packet says anything.
  [[nodiscard]] std::size_t padding() const;

  /// After the last of it: says what is missing. Throws Error{no_media} where nothing ever sounded, neither
  /// here nor before, and nothing follows.
  void conclude(bool is_followed);
  /// In seconds of sound, from the beginning of the first one.
  [[nodiscard]] double end() const noexcept { return begin_ + seconds_; }

 private:
  void open(const Media& media);
  void turn_big_endian();
  void choose_stream(const std::string& name);
  [[nodiscard]] int wanted_stream(const std::string& name) const;
  void open_decoder(const AVCodec& decoder);
  [[nodiscard]] Duration counted_too_much(std::int64_t start) const;
  void describe_track(const Media& media);
  [[nodiscard]] std::string shown_tag(const char* name) const;

  [[nodiscard]] bool may_seek() const;
  [[nodiscard]] bool jump(std::int64_t timestamp, std::int64_t first);

  [[nodiscard]] bool decode(AVFrame& frame);
  void feed();
  void feed_packet();
  [[nodiscard]] bool take_flac_head();
  [[nodiscard]] bool is_of_another_head() const;
  void renew_decoder();
  void drop_half_sample();
  void look_at_frames();
  void trim_end(AVFrame& last) const;
  void note_end(int averror);
  void note_damage(const std::string& what);
  void note_packet_damage(const std::string& what);
  [[nodiscard]] bool is_whole() const;
  void report_damage();
  [[nodiscard]] bool tell_truncation();
  [[nodiscard]] double missing_seconds() const;
  [[nodiscard]] bool tell_unknown_rest();
  [[nodiscard]] std::string cannot_be_opened(int averror) const;

  void read_packet_table();
  void note_link();
  void forget_title();
  [[nodiscard]] Packet describe_packet();

  TrackInfo info_;
  const World world_;
  Access& access_;  // outlives format_, which reads through it
  Range& range_;
  const double begin_;  // in seconds of sound
  FormatPtr format_;
  CodecPtr codec_;
  PacketPtr packet_;
  FramePtr current_;
  FramePtr ahead_;  // decoded already: only when the last one is known can the end be trimmed
  AVStream* stream_ = nullptr;
  bool trims_end_ = false;
  std::optional<std::int64_t> whole_;  // samples, where a tag says so
  bool looks_ahead_ = false;           // ahead_ has been filled once
  bool ended_ = false;
  bool awaits_decoder_ = false;              // the present packet does, of a link with another head
  bool has_new_decoder_ = false;             // for a link with another head
  int failures_ = 0;                         // in a row, without a packet between them
  bool gave_packet_ = false;                 // by next_packet()
  std::uint64_t heard_ = 0;                  // samples of packets that are to be heard
  bool begins_link_ = false;                 // the present packet does
  std::int64_t last_time_ = AV_NOPTS_VALUE;  // of a packet, as its container says it
  std::optional<std::string> link_title_;    // that nobody has taken yet
  int sample_bytes_ = 0;                     // of one PCM sample of all channels; 0: not PCM
  std::uint64_t samples_ = 0;                // decoded so far
  double seconds_ = 0;                       // the same in time, whatever rates it had
  std::string damage_;                       // noticed, but not yet known to matter
  bool is_of_sound_ = false;  // what is damaged since the latest sound is not only tags and padding
  bool damage_reported_ = false;
  int odd_bytes_ = 0;  // of a sample that is not whole
};

}  // namespace vcplay::media
