// Opus files, their packets as ffprobe sees them, and how close what is heard comes to them.
#pragma once

#include <string>
#include <vector>

#include "base/opus_frame.hpp"
#include "media/pipeline.hpp"

namespace vcplay::testing {

/// The SHA-256 of a file's packets, as ffprobe demuxes them.
[[nodiscard]] std::vector<std::string> packets_in(const std::string& file);
/// How many bytes each packet has.
[[nodiscard]] std::vector<std::size_t> packet_sizes(const std::string& file);
/// Where each packet begins in the file.
[[nodiscard]] std::vector<std::size_t> packet_positions(const std::string& file);
/// One of a file's tags, as ffprobe reads it.
[[nodiscard]] std::string tag_of(const std::string& file, const std::string& name);
[[nodiscard]] std::vector<std::string> hashes_of(const std::vector<OpusFrame>& frames);

[[nodiscard]] inline media::Media file(const std::string& path) { return {path, {}, 0, 0}; }

/// Input options for a stereo sound that is never silent and never the same, from its beginning or from
/// `from` on, in samples at 48 kHz.
[[nodiscard]] std::string music(std::size_t samples, std::size_t from = 0);

/// All that a decoder gives for the frames, interleaved; the encoder's delay is still in it.
[[nodiscard]] std::vector<float> decoded(const std::vector<OpusFrame>& frames);
/// What ffmpeg's libopus decodes from a file, its pre-skip and padding left out. A `mono` one is as
/// loud on either side.
[[nodiscard]] std::vector<float> opus_decode(const std::string& file, bool mono = false);

/// Of libopus's encoder, in samples: its files' pre-skip.
inline constexpr std::size_t kOpusDelay = 312;
[[nodiscard]] std::vector<float> without_delay(std::vector<float> samples, std::size_t delay = kOpusDelay);

/// A file of 20 ms packets whose last one is whole: nothing to cut.
[[nodiscard]] std::string whole_packets(const std::string& name, std::size_t packets, std::size_t from,
                                        const std::string& bitrate = "96k");
/// Two files one after the other in one, their packets untouched.
[[nodiscard]] std::string joined_files(const std::string& name, const std::string& first,
                                       const std::string& second);
/// Overwrites bytes of a file.
void patch(const std::string& path, std::size_t at, const std::string& bytes);

/// A pipe that gives a file's bytes. Of what comes through a pipe nothing is known beforehand.
[[nodiscard]] std::string piped(const std::string& path);

/// The power of a - b over some samples per channel, in dB of full scale; -200 where they are the same.
[[nodiscard]] double residual(const std::vector<float>& a, const std::vector<float>& b, std::size_t from,
                              std::size_t samples);

}  // namespace vcplay::testing
