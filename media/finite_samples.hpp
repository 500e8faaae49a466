// Samples that are no numbers.
#pragma once

#include "media/ffmpeg.hpp"

namespace vcplay::media {

/// Gives each floating-point sample of `frame` that is no number, or beyond +120 dB of full
/// scale, the nearest value that a filter can hear without remembering it for ever: 0, or
/// the bound. Throws std::bad_alloc.
void make_finite(AVFrame& frame);

}  // namespace vcplay::media
