#include "media/passthrough_rules.hpp"

#include <fmt/core.h>

namespace vcplay::media {

std::string reason_against(const OpusStream& stream) {
  if (!stream.layout) return fmt::format("its {} channels cannot be told apart", stream.channels);
  if (!stream.layout->is_plain()) return fmt::format("{} channels are mixed to two", stream.channels);
  // RFC 7845 s5.1: a player must apply the gain, and a listener's decoder does not see the header.
  if (stream.gain != 0) return fmt::format("its header asks for {:+.1f} dB", stream.gain / 256.0);
  return {};
}

std::string reason_to_reencode(const TrackInfo& track, const Media& media,
                               const std::optional<OpusStream>& opus, const PipelineOptions& options) {
  if (!opus) return track.codec + " is not Opus";
  if (options.encoder.passthrough == EncoderOptions::Passthrough::off) return "asked for";
  if (options.volume != 1.0) return "the volume is changed";
  if (options.sound.normalize != Normalize::off) return "its loudness is to be normalized";
  if (media.start || media.end) return "only a part of it is to be played";
  if (options.sound.joins()) return "tracks are to fade";
  if (options.sound.any()) return "filters are asked for";
  if (options.encoder.fec) return "forward error correction is asked for";
  return reason_against(*opus);
}

}  // namespace vcplay::media
