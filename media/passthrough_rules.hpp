// What a track must be like for its Opus packets to go out as they are.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "media/opus_layout.hpp"
#include "media/pipeline.hpp"

namespace vcplay::media {

/// An Opus stream as its OpusHead tells it (RFC 7845 s5.1).
struct OpusStream {
  int channels = 2;
  int gain = 0;                                     // Q7.8 dB, that every decoder has to apply
  std::optional<OpusLayout> layout = OpusLayout{};  // nothing: nobody knows what its channels are
  std::size_t pre_skip = 0;                         // samples
};

/// Empty when packets of such a stream may go out as they are; else why not.
[[nodiscard]] std::string reason_against(const OpusStream& stream);

/// Empty when the packets of `track` may go out as they are; else why they are decoded and encoded anew, to
/// be read after "re-encoded: ". `opus`: nothing when it is not Opus.
[[nodiscard]] std::string reason_to_reencode(const TrackInfo& track, const Media& media,
                                             const std::optional<OpusStream>& opus,
                                             const PipelineOptions& options);

}  // namespace vcplay::media
