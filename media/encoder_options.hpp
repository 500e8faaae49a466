// How packets are made, and when none need to be.
#pragma once

namespace vcplay::media {

/// What a person may want of the Opus packets that go out.
struct EncoderOptions {
  enum class Passthrough { automatic, off };

  Passthrough passthrough = Passthrough::automatic;
  /// Above so many bit/s packets do not pass through, until set_bitrate() tells the channel's own; 0: not
  /// known.
  int limit = 0;
};

}  // namespace vcplay::media
