// The numbered messages that a session can be told again.
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

/// A message as it went out.
using SentMessage = std::variant<std::string, Bytes>;

/// Numbers a session's messages, text and binary in one count that wraps, and keeps the latest of them.
/// `Number` is unsigned.
template <typename Number>
class ReplayBuffer {
 public:
  /// More than a busy guild or a call of some dozen members says in a minute. Discord documents no bound.
  static constexpr std::size_t kMostMessages = 1024;

  ReplayBuffer() = default;
  explicit ReplayBuffer(Number first, std::size_t most = kMostMessages) noexcept
      : next_(first), most_(most) {}

  /// Of the message that is kept next.
  [[nodiscard]] Number next_number() const noexcept { return next_; }
  const SentMessage& keep(SentMessage message) {
    if (messages_.size() == most_) messages_.pop_front();
    messages_.push_back(std::move(message));
    ++next_;  // wraps
    ++numbered_;
    return messages_.back();
  }

  /// True when a message had this number; after a whole round each one had.
  [[nodiscard]] bool has_used(Number number) const noexcept { return behind(number) < numbered_; }
  /// How many messages came after the one with this number, or (nothing) at all; nothing when not all of them
  /// are here any more.
  [[nodiscard]] std::optional<std::size_t> missed_after(std::optional<Number> number) const noexcept {
    if (number && !has_used(*number)) return std::nullopt;
    const std::uint64_t missed = number ? behind(*number) : numbered_;
    if (missed > messages_.size()) return std::nullopt;
    return static_cast<std::size_t>(missed);
  }
  /// The `age`th message from the end, counted from 1.
  [[nodiscard]] const SentMessage& from_the_end(std::size_t age) const {
    return messages_[messages_.size() - age];
  }
  [[nodiscard]] Number number_from_the_end(std::size_t age) const noexcept {
    return static_cast<Number>(next_ - age);
  }

 private:
  [[nodiscard]] Number behind(Number number) const noexcept {
    return static_cast<Number>(next_ - 1 - number);
  }

  Number next_ = 0;
  std::size_t most_ = kMostMessages;
  std::uint64_t numbered_ = 0;
  std::deque<SentMessage> messages_;
};

}  // namespace vcplay::rehearsal
