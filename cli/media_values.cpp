#include "cli/media_values.hpp"

#include <algorithm>

#include "base/time_text.hpp"
#include "cli/value_words.hpp"

namespace vcplay::cli {
namespace {

// RFC 6716 s2.1.1: Opus's useful range.
constexpr double kMinBitrate = 6'000;
constexpr double kMaxBitrate = 510'000;
constexpr std::uint32_t kMaxLoops = 1'000'000;

}  // namespace

int parse_rate(std::string_view text) {
  const auto rate = read_number<int>(text);
  if (rate == 0) refuse("--rate 0 would be no sound at all; it wants samples per second, such as 48000.");
  if (!rate || *rate < 1'000 || *rate > 768'000) {
    refuse("--rate wants 1000 to 768000 (samples per second), not {}.", shown(text));
  }
  return *rate;
}

int parse_channels(std::string_view text) {
  const auto channels = read_number<int>(text);
  if (!channels || *channels < 1 || *channels > 8) refuse("--channels wants 1 to 8, not {}.", shown(text));
  return *channels;
}

Duration parse_position(std::string_view text, std::string_view option) {
  const auto time = read_time(text);
  if (!time || *time < Duration::zero()) {
    refuse("{} wants a time such as 90, 1:30 or 1:02:03.5, not {}.", option, shown(text));
  }
  return *time;
}

std::string parse_audio_track(std::string_view text) {
  const auto number = read_number<int>(text);
  const bool is_word =
      !text.empty() &&
      text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-0123456789") ==
          std::string_view::npos;
  if (number ? *number < 1 : !is_word) {
    refuse("--audio-track wants a number from 1 on or a language such as eng, not {}.", shown(text));
  }
  return std::string(text);
}

std::uint32_t parse_loop(std::string_view text) {
  if (text == "inf") return 0;
  const auto rounds = read_number<std::uint32_t>(text);
  if (!rounds || *rounds == 0 || *rounds > kMaxLoops) {
    refuse("--loop wants a number of rounds from 1 to {}, or inf, not {}.", kMaxLoops, shown(text));
  }
  return *rounds;
}

std::uint64_t parse_seed(std::string_view text) {
  const auto seed = read_number<std::uint64_t>(text);
  if (!seed) refuse("--seed wants a whole number, such as the one that -v told, not {}.", shown(text));
  return *seed;
}

/// A plain number is milliseconds, as in `--latency 300`.
Duration parse_latency(std::string_view text) {
  using Live = media::LiveOptions;
  const auto plain = read_number<std::int64_t>(text);
  const auto time =
      plain ? std::optional<Duration>(std::chrono::milliseconds(std::clamp<std::int64_t>(*plain, 0, 100'000)))
            : read_time(text);
  if (!time || *time < Live::kShortestLatency || *time > Live::kLongestLatency) {
    refuse("--latency wants 40 to 1000 (milliseconds), not {}.", shown(text));
  }
  return *time;
}

double parse_volume(std::string_view text) {
  std::string_view digits = text;
  take_end(digits, "%");
  const auto percent = read_number<double>(digits);
  if (!percent || *percent < 0 || *percent > 400)
    refuse("--volume wants 0 to 400 (percent), not {}.", shown(text));
  return *percent / 100;
}

void parse_normalize(std::string_view text, media::SoundOptions& sound) {
  constexpr double kReplayGain = -18.0;  // LUFS, what ReplayGain 2.0 aims at
  constexpr double kR128 = -23.0;        // EBU R 128
  std::string_view mode = text;
  if (text == "off" || text == "track" || text == "album") {
    sound.normalize = text == "off"     ? media::Normalize::off
                      : text == "track" ? media::Normalize::track
                                        : media::Normalize::album;
    sound.target_lufs = kReplayGain;
    return;
  }
  std::optional<double> target = kR128;
  if (!take_start(mode, "R128")) target.reset();
  if (target && !mode.empty()) target = take_start(mode, "=") ? read_number<double>(mode) : std::nullopt;
  if (!target || *target < -40 || *target > -5) {
    refuse("--normalize wants off, track, album, R128 or R128=LUFS (-40 to -5), not {}.", shown(text));
  }
  sound.normalize = media::Normalize::track;
  sound.target_lufs = *target;
}

Duration parse_fade(std::string_view text, std::string_view option) {
  const auto time = read_time(text);
  if (!time || *time < Duration::zero() || *time > media::kLongestFade) {
    refuse("{} wants a time from 0 to 30 s, such as 5 or 500ms, not {}.", option, shown(text));
  }
  return *time;
}

std::optional<int> parse_bitrate(std::string_view text) {
  if (text == "auto") return std::nullopt;
  std::string_view digits = text;
  const double unit = take_end(digits, "k") ? 1000 : 1;
  const auto number = read_number<double>(digits);
  const double bits = number.value_or(0) * unit;
  if (!number || bits < kMinBitrate || bits > kMaxBitrate) {
    const bool forgot_unit = number && unit == 1 && *number >= 6 && *number <= 510;
    refuse("--bitrate wants 'auto' or 6k to 510k (bits per second), not {}{}", shown(text),
           forgot_unit ? fmt::format("; did you mean {}k?", digits) : ".");
  }
  return static_cast<int>(std::lround(bits));
}

media::EncoderOptions::Passthrough parse_passthrough(std::string_view text) {
  if (text == "auto") return media::EncoderOptions::Passthrough::automatic;
  if (text == "off") return media::EncoderOptions::Passthrough::off;
  refuse("--passthrough wants auto or off, not {}.", shown(text));
}

media::EncoderOptions::Application parse_application(std::string_view text) {
  if (text == "audio") return media::EncoderOptions::Application::audio;
  if (text == "voip") return media::EncoderOptions::Application::voip;
  if (text == "lowdelay") return media::EncoderOptions::Application::lowdelay;
  refuse("--application wants audio, voip or lowdelay, not {}.", shown(text));
}

int parse_complexity(std::string_view text) {
  const auto complexity = read_number<int>(text);
  if (!complexity || *complexity < 0 || *complexity > 10) {
    refuse("--complexity wants 0 (least work) to 10 (best), not {}.", shown(text));
  }
  return *complexity;
}

bool parse_fec(std::string_view text) {
  if (text == "on") return true;
  if (text == "off") return false;
  refuse("--fec wants on or off, not {}.", shown(text));
}

int parse_packet_loss(std::string_view text) {
  std::string_view digits = text;
  take_end(digits, "%");
  const auto percent = read_number<int>(digits);
  if (!percent || *percent < 0 || *percent > 100) {
    refuse("--packet-loss wants 0 to 100 (percent), not {}.", shown(text));
  }
  return *percent;
}

std::string parse_opus_file(std::string_view text) {
  const std::size_t slash = text.rfind('/');
  const std::string_view name = slash == std::string_view::npos ? text : text.substr(slash + 1);
  const bool known =
      (ends_with(name, ".opus") && name.size() > 5) || (ends_with(name, ".ogg") && name.size() > 4);
  if (!known) refuse("--output wants a file name that ends in .opus or .ogg, not {}.", shown(text));
  return std::string(text);
}

std::string parse_output(std::string_view text) {
  const bool known = (ends_with(text, ".wav") || ends_with(text, ".ogg")) && text.size() > 4;
  if (!known) refuse("--output wants a file name that ends in .wav or .ogg, not {}.", shown(text));
  return std::string(text);
}

}  // namespace vcplay::cli
