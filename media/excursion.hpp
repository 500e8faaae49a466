// The media thread's way into a library that may not come back.
#pragma once

#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace vcplay::media {

/// Thrown on a thread that has been left behind, once the library lets it go. Another thread does its work by
/// now: whoever unwinds may touch nothing but what its own stack holds. Nobody catches it but the thread's
/// beginning, for it is no std::exception.
struct LeftBehind {};

/// One thread's crossings into what nobody can interrupt: a parser that computes for hours, a read that hangs
/// in the kernel. While the thread is abroad, and only then, another one may leave it behind and go on with
/// what it stands on. The first to change the state has it.
class Excursion {
 public:
  Excursion() = default;
  Excursion(const Excursion&) = delete;
  Excursion& operator=(const Excursion&) = delete;

  // ── the thread itself ──
  void depart() noexcept {
    thread_.store(::gettid(), std::memory_order_relaxed);
    state_.store(State::abroad, std::memory_order_release);
  }
  /// False: it has been left behind meanwhile.
  [[nodiscard]] bool come_back() noexcept {
    State expected = State::abroad;
    return state_.compare_exchange_strong(expected, State::home, std::memory_order_acq_rel);
  }

  // ── any thread ──
  [[nodiscard]] bool is_left_behind() const noexcept {
    return state_.load(std::memory_order_acquire) == State::left_behind;
  }
  /// True when the thread was abroad: it will not touch anything any more, and yields to all others.
  [[nodiscard]] bool leave_behind() noexcept {
    constexpr int kLeastNice = 19;
    State expected = State::abroad;
    if (!state_.compare_exchange_strong(expected, State::left_behind, std::memory_order_acq_rel))
      return false;
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(thread_.load(std::memory_order_relaxed)), kLeastNice);
    return true;
  }

 private:
  enum class State : std::uint8_t { home, abroad, left_behind };
  std::atomic<State> state_{State::home};
  std::atomic<pid_t> thread_{0};
};

/// What `call` returns or throws, unless its thread was left behind meanwhile: then LeftBehind. Without an
/// excursion, or from within another one, it is just called.
template <typename Call>
auto abroad(Excursion* excursion, Call&& call) {
  if (excursion == nullptr) return std::forward<Call>(call)();
  const auto come_back = [excursion] {
    if (!excursion->come_back()) throw LeftBehind();
  };
  excursion->depart();
  try {
    if constexpr (std::is_void_v<std::invoke_result_t<Call>>) {
      std::forward<Call>(call)();
      come_back();
    } else {
      auto result = std::forward<Call>(call)();
      come_back();
      return result;
    }
  } catch (const LeftBehind&) {
    throw;
  } catch (...) {
    come_back();
    throw;
  }
}

}  // namespace vcplay::media
