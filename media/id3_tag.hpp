// ID3v2 tags, cut down before FFmpeg sees them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.hpp"

namespace vcplay::media {

/// How a tag begins (id3.org, "ID3 tag version 2.4.0 - Main Structure", s3.1).
struct Id3Header {
  static constexpr std::string_view kMagic = "ID3";
  static constexpr std::string_view kSonysMagic = "ea3";  // in OMA; a tag like others otherwise
  static constexpr std::size_t kBytes = 10;

  int version = 0;  // 2, 3 or 4
  std::uint8_t flags = 0;
  std::uint32_t size = 0;  // of what follows the header, footer included

  /// Nothing when `bytes`, ten of them, begin no tag that FFmpeg would read.
  [[nodiscard]] static std::optional<Id3Header> read(ByteView bytes);
};

/// Reads one tag as it comes, in pieces of any size, and keeps of it what a player shows: few texts, none of
/// them long or compressed. Of pictures, lyrics, chapters and programs' own data nothing is kept.
class Id3Excerpt {
 public:
  static constexpr std::size_t kMostFrames = 128;
  static constexpr std::size_t kMostTextBytes = 4'096;  // in one frame

  explicit Id3Excerpt(const Id3Header& header);

  /// The next bytes behind the header; what lies behind the tag is left out.
  void take(ByteView bytes);
  /// So many bytes are still to come.
  [[nodiscard]] std::uint64_t missing() const noexcept { return missing_; }
  /// A tag of its own that says what was kept; empty: nothing was.
  [[nodiscard]] std::string tag() const;

 private:
  void take_byte(std::uint8_t byte);
  void begin_frame();
  void end_frame();
  void skip_extended_header();
  [[nodiscard]] bool is_longer();

  const Id3Header header_;
  const std::size_t head_bytes_;  // of a frame
  std::uint64_t missing_;
  bool extended_;           // the extended header is still to come
  std::uint64_t skip_ = 0;  // bytes of no interest
  std::string head_;        // of the frame that begins
  bool in_frame_ = false;
  bool keeps_ = false;         // its text
  std::uint64_t left_ = 0;     // bytes of it
  std::uint64_t further_ = 0;  // bytes that it is longer by, should no frame begin where it ends
  std::string text_;           // of it
  std::string id_;
  std::uint8_t frame_flags_ = 0;
  std::size_t frames_ = 0;  // kept
  std::string kept_;
  bool over_ = false;  // padding, or nonsense
};

/// Looks for tags in the midst of a file (chunks of WAV and AIFF, the end of a DSF, between the frames of
/// AAC) in the bytes that FFmpeg reads of it, in whatever order.
class Id3Watch {
 public:
  /// Whether the tag that begins at `position` may be read.
  using Judge = std::function<bool(std::int64_t position, const Id3Header& header)>;

  explicit Id3Watch(Judge may_be_read) : may_be_read_(std::move(may_be_read)) {}
  /// Makes tags that may not be read into something else, in place. `position` is that of the first byte.
  void see(std::int64_t position, std::span<std::uint8_t> bytes);

 private:
  void forget_first();

  Judge may_be_read_;
  std::array<std::uint8_t, Id3Header::kBytes> seen_{};  // the last bytes, from one on that may begin a tag
  std::size_t count_ = 0;                               // of them
  std::int64_t next_ = -1;                              // position
};

/// Gets `size` bytes at `position` of a file; fewer at its end.
using ReadAt = std::function<std::string(std::int64_t position, std::size_t size)>;

/// True when a tag of a file, whose frames begin at `position`, is of a size and a form that FFmpeg reads in
/// little time and memory.
[[nodiscard]] bool is_harmless(const Id3Header& header, std::int64_t position, const ReadAt& read_at);

}  // namespace vcplay::media
