// Every track as loud as it was asked for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "media/adaptive_loudness.hpp"
#include "media/event.hpp"
#include "media/gain_ramp.hpp"
#include "media/loudness_scan.hpp"
#include "media/progress.hpp"
#include "media/sound_options.hpp"

namespace vcplay::media {

class Source;

/// A track among those that are played around it.
struct Company {
  std::span<const Media> all;
  std::size_t index = 0;  // of the track itself
  bool one_list = false;  // all of one playlist or directory; else those in one folder belong together
};

/// Brings each track, or its album as a whole, to the target loudness by one gain: the one that tags or a
/// measurement of the whole file ask for, and until such a one is known (or where it never will be, as with a
/// pipe) one that follows what is heard, slowly. Lives on the media thread.
class Normalizer {
 public:
  /// So long the very first track may wait to be measured; the others have a second in the queue to use up.
  static constexpr Duration kPatience = 3s;
  static constexpr Duration kLaterPatience = 500ms;
  // More than this is no music, and would lift noise to the ceiling.
  static constexpr double kMostUp = 24.0;  // dB
  static constexpr double kMostDown = -40.0;

  Normalizer(const SoundOptions& options, Event& stop, Progress& progress);

  /// The samples to come are those of `source`.
  void begin_track(const Company& company, const Source& source);
  /// Changes samples in place.
  void apply(std::span<float> interleaved);

 private:
  /// What the present gain rests on.
  enum class Ground : std::uint8_t { settled, partial, adaptive };

  [[nodiscard]] std::optional<double> look_up(const Company& company);
  void ask_for_album(const Company& company);
  void wait_for_measurement();
  [[nodiscard]] std::optional<double> measured();
  void settle(double lufs, double per_second);
  void adapt(std::span<const float> hop);
  [[nodiscard]] double gain_for(double lufs) const noexcept;

  const SoundOptions options_;
  Event& stop_;
  Progress& progress_;
  LoudnessScan scan_;
  GainRamp ramp_;
  bool first_ = true;
  Ground ground_ = Ground::settled;
  std::optional<std::uint64_t> identity_;  // of the present track
  std::vector<std::uint64_t> album_;       // of all tracks that belong to it
  std::optional<AdaptiveLoudness> adaptive_;
  std::vector<float> hop_;  // of what came, on its way into adaptive_
};

}  // namespace vcplay::media
