#include "media/piece.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/milliseconds.hpp"
#include "media/ac3_frames.hpp"
#include "media/guessed_size.hpp"
#include "media/piece_form.hpp"

namespace vcplay::media {
namespace {

constexpr int kMaxFailuresInARow = 64;    // a decoder that fails this often without asking for more is stuck
constexpr int kFlacHead = 34;             // bytes of STREAMINFO (RFC 9639 s8.2)
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

bool is_matroska(const AVFormatContext& format) {
  return std::string_view(format.iformat->name) == "matroska,webm";
}

/// True for what stands behind the sound of many files: a tag, padding, or padding and a tag.
bool is_no_sound(ByteView bytes) {
  constexpr std::array<std::string_view, 4> kTags{"TAG", "ID3", "APETAGEX", "LYRICSBEGIN"};
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  text.remove_prefix(std::min(text.find_first_not_of('\0'), text.size()));
  if (text.empty() || text.find_first_not_of(text.front()) == std::string_view::npos) return true;
  return std::any_of(kTags.begin(), kTags.end(),
                     [text](std::string_view tag) { return text.starts_with(tag); });
}

/// True where a demuxer has stumbled over what it read last, and that is no sound.
bool stands_behind_the_sound(const AVIOContext* reader) {
  constexpr std::ptrdiff_t kPacketHead = 32;  // bytes, of WavPack
  if (reader == nullptr) return false;
  const std::ptrdiff_t count = std::min(kPacketHead, reader->buf_ptr - reader->buffer);
  return count > 0 && is_no_sound({reader->buf_ptr - count, static_cast<std::size_t>(count)});
}

/// What the header says of the length; 0 when it says nothing.
double promised_seconds(const AVFormatContext& format, const AVStream& stream) {
  if (stream.duration > 0) return static_cast<double>(stream.duration) * av_q2d(stream.time_base);
  // Matroska says it of all streams together, counted from its time 0.
  if (!is_matroska(format) || format.duration <= 0) return 0;
  return static_cast<double>(format.duration - std::max<std::int64_t>(0, format.start_time)) / AV_TIME_BASE;
}

}  // namespace

Piece::Piece(const Media& media, Access& access, World world, Range& range, double begin)
    : world_(world),
      access_(access),
      range_(range),
      begin_(begin),
      packet_(made(av_packet_alloc())),
      current_(made(av_frame_alloc())),
      ahead_(made(av_frame_alloc())) {
  info_.location = media.location;
  open(media);
  choose_stream(media.audio_track);
  describe_track(media);
}

AVFrame* Piece::next() {
  if (!trims_end_) return decode(*current_) ? current_.get() : nullptr;
  if (!std::exchange(looks_ahead_, true)) {
    (void)decode(*ahead_);  // the very first call fills the place ahead
  }
  if (ahead_->nb_samples == 0) return nullptr;
  av_frame_unref(current_.get());
  av_frame_move_ref(current_.get(), ahead_.get());
  if (!decode(*ahead_)) trim_end(*current_);
  return current_.get();
}

bool Piece::decode(AVFrame& frame) {
  while (!ended_) {
    const int got = avcodec_receive_frame(codec_.get(), &frame);
    if (got == 0 && frame.nb_samples > 0) {
      if (!damage_.empty() && is_of_sound_) report_damage();
      damage_.clear();
      is_of_sound_ = false;
      failures_ = 0;
      const double length = static_cast<double>(frame.nb_samples) / std::max(1, frame.sample_rate);
      access_.heard(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(length)));
      samples_ += static_cast<std::uint64_t>(frame.nb_samples);
      seconds_ += length;
      return true;
    }
    if (got == AVERROR(EAGAIN)) {
      feed();
    } else if (got == AVERROR_EOF && std::exchange(awaits_decoder_, false)) {
      renew_decoder();
      feed_packet();
    } else if (got == AVERROR_EOF || ++failures_ > kMaxFailuresInARow) {
      ended_ = true;
    } else if (got < 0) {
      note_packet_damage(describe(got));
    }
  }
  return false;
}

void Piece::feed() {
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
  const bool has_head = take_flac_head();
  if ((begins_link_ || has_head) && is_of_another_head()) {
    // The packet waits until the decoder before has given all that it holds.
    awaits_decoder_ = true;
    avcodec_send_packet(codec_.get(), nullptr);
    return;
  }
  feed_packet();
}

/// Of a new link libavformat 7 says how many channels there are, and leaves the places of those before.
void Piece::renew_decoder() {
  AVCodecParameters& now = *stream_->codecpar;
  const bool is_flac = now.codec_id == AV_CODEC_ID_FLAC && now.extradata_size >= kFlacHead;
  const int channels = is_flac ? (now.extradata[12] >> 1 & 7) + 1 : now.ch_layout.nb_channels;
  av_channel_layout_uninit(&now.ch_layout);
  now.ch_layout.order = AV_CHANNEL_ORDER_UNSPEC;
  now.ch_layout.nb_channels = channels;
  if (is_flac) av_channel_layout_default(&now.ch_layout, channels);  // RFC 9639 s9.1.3
  open_decoder(*codec_->codec);
  has_new_decoder_ = true;
}

/// True for the first packet of a later link of FLAC in Ogg, whose STREAMINFO this libavformat leaves in it.
/// What reads it is the FLAC-to-Ogg mapping, version 1: a mark, the version, a count, "fLaC", a block.
bool Piece::take_flac_head() {
  constexpr std::string_view kMark =
      "\x7F"
      "FLAC";
  constexpr std::size_t kBefore = 17;
  AVCodecParameters& now = *stream_->codecpar;
  const ByteView packet(packet_->data, static_cast<std::size_t>(packet_->size));
  const bool is_head = now.codec_id == AV_CODEC_ID_FLAC && now.extradata_size == kFlacHead &&
                       packet.size() >= kBefore + kFlacHead && begins(packet, kMark);
  if (is_head) std::copy_n(packet.begin() + kBefore, kFlacHead, now.extradata);
  return is_head;
}

/// True for Opus or FLAC whose head (channels, streams, pre-skip; the longest block) is not the one that the
/// decoder was made for.
bool Piece::is_of_another_head() const {
  const AVCodecParameters& now = *stream_->codecpar;
  if (now.codec_id != AV_CODEC_ID_OPUS && now.codec_id != AV_CODEC_ID_FLAC) return false;
  const auto size = [](int bytes) { return static_cast<std::size_t>(std::max(0, bytes)); };
  const ByteView head(now.extradata, size(now.extradata_size));
  const ByteView known(codec_->extradata, size(codec_->extradata_size));
  return !std::equal(head.begin(), head.end(), known.begin(), known.end());
}

/// What `averror`, by which packets ended, says of them.
void Piece::note_end(int averror) {
  const int failed = averror == AVERROR_EOF && format_->pb != nullptr ? format_->pb->error : averror;
  if (!access_.fault().empty()) {
    note_damage(access_.fault());  // of which HLS makes an end like any other
  } else if (failed == AVERROR_INVALIDDATA && stands_behind_the_sound(format_->pb)) {
    return;  // it is a tag or padding
  } else if (failed < 0 && failed != AVERROR_EOF) {
    note_damage(describe(failed));
  }
}

void Piece::feed_packet() {
  if (sample_bytes_ > 0) {
    drop_half_sample();
  } else if ((packet_->flags & AV_PKT_FLAG_CORRUPT) != 0) {
    note_damage("a packet is incomplete");
  }
  look_at_frames();
  if (packet_->size == 0 && packet_->side_data_elems == 0) return;
  const int sent = avcodec_send_packet(codec_.get(), packet_.get());
  if (sent < 0) note_packet_damage(describe(sent));
}

/// FFmpeg makes silence of a frame of AC-3 that lacks its end, and an error of a tag behind the last one.
void Piece::look_at_frames() {
  const AVCodecID codec = stream_->codecpar->codec_id;
  if (codec != AV_CODEC_ID_AC3 && codec != AV_CODEC_ID_EAC3) return;
  const ByteView packet(packet_->data, static_cast<std::size_t>(packet_->size));
  const Ac3Frames frames = ac3_frames(packet);
  if (frames.is_cut) return note_damage("a packet is incomplete");
  if (frames.whole == 0 || frames.whole == packet.size() || !is_no_sound(packet.subspan(frames.whole)))
    return;
  av_shrink_packet(packet_.get(), static_cast<int>(frames.whole));
}

void Piece::drop_half_sample() {
  const int odd = packet_->size % sample_bytes_;
  if (odd == 0) return;
  av_shrink_packet(packet_.get(), packet_->size - odd);
  if (odd_bytes_ == 0) odd_bytes_ = odd;
}

void Piece::trim_end(AVFrame& last) const {
  const std::int64_t by_header = av_rescale_q(stream_->duration, stream_->time_base, {1, last.sample_rate});
  const std::int64_t excess = static_cast<std::int64_t>(samples_) - whole_.value_or(by_header);
  // More than one packet too much is a header that is wrong, not padding.
  if (excess > 0 && excess < last.nb_samples) last.nb_samples -= static_cast<int>(excess);
}

void Piece::note_damage(const std::string& what) {
  if (world_.over()) return;  // then it is only the interrupted read
  if (damage_.empty()) damage_ = what;
  is_of_sound_ = true;
}

/// The packet that was read last cannot be decoded. What stands behind the sound need not be any.
void Piece::note_packet_damage(const std::string& what) {
  const bool is_sound = !is_no_sound({packet_->data, static_cast<std::size_t>(packet_->size)});
  if (is_sound) return note_damage(what);
  if (!world_.over() && damage_.empty()) damage_ = what;
}

/// True at the end, where all that a header promised has come, or what could not be decoded was
/// a tag or padding.
bool Piece::is_whole() const {
  if (!is_of_sound_) return true;
  const bool is_a_promise = format_->duration_estimation_method == AVFMT_DURATION_FROM_STREAM &&
                            std::string_view(format_->iformat->name) == "flac";
  const double promised = is_a_promise ? promised_seconds(*format_, *stream_) : 0;
  return promised > 0 && seconds_ * info_.sample_rate >= promised * info_.sample_rate - 0.5;
}

void Piece::report_damage() {
  const std::string what = access_.fault().empty() ? damage_ : access_.fault();
  damage_.clear();
  if (std::exchange(damage_reported_, true)) return;
  const std::string sentence = fmt::format("{} is damaged at {}: {}; what can be decoded of it is played",
                                           named(info_.location), clock_time(end()), what);
  access_.tell(sentence);
}

void Piece::conclude(bool is_followed) {
  if (world_.over()) return;
  if (samples_ == 0 && !is_followed && begin_ == 0) {
    if (access_.is_pipe() && !access_.gave_anything())
      throw Error(Cause::no_media, cannot_be_opened(AVERROR_EOF));
    if (access_.is_spent()) throw Error(Cause::no_media, cannot_be_opened(AVERROR_EXIT));
    if (damage_.empty()) throw Error(Cause::no_media, named(info_.location) + kNoSound);
    if (!access_.is_seekable() && info_.container.starts_with("mov,")) {
      throw Error(Cause::no_media, named(info_.location) + kIndexAtEnd);
    }
    throw Error(Cause::no_media, named(info_.location) + " has no audio that can be decoded: " + damage_);
  }
  if (!damage_.empty() && !is_whole()) report_damage();
  if (damage_reported_ || (range_.is_whole() && (tell_truncation() || tell_unknown_rest()))) return;
  if (odd_bytes_ > 0) {
    access_.tell(fmt::format("{} ends in the middle of a sample: its last {} byte{} {} left out",
                             named(info_.location), odd_bytes_, odd_bytes_ == 1 ? "" : "s",
                             odd_bytes_ == 1 ? "is" : "are"));
  }
}

/// True where its header promised more than came.
bool Piece::tell_truncation() {
  if (has_pictures_in_motion(*format_)) return false;
  if (access_.ends_amid_packet()) {
    access_.tell(fmt::format("{} ends at {} in the middle of a packet: it is truncated",
                             named(info_.location), clock_time(end())));
    return true;
  }
  // From a bitrate, from timestamps or from a WAV's size FFmpeg concludes a length: nobody promised it.
  // Nor does it see that a later link counts its time otherwise.
  const bool is_a_promise =
      format_->duration_estimation_method == AVFMT_DURATION_FROM_STREAM && !has_new_decoder_;
  const bool start_is_known = stream_->start_time != AV_NOPTS_VALUE;
  const double too_much = seconds(counted_too_much(
      start_is_known ? av_rescale_q(stream_->start_time, stream_->time_base, AVRational{1, AV_TIME_BASE})
                     : 0));
  double promised = is_a_promise ? promised_seconds(*format_, *stream_) - too_much : 0;
  if (const auto samples = access_.promised_samples(); samples && !is_a_promise) {
    promised = static_cast<double>(*samples) / std::max(1, info_.sample_rate);
  }
  if (is_matroska(*format_) && !access_.ends_early())
    return false;  // it tells pauses and other tracks from what is missing
  const double bytes = promised * sample_bytes_ * info_.sample_rate;
  const auto whole_bytes = static_cast<std::uint64_t>(bytes);
  if (bytes > 0 && (is_guessed_size(whole_bytes) || is_round_size(whole_bytes))) promised = 0;
  if (const double missing = missing_seconds(); missing > 0) promised = seconds_ + missing;
  if (promised - seconds_ < kMissingSeconds) return false;
  const std::string sentence =
      fmt::format("{} ends at {}, but its header promises {}: it is truncated", named(info_.location),
                  clock_time(end()), clock_time(begin_ + promised));
  access_.tell(sentence);
  return true;
}

/// By the sizes in the file; where it is no PCM, at the pace of what came.
double Piece::missing_seconds() const {
  const auto missing = static_cast<double>(access_.missing_bytes());
  const double bytes_per_second = static_cast<double>(sample_bytes_) * info_.sample_rate;
  if (bytes_per_second > 0) return missing / bytes_per_second;
  const auto came = static_cast<double>(access_.size_that_came().value_or(0));
  return came > 0 ? seconds_ * missing / came : 0;
}

/// True where much follows the sound that may be sound as well, or whatever.
bool Piece::tell_unknown_rest() {
  const double bytes_per_second = static_cast<double>(sample_bytes_) * info_.sample_rate;
  const auto unknown = static_cast<double>(access_.unknown_bytes());
  if (unknown <= 0 || unknown < bytes_per_second * kMissingSeconds) return false;
  access_.tell(
      fmt::format("The sound of {} ends at {} by its header, and nobody knows what the {:.0f} kB behind it "
                  "are: they are left out",
                  named(info_.location), clock_time(end()), unknown / 1000));
  return true;
}

}  // namespace vcplay::media
