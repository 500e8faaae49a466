// Opus packets in, PCM out: what every listener's decoder does, too.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "base/bytes.hpp"

struct OpusDecoder;  // libopus's own

namespace vcplay::media {

/// Decodes Opus packets of any form to 48 kHz stereo with libopus. Lives on the media thread.
class OpusDecoder {
 public:
  OpusDecoder();

  /// Forgets all that came.
  void reset();
  /// Makes what comes louder by so many 256ths of a dB, as an OpusHead says it.
  void set_gain(int gain);
  /// Appends the packet's samples to `out`; where it cannot be decoded, `samples` that conceal its loss.
  void decode(ByteView packet, std::size_t samples, std::vector<float>& out);

 private:
  void conceal(std::size_t samples, std::vector<float>& out);

  struct Free {
    void operator()(::OpusDecoder* decoder) const noexcept;
  };
  std::unique_ptr<::OpusDecoder, Free> decoder_;
};

}  // namespace vcplay::media
