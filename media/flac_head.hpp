// The metadata of FLAC, cut down before FFmpeg sees it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "media/vorbis_comments.hpp"

namespace vcplay::media {

/// Reads the metadata blocks of a FLAC stream (RFC 9639 s8) as they come, in pieces of any size, and keeps
/// what is needed to decode it and what a player shows: the form of the sound, a seek table, and few
/// comments, none of them long. FFmpeg compares each comment with each, and makes a stream of each picture.
class FlacHead {
 public:
  static constexpr std::string_view kMagic = "fLaC";
  static constexpr std::size_t kMostComments = media::kMostComments;
  static constexpr std::size_t kMostCommentBytes = media::kMostCommentBytes;  // each

  /// The next bytes behind the magic, not more than missing() of them.
  void take(ByteView bytes);
  /// So many bytes are certainly still to come; 0: the sound begins.
  [[nodiscard]] std::size_t missing() const noexcept { return missing_; }
  /// So many were taken.
  [[nodiscard]] std::uint64_t taken() const noexcept { return taken_; }
  /// Magic and blocks, as far as they were kept.
  [[nodiscard]] std::string head() const;

 private:
  void begin_block();
  void end_block();
  void keep(std::string body);

  std::size_t missing_ = 4;
  std::uint64_t taken_ = 0;
  bool in_block_ = false;
  bool last_ = false;
  std::uint32_t type_ = 0;
  std::string bytes_;          // of the block's head, or of the block as far as it may be kept
  std::size_t most_ = 4;       // of them that are
  std::string kept_;           // whole blocks
  std::size_t last_kept_ = 0;  // where the last of them begins
};

}  // namespace vcplay::media
