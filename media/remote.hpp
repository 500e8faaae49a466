// A medium on a server, read as if the line to it never broke.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.hpp"
#include "media/ffmpeg.hpp"
#include "media/io.hpp"

namespace vcplay::media {

struct CloseReader {
  void operator()(AVIOContext* reader) const noexcept { avio_close(reader); }
};

/// Reads one http(s) URL. When the connection is lost, a file goes on at its byte and an Icecast stream at
/// what is played there now. Lives on the media thread.
class RemoteStream {
 public:
  /// Throws Error{no_media} when there is no such thing to be had. `allowance` outlives it.
  RemoteStream(const std::string& url, World world, Allowance& allowance);

  // ── as FFmpeg wants its readers: a count, or an AVERROR ──
  [[nodiscard]] int read(std::uint8_t* buffer, int size) noexcept;
  [[nodiscard]] std::int64_t seek(std::int64_t offset, int whence) noexcept;

  [[nodiscard]] bool is_seekable() const noexcept { return seekable_; }
  /// Where it is after all redirects.
  [[nodiscard]] const std::string& location() const noexcept { return location_; }
  /// The first bytes, which are still to be read.
  [[nodiscard]] std::string_view head() const noexcept { return head_; }
  /// As the server calls it: "audio/mpeg".
  [[nodiscard]] const std::string& type() const noexcept { return type_; }
  /// The name of an Icecast server's station.
  [[nodiscard]] const std::string& station() const noexcept { return station_; }
  /// What an Icecast server says is playing now, once each time that it changes.
  [[nodiscard]] std::optional<std::string> take_title() { return std::exchange(new_title_, std::nullopt); }
  /// Why there is no more of it; empty: it is not over, or it was whole.
  [[nodiscard]] const std::string& fault() const noexcept { return fault_; }

 private:
  static int on_interrupt(void* self) noexcept;

  [[nodiscard]] int open(std::int64_t offset);
  void describe_stream();
  void read_head();
  [[nodiscard]] int read_once(std::uint8_t* buffer, int size);
  void count(int bytes, Duration waited);
  [[nodiscard]] std::string why_lost(int averror) const;
  [[nodiscard]] bool is_over(int result) const noexcept;
  [[nodiscard]] bool may_reconnect() const noexcept;
  [[nodiscard]] bool reconnect();
  [[nodiscard]] bool reopen_at_position();
  void note_title();

  const std::string url_;
  const World world_;
  Allowance& allowance_;
  std::unique_ptr<AVIOContext, CloseReader> reader_;
  std::string location_;
  std::string head_;
  std::string type_;
  std::string station_;
  bool live_ = false;  // Icecast: it has no beginning to go back to
  bool seekable_ = false;
  std::int64_t size_ = -1;     // bytes; -1: not known
  std::int64_t end_ = 0;       // of what a server offers that does not know how much there is; 0: another one
  std::int64_t position_ = 0;  // of the next byte

  TimePoint deadline_{};      // of what is under way
  Duration waited_{};         // for the bytes of the present window
  std::int64_t window_ = 0;   // bytes in it
  Duration soundless_{};      // waited since there was sound
  std::uint64_t sounds_ = 0;  // how often there was
  bool too_slow_ = false;

  std::int64_t since_loss_ = 0;  // bytes since the connection was lost
  TimePoint lost_{};             // when; epoch: it was not, or all is well again
  int attempts_ = 0;
  int barren_ = 0;  // of them, in a row, those that connected and then gave nothing
  std::string fault_;
  std::string title_;
  std::optional<std::string> new_title_;
};

/// What an http(s) address may lead to: proxies that the environment names, and encrypted HLS segments.
inline constexpr const char* kServerProtocols = "http,https,tls,tcp,httpproxy,crypto";

/// How we call servers, whatever we want of them.
void set_server_rules(Dictionary& options, const World& world);

/// Where what `reader` reads came from after all redirects, or `asked`.
[[nodiscard]] std::string final_location(AVIOContext& reader, const std::string& asked);

/// What FFmpeg's `averror` means when an http(s) address was opened; it has just happened on this thread.
[[nodiscard]] std::string why_not_opened(int averror);

/// The title in Icecast's metadata ("StreamTitle='…';…"), as UTF-8; nothing when there is none.
[[nodiscard]] std::optional<std::string> stream_title(std::string_view metadata);

}  // namespace vcplay::media
