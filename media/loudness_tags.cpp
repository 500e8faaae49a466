#include "media/loudness_tags.hpp"

#include <charconv>
#include <cmath>

namespace vcplay::media {
namespace {

constexpr double kReplayGainReference = -18.0;  // LUFS
constexpr double kR128Reference = -23.0;
constexpr double kMostDecibels = 60.0;  // a tag that says more is broken

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// The number that `text` begins with, a plus sign allowed; `text` keeps what follows it.
template <typename Number>
std::optional<Number> take_number(std::string_view& text) {
  text = trimmed(text);
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  Number value{};
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  return value;
}

std::optional<double> loudness(const std::function<std::string(const char*)>& tag, const char* r128,
                               const char* replay_gain) {
  if (const auto gain = parse_r128_gain(tag(r128))) return kR128Reference - *gain;
  if (const auto gain = parse_replay_gain(tag(replay_gain))) return kReplayGainReference - *gain;
  return std::nullopt;
}

}  // namespace

std::optional<double> parse_replay_gain(std::string_view text) {
  const auto gain = take_number<double>(text);
  const std::string_view unit = trimmed(text);
  if (!gain || !std::isfinite(*gain) || std::fabs(*gain) > kMostDecibels) return std::nullopt;
  if (!unit.empty() && unit != "dB" && unit != "db" && unit != "DB") return std::nullopt;
  return gain;
}

std::optional<double> parse_r128_gain(std::string_view text) {
  const auto gain = take_number<int>(text);
  if (!gain || !trimmed(text).empty() || std::abs(*gain) > 256 * static_cast<int>(kMostDecibels)) {
    return std::nullopt;
  }
  return *gain / 256.0;
}

TaggedLoudness tagged_loudness(const std::function<std::string(const char*)>& tag) {
  return {loudness(tag, "R128_TRACK_GAIN", "REPLAYGAIN_TRACK_GAIN"),
          loudness(tag, "R128_ALBUM_GAIN", "REPLAYGAIN_ALBUM_GAIN")};
}

}  // namespace vcplay::media
