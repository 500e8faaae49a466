#include "media/source.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "base/log.hpp"
#include "media/formats.hpp"

namespace vcplay::media {
namespace {

constexpr int kMaxFailuresInARow = 64;     // a decoder that fails this often without asking for more is stuck
constexpr double kMissingSeconds = 0.25;   // headers are allowed to be this inexact
constexpr int kPcmRateByDefault = 44'100;  // FFmpeg's defaults, so that its command lines can be carried over
constexpr int kPcmChannelsByDefault = 1;
constexpr const char* kNoSound = " ends before any sound comes";
constexpr const char* kWebPage =
    " is a web page, not audio; \"yt-dlp -o - URL | vcplay play -\" plays what is on many of them";
constexpr const char* kIndexAtEnd =
    " is MP4 or M4A whose index stands behind the sound, and a pipe cannot be wound back: name the file, or "
    "write it with \"ffmpeg -movflags +faststart\"";

std::string tag(const AVFormatContext& format, const AVStream& stream, const char* name) {
  const AVDictionaryEntry* entry = av_dict_get(format.metadata, name, nullptr, 0);
  if (entry == nullptr) entry = av_dict_get(stream.metadata, name, nullptr, 0);  // Ogg keeps them there
  return entry == nullptr ? std::string() : entry->value;
}

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

void set_pcm_shape(Dictionary& options, const Media& media) {
  const int rate = media.rate > 0 ? media.rate : kPcmRateByDefault;
  const int channels = media.channels > 0 ? media.channels : kPcmChannelsByDefault;
  options.set("sample_rate", rate);
  options.set("ch_layout", ChannelLayout(channels).name());
  if (media.rate > 0 && media.channels > 0) return;
  log::warning("{} is read as {} at {} Hz with {} channel{}; give --rate and --channels if it is not",
               named(media.location), media.format, rate, channels, channels == 1 ? "" : "s");
}

/// A live pipe is heard at once: we need to know the codec, but no timestamps and no frame rates.
void hurry(AVFormatContext& format, Dictionary& options) {
  format.max_analyze_duration = AV_TIME_BASE / 2;
  format.max_ts_probe = 0;
  format.fps_probe_size = 0;
  format.max_probe_packets = 2;
  options.set("max_size", 2048);  // bytes in a packet of WAV
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

void Source::open(const Media& media) {
  const AVInputFormat* const wanted =
      media.format.empty() ? nullptr : find_format(media.format, Cause::no_media);
  Dictionary options;
  options.set("codec_whitelist", audio_decoders());
  if (wanted != nullptr && is_raw_pcm(*wanted)) {
    set_pcm_shape(options, media);
  } else if (media.rate > 0) {
    options.set("sample_rate", media.rate);  // some formats take a rate alone
  }

  AVFormatContext* format = made(avformat_alloc_context());
  access_.guard(*format);
  if (access_.is_pipe()) hurry(*format, options);
  forget_complaints();
  const std::string hint = media.location == "-" ? std::string() : access_.location();
  if (const int opened = avformat_open_input(&format, hint.c_str(), wanted, options.out()); opened < 0) {
    throw Error(Cause::no_media, cannot_be_opened(opened));  // FFmpeg has freed `format`
  }
  format_.reset(format);
  access_.opened();
  if (const int found = avformat_find_stream_info(format, nullptr); found < 0) {
    throw Error(Cause::no_media, cannot_be_opened(found));
  }
  if (options.has("sample_rate") || (media.channels > 0 && !is_raw_pcm(*format->iformat))) {
    log::warning("--rate and --channels are for raw PCM: {} says its own", named(media.location));
  }
}

std::string Source::cannot_be_opened(int averror) const {
  const std::string name = named(info_.location);
  const std::string& complaint = first_complaint();
  if (!access_.fault().empty()) return name + " cannot be opened: " + access_.fault();
  if (access_.is_web_page()) return name + kWebPage;
  if (access_.wanted_more() || complaint.find("not on whitelist 'none'") != std::string::npos) {
    return name + " refers to other files or addresses, which vcplay does not open";
  }
  if (complaint == kUnsafeFormat) {
    return name + " has no audio of its own: it is a picture, or refers to other files or addresses";
  }
  if (access_.is_pipe() && !access_.gave_anything()) return name + " ended before any audio came";
  // FFmpeg looks for music behind an MP3's tag, and complains of the seek.
  const bool is_over = averror == AVERROR_EOF || complaint.find("Failed to read frame size") == 0;
  if (is_over) return name + kNoSound;
  std::string sentence = name;
  if (averror == AVERROR_INVALIDDATA) {
    sentence += " is not audio that FFmpeg can read: ";
  } else {
    sentence += " cannot be opened: ";
  }
  return sentence + describe_fully(averror);
}

void Source::choose_stream(const std::string& name) {
  const AVCodec* decoder = nullptr;
  const int best =
      av_find_best_stream(format_.get(), AVMEDIA_TYPE_AUDIO, wanted_stream(name), -1, &decoder, 0);
  if (best == AVERROR_DECODER_NOT_FOUND) {
    throw Error(Cause::no_media, named(info_.location) + " has audio that FFmpeg has no decoder for");
  }
  if (best < 0) {
    const bool is_nothing_at_all = (access_.is_pipe() && !access_.gave_anything()) || access_.is_web_page();
    throw Error(Cause::no_media,
                is_nothing_at_all ? cannot_be_opened(AVERROR_EOF) : named(info_.location) + " has no audio");
  }
  stream_ = format_->streams[best];
  for (unsigned i = 0; i < format_->nb_streams; ++i) {
    AVStream* const other = format_->streams[i];
    if (other == stream_) continue;
    other->discard = AVDISCARD_ALL;
    av_packet_unref(&other->attached_pic);  // cover art can be megabytes
  }
  read_packet_table();
  open_decoder(*decoder);
}

void Source::open_decoder(const AVCodec& decoder) {
  codec_.reset(made(avcodec_alloc_context3(&decoder)));
  int done = avcodec_parameters_to_context(codec_.get(), stream_->codecpar);
  codec_->pkt_timebase = stream_->time_base;
  codec_->thread_count = 1;  // audio never needs more, and each thread would hold frames of its own
  if (done >= 0) done = avcodec_open2(codec_.get(), &decoder, nullptr);
  if (done < 0) throw Error(Cause::no_media, cannot_be_opened(done));

  const AVCodecParameters& parameters = *stream_->codecpar;
  if (av_get_exact_bits_per_sample(parameters.codec_id) > 0) sample_bytes_ = parameters.block_align;
  // MP4 and CAF say how long the audio is, but this libavformat leaves the padding of its last packet in. So
  // it does in Ogg of Vorbis, whose end it misses where it lies before the last packet.
  const std::string_view container = format_->iformat->name;
  const bool knows_end = container.substr(0, 4) == "mov," || container == "caf" ||
                         (container == "ogg" && parameters.codec_id == AV_CODEC_ID_VORBIS);
  trims_end_ = knows_end && stream_->duration > 0;
}

void Source::describe_track(const Media& media) {
  const AVCodecParameters& parameters = *stream_->codecpar;
  info_.title = tag(*format_, *stream_, "title");
  info_.album = tag(*format_, *stream_, "album");
  info_.station = access_.station();
  if (info_.title.empty()) info_.title = info_.station;
  info_.artist = tag(*format_, *stream_, "artist");
  forget_title();
  const bool is_part = media.start || media.end;  // the tags are those of the whole
  if (!media.title.empty() && (is_part || info_.title.empty())) {
    info_.title = media.title;
    info_.artist = media.artist;
  }
  info_.codec = avcodec_get_name(parameters.codec_id);
  info_.container = format_->iformat->name;
  info_.sample_rate = parameters.sample_rate;
  info_.channels = parameters.ch_layout.nb_channels;
  if (format_->duration > 0) info_.duration = range_.length_of(std::chrono::microseconds(format_->duration));
}

std::string Source::tagged(const char* name) const { return tag(*format_, *stream_, name); }

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
  const AVRational one_sample{1, last.sample_rate};
  const std::int64_t whole = av_rescale_q(stream_->duration, stream_->time_base, one_sample);
  const std::int64_t excess = static_cast<std::int64_t>(samples_) - whole;
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
    if (access_.is_pipe() && info_.container.starts_with("mov,")) {
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
  double promised = is_a_promise ? promised_seconds(*format_, *stream_) : 0;
  const double bytes_per_second = static_cast<double>(sample_bytes_) * info_.sample_rate;
  const auto missing = static_cast<double>(bytes_per_second > 0 ? access_.missing_bytes() : 0);
  if (missing > 0) promised = seconds_ + missing / bytes_per_second;
  if (promised - seconds_ < kMissingSeconds) return;
  log::warning("{} ends at {}, but its header promises {}: it is truncated", named(info_.location),
               clock_time(seconds_), clock_time(promised));
}

}  // namespace vcplay::media
