#include "cli/status_text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/milliseconds.hpp"
#include "base/text.hpp"

namespace vcplay::cli {
namespace {

constexpr std::size_t kUsefulTitle = 16;  // columns that a title keeps before the numbers behind it get any
constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kPlain = "\x1b[0m";

std::string cut(std::string_view text, std::size_t columns, bool utf8) {
  if (utf8) return display_safe(text, columns);
  std::string ascii = ascii_only(display_safe(text));
  if (ascii.size() <= columns) return ascii;
  ascii.resize(columns);
  for (std::size_t i = columns - std::min<std::size_t>(columns, 3); i < columns; ++i) ascii[i] = '.';
  return ascii;
}

/// U+1F512 and U+1F513, where they can be shown.
std::string_view sign(Padlock lock, bool utf8) {
  if (lock == Padlock::none) return "";
  if (lock == Padlock::closed) return utf8 ? "\xF0\x9F\x94\x92 " : "E2EE ";
  return utf8 ? "\xF0\x9F\x94\x93 " : "";
}

std::string head(const StatusSnapshot& status, bool utf8) {
  if (!status.wait.empty()) return "waiting for " + status.wait;
  std::string text(status.phase.empty() ? sign(status.lock, utf8) : "");
  text += status.phase.empty() ? format_time(status.position) : status.phase;
  if (status.phase.empty() && status.duration) text += '/' + format_time(*status.duration);
  if (status.phase.empty() && !status.note.empty()) text += fmt::format("  [{}]", status.note);
  if (status.tracks == 0 && status.track > 1) text += fmt::format("  {}", status.track);
  if (status.tracks > 1) text += fmt::format("  {}/{}", status.track, status.tracks);
  return text;
}

/// The numbers behind the title, the most telling first.
std::vector<std::string> tail(const StatusSnapshot& status) {
  if (!status.phase.empty() || !status.wait.empty()) return {};
  std::vector<std::string> numbers = {
      fmt::format("{:.0f} kb/s", status.bitrate / 1000.0),
      status.live ? fmt::format("live {:.0f} ms {:+.2f} %", milliseconds(status.buffered), status.drift * 100)
                  : fmt::format("{:.0f} ms buffered", milliseconds(status.buffered)),
      fmt::format("{} packets", status.packets),
      fmt::format("worst {:.1f} ms late", milliseconds(status.worst_late)),
  };
  if (status.channels > 1) {
    numbers.insert(numbers.begin(), fmt::format("{}/{} channels", status.joined, status.channels));
  }
  return numbers;
}

std::string paint(std::string_view text, std::string_view color, Style style) {
  if (!style.color || text.empty()) return std::string(text);
  return fmt::format("{}{}{}", color, text, kPlain);
}

}  // namespace

std::string format_time(Duration time) {
  const auto seconds =
      std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::seconds>(time).count());
  if (seconds < 3600) return fmt::format("{}:{:02}", seconds / 60, seconds % 60);
  return fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

std::string render(const StatusSnapshot& status, std::size_t columns, Style style) {
  const std::string start = cut(head(status, style.utf8), columns, style.utf8);
  std::size_t room = columns - display_width(start);
  const std::size_t title_width = display_width(cut(status.title, kUsefulTitle, style.utf8));
  const std::size_t reserved = title_width == 0 ? 0 : title_width + 2;
  std::string numbers;
  for (const std::string& number : tail(status)) {
    if (number.size() + 2 + reserved > room) break;
    numbers += "  " + number;
    room -= number.size() + 2;
  }
  const std::string title = room > 4 ? cut(status.title, room - 2, style.utf8) : "";
  std::string line = paint(start, kBold, style);
  if (!title.empty()) line += "  " + title;
  return line + paint(numbers, kDim, style);
}

}  // namespace vcplay::cli
