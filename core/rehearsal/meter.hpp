// How loud what is heard is.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "base/thread_annotations.hpp"

namespace vcplay::rehearsal {

/// Measures interleaved stereo at 48 kHz by EBU R128 and ITU-R BS.1770, on a thread of its own: it takes
/// longer than to decode what is measured. One thread at a time may use it.
class Meter {
 public:
  /// Throws Error{unexpected} when there is no memory or no thread for it.
  Meter();
  ~Meter();
  Meter(const Meter&) = delete;
  Meter& operator=(const Meter&) = delete;

  /// What comes next. Waits while two seconds are still to be measured.
  void add(std::span<const float> interleaved);

  struct Figures {
    std::optional<double> loudness_lufs;   // integrated; nothing: all was silence
    std::optional<double> true_peak_dbtp;  // of the louder channel; nothing likewise
  };
  /// Of all that has been added. Waits until it is measured.
  [[nodiscard]] Figures read();

 private:
  struct State;

  void hand_over();
  void work() noexcept;

  std::unique_ptr<State> state_;
  std::vector<float> next_;  // not handed over yet
  Mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::vector<float>> batches_ GUARDED_BY(mutex_);
  bool is_busy_ GUARDED_BY(mutex_) = false;
  bool quits_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace vcplay::rehearsal
