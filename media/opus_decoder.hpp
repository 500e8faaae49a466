// Opus packets in, PCM out: what every listener's decoder does, too.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "base/bytes.hpp"
#include "media/opus_layout.hpp"

// libopus's own
struct OpusDecoder;
struct OpusMSDecoder;

namespace vcplay::media {

/// Decodes Opus packets of any form to 48 kHz stereo with libopus; more channels are mixed to two. Lives on
/// the media thread.
class OpusDecoder {
 public:
  OpusDecoder();

  /// Forgets all that came.
  void reset();
  /// How the packets that come are made; one stream of two channels to begin with. Forgets all that came.
  void set_layout(const OpusLayout& layout);
  /// Makes what comes louder by so many 256ths of a dB, as an OpusHead says it.
  void set_gain(int gain);
  /// Appends the packet's samples to `out`; where it cannot be decoded, `samples` that conceal its loss.
  void decode(ByteView packet, std::size_t samples, std::vector<float>& out);

 private:
  [[nodiscard]] int decode_into(ByteView packet, std::size_t most, std::vector<float>& out);
  void conceal(std::size_t samples, std::vector<float>& out);

  struct Free {
    void operator()(::OpusDecoder* decoder) const noexcept;
    void operator()(::OpusMSDecoder* decoder) const noexcept;
  };
  std::unique_ptr<::OpusDecoder, Free> decoder_;
  std::unique_ptr<::OpusMSDecoder, Free> of_many_;  // of a layout that is not plain
  std::vector<std::array<float, 2>> weights_;       // of its channels
  std::vector<float> channels_;                     // that are mixed next, interleaved
  int gain_ = 0;
};

}  // namespace vcplay::media
