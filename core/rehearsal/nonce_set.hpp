// Which nonces a key has seen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>

namespace vcplay::rehearsal {

/// Remembers every 32-bit nonce exactly, in little memory as long as they are counted up.
class NonceSet {
 public:
  /// `nonce` is the appended suffix read big-endian. False when it was there before.
  bool insert(std::uint32_t nonce) {
    if (!first_) {
      first_ = nonce;
    } else if (!decided_) {
      decided_ = nonce != *first_;
      // Discord does not say in which order the counter's bytes go; both are counters.
      if (swapped(nonce) == swapped(*first_) + 1 && nonce != *first_ + 1) {
        little_endian_ = true;
        ranges_ = {{swapped(*first_), swapped(*first_)}};
      }
    }
    return insert_number(little_endian_ ? swapped(nonce) : nonce);
  }

 private:
  static constexpr std::size_t kMaxRanges = 4096;

  static std::uint32_t swapped(std::uint32_t value) noexcept { return __builtin_bswap32(value); }

  bool insert_number(std::uint32_t number) {
    auto next = ranges_.upper_bound(number);
    if (next != ranges_.begin()) {
      const auto before = std::prev(next);
      if (before->second >= number) return false;
      if (before->second + 1 == number) {
        before->second = number;
        if (next != ranges_.end() && next->first == number + 1) {
          before->second = next->second;
          ranges_.erase(next);
        }
        return true;
      }
    }
    std::uint32_t last = number;
    if (next != ranges_.end() && next->first == number + 1) {
      last = next->second;
      next = ranges_.erase(next);
    }
    ranges_.emplace_hint(next, number, last);
    if (ranges_.size() > kMaxRanges) {
      // Bounded memory: the lowest gap closes, so its numbers would count as seen.
      const auto lowest = ranges_.begin();
      const auto second = std::next(lowest);
      lowest->second = second->second;
      ranges_.erase(second);
    }
    return true;
  }

  std::map<std::uint32_t, std::uint32_t> ranges_;  // first to last, both included
  std::optional<std::uint32_t> first_;
  bool decided_ = false;
  bool little_endian_ = false;
};

}  // namespace vcplay::rehearsal
