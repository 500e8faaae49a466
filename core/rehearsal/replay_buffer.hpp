// The numbered messages that a voice session can be told again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/bytes.hpp"

namespace vcplay::rehearsal {

/// Numbers a voice session's messages, text and binary in one 16-bit count that wraps, and keeps the latest
/// of them as they went out.
class ReplayBuffer {
 public:
  using Message = std::variant<std::string, Bytes>;
  /// What a call of some dozen members says in a minute. Discord documents no bound of its own.
  static constexpr std::size_t kMostMessages = 1024;

  ReplayBuffer() = default;
  explicit ReplayBuffer(std::uint16_t first) noexcept : next_(first) {}

  /// Of the message that is kept next.
  [[nodiscard]] std::uint16_t next_number() const noexcept { return next_; }
  const Message& keep(Message message) {
    if (messages_.size() == kMostMessages) messages_.pop_front();
    messages_.push_back(std::move(message));
    ++next_;  // wraps
    ++numbered_;
    return messages_.back();
  }

  /// True when a message had this number; after a whole round each one had.
  [[nodiscard]] bool has_used(std::uint16_t number) const noexcept { return behind(number) < numbered_; }
  /// How many messages came after the one with this number, or (nothing) at all; nothing when not all of them
  /// are here any more.
  [[nodiscard]] std::optional<std::size_t> missed_after(std::optional<std::uint16_t> number) const noexcept {
    if (number && !has_used(*number)) return std::nullopt;
    const std::uint64_t missed = number ? behind(*number) : numbered_;
    if (missed > messages_.size()) return std::nullopt;
    return static_cast<std::size_t>(missed);
  }
  /// The `age`th message from the end, counted from 1.
  [[nodiscard]] const Message& from_the_end(std::size_t age) const {
    return messages_[messages_.size() - age];
  }
  [[nodiscard]] std::uint16_t number_from_the_end(std::size_t age) const noexcept {
    return static_cast<std::uint16_t>(next_ - age);
  }

 private:
  [[nodiscard]] std::uint16_t behind(std::uint16_t number) const noexcept {
    return static_cast<std::uint16_t>(next_ - 1 - number);
  }

  std::uint16_t next_ = 0;
  std::uint64_t numbered_ = 0;
  std::deque<Message> messages_;
};

}  // namespace vcplay::rehearsal
