// One MEDIA's audio, whatever it is wrapped in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "media/ffmpeg.hpp"
#include "media/io.hpp"
#include "media/passthrough_rules.hpp"
#include "media/pipeline.hpp"
#include "media/range.hpp"

namespace vcplay::media {

/// Yields the decoded samples of one audio stream (the best, unless another one is asked for) or of a part of
/// it, without the encoder's delay and padding. Lives on the media thread.
class Source {
 public:
  /// Throws Error{no_media} with one sentence that names the media. As next() and next_packet() it may find
  /// its thread left behind (Excursion), and then throws LeftBehind; but its caller says when it departs.
  Source(const Media& media, std::uint32_t track, World world);

  [[nodiscard]] const TrackInfo& info() const noexcept { return info_; }
  /// What a stream says is playing now, once each time that it changes.
  [[nodiscard]] std::optional<std::string> take_title();
  /// True when its bytes come as they are made.
  [[nodiscard]] bool is_pipe() const noexcept { return access_.is_pipe(); }
  /// See Access::on_silence().
  void on_silence(Duration patience, std::function<void()> then) {
    access_.on_silence(patience, std::move(then));
  }

  /// What the file says under `name`, in whatever case, or an empty string.
  [[nodiscard]] std::string tagged(const char* name) const;

  /// The next samples (valid until the next call), or nullptr at the end, at the point where a damaged file
  /// yields no more, and after a stop. Throws Error{no_media} when there never was any audio.
  [[nodiscard]] const AVFrame* next();

  // Instead of next(), when its packets may go out as they are (source_packets.cpp):
  /// What Opus it is; nothing when it is not Opus.
  [[nodiscard]] std::optional<OpusStream> opus() const;
  /// One packet of it as it stands in the file.
  struct Packet {
    ByteView bytes;            // valid until the next call
    std::size_t samples = 0;   // that it holds, or its time in the file when it is damaged
    std::size_t skip = 0;      // so many samples, from its first one on, are not to be heard: pre-skip
    std::size_t discard = 0;   // nor are so many at its end
    bool begins_link = false;  // of a chained Ogg, but not the first one: opus() may be another from here on
  };
  /// Nothing at the end and after a stop. Throws as next() does.
  [[nodiscard]] std::optional<Packet> next_packet();
  /// By how many samples `heard` of them are more than the
  /// container promises: padding of which no packet says anything.
  [[nodiscard]] std::size_t padding_after(std::uint64_t heard) const;
  /// True for files, which give their next bytes at once.
  [[nodiscard]] bool is_at_hand() const;

 private:
  /// What `call` returns, while FFmpeg may be in it for long: it may connect where the media may, and this
  /// thread may be left behind in it.
  template <typename Call>
  auto in_library(Call&& call) {
    return abroad(world_.excursion, [&] {
      const RuledConnections ruled(access_.connections());
      return call();
    });
  }

  static constexpr const char* kNoSound = " ends before any sound comes";

  void open(const Media& media);
  void turn_big_endian();
  void choose_stream(const std::string& name);
  [[nodiscard]] int wanted_stream(const std::string& name) const;
  void open_decoder(const AVCodec& decoder);
  [[nodiscard]] Duration counted_too_much(std::int64_t start) const;
  void describe_track(const Media& media);
  [[nodiscard]] std::string shown_tag(const char* name) const;

  void approach_start();
  [[nodiscard]] bool may_seek() const;
  [[nodiscard]] bool jump(std::int64_t timestamp, std::int64_t first);
  [[nodiscard]] std::string too_short() const;

  [[nodiscard]] AVFrame* next_in_range();
  [[nodiscard]] AVFrame* next_decoded();
  [[nodiscard]] bool decode(AVFrame& frame);
  void feed();
  void feed_packet();
  [[nodiscard]] bool is_of_another_head() const;
  void renew_decoder();
  void drop_half_sample();
  void trim_end(AVFrame& last) const;
  void note_end(int averror);
  void note_damage(const std::string& what);
  void note_packet_damage(const std::string& what);
  [[nodiscard]] bool is_whole() const;
  void report_damage();
  void check_length();
  void finish();
  [[nodiscard]] std::string cannot_be_opened(int averror) const;

  void read_packet_table();
  [[nodiscard]] std::optional<Packet> read_packet();
  void note_link();
  void forget_title();
  [[nodiscard]] Packet describe_packet();

  TrackInfo info_;
  World world_;
  Access access_;  // outlives format_, which reads through it
  FormatPtr format_;
  CodecPtr codec_;
  PacketPtr packet_;
  FramePtr current_;
  FramePtr ahead_;  // decoded already: only when the last one is known can the end be trimmed
  AVStream* stream_ = nullptr;
  Range range_;
  bool began_ = false;  // the first samples have been asked for
  bool trims_end_ = false;
  std::optional<std::int64_t> whole_;  // samples, where a tag says so
  bool looks_ahead_ = false;           // ahead_ has been filled once
  bool gave_ = false;                  // something of the range
  bool ended_ = false;
  bool awaits_decoder_ = false;              // the present packet does, of a link with another head
  int failures_ = 0;                         // in a row, without a packet between them
  bool gave_packet_ = false;                 // by next_packet()
  bool begins_link_ = false;                 // the present packet does
  std::int64_t last_time_ = AV_NOPTS_VALUE;  // of a packet, as its container says it
  std::optional<std::string> link_title_;    // that nobody has taken yet
  int sample_bytes_ = 0;                     // of one PCM sample of all channels; 0: not PCM
  std::uint64_t samples_ = 0;                // decoded so far
  double seconds_ = 0;                       // the same in time, whatever rates it had
  std::string damage_;                       // noticed, but not yet known to matter
  bool is_of_sound_ = false;  // what is damaged since the latest sound is not only tags and padding
  bool damage_reported_ = false;
  bool told_odd_bytes_ = false;  // of a sample that is not whole
};

/// "0:02.345" or "1:00:02.345", as sentences name a place in a medium.
[[nodiscard]] std::string clock_time(double seconds);

}  // namespace vcplay::media
