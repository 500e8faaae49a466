// The header pages of Ogg, cut down before FFmpeg sees them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace vcplay::media {

/// Reads the pages that begin an Ogg stream (RFC 3533 s6) as they come, in pieces of any size, until the
/// comments of all that is in it have come. Of large ones few are left, none of them long: FFmpeg keeps
/// packets of any size, compares each comment with each, and makes a stream of each picture. Pages of
/// anything else pass untouched.
class OggHead {
 public:
  static constexpr std::string_view kMagic = "OggS";
  static constexpr std::size_t kPageHeadBytes = 27;       // without its table of segments
  static constexpr std::size_t kSmallBytes = 32U << 10U;  // of a packet that stays as it is

  /// The next bytes, the magic among them; not more than missing().
  void take(ByteView bytes);
  /// So many bytes are certainly still to come; 0: what follows is for FFmpeg to read.
  [[nodiscard]] std::size_t missing() const noexcept { return missing_; }
  /// So many were taken.
  [[nodiscard]] std::uint64_t taken() const noexcept { return taken_; }
  /// The pages, as far as they were kept.
  [[nodiscard]] std::string head() const { return kept_ + page_; }
  /// More streams, or more in front of their comments, than any music has: it ends there.
  [[nodiscard]] bool is_too_much() const noexcept { return too_much_; }

 private:
  /// What the packets are that come next in one logical stream.
  enum class Next : std::uint8_t { comments, flac_metadata, anything };
  struct Stream {
    Next next = Next::anything;
    std::size_t prefix = 0;    // bytes in front of the comments, in their packet
    std::uint32_t number = 0;  // of the next page that is made here
    std::string packet = {};   // that comes, its beginning
    std::size_t size = 0;      // of all of it so far
    bool has_comments = false;
  };

  void end_page();
  void begin_stream(std::uint32_t serial);
  void read_headers(Stream& stream);
  /// What is left of the stream's packet, which is complete; and then the next one begins.
  [[nodiscard]] std::string end_packet(Stream& stream);
  [[nodiscard]] bool is_over() const;

  std::size_t missing_ = kPageHeadBytes;  // of the page, as far as is known
  std::uint64_t taken_ = 0;
  std::string page_;  // that comes
  std::string kept_;
  std::map<std::uint32_t, Stream> streams_;
  bool has_begun_ = false;  // a page has come that begins no stream
  bool too_much_ = false;
};

}  // namespace vcplay::media
