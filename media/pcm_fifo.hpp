// Samples between the resampler and the encoder.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/opus_frame.hpp"

namespace vcplay::media {

/// A line of interleaved stereo samples, filled and taken in place.
/// Sizes and positions count samples per channel, as all of media/ does.
class PcmFifo {
 public:
  /// Room for `samples` behind the last one, to be filled and then committed.
  [[nodiscard]] float* reserve(std::size_t samples) {
    // What is left is mostly less than a frame or two, and moving it cheaper than growing. Where much is held
    // back, it moves only when as much has been taken.
    if (first_ > 0 && (size() <= kCheapToMove || first_ >= size())) {
      std::copy(values_.begin() + offset(first_), values_.begin() + offset(end_), values_.begin());
      end_ -= first_;
      first_ = 0;
    }
    if (values_.size() < (end_ + samples) * kChannels) values_.resize((end_ + samples) * kChannels);
    return values_.data() + end_ * kChannels;
  }
  void commit(std::size_t samples) noexcept { end_ += samples; }
  void append(std::span<const float> values) {
    std::copy(values.begin(), values.end(), reserve(values.size() / kChannels));
    commit(values.size() / kChannels);
  }
  void append_silence(std::size_t samples) {
    std::fill_n(reserve(samples), samples * kChannels, 0.0F);
    commit(samples);
  }

  [[nodiscard]] std::size_t size() const noexcept { return end_ - first_; }
  /// The oldest sample's place among all that ever came.
  [[nodiscard]] std::uint64_t position() const noexcept { return taken_; }
  /// Where the next sample to come will be.
  [[nodiscard]] std::uint64_t end() const noexcept { return taken_ + size(); }

  /// Up to `samples` samples, starting `from` after the oldest.
  [[nodiscard]] std::span<float> look(std::size_t from, std::size_t samples) noexcept {
    const std::size_t begin = std::min(first_ + from, end_);
    return {values_.data() + begin * kChannels, std::min(samples, end_ - begin) * kChannels};
  }
  void drop(std::size_t samples) noexcept {
    first_ += samples;
    taken_ += samples;
  }

 private:
  static constexpr std::size_t kCheapToMove = 8192;

  [[nodiscard]] static std::ptrdiff_t offset(std::size_t samples) noexcept {
    return static_cast<std::ptrdiff_t>(samples * kChannels);
  }

  std::vector<float> values_;
  std::size_t first_ = 0;
  std::size_t end_ = 0;
  std::uint64_t taken_ = 0;
};

}  // namespace vcplay::media
