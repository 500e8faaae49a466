// What becomes of the sound on its way from the decoder to the encoder.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.hpp"

namespace vcplay::media {

/// Which loudness is brought to the target.
enum class Normalize : std::uint8_t { off, track, album };

inline constexpr Duration kCutFade = std::chrono::milliseconds(30);  // short, and no click
inline constexpr Duration kLongestFade = std::chrono::seconds(30);

/// What a person asked for; as it stands, every sample goes on as it came.
struct SoundOptions {
  Normalize normalize = Normalize::off;
  double target_lufs = -18.0;
  std::string cache_folder;  // where measured loudness outlives a run; empty: nowhere
  Duration fade_in{};        // of every track that does not come out of another
  Duration fade_out{};       // of every track that does not pass into another
  Duration crossfade{};      // from one track to the next; 0: none
  bool cut_ends = false;     // tracks may be made to end in the middle: each falls silent within kCutFade
  std::string filters;       // a graph of libavfilter's; empty: none
  /// True when tracks begin, end or follow each other in another way than by themselves.
  [[nodiscard]] bool joins() const noexcept {
    return cut_ends || fade_in + fade_out + crossfade > Duration::zero();
  }
  /// True when something here needs samples, so that packets cannot pass as they are.
  [[nodiscard]] bool any() const noexcept {
    return normalize != Normalize::off || joins() || !filters.empty();
  }
};

}  // namespace vcplay::media
