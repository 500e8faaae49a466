#include "media/source.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/milliseconds.hpp"

namespace vcplay::media {
namespace {

constexpr int kMaxFailuresInARow = 64;    // a decoder that fails this often without asking for more is stuck
constexpr double kMissingSeconds = 0.25;  // headers are allowed to be this inexact
constexpr const char* kIndexAtEnd =
    " is MP4 or M4A whose index stands behind the sound, and cannot be wound back: play it from a file, or "
    "write it with \"ffmpeg -movflags +faststart\"";

bool has_pictures_in_motion(const AVFormatContext& format) {
  return std::any_of(format.streams, format.streams + format.nb_streams, [](const AVStream* stream) {
    return stream->codecpar->codec_type == AVMEDIA_TYPE_VIDEO &&
           (stream->disposition & AV_DISPOSITION_ATTACHED_PIC) == 0;
  });
}

/// What the header says of the length; 0 when it says nothing.
double promised_seconds(const AVFormatContext& format, const AVStream& stream) {
  if (stream.duration > 0) return static_cast<double>(stream.duration) * av_q2d(stream.time_base);
  // Matroska says it of all streams together, counted from its time 0.
  if (std::string_view(format.iformat->name) != "matroska,webm" || format.duration <= 0) return 0;
  return static_cast<double>(format.duration - std::max<std::int64_t>(0, format.start_time)) / AV_TIME_BASE;
}

}  // namespace

std::string clock_time(double seconds) {
  const std::int64_t millis = std::llround(seconds * 1000);
  return fmt::format("{}:{:02}.{:03}", millis / 60'000, millis / 1000 % 60, millis % 1000);
}

Source::Source(const Media& media, std::uint32_t track, World world)
    : world_(world),
      access_(media, world),
      packet_(made(av_packet_alloc())),
      current_(made(av_frame_alloc())),
      ahead_(made(av_frame_alloc())),
      range_(media.start, media.end) {
  info_.track = track;
  info_.location = media.location;
  open(media);
  choose_stream(media.audio_track);
  describe_track(media);
}

const AVFrame* Source::next() {
  if (!std::exchange(began_, true)) approach_start();
  while (AVFrame* const frame = next_decoded()) {
    switch (range_.cut(*frame)) {
      case Range::Verdict::keep:
        gave_ = true;
        return frame;
      case Range::Verdict::drop:
        break;
      case Range::Verdict::over:
        return nullptr;
    }
  }
  return nullptr;
}

AVFrame* Source::next_decoded() {
  if (!trims_end_) {
    if (decode(*current_)) return current_.get();
    finish();
    return nullptr;
  }
  if (!std::exchange(looks_ahead_, true) && !decode(*ahead_))
    finish();  // the very first call fills the place ahead
  if (ahead_->nb_samples == 0) return nullptr;
  av_frame_unref(current_.get());
  av_frame_move_ref(current_.get(), ahead_.get());
  if (!decode(*ahead_)) {
    trim_end(*current_);
    finish();
  }
  return current_.get();
}

bool Source::decode(AVFrame& frame) {
  while (!ended_) {
    const int got = avcodec_receive_frame(codec_.get(), &frame);
    if (got == 0 && frame.nb_samples > 0) {
      if (!damage_.empty()) report_damage();
      failures_ = 0;
      access_.heard();
      samples_ += static_cast<std::uint64_t>(frame.nb_samples);
      seconds_ += static_cast<double>(frame.nb_samples) / std::max(1, frame.sample_rate);
      return true;
    }
    if (got == AVERROR(EAGAIN)) {
      feed();
    } else if (got == AVERROR_EOF || ++failures_ > kMaxFailuresInARow) {
      ended_ = true;
    } else if (got < 0) {
      note_damage(describe(got));
    }
  }
  return false;
}

void Source::feed() {
  failures_ = 0;
  av_packet_unref(packet_.get());
  const int got = av_read_frame(format_.get(), packet_.get());
  if (got == AVERROR(EAGAIN)) return;
  if (got < 0) {
    note_end(got);
    avcodec_send_packet(codec_.get(), nullptr);  // the decoder may still hold samples
    return;
  }
  if (packet_->stream_index != stream_->index) return;
  note_link();
  feed_packet();
}

/// What `averror`, by which packets ended, says of them.
void Source::note_end(int averror) {
  const int failed = averror == AVERROR_EOF && format_->pb != nullptr ? format_->pb->error : averror;
  if (!access_.fault().empty()) {
    note_damage(access_.fault());  // of which HLS makes an end like any other
  } else if (failed < 0 && failed != AVERROR_EOF) {
    note_damage(describe(failed));
  }
}

void Source::feed_packet() {
  if (sample_bytes_ > 0) {
    drop_half_sample();
  } else if ((packet_->flags & AV_PKT_FLAG_CORRUPT) != 0) {
    note_damage("a packet is incomplete");
  }
  if (packet_->size == 0 && packet_->side_data_elems == 0) return;
  const int sent = avcodec_send_packet(codec_.get(), packet_.get());
  if (sent < 0) note_damage(describe(sent));
}

void Source::drop_half_sample() {
  const int odd = packet_->size % sample_bytes_;
  if (odd == 0) return;
  log::warning("{} ends in the middle of a sample: its last {} byte{} {} left out", named(info_.location),
               odd, odd == 1 ? "" : "s", odd == 1 ? "is" : "are");
  av_shrink_packet(packet_.get(), packet_->size - odd);
}

void Source::trim_end(AVFrame& last) const {
  const std::int64_t by_header = av_rescale_q(stream_->duration, stream_->time_base, {1, last.sample_rate});
  const std::int64_t excess = static_cast<std::int64_t>(samples_) - whole_.value_or(by_header);
  // More than one packet too much is a header that is wrong, not padding.
  if (excess > 0 && excess < last.nb_samples) last.nb_samples -= static_cast<int>(excess);
}

void Source::note_damage(const std::string& what) {
  if (world_.stop.raised()) return;  // then it is only the interrupted read
  if (damage_.empty()) damage_ = what;
}

void Source::report_damage() {
  const std::string what = access_.fault().empty() ? damage_ : access_.fault();
  damage_.clear();
  if (std::exchange(damage_reported_, true)) return;
  log::warning("{} is damaged at {}: {}; what can be decoded of it is played", named(info_.location),
               clock_time(seconds_), what);
}

void Source::finish() {
  if (world_.stop.raised()) return;
  if (samples_ == 0) {
    if (access_.is_pipe() && !access_.gave_anything())
      throw Error(Cause::no_media, cannot_be_opened(AVERROR_EOF));
    if (damage_.empty()) throw Error(Cause::no_media, named(info_.location) + kNoSound);
    if (!access_.is_seekable() && info_.container.starts_with("mov,")) {
      throw Error(Cause::no_media, named(info_.location) + kIndexAtEnd);
    }
    throw Error(Cause::no_media, named(info_.location) + " has no audio that can be decoded: " + damage_);
  }
  if (!damage_.empty()) report_damage();
  if (!gave_ && range_.start()) throw Error(Cause::no_media, too_short());
  if (range_.is_whole()) check_length();
}

void Source::check_length() {
  if (damage_reported_ || has_pictures_in_motion(*format_)) return;
  // From a bitrate, from timestamps or from a WAV's size FFmpeg concludes a length: nobody promised it.
  const bool is_a_promise = format_->duration_estimation_method == AVFMT_DURATION_FROM_STREAM;
  const bool start_is_known = stream_->start_time != AV_NOPTS_VALUE;
  const double too_much = seconds(counted_too_much(
      start_is_known ? av_rescale_q(stream_->start_time, stream_->time_base, AVRational{1, AV_TIME_BASE})
                     : 0));
  double promised = is_a_promise ? promised_seconds(*format_, *stream_) - too_much : 0;
  const double bytes_per_second = static_cast<double>(sample_bytes_) * info_.sample_rate;
  const auto missing = static_cast<double>(bytes_per_second > 0 ? access_.missing_bytes() : 0);
  if (missing > 0) promised = seconds_ + missing / bytes_per_second;
  if (promised - seconds_ < kMissingSeconds) return;
  log::warning("{} ends at {}, but its header promises {}: it is truncated", named(info_.location),
               clock_time(seconds_), clock_time(promised));
}

}  // namespace vcplay::media
