#include "soak/performance.hpp"

#include <cstdint>

#include "base/opus_frame.hpp"

namespace vcplay::soak {

std::string wav(const std::string& s16le) {
  std::string head = "RIFF\xFF\xFF\xFF\xFFWAVEfmt ";
  const auto append = [&head](std::uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) head += static_cast<char>(value >> (8 * i) & 0xFF);
  };
  append(16, 4);
  append(1, 2);  // PCM
  append(kChannels, 2);
  append(kSampleRate, 4);
  append(kSampleRate * kChannels * 2, 4);
  append(kChannels * 2, 2);
  append(16, 2);
  head += "data";
  append(static_cast<std::uint32_t>(s16le.size()), 4);
  return head + s16le;
}

}  // namespace vcplay::soak
