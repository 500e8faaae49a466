// A stop in the middle of the music that does not click.
#pragma once

#include "stream/frame_log.hpp"

namespace vcplay::media {

/// The end of a stream that is stopped while its frames wait in a queue: the frames that come next, faded to
/// silence within 30 ms. They are decoded and encoded anew, whoever encoded them. Nothing happens when fewer
/// frames wait than that needs, or when they are no Opus. Only for who may publish frames.
void end_softly(stream::FrameLog& queue);

}  // namespace vcplay::media
