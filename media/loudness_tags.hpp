// What files say of their own loudness.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace vcplay::media {

/// The loudness of a track and of its album, as tags imply it: LUFS of what a decoder gives.
struct TaggedLoudness {
  std::optional<double> track;
  std::optional<double> album;
};

/// Reads R128_*_GAIN (RFC 7845 s5.2.1, towards -23 LUFS) or else REPLAYGAIN_*_GAIN (ReplayGain 2.0, towards
/// -18 LUFS). `tag` gives a tag's text, or an empty one. Tags that make no sense are as good as none.
[[nodiscard]] TaggedLoudness tagged_loudness(const std::function<std::string(const char*)>& tag);

/// "-7.35 dB" or "+0.50": decibels.
[[nodiscard]] std::optional<double> parse_replay_gain(std::string_view text);
/// "-1881", in 1/256 dB: decibels.
[[nodiscard]] std::optional<double> parse_r128_gain(std::string_view text);

}  // namespace vcplay::media
