// Less bitrate for what is encoded already.
#pragma once

#include "media/encoder_options.hpp"
#include "stream/frame_log.hpp"

namespace vcplay::media {

/// Where the frames that wait take more than `bitrate` (bit/s), they are decoded and encoded anew, whoever
/// encoded them. The few that go out while that is done stay as they are, and so does a queue that is kept
/// whole, one of which nothing was sent yet, and what is no Opus. Only for who may publish frames.
void encode_anew(stream::FrameLog& queue, int bitrate, const EncoderOptions& options);

}  // namespace vcplay::media
