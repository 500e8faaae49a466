// How the values of options about media and their sound are written. Each function throws Error{usage} with a
// sentence that helps.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "media/pipeline.hpp"

namespace vcplay::cli {

[[nodiscard]] int parse_rate(std::string_view text);
[[nodiscard]] int parse_channels(std::string_view text);
[[nodiscard]] Duration parse_position(std::string_view text, std::string_view option);  // "90", "1:30.5"
[[nodiscard]] std::string parse_audio_track(std::string_view text);                     // "2" or "eng"
[[nodiscard]] std::uint32_t parse_loop(std::string_view text);                          // "3", "inf" → 0
[[nodiscard]] std::uint64_t parse_seed(std::string_view text);
[[nodiscard]] Duration parse_latency(std::string_view text);
[[nodiscard]] double parse_volume(std::string_view text);                 // "80" or "80%" → 0.8
void parse_normalize(std::string_view text, media::SoundOptions& sound);  // "off", "track", "R128=-16"
[[nodiscard]] Duration parse_fade(std::string_view text, std::string_view option);  // as --lead-in
[[nodiscard]] std::optional<int> parse_bitrate(std::string_view text);  // "auto", "64000" or "64k" → bit/s
[[nodiscard]] media::EncoderOptions::Passthrough parse_passthrough(std::string_view text);
[[nodiscard]] media::EncoderOptions::Application parse_application(std::string_view text);
[[nodiscard]] int parse_complexity(std::string_view text);
[[nodiscard]] bool parse_fec(std::string_view text);
[[nodiscard]] int parse_packet_loss(std::string_view text);        // "5" or "5%"
[[nodiscard]] std::string parse_opus_file(std::string_view text);  // a name that ends in .opus or .ogg
[[nodiscard]] std::string parse_output(std::string_view text);     // a name that ends in .wav or .ogg

}  // namespace vcplay::cli
