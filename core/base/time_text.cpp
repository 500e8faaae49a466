#include "base/time_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <iterator>

namespace vcplay {
namespace {

constexpr double kMostSeconds = 1e6;
constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::int64_t kNsPerSecond = 1'000'000'000;

bool take_end(std::string_view& text, std::string_view small, std::string_view large) {
  if (text.size() < small.size()) return false;
  const std::string_view end = text.substr(text.size() - small.size());
  if (end != small && end != large) return false;
  text.remove_suffix(small.size());
  return true;
}

std::optional<double> read_number(std::string_view text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<Duration> rounded(double seconds) {
  if (std::fabs(seconds) > kMostSeconds) return std::nullopt;
  return Duration(std::llround(seconds * static_cast<double>(kNsPerSecond)));
}

/// "1:30", "1:02:03", "0:00.5": below the first colon less than 60, in two digits before the point.
std::optional<Duration> read_clock(std::string_view text) {
  double seconds = 0;
  for (int part = 0; part < 3; ++part) {
    const std::size_t colon = text.find(':');
    const bool is_last = colon == std::string_view::npos;
    const std::string_view digits = text.substr(0, colon);
    const auto value = read_number(digits);
    const bool is_whole = digits.find_first_not_of("0123456789") == std::string_view::npos;
    const bool has_two_digits = digits.substr(0, digits.find('.')).size() == 2;
    if (!value || *value < 0 || (!is_last && !is_whole)) return std::nullopt;
    if (part > 0 && (*value >= 60 || !has_two_digits)) return std::nullopt;
    seconds = seconds * 60 + *value;
    if (is_last) return rounded(seconds);
    text.remove_prefix(colon + 1);
  }
  return std::nullopt;  // days are nobody's business here
}

}  // namespace

std::optional<Duration> read_time(std::string_view text) {
  if (text.find(':') != std::string_view::npos) return read_clock(text);
  struct Unit {
    std::string_view small;
    std::string_view large;
    double seconds;
  };
  constexpr Unit kUnits[] = {{"ms", "MS", 0.001}, {"s", "S", 1}, {"min", "MIN", 60}, {"h", "H", 3600}};
  const auto named = std::find_if(std::begin(kUnits), std::end(kUnits),
                                  [&](const Unit& unit) { return take_end(text, unit.small, unit.large); });
  const auto number = read_number(text);
  return number ? rounded(*number * (named == std::end(kUnits) ? 1 : named->seconds)) : std::nullopt;
}

std::string time_text(Duration time) {
  const std::int64_t ns = time.count();
  if (ns % kNsPerSecond == 0) return fmt::format("{}s", ns / kNsPerSecond);
  if (ns % kNsPerMs == 0) return fmt::format("{}ms", ns / kNsPerMs);
  return fmt::format("{}ms", static_cast<double>(ns) / static_cast<double>(kNsPerMs));
}

}  // namespace vcplay
