#include "media/allowance.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <ctime>
#include <utility>

#include "media/public_address.hpp"

namespace vcplay::media {
namespace {

// Of memory. The program itself has 42 MB, and 150 in no case. Who sends little may take little: an index
// takes six times the bytes that say it. Thirteen hours of AAC in an MP4 are 80 MiB.
constexpr std::int64_t kMemoryToBeginWith = 48LL << 20;  // the other threads join a call meanwhile
constexpr std::int64_t kMemoryPerByte = 8;
constexpr std::int64_t kMostMemoryFromServers = 80LL << 20;
constexpr std::int64_t kMostMemoryOfStrangers = 64LL << 20;
// The index of a film of ten hours takes a hundred megabytes, that of an audiobook of a day two hundred, and
// never more than half of the file. Whoever names a file of that size knows it.
constexpr std::int64_t kMostMemoryHere = 80LL << 20;
constexpr std::int64_t kMostMemoryOfLargeFiles = 512LL << 20;
// With each second of sound: indexes of endless streams grow, and a report of what was played.
constexpr std::int64_t kMemoryPerSecond = 8LL << 10;
// At once, without asking.
constexpr std::int64_t kMemoryAtOnce = 16LL << 20;
constexpr std::int64_t kMemoryBeyond = 8LL << 20;  // what is left: whoever wants it is told at the next look
// What is allocated between two looks and never used, and the other threads'. An HLS stream of thirty
// variants wants 5 MB for each, but reads a list in between.
constexpr std::int64_t kMemoryUnused = 20LL << 20;
// Of processor time, since the last sound. The largest of honest files open in less than a second. The
// watchdog's ten seconds begin where this cannot end it.
constexpr Duration kMostThinking = 6s;

std::int64_t most_memory(Abode abode, const WebRules& rules) {
  if (rules.origin == Origin::untrusted) return kMostMemoryOfStrangers;
  return abode == Abode::here ? kMostMemoryHere : kMostMemoryFromServers;
}

}  // namespace

Allowance::Allowance(Abode abode, const WebRules& rules)
    : rules_(rules),
      most_memory_(most_memory(abode, rules)),
      is_remote_(abode == Abode::on_a_server),
      web_(rules.origin == Origin::untrusted ? kUntrustedLimits : kTrustedLimits, Clock::now()) {
  static_cast<void>(takes_too_much());
}

// What it paid for is freed before it, except for what the heap keeps of that.
Allowance::~Allowance() { ceiling_.leave(memory_.read().grown); }

void Allowance::note_size(std::int64_t bytes) noexcept {
  if (is_remote_ || rules_.origin == Origin::untrusted) return;
  most_memory_ = std::clamp(kMostMemoryHere + bytes / 2, kMostMemoryHere, kMostMemoryOfLargeFiles);
}

/// By this thread alone, so that a busy machine or a slow disk cost nobody anything.
Duration Allowance::thought() noexcept {
  timespec time{};
  if (::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) != 0) return {};
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

bool Allowance::may_connect(const sockaddr& address) noexcept {
  try {
    if (!fault_.empty()) return false;
    refusal_.clear();
    if (!may_reach(address)) return false;
    if (web_.charge_connection(Clock::now())) return true;
    fault_ = web_.fault();
  } catch (...) {
    // Without memory for a sentence there is none for a connection.
  }
  return false;
}

bool Allowance::may_reach(const sockaddr& address) {
  if (rules_.origin == Origin::trusted) return true;
  const std::string text = address_text(address);
  const auto& further = rules_.further_addresses;
  if (std::find(further.begin(), further.end(), text) != further.end()) return true;
  if (!is_public(address)) {
    refusal_ = fmt::format("it leads to {}, which is no public address", text);
    return false;
  }
  const std::uint16_t port = port_of(address);
  if (port == 80 || port == 443) return true;
  refusal_ = fmt::format("it leads to {}, which is neither port 80 nor 443", text);
  return false;
}

void Allowance::take(std::int64_t bytes) noexcept {
  taken_ += bytes;
  try {
    if (is_remote_ && !web_.charge_bytes(bytes, Clock::now()) && fault_.empty()) fault_ = web_.fault();
  } catch (...) {
    fault_ = "no memory is left";  // short enough to need none
  }
}

void Allowance::note_sound(Duration sound) noexcept {
  if (is_remote_) web_.note_sound(sound, Clock::now());
  thought_at_sound_ = thought();
  sound_ += sound;
}

bool Allowance::is_spent() noexcept {
  if (!fault_.empty()) return true;
  look();
  return !fault_.empty();
}

/// The kernel counts for all together. What media take that were opened meanwhile, to look how loud they are
/// or to play next, is their own affair.
bool Allowance::takes_too_much() noexcept {
  if (const std::int64_t leavings = ceiling_.take_leavings(); leavings > 0) memory_.forgive(leavings);
  const MemoryGauge::Reading now = memory_.read();
  const std::int64_t earned = kMemoryPerByte * std::min(taken_, kMostMemoryOfLargeFiles);
  const std::int64_t most = std::min(kMemoryToBeginWith + earned, most_memory_);
  const std::int64_t left = std::max(most - now.grown, std::int64_t{0});
  const std::int64_t at_once = std::min(kMemoryAtOnce + earned, left + kMemoryBeyond);
  const std::int64_t data = now.data - now.grown + most_memory_ + kMemoryUnused;
  ceiling_.put(
      {static_cast<std::size_t>(at_once), now.data > 0 ? data : MemoryCeiling::kUnbounded, most_memory_});
  return now.grown > most && now.grown > most + ceiling_.room_of_later_ones();
}

void Allowance::look() noexcept {
  try {
    if (const std::int64_t seconds = sound_ / 1s; seconds > 0) {
      sound_ -= seconds * 1s;
      memory_.forgive(seconds * kMemoryPerSecond);
    }
    if (is_remote_ && !web_.look(Clock::now())) {
      fault_ = web_.fault();
    } else if (takes_too_much()) {
      fault_ = fmt::format("it takes more memory than it may ({} MiB)", most_memory_ >> 20);
    } else if (thought() - thought_at_sound_ > kMostThinking) {
      fault_ = fmt::format("no sound came out of it in {} s of work", kMostThinking / 1s);
    }
  } catch (...) {
    fault_ = "no memory is left";
  }
}

}  // namespace vcplay::media
