// How many bits a stream takes a second.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "base/opus_frame.hpp"

namespace vcplay::media {

/// The average bitrate of the last few seconds of packets.
class BitrateWindow {
 public:
  void add(std::size_t bytes, std::size_t samples) {
    packets_.push_back({bytes, samples});
    bytes_ += bytes;
    samples_ += samples;
    while (samples_ - packets_.front().samples >= kWindow) {
      bytes_ -= packets_.front().bytes;
      samples_ -= packets_.front().samples;
      packets_.pop_front();
    }
  }
  void clear() { *this = {}; }

  /// Bit/s; 0 while it is too early to tell: a variable bitrate means nothing within a second.
  [[nodiscard]] int average() const noexcept {
    if (samples_ < kEnough) return 0;
    return static_cast<int>(std::uint64_t{bytes_} * 8 * kSampleRate / samples_);
  }

 private:
  static constexpr std::size_t kEnough = kSampleRate;
  static constexpr std::size_t kWindow = 4 * kSampleRate;
  struct Packet {
    std::size_t bytes;
    std::size_t samples;
  };
  std::deque<Packet> packets_;
  std::size_t bytes_ = 0;
  std::size_t samples_ = 0;
};

}  // namespace vcplay::media
