// How loud a sound is whose end nobody knows.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "media/loudness_meter.hpp"

namespace vcplay::media {

/// Estimates the loudness of what runs, gated as EBU R 128 is: pauses do not count, and neither does one loud
/// moment; only what lasts changes the estimate.
class AdaptiveLoudness {
 public:
  /// A tenth of a second of interleaved stereo, as it came.
  static constexpr std::size_t kHop = 4800;
  void add(std::span<const float> hop);

  /// LUFS; nothing until there was something to hear.
  [[nodiscard]] std::optional<double> estimate() const;
  /// True while the estimate rests on little and may still be far off.
  [[nodiscard]] bool young() const noexcept;

 private:
  LoudnessMeter meter_{LoudnessMeter::Span::momentary};
  std::size_t hops_ = 0;     // heard
  std::size_t counted_ = 0;  // of these, not gated out
  std::size_t ignored_ = 0;  // in a row, too quiet to count
  double energy_ = 0;        // mean
};

}  // namespace vcplay::media
