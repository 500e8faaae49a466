// One MEDIA's audio: a file's, or that of several files that follow each other in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "media/ffmpeg.hpp"
#include "media/io.hpp"
#include "media/passthrough_rules.hpp"
#include "media/piece.hpp"
#include "media/pipeline.hpp"
#include "media/range.hpp"

namespace vcplay::media {

/// Yields the decoded samples, or the packets, of one MEDIA or of a part of it. Lives on the media thread.
class Source {
 public:
  using Packet = Piece::Packet;

  /// Throws Error{no_media} with one sentence that names the media. Call it within abroad(): its thread may
  /// be left behind in it. next() and next_packet() see to that themselves, and throw LeftBehind then.
  Source(const Media& media, std::uint32_t track, World world);

  /// What the first piece says; its length is that of all where that is known.
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

  // Instead of next(), when its packets may go out as they are:
  /// What Opus it is; nothing when it is not Opus.
  [[nodiscard]] std::optional<OpusStream> opus() const;
  /// Nothing at the end, after a stop, and where a piece follows that is not Opus: that is to be decoded, by
  /// next(). Throws as that does.
  [[nodiscard]] std::optional<Packet> next_packet();
  /// True once there is no more of it.
  [[nodiscard]] bool is_over() const noexcept { return over_; }
  /// After next_packet() gave nothing: so many samples at the end of the packets before are not to be heard.
  [[nodiscard]] std::size_t padding() const noexcept { return padding_; }
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

  [[nodiscard]] const AVFrame* next_in_range();
  [[nodiscard]] std::optional<Packet> read_packet();
  void go_on();
  void open_next_piece();
  [[nodiscard]] std::string too_short() const;

  const Media media_;
  const World world_;
  TrackInfo info_;
  Range range_;
  Access access_;
  std::optional<Piece> piece_;        // nothing: it could not be opened
  double end_ = 0;                    // of the pieces before, in seconds of sound
  std::optional<std::string> title_;  // of a later piece, that nobody has taken yet
  bool began_ = false;                // the first samples have been asked for
  bool gave_ = false;                 // something of the range
  bool begins_piece_ = false;         // the next packet does, and not the first one
  bool over_ = false;
  std::size_t padding_ = 0;  // of packets that were given
};

}  // namespace vcplay::media
