#include "media/live_follower.hpp"

#include <fmt/core.h>

#include <utility>

#include "base/log.hpp"
#include "base/milliseconds.hpp"

namespace vcplay::media {

LiveFollower::LiveFollower(const LiveOptions& options, Outlet& outlet, FrameMaker& maker,
                           Resampler& resampler, LiveGauge& gauge)
    : options_(options),
      outlet_(outlet),
      maker_(maker),
      resampler_(resampler),
      gauge_(gauge),
      frame_(made(av_frame_alloc())) {
  frame_->format = AV_SAMPLE_FMT_FLT;
  frame_->sample_rate = kSampleRate;
  av_channel_layout_default(&frame_->ch_layout, kChannels);
}

void LiveFollower::begin(bool is_pipe, bool is_address, std::string name) {
  name_ = std::move(name);
  may_warn_ = is_pipe;  // a web radio begins with a burst
  const bool may_be_live = is_pipe || (is_certain() && is_address);
  if (may_be_live && options_.which != LiveOptions::Which::none) {
    pace_.emplace(options_.latency, is_certain());
  }
}

void LiveFollower::end() {
  if (!pace_) return;
  pace_.reset();
  gauge_.part();
  maker_.feed(FrameMaker::Feed::patiently);
}

void LiveFollower::on_samples(TimePoint now) {
  if (maker_.prepares()) return;  // what it holds is not to be heard
  const Outlet::Room room = outlet_.room();
  const std::size_t held = maker_.fifo().size();
  const LivePace::Orders orders = pace_->on_sound({.came = maker_.came() + packets_ * kSamplesPerFrame,
                                                   .queued = (room.capacity - room.free) * kSamplesPerFrame,
                                                   .held = held,
                                                   .is_full = held >= room.free * kSamplesPerFrame,
                                                   .is_taken = room.taken},
                                                  now);
  if (pace_->outran_time()) warn_once();
  if (room.taken && !std::exchange(was_taken_, true)) tell_what_was_left_out();
  maker_.leave_out(orders.leave_out);
  resampler_.stretch(orders.stretch);
  const bool waits = orders.wait || pace_->pace() != Pace::live;
  maker_.feed(waits         ? FrameMaker::Feed::patiently
              : orders.hold ? FrameMaker::Feed::not_now
                            : FrameMaker::Feed::while_there_is_room);
  gauge_.show(*pace_);
}

void LiveFollower::warn_once() {
  if (!std::exchange(may_warn_, false)) return;
  log::warning(
      "{} gives sound faster than it can be heard, and --live leaves out what is too much; "
      "without --live all of it is played",
      name_);
}

/// Before audio could flow.
void LiveFollower::tell_what_was_left_out() {
  const double seconds = static_cast<double>(pace_->left_out()) / kSampleRate;
  if (seconds > vcplay::seconds(LivePace::kMostExcess)) {
    log::warning("{:.1f} s of {} were made before audio could flow, and --live leaves them out", seconds,
                 name_);
  } else if (seconds > 0) {
    log::info("{:.2f} s of {} were made before audio could flow, and --live leaves them out", seconds, name_);
  }
}

std::string LiveFollower::on_packet(TimePoint now) {
  if (!pace_) return {};
  ++packets_;
  on_samples(now);
  if (!pace_->is_off()) return {};
  std::string reason =
      fmt::format("it is heard {} ms after its producer made it instead of {}, whose clock differs",
                  whole_milliseconds(pace_->latency()), whole_milliseconds(options_.latency));
  pace_->start_over(now);
  return reason;
}

void LiveFollower::give(std::span<const float> interleaved) {
  // The resampler only reads it.
  auto* const samples = const_cast<float*>(interleaved.data());
  frame_->data[0] = reinterpret_cast<std::uint8_t*>(samples);
  frame_->extended_data = frame_->data;
  frame_->nb_samples = static_cast<int>(interleaved.size() / kChannels);
  resampler_.take(*frame_);
}

}  // namespace vcplay::media
