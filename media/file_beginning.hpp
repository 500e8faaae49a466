// How files of sound begin, by evidence that does not turn up in sound by chance.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"

namespace vcplay::media {

/// What a file is, as far as it matters for finding its end.
enum class FileKind : std::uint8_t {
  none,
  riff,      // WAV and its relatives: chunks with little-endian sizes
  rifx,      // … with big-endian ones
  rf64,      // … whose sound may be larger than 4 GiB
  iff,       // AIFF, AIFF-C, 8SVX
  caf,       // Core Audio Format
  au,        // Sun's and NeXT's
  asf,       // WMA
  wave64,    // Sony's
  wavpack,   //
  matroska,  // WebM, too
  mp4,       //
  ogg,       //
  flac,      //
  mpeg,      // MP3 and the like, or the ID3v2 tag before it
};

struct FileBeginning {
  FileKind kind = FileKind::none;
  bool may_be = false;  // there are too few bytes to tell
};

/// What begins with `bytes`: of everything but none it takes at least 8 bytes that have to be as they are.
/// MP3 is known by the encoder's own tag or by an ID3v2 tag alone.
[[nodiscard]] FileBeginning file_beginning(ByteView bytes) noexcept;

/// True for the head of a frame of MPEG audio or ADTS. In sound that comes about by chance each second; it
/// tells something only where a file is expected.
[[nodiscard]] bool is_mpeg_frame(ByteView bytes) noexcept;

/// How many samples an MP3 has whose first frame this is, by the encoder's own tag in it, which FFmpeg
/// believes only where it knows the size of the file. At least kMostBeginning bytes.
[[nodiscard]] std::optional<std::uint64_t> samples_by_xing(ByteView frame) noexcept;

/// file_beginning() never asks for more bytes than this.
inline constexpr std::size_t kMostBeginning = 48;

}  // namespace vcplay::media
