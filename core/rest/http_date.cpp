#include "rest/http_date.hpp"

#include <algorithm>
#include <array>

namespace vcplay::rest {
namespace {

/// "Sun, 06 Nov 1994 08:49:37 GMT" with a letter or a digit of the kind at each place.
constexpr std::string_view kForm = "Aaa, 00 Aaa 0000 00:00:00 GMT";
constexpr std::array<std::string_view, 7> kDays = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

bool has_form(std::string_view text) noexcept {
  return text.size() == kForm.size() &&
         std::equal(text.begin(), text.end(), kForm.begin(), [](char c, char form) {
           if (form == '0') return is_digit(c);
           return form == 'A' || form == 'a' ? c >= 'A' && c <= 'z' : c == form;
         });
}

int number(std::string_view digits) noexcept {
  int value = 0;
  for (const char digit : digits) value = value * 10 + (digit - '0');
  return value;
}

}  // namespace

std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text) noexcept {
  if (!has_form(text)) return std::nullopt;
  const auto month = std::find(kMonths.begin(), kMonths.end(), text.substr(8, 3));
  const bool has_day = std::find(kDays.begin(), kDays.end(), text.substr(0, 3)) != kDays.end();
  if (month == kMonths.end() || !has_day) return std::nullopt;
  const std::chrono::year_month_day day{
      std::chrono::year(number(text.substr(12, 4))),
      std::chrono::month(static_cast<unsigned>(month - kMonths.begin()) + 1),
      std::chrono::day(static_cast<unsigned>(number(text.substr(5, 2))))};
  const int hour = number(text.substr(17, 2));
  const int minute = number(text.substr(20, 2));
  const int second = number(text.substr(23, 2));
  // A leap second is written as 60.
  if (!day.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return std::chrono::sys_days(day) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

std::optional<Duration> clock_ahead_of(std::string_view date,
                                       std::chrono::system_clock::time_point now) noexcept {
  constexpr std::chrono::seconds kFarthest =
      std::chrono::hours(24 * 365 * 200);  // a Duration reaches 292 years
  const auto theirs = parse_http_date(date);
  if (!theirs) return std::nullopt;
  const std::chrono::seconds ahead = std::chrono::floor<std::chrono::seconds>(now) - *theirs;
  return std::clamp(ahead, -kFarthest, kFarthest);
}

}  // namespace vcplay::rest
