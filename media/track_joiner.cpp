#include "media/track_joiner.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace vcplay::media {
namespace {

constexpr std::size_t kSlice = 8192;  // samples that go on at once

/// A quarter of a sine: two tracks that rise and fall by it are together as loud as each alone.
float rise(std::size_t at, std::size_t length) {
  return static_cast<float>(
      std::sin(std::numbers::pi / 2 * (static_cast<double>(at) + 0.5) / static_cast<double>(length)));
}

}  // namespace

TrackJoiner::TrackJoiner(Lengths lengths, PcmFifo& out, Callbacks callbacks)
    : lengths_(lengths),
      hold_(std::max(lengths.fade_out, lengths.crossfade)),
      out_(out),
      callbacks_(std::move(callbacks)) {}

void TrackJoiner::begin_track(std::uint32_t track) {
  std::swap(before_, current_);  // before_ was empty: a track that has ended has started
  track_ = track;
  started_ = false;
  mixed_ = false;
  position_ = 0;
}

void TrackJoiner::pass_on() {
  if (!started_) {
    if (current_.size() < lengths_.crossfade) return;
    start(lengths_.crossfade);
  }
  if (current_.size() > hold_) send_current(current_.size() - hold_);
}

void TrackJoiner::end_track() {
  // One half of a short track belongs to the track before it, the other to the one behind it.
  if (!started_) start(std::min(lengths_.crossfade, current_.size() / 2));
  if (lengths_.crossfade > 0) return;
  fade_end();
  send_current(current_.size());
}

void TrackJoiner::finish() {
  if (!started_) start(std::min(lengths_.crossfade, current_.size()));
  fade_end();
  send_current(current_.size());
}

void TrackJoiner::start(std::size_t longest_mix) {
  const std::size_t common = std::min(before_.size(), longest_mix);
  send(before_, before_.size() - common);
  callbacks_.on_start(track_);
  started_ = true;
  if (common > 0) mix(common);
}

void TrackJoiner::mix(std::size_t samples) {
  mixed_ = true;
  for (std::size_t done = 0; done < samples;) {
    const std::size_t slice = std::min(kSlice, samples - done);
    const auto falling = before_.look(0, slice);
    const auto rising = current_.look(0, slice);
    float* const mixed = out_.reserve(slice);
    for (std::size_t i = 0; i < slice * kChannels; ++i) {
      const std::size_t at = done + i / kChannels;
      mixed[i] = falling[i] * rise(samples - 1 - at, samples) + rising[i] * rise(at, samples);
    }
    out_.commit(slice);
    before_.drop(slice);
    current_.drop(slice);
    position_ += slice;
    done += slice;
    callbacks_.on_samples();
  }
}

void TrackJoiner::send(PcmFifo& from, std::size_t samples) {
  while (samples > 0) {
    const std::size_t slice = std::min(kSlice, samples);
    const auto values = from.look(0, slice);
    std::copy(values.begin(), values.end(), out_.reserve(slice));
    out_.commit(slice);
    from.drop(slice);
    samples -= slice;
    callbacks_.on_samples();
  }
}

void TrackJoiner::send_current(std::size_t samples) {
  if (!mixed_ && position_ < lengths_.fade_in) {
    const auto first = static_cast<std::size_t>(position_);
    const auto faded = current_.look(0, std::min(samples, lengths_.fade_in - first));
    for (std::size_t i = 0; i < faded.size(); ++i) {
      faded[i] *= rise(first + i / kChannels, lengths_.fade_in);
    }
  }
  position_ += samples;
  send(current_, samples);
}

void TrackJoiner::fade_end() {
  const std::size_t length = std::min(lengths_.fade_out, current_.size());
  const auto end = current_.look(current_.size() - length, length);
  for (std::size_t i = 0; i < end.size(); ++i) end[i] *= rise(length - 1 - i / kChannels, length);
}

}  // namespace vcplay::media
