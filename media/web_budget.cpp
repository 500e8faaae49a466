#include "media/web_budget.hpp"

#include <fmt/core.h>

#include <utility>

namespace vcplay::media {
namespace {

double in_seconds(Duration time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

/// The seconds that have earned more than the first sound had. Sound may come faster than it is heard (a
/// rehearsal without a clock), and time may pass in which a live stream has none.
double WebBudget::credit(TimePoint now) const {
  return sounds_ ? in_seconds(sound_) + in_seconds(now - first_sound_) : 0.0;
}

bool WebBudget::spend(std::string fault) {
  if (fault_.empty()) fault_ = std::move(fault);
  return false;
}

bool WebBudget::charge_connection(TimePoint now) {
  if (!look(now)) return false;
  connections_ += 1;
  const double most = limits_.connections + credit(now) * limits_.connections_each_second;
  if (static_cast<double>(connections_) <= most) return true;
  return spend(
      sounds_ ? fmt::format("it wants more than {} connections for each second of sound",
                            limits_.connections_each_second)
              : fmt::format("it wants more than {} connections before any sound comes", limits_.connections));
}

bool WebBudget::charge_bytes(std::int64_t bytes, TimePoint now) {
  if (!look(now)) return false;
  bytes_ += bytes;
  const double each_second = static_cast<double>(limits_.bytes_each_second);
  if (static_cast<double>(bytes_) <= static_cast<double>(limits_.bytes) + credit(now) * each_second) {
    return true;
  }
  return spend(
      sounds_
          ? fmt::format("it sends more than {} MiB for each second of sound", limits_.bytes_each_second >> 20)
          : fmt::format("it sends more than {} MiB before any sound comes", limits_.bytes >> 20));
}

bool WebBudget::look(TimePoint now) {
  if (!fault_.empty()) return false;
  if (sounds_ || now - began_ <= limits_.patience) return true;
  return spend(fmt::format("no sound came within {} s", limits_.patience / std::chrono::seconds(1)));
}

void WebBudget::note_sound(Duration sound, TimePoint now) {
  if (!std::exchange(sounds_, true)) first_sound_ = now;
  sound_ += sound;
}

}  // namespace vcplay::media
