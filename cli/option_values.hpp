// How the values of options are written. Each function throws Error{usage} with a sentence that helps.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/snowflake.hpp"
#include "cli/options.hpp"

namespace vcplay::cli {

/// A voice channel as a person names it: by its id, or by its link, which names the guild too.
struct ChannelName {
  std::optional<Snowflake> guild;
  Snowflake channel;
};

// `source` is the option or the environment variable that the text came from.
[[nodiscard]] Snowflake parse_guild(std::string_view text, std::string_view source);
[[nodiscard]] ChannelName parse_channel(std::string_view text, std::string_view source);

[[nodiscard]] double parse_volume(std::string_view text);                 // "80" or "80%" → 0.8
void parse_normalize(std::string_view text, media::SoundOptions& sound);  // "off", "track", "R128=-16"
[[nodiscard]] Duration parse_fade(std::string_view text, std::string_view option);  // as --lead-in
[[nodiscard]] std::optional<int> parse_bitrate(std::string_view text);  // "auto", "64000" or "64k" → bit/s
[[nodiscard]] media::EncoderOptions::Passthrough parse_passthrough(std::string_view text);
[[nodiscard]] media::EncoderOptions::Application parse_application(std::string_view text);
[[nodiscard]] int parse_complexity(std::string_view text);
[[nodiscard]] bool parse_fec(std::string_view text);
[[nodiscard]] int parse_packet_loss(std::string_view text);  // "5" or "5%"
[[nodiscard]] Duration parse_latency(std::string_view text);
[[nodiscard]] Duration parse_lead_in(std::string_view text);  // "200ms", "0.2s" or "0.2"
[[nodiscard]] Speaking parse_speaking(std::string_view text);
[[nodiscard]] WhenAlone parse_when_alone(std::string_view text);
[[nodiscard]] OnMove parse_on_move(std::string_view text);
[[nodiscard]] OnKick parse_on_kick(std::string_view text);
[[nodiscard]] OnSuppressed parse_on_suppressed(std::string_view text);
[[nodiscard]] Duration parse_if_busy(std::string_view text);  // "exit" → 0, "wait" → 1 h, "wait=90"
[[nodiscard]] int parse_listeners(std::string_view text);
[[nodiscard]] Duration parse_churn(std::string_view text);  // as --lead-in
[[nodiscard]] Shard parse_shard(std::string_view text);     // "0/2"
[[nodiscard]] int parse_rate(std::string_view text);
[[nodiscard]] int parse_channels(std::string_view text);
[[nodiscard]] Duration parse_position(std::string_view text, std::string_view option);  // "90", "1:30.5"
[[nodiscard]] std::string parse_audio_track(std::string_view text);                     // "2" or "eng"
[[nodiscard]] std::uint32_t parse_loop(std::string_view text);                          // "3", "inf" → 0
[[nodiscard]] std::uint64_t parse_seed(std::string_view text);
[[nodiscard]] std::string parse_url(std::string_view text, std::string_view option, std::string_view scheme);
[[nodiscard]] std::string parse_opus_file(std::string_view text);  // a name that ends in .opus or .ogg
[[nodiscard]] std::string parse_output(std::string_view text);     // a name that ends in .wav or .ogg

}  // namespace vcplay::cli
