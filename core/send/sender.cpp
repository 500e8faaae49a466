#include "send/sender.hpp"

#include <algorithm>
#include <utility>

namespace vcplay::send {
namespace {

// Before a stream has its slots nothing is paced; these bound how long an answer lies unread.
constexpr Duration kAskingStep = 1ms;  // the network thread answers at once
constexpr Duration kIdleStep = 5ms;
// Where there are many, so that those who wait do not take the others' time.
constexpr std::size_t kFew = 8;
constexpr Duration kAskingStepOfMany = 5ms;
constexpr Duration kIdleStepOfMany = 20ms;

// A stream that begins at an appointed time asks for SPEAKING so much before its lead-in: a thousand
// may ask at once.
constexpr Duration kTimeToAsk = 200ms;

// So many moments within 20 ms have slots, 625 µs apart. Senders that share one follow each other at once,
// instead of a sleep apart.
constexpr unsigned kMomentBits = 5;

/// The moments of so many Senders as there may be lie as far apart as they can.
constexpr Duration moment_of(std::size_t place) noexcept {
  unsigned moment = 0;
  for (unsigned bit = 0; bit < kMomentBits; ++bit)
    moment = moment << 1U | static_cast<unsigned>(place >> bit & 1U);
  return kFrameDuration / (1U << kMomentBits) * moment;
}
static_assert(moment_of(1) == 10ms && moment_of(2) == 5ms && moment_of(3) == 15ms);

/// The sender thread alone writes; an atomic addition would lock the bus for nothing.
template <typename Counter>
void add_one(Counter& counter) noexcept {
  counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

void set_once(std::atomic<std::int64_t>& when, TimePoint now) noexcept {
  if (when.load(std::memory_order_relaxed) == 0) {
    when.store(now.time_since_epoch().count(), std::memory_order_relaxed);
  }
}

}  // namespace

void Sender::tick(TimePoint now) noexcept {
  read_inbox();
  if (now >= due_ && prepare(now)) send_prepared(now);
}

bool Sender::prepare(TimePoint now) noexcept {
  read_inbox();
  end_gathering(now);
  if (now < due_ - kMostHeadStart) return false;
  if (!talking()) {
    pass_quiet_slots(now);
    return false;
  }
  if (!anchored_) {  // the stream's first packet fixes its slots
    anchored_ = true;
    due_ = first_slot(now);
    if (now < due_ - kMostHeadStart) return false;
  }
  meet_schedule(now);
  load_packet();
  return true;
}

void Sender::send_prepared(TimePoint now) noexcept {
  if (packet_bytes_ > 0 && sink_takes_packet(now) && phase_ == Phase::audio)
    note_frame(*cursor_.front(), now);
  note_lateness(now - scheduled_);
  due_ += kFrameDuration;
  header_.timestamp += rtp::kTimestampStep;
  if (phase_ == Phase::audio) return cursor_.pop();
  if (--silence_left_ > 0) return;
  if (phase_ == Phase::lead_in) return enter(Phase::audio);
  end_trailing();
}

bool Sender::waiting() const noexcept {
  switch (phase_) {
    case Phase::gathering:
      return !cursor_.drained() && (hold_ == Hold::pause || !enough_gathered() || cursor_.clock().is_held());
    case Phase::audio:
    case Phase::unheard:
      return starving();
    case Phase::lead_in:
    case Phase::trailing:
      return false;
    default:
      return true;
  }
}

bool Sender::starving() const noexcept {
  const bool takes_frames = phase_ == Phase::audio || phase_ == Phase::unheard;
  return takes_frames && !cursor_.finished() && cursor_.size() == 0;
}

// ── the inbox ──

void Sender::read_inbox() noexcept {
  while (SenderCommand* const command = inbox_.front()) {
    std::visit([this](auto& order) { on(order); }, *command);
    inbox_.pop();
  }
}

void Sender::on(StartStream& start) noexcept {
  on(DropStream{});
  sink_ = std::move(start.sink);
  replace_cipher(std::move(start.cipher));
  transform_ = std::move(start.transform);
  hold_ = start.hold;
  trailing_for_hold_ = false;
  header_ = start.first;
  if (phase_ == Phase::finished) return;
  due_ = TimePoint{};
  last_sent_ = TimePoint{};
  frames_needed_ = kStartFrames;
  enter(Phase::gathering);
}

void Sender::on(SwapTransform& swap) noexcept {
  retire(transform_);
  transform_ = std::move(swap.transform);
  hold_ = Hold::none;
  if (phase_ == Phase::unheard) enter(Phase::gathering);
}

void Sender::on(HoldAudio& hold) noexcept {
  retire(transform_);
  transform_ = std::move(hold.gate);
  hold_ = hold.hold;
  if (phase_ == Phase::unheard) return enter(Phase::gathering);
  if (phase_ == Phase::asking) {  // SPEAKING is said already, or about to be
    enter(Phase::gathering);
    return inbox_.report(SenderReport::held);
  }
  if (phase_ != Phase::lead_in && phase_ != Phase::audio) return;
  trailing_for_hold_ = true;
  begin_trailing();
}

void Sender::on(SwapCipher& swap) noexcept {
  if (phase_ == Phase::no_stream || phase_ == Phase::finished) return retire(swap.cipher);
  replace_cipher(std::move(swap.cipher));
}

void Sender::on(SpeakingIsOn) noexcept {
  if (phase_ != Phase::asking) return;  // the answer to a question of a stream that is gone
  // Until its first packet a stream has no slots; afterwards listeners need no second lead-in, but their
  // decoders have heard silence.
  silence_left_ = anchored_ ? 1 : options_.lead_in_packets;
  enter(silence_left_ > 0 ? Phase::lead_in : Phase::audio);
}

void Sender::on(StopPlaying) noexcept {
  stopping_ = true;
  if (phase_ == Phase::trailing || phase_ == Phase::finished) return;
  if (talking() && anchored_) return begin_trailing();
  finish();
}

void Sender::on(DropStream) noexcept {
  retire(sink_);
  replace_cipher(nullptr);
  retire(transform_);
  anchored_ = false;
  if (phase_ == Phase::finished) return;
  const bool said_everything = talking() && (stopping_ || cursor_.drained());
  if (said_everything) return finish();
  enter(Phase::no_stream);
}

template <typename Owned>
void Sender::retire(std::unique_ptr<Owned>& owned) noexcept {
  if (owned) inbox_.retire(std::move(owned));
}

void Sender::replace_cipher(std::unique_ptr<rtp::TransportCipher> next) noexcept {
  if (cipher_) sealed_ = std::max(sealed_, cipher_->sealed());
  retire(cipher_);
  cipher_ = std::move(next);
  if (cipher_) cipher_->continue_after(sealed_);
}

// ── phases ──

bool Sender::talking() const noexcept {
  return phase_ == Phase::lead_in || phase_ == Phase::audio || phase_ == Phase::trailing;
}

void Sender::enter(Phase phase) noexcept {
  phase_ = phase;
  if (phase != Phase::audio && phase != Phase::unheard) cursor_.rest();
  stats_.speaking.store(phase == Phase::lead_in || phase == Phase::audio, std::memory_order_relaxed);
}

bool Sender::enough_gathered() const noexcept {
  const std::size_t wanted = cursor_.is_under_way() ? 1 : static_cast<std::size_t>(frames_needed_);
  const std::size_t needed = std::min(wanted, cursor_.capacity());
  const bool finished = cursor_.finished();  // read first: what was queued before is then counted
  const std::size_t queued = cursor_.size();
  return queued >= needed || (finished && queued > 0);
}

void Sender::end_gathering(TimePoint now) noexcept {
  if (phase_ != Phase::gathering) return;
  if (cursor_.drained()) return finish();  // whatever was sent has had its silence
  if (hold_ == Hold::pause || !enough_gathered()) return;
  const Duration before =
      hold_ == Hold::run_on ? 0ms : kTimeToAsk + options_.lead_in_packets * kFrameDuration;
  if (cursor_.clock().begins_after(now + before)) return;
  if (hold_ == Hold::run_on) return enter(Phase::unheard);
  enter(Phase::asking);
  inbox_.report(SenderReport::wants_speaking);
}

void Sender::finish() noexcept {
  enter(Phase::finished);
  inbox_.report(SenderReport::finished);
}

void Sender::begin_trailing() noexcept {
  silence_left_ = kSilencePackets;
  enter(Phase::trailing);
}

void Sender::end_trailing() noexcept {
  const bool held = std::exchange(trailing_for_hold_, false);
  if (stopping_ || cursor_.drained()) return finish();
  enter(Phase::gathering);
  if (held) return inbox_.report(SenderReport::held);
  add_one(stats_.underruns);
  frames_needed_ = kResumeFrames;
  inbox_.report(SenderReport::went_quiet);
}

// ── the slots ──

/// RFC 3550 s5.1: the timestamp goes on in silence, "the sampling clock" does not stop.
void Sender::pass_quiet_slots(TimePoint now) noexcept {
  const auto slots = (now - due_) / kFrameDuration + 1;  // one, even a moment before it begins
  if (phase_ == Phase::unheard) pass_unheard_frame(due_ + (slots - 1) * kFrameDuration);
  if (anchored_ || phase_ == Phase::unheard) {
    due_ += slots * kFrameDuration;
    header_.timestamp += static_cast<std::uint32_t>(slots) * rtp::kTimestampStep;
  } else {
    const bool few = place_ < kFew;
    due_ = now + (phase_ == Phase::asking ? (few ? kAskingStep : kAskingStepOfMany)
                                          : (few ? kIdleStep : kIdleStepOfMany));
  }
  if (sink_ && phase_ != Phase::finished) keep_alive(now);
}

void Sender::pass_unheard_frame(TimePoint slot) noexcept {
  cursor_.take_up(slot);
  if (const OpusFrame* const frame = cursor_.front()) {
    note_position(*frame);
    add_one(stats_.unheard);
    return cursor_.pop();
  }
  frames_needed_ = kResumeFrames;
  enter(Phase::gathering);  // ends there, too, when no more will come
}

/// Keeps the address translation on the way open; servers answer 13 37 F0 0D or nothing.
void Sender::keep_alive(TimePoint now) noexcept {
  if (last_sent_ == TimePoint{}) last_sent_ = now;  // discovery has just used the socket
  if (now - last_sent_ < kKeepaliveInterval) return;
  std::array<std::uint8_t, 8> keepalive{0x13, 0x37, 0xCA, 0xFE};
  store_be32(ByteSpan(keepalive).subspan(4), keepalives_++);
  static_cast<void>(sink_->send(keepalive));  // a lost one is not missed
  last_sent_ = now;
}

/// The slot of the stream's first packet. A Sender with place 0 need not wait for it, unless the stream
/// begins at an appointed time.
TimePoint Sender::first_slot(TimePoint now) const noexcept {
  const std::optional<Duration> appointed = cursor_.clock().phase();
  if (place_ == 0 && !appointed) return now;
  const Duration moment = appointed.value_or(Duration::zero()) + moment_of(place_);
  const Duration since = (now.time_since_epoch() - moment) % kFrameDuration;
  return since <= Duration::zero() ? now - since : now - since + kFrameDuration;
}

/// After a stall the missed slots are skipped, the rest stay where they were.
void Sender::meet_schedule(TimePoint now) noexcept {
  scheduled_ = due_;
  const Duration late = now - due_;
  if (late <= kMaxLatePackets * kFrameDuration) return;
  const auto missed = late / kFrameDuration;
  due_ += missed * kFrameDuration;
  header_.timestamp += static_cast<std::uint32_t>(missed) * rtp::kTimestampStep;
  add_one(stats_.rebases);
}

/// Silence goes on until the stream begins.
void Sender::wait_for_the_beginning() noexcept {
  const stream::StreamClock& clock = cursor_.clock();
  if (phase_ == Phase::audio && clock.begins_after(due_)) {
    silence_left_ = 1;
    enter(Phase::lead_in);
  }
  const bool leads_in_last = phase_ == Phase::lead_in && silence_left_ == 1;
  if (leads_in_last && clock.begins_after(due_ + kFrameDuration)) silence_left_ = 2;
}

/// Fills packet_ with what belongs into this slot, sealed. Silence goes past the transform: DAVE lets exactly
/// that packet through in the clear.
void Sender::load_packet() noexcept {
  wait_for_the_beginning();
  if (phase_ == Phase::audio) cursor_.take_up(due_);
  const ByteSpan protocol_frame = ByteSpan(packet_).subspan(kRtpHeaderBytes, kMaxProtocolFrameBytes);
  const OpusFrame* const frame = phase_ == Phase::audio ? cursor_.front() : nullptr;
  ByteView opus = kOpusSilence;
  if (frame != nullptr) {
    opus = frame->view();
  } else if (phase_ == Phase::lead_in && silence_left_ == 1) {
    opus = kOpusReset;
  } else if (phase_ == Phase::audio) {
    if (!cursor_.drained()) cursor_.note_underrun();
    begin_trailing();
  }
  std::copy(opus.begin(), opus.end(), protocol_frame.begin());
  std::size_t size = opus.size();
  const bool is_silence = frame == nullptr && opus.data() == kOpusSilence.data();
  if (!is_silence && transform_) size = transform_->apply(protocol_frame, size);
  header_.write(packet_);
  packet_bytes_ = size == 0 ? 0 : cipher_->seal(packet_, size);
  if (packet_bytes_ == 0) return add_one(stats_.failed);  // its slot passes: neither sent nor waited for
  ++header_.sequence;
}

/// A packet that the socket does not take is lost, as it would be on the way.
bool Sender::sink_takes_packet(TimePoint now) noexcept {
  last_sent_ = now;
  const SendResult result = sink_->send(ByteView(packet_).first(packet_bytes_));
  if (result != SendResult::sent) {
    add_one(result == SendResult::would_block ? stats_.dropped : stats_.failed);
    return false;
  }
  add_one(stats_.packets);
  set_once(stats_.first_packet_ns, now);
  return true;
}

void Sender::note_lateness(Duration late) noexcept {
  const auto microseconds = static_cast<std::size_t>(std::max(late, Duration::zero()) / 1us);
  add_one(stats_.late_us[std::min(microseconds, SenderStats::kLateBuckets - 1)]);
  if (late.count() > stats_.worst_late_ns.load(std::memory_order_relaxed)) {
    stats_.worst_late_ns.store(late.count(), std::memory_order_relaxed);
  }
}

void Sender::note_frame(const OpusFrame& frame, TimePoint now) noexcept {
  add_one(stats_.audio_packets);
  set_once(stats_.first_audio_ns, now);
  note_position(frame);
}

void Sender::note_position(const OpusFrame& frame) noexcept {
  stats_.track.store(frame.track, std::memory_order_relaxed);
  stats_.track_frame.store(frame.track_frame, std::memory_order_relaxed);
}

}  // namespace vcplay::send
