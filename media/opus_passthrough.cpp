#include "media/opus_passthrough.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "base/log.hpp"
#include "media/io.hpp"
#include "media/opus_bridge.hpp"
#include "media/passthrough_rules.hpp"

namespace vcplay::media {
namespace {

// RFC 7845 s4.6: a decoder that starts anywhere is on course after 80 ms.
constexpr std::size_t kConvergence = 3840;  // samples
// What the encoder hears before its first packet counts, and all that the decoder hears before it knows what
// a listener's has just given: SILK repeats a voice's periods for far longer than 80 ms.
constexpr std::size_t kPrerollFrames = 6;
constexpr std::size_t kHistoryFrames = 50;

// Files are looked at for a second before their first packet goes out: enough to see their bitrate.
constexpr std::size_t kLookAhead = kSampleRate;
constexpr std::size_t kMostHeldBytes = 256 * 1024;

// A pause of 20 ms between two sounds that are both louder than this can be heard.
constexpr float kLoud = 0.003F;       // -50 dBFS
constexpr float kQuiet = 0.000'5F;    // -66 dBFS
constexpr std::size_t kPause = 4800;  // samples: so much quiet hides the few ms by which the grid shifts
constexpr double kTolerance = 1.1;    // a variable bitrate swings about its target

float peak_of(std::span<const float> values) {
  float peak = 0.0F;
  for (const float value : values) peak = std::max(peak, std::fabs(value));
  return peak;
}

}  // namespace

void OpusPassthrough::play(Source& source, const Callbacks& tell) {
  regrouper_ = {};
  bitrate_.clear();
  held_.clear();
  held_samples_ = held_bytes_ = skip_ = quiet_ = 0;
  heard_samples_ = taken_samples_ = passed_ = 0;
  needed_limit_ = 0;
  ended_ = false;
  return_ = Return::in_silence;
  location_ = source.info().location;
  account_.clear();
  tell_ = &tell;
  ++tracks_;
  decoder_.set_gain(0);

  look_ahead(source);
  if (held_.empty()) return;
  account_ = reason_to_encode_from_the_start();
  if (account_.empty()) {
    begin_passing();
  } else {
    begin_encoding();
  }
  tell.began(account_);
  while (!stop_.raised() && !held_.empty()) {
    if (held_.front().begins_link) begin_next_link(source);
    // At the end it takes a frame's worth of packets to cut the padding off.
    fill(source, held_.front().samples + kSamplesPerFrame);
    Held packet = std::move(held_.front());
    held_.pop_front();
    held_samples_ -= packet.samples;
    held_bytes_ -= packet.bytes.size();
    if (packet.title) tell.titled(std::move(*packet.title));
    take(packet);
    fill(source, 1);
  }
  if (passing_ && regrouper_.waits()) stop_passing({}, Return::in_silence);  // the last few ms of it
}

void OpusPassthrough::hand_over() {
  if (!maker_.passes()) return;
  if (history_.empty() || bridge_form(history_.back()[0]).is_needed) return preroll();
  maker_.drop_held();
  const std::vector<std::uint8_t> last = std::move(history_.back());
  history_.pop_back();
  preroll();
  decoder_.decode(last, kSamplesPerFrame, pcm_);
  maker_.fifo().append(pcm_);
  pcm_.clear();
}

void OpusPassthrough::fill(Source& source, std::size_t samples) {
  while (!ended_ && !stop_.raised() && held_samples_ < samples && held_bytes_ < kMostHeldBytes) {
    if (const auto packet = source.next_packet()) {
      hold(*packet, source.take_title());
    } else {
      ended_ = true;
      cut_end(source.padding_after(heard_samples_));
    }
  }
}

void OpusPassthrough::look_ahead(Source& source) {
  fill(source, 1);
  if (held_.empty()) return;
  const std::size_t head = held_.front().skip + kSamplesPerFrame;
  fill(source, source.is_at_hand() ? std::max(head, kLookAhead) : head);
}

// It may be another song, and certainly has a head of its own. Where both sides of the border are quiet,
// packets pass from here on; else it is heard as it would be from one track to the next.
void OpusPassthrough::begin_next_link(Source& source) {
  if (passing_ && regrouper_.waits()) stop_passing({}, Return::in_silence);
  held_.front().begins_link = false;
  look_ahead(source);
  const std::optional<OpusStream> stream = source.opus();
  std::string reason = stream ? reason_against(*stream) : "it is no Opus any more";
  decoder_.set_gain(stream ? stream->gain : 0);
  regrouper_ = {};
  bitrate_.clear();
  if (reason.empty() && return_ != Return::never) {
    needed_limit_ = 0;
    reason = reason_to_encode_from_the_start();
    return_ = trouble_ahead().empty() ? Return::in_silence : Return::at_a_border;
  } else if (return_ != Return::never) {
    return_ = Return::at_a_border;
  }
  if (reason.empty() && return_ != Return::never) {
    if (!passing_) log::info("{} passes through again", named(location_));
    begin_passing();
    return;
  }
  if (passing_) stop_passing(reason, return_);
  account_for(reason);
  decoder_.reset();
  skip_ = 0;
}

void OpusPassthrough::hold(const Source::Packet& packet, std::optional<std::string> title) {
  held_.push_back({{packet.bytes.begin(), packet.bytes.end()},
                   packet.samples,
                   packet.skip,
                   packet.discard,
                   packet.begins_link,
                   std::move(title)});
  held_samples_ += packet.samples;
  held_bytes_ += packet.bytes.size();
  heard_samples_ += packet.samples - packet.discard;
  heard_samples_ -= std::min<std::uint64_t>(heard_samples_, packet.skip);
}

void OpusPassthrough::cut_end(std::size_t padding) {
  for (auto packet = held_.rbegin(); packet != held_.rend() && padding > 0; ++packet) {
    const std::size_t cut = std::min(padding, packet->samples - packet->discard);
    packet->discard += cut;
    padding -= cut;
  }
}

std::string OpusPassthrough::reason_to_encode_from_the_start() {
  for (const Held& packet : held_) bitrate_.add(packet.bytes.size(), packet.samples);
  std::string reason = over_limit();
  bitrate_.clear();
  if (reason.empty()) reason = trouble_ahead();
  if (reason.empty()) reason = sound_ahead();
  return reason;
}

std::string OpusPassthrough::trouble_ahead() const {
  if (held_.front().discard > 0) return "it is too short";
  OpusRegrouper regrouper;
  for (const Held& packet : held_) {
    for (const OpusPiece& piece : regrouper.take(packet.bytes)) {
      if (!piece.trouble.empty()) return piece.trouble;
    }
  }
  return {};
}

// RFC 7845 s4.2: what the pre-skip covers is decoded, but not heard. No listener of ours knows where it ends.
// The encoder's own delay, up to a packet of it, is next to silent; more of it that sounds is another song's
// end.
std::string OpusPassthrough::sound_ahead() {
  std::vector<float> head;
  std::size_t skip = 0;
  decoder_.reset();
  for (const Held& packet : held_) {
    skip += packet.skip;
    decoder_.decode(packet.bytes, packet.samples, head);
    if (head.size() / kChannels >= skip + kSamplesPerFrame) break;
  }
  const std::span<const float> all(head);
  skip = std::min(skip, head.size() / kChannels);
  if (skip > kSamplesPerFrame && peak_of(all.first((skip - kSamplesPerFrame) * kChannels)) > kLoud) {
    return "its pre-skip holds sound that is not to be heard";
  }
  skip_ = skip;
  const bool begins_at_once = peak_of(all.subspan(skip * kChannels)) > kLoud;
  if (begins_at_once && peak_before() > kLoud) return "it goes on where the track before it ended";
  return {};
}

float OpusPassthrough::peak_before() {
  if (!maker_.passes()) return maker_.tail_peak();
  std::vector<float> last;
  decoder_.reset();
  for (const auto& packet : history_) {
    last.clear();
    decoder_.decode(packet, kSamplesPerFrame, last);
  }
  return peak_of(last);
}

std::string OpusPassthrough::over_limit() {
  const int limit = limit_.load(std::memory_order_relaxed);
  const int average = bitrate_.average();
  if (limit == 0 || average <= kTolerance * limit) return {};
  needed_limit_ = average;
  return fmt::format("its {} kbit/s are more than the {} that may be sent", average / 1000, limit / 1000);
}

// All of the pre-skip up to 80 ms goes out: the listener's decoder needs it to be on course when the sound
// begins.
void OpusPassthrough::begin_passing() {
  if (!maker_.passes()) history_.clear();
  maker_.finish_samples();
  while (held_.size() > 1 && skip_ >= held_.front().samples + kConvergence) {
    skip_ -= held_.front().samples;
    held_samples_ -= held_.front().samples;
    held_bytes_ -= held_.front().bytes.size();
    held_.pop_front();
  }
  maker_.set_lead(skip_);
  skip_ = 0;
  passing_ = true;
}

void OpusPassthrough::begin_encoding() {
  log::info("{} is re-encoded: {}", named(location_), account_);
  if (needed_limit_ == 0 && !trouble_ahead().empty()) return_ = Return::at_a_border;
  hand_over();
  decoder_.reset();
  skip_ = 0;
  passing_ = false;
}

void OpusPassthrough::take(const Held& packet) {
  bitrate_.add(packet.bytes.size(), packet.samples);
  if (passing_) {
    const std::string reason = over_limit();
    if (!reason.empty() || packet.discard > 0) stop_passing(reason, Return::in_silence);
  }
  if (passing_) {
    pass(packet);
  } else {
    encode(packet);
  }
  taken_samples_ += packet.samples;
}

void OpusPassthrough::pass(const Held& packet) {
  for (const OpusPiece& piece : regrouper_.take(packet.bytes)) {
    if (passing_ && piece.trouble.empty()) {
      put(piece);
      const std::string reason = tell_->passed();
      if (!reason.empty()) stop_passing(reason, Return::never);
      continue;
    }
    const bool damaged = piece.bytes.empty();
    if (passing_) stop_passing(piece.trouble, damaged ? Return::in_silence : Return::at_a_border);
    decoder_.decode(piece.bytes, damaged ? packet.samples : piece.samples, pcm_);
    encode_samples();
  }
}

void OpusPassthrough::put(const OpusPiece& piece) {
  if (!maker_.put_packet(piece.bytes)) return;
  ++passed_;
  history_.push_back(piece.bytes);
  if (history_.size() > kHistoryFrames) history_.pop_front();
}

void OpusPassthrough::stop_passing(const std::string& reason, Return again) {
  passing_ = false;
  return_ = again;
  quiet_ = 0;
  account_for(reason);
  preroll();
  if (const auto rest = regrouper_.take_rest({})) {
    decoder_.decode(rest->bytes, rest->samples, pcm_);
    encode_samples();
  }
}

void OpusPassthrough::account_for(const std::string& reason) {
  if (reason.empty() || !account_.empty()) return;
  account_ = fmt::format("{} (from {:.2f} s on)", reason, static_cast<double>(taken_samples_) / kSampleRate);
  log::info("{} is re-encoded: {}", named(location_), account_);
}

void OpusPassthrough::encode(const Held& packet) {
  decoder_.decode(packet.bytes, packet.samples, pcm_);
  skip_ += packet.skip;
  const std::size_t cut = std::min(packet.discard, pcm_.size() / kChannels);
  pcm_.resize(pcm_.size() - cut * kChannels);
  encode_samples();
  if (packet.discard == 0 && quiet_ >= kPause) pass_again_in_silence();
}

void OpusPassthrough::encode_samples() {
  const std::size_t left_out = std::min(skip_, pcm_.size() / kChannels);
  skip_ -= left_out;
  const std::span<const float> samples = std::span<const float>(pcm_).subspan(left_out * kChannels);
  quiet_ = peak_of(samples) < kQuiet ? quiet_ + samples.size() / kChannels : 0;
  if (!tell_->decoded(samples)) {
    maker_.fifo().append(samples);
    maker_.encode_whole_frames(false);
  }
  pcm_.clear();
}

void OpusPassthrough::pass_again_in_silence() {
  const int limit = limit_.load(std::memory_order_relaxed);
  const bool fits = needed_limit_ == 0 || limit == 0 || needed_limit_ <= kTolerance * limit;
  if (return_ != Return::in_silence || !fits) return;
  maker_.finish_samples();
  history_.clear();
  regrouper_ = {};
  needed_limit_ = 0;
  passing_ = true;
  log::info("{} passes through again", named(location_));
}

// The listener's decoder has just given what these packets say. An encoder that has heard the same goes on
// without a click, its delay made up for.
void OpusPassthrough::preroll() {
  constexpr std::size_t kValues = kPrerollFrames * kSamplesPerFrame * kChannels;
  std::vector<float> heard(kValues, 0.0F);  // silence, where there was nothing yet
  decoder_.reset();
  for (const auto& packet : history_) decoder_.decode(packet, kSamplesPerFrame, heard);
  std::vector<std::vector<std::uint8_t>> packets(history_.begin(), history_.end());
  maker_.preroll(std::span<const float>(heard).last(kValues),
                 [this, packets = std::move(packets), track = tracks_](const CeltFrame& end) {
                   auto packet = with_bridge(packets, end);
                   if (packet && track == tracks_) --passed_;
                   return packet;
                 });
}

}  // namespace vcplay::media
