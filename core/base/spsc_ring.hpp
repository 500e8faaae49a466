// A bounded lock-free queue between exactly one writing and one reading thread.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

namespace vcplay {

/// Carries values from one producer thread to one consumer thread without a lock or, after construction, an
/// allocation. `T` is default constructible and its move assignment does not throw.
template <typename T>
class SpscRing {
 public:
  /// Room for at least `capacity` values.
  explicit SpscRing(std::size_t capacity)
      : mask_(std::bit_ceil(capacity < 1 ? std::size_t{1} : capacity) - 1),
        slots_(std::make_unique<T[]>(mask_ + 1)) {}
  SpscRing(const SpscRing&) = delete;
  SpscRing& operator=(const SpscRing&) = delete;

  [[nodiscard]] std::size_t capacity() const noexcept { return mask_ + 1; }

  /// Any thread: how many values wait. Exact for the two owners, a recent value for everybody else.
  [[nodiscard]] std::size_t size() const noexcept {
    const std::size_t head = head_.load(std::memory_order_acquire);
    return tail_.load(std::memory_order_acquire) - head;
  }

  /// Any thread: how many values were ever taken, likewise.
  [[nodiscard]] std::size_t taken() const noexcept { return head_.load(std::memory_order_acquire); }

  // ── producer ──

  /// The free slot to fill in place, or nullptr when the ring is full. publish() hands it over.
  [[nodiscard]] T* claim() noexcept {
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_.load(std::memory_order_acquire) > mask_) return nullptr;
    return &slots_[tail & mask_];
  }
  void publish() noexcept {
    tail_.store(tail_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }

  /// How many values were ever published.
  [[nodiscard]] std::size_t published() const noexcept { return tail_.load(std::memory_order_relaxed); }
  /// The value that was published as number `index`, counted from 0. It must be one of the latest capacity()
  /// ones, and the consumer must change no value while the producer looks at one.
  [[nodiscard]] const T& peek(std::size_t index) const noexcept { return slots_[index & mask_]; }

  /// False, with `value` untouched, when the ring is full.
  [[nodiscard]] bool push(T&& value) noexcept {
    T* const slot = claim();
    if (slot == nullptr) return false;
    *slot = std::move(value);
    publish();
    return true;
  }

  // ── consumer ──

  /// The oldest value, or nullptr when there is none. It stays valid until pop().
  [[nodiscard]] T* front() noexcept {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    if (tail_.load(std::memory_order_acquire) == head) return nullptr;
    return &slots_[head & mask_];
  }
  void pop() noexcept { head_.store(head_.load(std::memory_order_relaxed) + 1, std::memory_order_release); }

  [[nodiscard]] std::optional<T> take() noexcept {
    T* const slot = front();
    if (slot == nullptr) return std::nullopt;
    std::optional<T> value(std::move(*slot));
    pop();
    return value;
  }

 private:
  const std::size_t mask_;
  const std::unique_ptr<T[]> slots_;
  alignas(64) std::atomic<std::size_t> head_{0};  // next to read; written by the consumer alone
  alignas(64) std::atomic<std::size_t> tail_{0};  // next to write; written by the producer alone
};

}  // namespace vcplay
