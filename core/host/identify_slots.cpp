#include "host/identify_slots.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

namespace vcplay::host {
namespace {

constexpr std::size_t kTextBytes = std::string_view("2024-11-21T08:05:00.123Z").size();

/// 24 bits of FNV-1a: against accidents, not against anybody.
std::uint32_t check_of(std::string_view text) {
  std::uint32_t hash = 2'166'136'261U;
  for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 16'777'619U;
  return hash & 0xFF'FFFFU;
}

std::string line_of(WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  const std::string text = fmt::format(
      "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
      clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
  return fmt::format("{} {:06x}\n", text, check_of(text));
}

/// The number in `length` characters of `line`; 0 when there is none.
unsigned number_at(std::string_view line, std::size_t begin, std::size_t length, int base = 10) {
  unsigned value = 0;
  std::from_chars(line.data() + begin, line.data() + begin + length, value, base);
  return value;
}

/// Nothing unless the check digits say that line_of() made `line`.
std::optional<WallTime> time_of(std::string_view line) {
  using namespace std::chrono;
  if (line.size() != IdentifySlots::kSlotBytes || line[kTextBytes] != ' ' || line.back() != '\n') {
    return std::nullopt;
  }
  if (number_at(line, kTextBytes + 1, 6, 16) != check_of(line.substr(0, kTextBytes))) return std::nullopt;
  const year_month_day date(year(static_cast<int>(number_at(line, 0, 4))), month(number_at(line, 5, 2)),
                            day(number_at(line, 8, 2)));
  if (!date.ok()) return std::nullopt;
  return sys_days(date) + hours(number_at(line, 11, 2)) + minutes(number_at(line, 14, 2)) +
         seconds(number_at(line, 17, 2)) + milliseconds(number_at(line, 20, 3));
}

}  // namespace

IdentifySlots::IdentifySlots(std::string_view file) {
  file = file.substr(0, kMostBytes);
  for (; !file.empty(); file.remove_prefix(std::min(file.size(), kSlotBytes))) {
    const auto time = time_of(file.substr(0, kSlotBytes));
    slots_.push_back({time.value_or(kFree), !time});
    if (!time) ++damaged_;
  }
}

std::vector<WallTime> IdentifySlots::after(WallTime begin) const {
  std::vector<WallTime> times;
  for (const Slot& slot : slots_) {
    if (slot.time > begin && slot.time != kFree) times.push_back(slot.time);
  }
  std::sort(times.begin(), times.end());
  return times;
}

void IdentifySlots::count_future_as(WallTime now) {
  for (Slot& slot : slots_) {
    if (slot.time > now) slot = {now, true};
  }
}

void IdentifySlots::add(WallTime time, WallTime expired) {
  const auto oldest = std::min_element(slots_.begin(), slots_.end(),
                                       [](const Slot& a, const Slot& b) { return a.time < b.time; });
  const bool full = slots_.size() >= kMostSlots;
  if (oldest != slots_.end() && (full || oldest->time <= expired)) {
    *oldest = {time, true};
  } else {
    slots_.push_back({time, true});
  }
}

std::vector<IdentifySlots::Change> IdentifySlots::changes() const {
  std::vector<Change> changes;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].changed) changes.push_back({i * kSlotBytes, line_of(slots_[i].time)});
  }
  return changes;
}

}  // namespace vcplay::host
