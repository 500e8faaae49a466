#include "media/loudness_meter.hpp"

#include <ebur128.h>

#include <cmath>
#include <new>

#include "base/opus_frame.hpp"

namespace vcplay::media {

struct LoudnessMeter::State {
  explicit State(int mode) : meter(ebur128_init(kChannels, kSampleRate, mode)) {
    if (meter == nullptr) throw std::bad_alloc();
  }
  ~State() { ebur128_destroy(&meter); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  ebur128_state* meter;
};

// The histogram keeps what it counted instead of every block that it saw.
LoudnessMeter::LoudnessMeter(Span span)
    : state_(std::make_unique<State>(span == Span::programme ? EBUR128_MODE_I | EBUR128_MODE_HISTOGRAM
                                                             : EBUR128_MODE_M)) {}
LoudnessMeter::~LoudnessMeter() = default;
LoudnessMeter::LoudnessMeter(LoudnessMeter&&) noexcept = default;
LoudnessMeter& LoudnessMeter::operator=(LoudnessMeter&&) noexcept = default;

void LoudnessMeter::add(std::span<const float> interleaved) {
  const int added =
      ebur128_add_frames_float(state_->meter, interleaved.data(), interleaved.size() / kChannels);
  if (added != EBUR128_SUCCESS) throw std::bad_alloc();  // its only reason
}

std::optional<double> LoudnessMeter::programme() const {
  double lufs = 0;
  const int known = ebur128_loudness_global(state_->meter, &lufs);
  return known == EBUR128_SUCCESS && std::isfinite(lufs) ? std::optional(lufs) : std::nullopt;
}

std::optional<double> LoudnessMeter::momentary() const {
  double lufs = 0;
  const int known = ebur128_loudness_momentary(state_->meter, &lufs);
  return known == EBUR128_SUCCESS && std::isfinite(lufs) ? std::optional(lufs) : std::nullopt;
}

}  // namespace vcplay::media
