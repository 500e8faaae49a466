// What FFmpeg can read, asked once and in one place.
#pragma once

#include <string>

#include "base/error.hpp"
#include "media/ffmpeg.hpp"

namespace vcplay::media {

/// The input format that a person named; throws Error{cause} with one sentence when it cannot be used.
[[nodiscard]] const AVInputFormat* find_format(const std::string& name, Cause cause);

/// True for s16le and its kin, whose rate and channels nobody but the caller knows.
[[nodiscard]] bool is_raw_pcm(const AVInputFormat& format);

/// The names of all audio decoders, as FFmpeg's codec_whitelist wants them: cover art and films are not even
/// looked at, which saves their memory and keeps their decoders out of reach of hostile files.
[[nodiscard]] const std::string& audio_decoders();

/// The names of the demuxers that are for sound, alone or beside pictures, as FFmpeg's format_whitelist wants
/// them. None of them opens further files or addresses by itself, but for HLS, which asks us.
[[nodiscard]] const std::string& safe_formats();
/// What FFmpeg logs when a format is not among them, without the list.
inline constexpr const char* kUnsafeFormat = "Format not on whitelist";

}  // namespace vcplay::media
