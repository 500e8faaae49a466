// What becomes of the sound on its way from the decoder to the encoder.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.hpp"

namespace vcplay::media {

/// Which loudness is brought to the target.
enum class Normalize : std::uint8_t { off, track, album };

/// What a person asked for; as it stands, every sample goes on as it came.
struct SoundOptions {
  Normalize normalize = Normalize::off;
  double target_lufs = -18.0;
  std::string cache_folder;  // where measured loudness outlives a run; empty: nowhere
  /// Whether anything here needs samples, so that packets cannot pass as they are.
  [[nodiscard]] bool any() const noexcept { return normalize != Normalize::off; }
};

}  // namespace vcplay::media
