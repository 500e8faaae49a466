#include "media/opus_passthrough.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <span>

#include "base/log.hpp"
#include "media/io.hpp"
#include "media/opus_bridge.hpp"
#include "media/passthrough_rules.hpp"
#include "media/peak.hpp"

namespace vcplay::media {
namespace {

// RFC 7845 s4.6: a decoder that starts anywhere is on course after 80 ms.
constexpr std::size_t kConvergence = 3840;  // samples
// What the encoder hears before its first packet counts, and all that the decoder hears before it knows what
// a listener's has just given: SILK repeats a voice's periods for far longer than 80 ms.
constexpr std::size_t kPrerollFrames = 6;
constexpr std::size_t kHistoryFrames = 50;

// A pause of 20 ms between two sounds that are both louder than this can be heard.
constexpr float kLoud = 0.003F;           // -50 dBFS
constexpr float kQuiet = 0.000'5F;        // -66 dBFS
constexpr std::size_t kPause = 4800;      // samples: so much quiet hides the few ms by which the grid shifts
constexpr std::size_t kMostWaiting = 25;  // packets, for a good place to stop
constexpr double kTolerance = 1.1;        // a variable bitrate swings about its target

}  // namespace

void OpusPassthrough::play(Source& source, const Callbacks& tell) {
  regrouper_ = {};
  bitrate_.clear();
  skip_ = quiet_ = 0;
  taken_samples_ = passed_ = 0;
  needed_limit_ = 0;
  return_ = Return::in_silence;
  wish_ = {};
  location_ = source.info().location;
  account_.clear();
  tell_ = &tell;
  decoder_.set_gain(0);
  decoder_.set_layout({});
  is_understood_ = true;

  ahead_.read_from(source);
  ahead_.look();
  if (ahead_.empty()) return;
  account_ = reason_to_encode_from_the_start();
  if (account_.empty()) {
    begin_passing();
  } else {
    begin_encoding();
  }
  tell.began(account_);
  while (!stop_.raised() && !ahead_.empty()) {
    if (ahead_.front().begins_link) begin_next_link();
    // At the end it takes a frame's worth of packets to cut the padding off.
    ahead_.fill(ahead_.front().samples + kSamplesPerFrame);
    Packet packet = ahead_.take();
    if (packet.title) tell.titled(std::move(*packet.title));
    take(packet);
    ahead_.fill(1);
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

// It may be another song, and certainly has a head of its own. Where both sides of the border are quiet,
// packets pass from here on; else it is heard as it would be from one track to the next.
void OpusPassthrough::begin_next_link() {
  if (passing_ && regrouper_.waits()) stop_passing({}, Return::in_silence);
  ahead_.look();  // perhaps beyond its end
  const std::optional<OpusStream> stream = ahead_.front().stream;
  decoder_.set_layout({});
  is_understood_ = true;
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
    if (wish_.again != Return::never) wish_ = {};  // it was of the link before
    begin_passing();
    return;
  }
  if (passing_) stop_passing(reason, return_);
  account_for(reason);
  is_understood_ = stream && stream->layout;
  if (is_understood_) {
    decoder_.set_layout(*stream->layout);
  } else {
    log::warning("{}: from {:.2f} s on {}; that part of it is silent", named(location_),
                 static_cast<double>(taken_samples_) / kSampleRate, reason);
  }
  skip_ = 0;
}

std::string OpusPassthrough::reason_to_encode_from_the_start() {
  for (const Packet& packet : ahead_) bitrate_.add(packet.bytes.size(), packet.samples);
  std::string reason = over_limit();
  bitrate_.clear();
  if (reason.empty()) reason = trouble_ahead();
  if (reason.empty()) reason = sound_ahead();
  return reason;
}

std::string OpusPassthrough::trouble_ahead() const {
  if (ahead_.front().discard > 0) return "it is too short";
  OpusRegrouper regrouper;
  for (const Packet& packet : ahead_) {
    for (const OpusPiece& piece : regrouper.take(packet.bytes)) {
      if (!piece.trouble.empty()) return piece.trouble;
    }
  }
  return {};
}

// RFC 7845 s4.2: what the pre-skip covers is decoded, but not heard. No listener of ours knows where
// it ends. The encoder's own delay, up to a packet of it, is next to silent; more of it that sounds
// is another song's end.
std::string OpusPassthrough::sound_ahead() {
  std::vector<float> head;
  std::size_t skip = 0;
  decoder_.reset();
  for (const Packet& packet : ahead_) {
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

// The first packet is made for a decoder that has heard nothing, and follows what is quiet. All of the
// pre-skip up to 80 ms goes out: the listener's decoder needs it to be on course when the sound begins.
void OpusPassthrough::begin_passing() {
  if (!maker_.passes()) history_.clear();
  maker_.finish_samples();
  if (maker_.put_reset()) history_.emplace_back(kOpusReset.begin(), kOpusReset.end());
  while (ahead_.size() > 1 && skip_ >= ahead_.front().samples + kConvergence) skip_ -= ahead_.take().samples;
  maker_.set_lead(skip_);
  skip_ = 0;
  passing_ = true;
}

/// Once for each file, in however many rounds it plays.
void OpusPassthrough::tell_account() {
  const std::string sentence = fmt::format("{} is re-encoded: {}", named(location_), account_);
  if (said_.is_new(sentence)) log::info("{}", sentence);
}

void OpusPassthrough::begin_encoding() {
  tell_account();
  if (needed_limit_ == 0 && !trouble_ahead().empty()) return_ = Return::at_a_border;
  hand_over();
  decoder_.reset();
  skip_ = 0;
  passing_ = false;
}

void OpusPassthrough::take(const Packet& packet) {
  bitrate_.add(packet.bytes.size(), packet.samples);
  if (passing_ && wish_.reason.empty()) wish_ = {over_limit(), Return::in_silence};
  if (passing_ && (packet.discard > 0 || may_stop_here())) stop_passing(wish_.reason, wish_.again);
  if (passing_) {
    pass(packet);
  } else {
    encode(packet);
  }
  taken_samples_ += packet.samples;
}

void OpusPassthrough::pass(const Packet& packet) {
  for (const OpusPiece& piece : regrouper_.take(packet.bytes)) {
    if (passing_ && piece.trouble.empty()) {
      put(piece);
      std::string reason = tell_->passed();
      if (!reason.empty() && wish_.again != Return::never) wish_ = {std::move(reason), Return::never};
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

/// What asks for samples has time to wait for a packet that they may follow unnoticed, though not for ever.
bool OpusPassthrough::may_stop_here() {
  if (wish_.reason.empty()) return false;
  return ++wish_.waited > kMostWaiting || leads_on(history_);
}

void OpusPassthrough::stop_passing(const std::string& reason, Return again) {
  account_for(reason);
  wish_ = {};
  passing_ = false;
  return_ = again;
  quiet_ = 0;
  preroll();
  if (const auto rest = regrouper_.take_rest({})) {
    decoder_.decode(rest->bytes, rest->samples, pcm_);
    encode_samples();
  }
}

void OpusPassthrough::account_for(const std::string& reason) {
  if (reason.empty() || !account_.empty()) return;
  account_ = fmt::format("{} (from {:.2f} s on)", reason, static_cast<double>(taken_samples_) / kSampleRate);
  tell_account();
}

void OpusPassthrough::encode(const Packet& packet) {
  if (is_understood_) {
    decoder_.decode(packet.bytes, packet.samples, pcm_);
  } else {
    pcm_.resize(pcm_.size() + packet.samples * kChannels, 0.0F);
  }
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
  FrameMaker::Bridge bridge;
  if (!history_.empty() && bridge_form(history_.back()[0]).is_needed) {
    bridge = [packets = history_](const CeltFrame& end) { return with_bridge(packets, end); };
  }
  maker_.preroll(std::span<const float>(heard).last(kValues), std::move(bridge));
}

}  // namespace vcplay::media
