// How a medium is opened: its format, the stream that is heard, the decoder, and what it says of itself.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <span>
#include <sstream>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "base/log.hpp"
#include "media/formats.hpp"
#include "media/piece.hpp"

namespace vcplay::media {
namespace {

constexpr int kPcmRateByDefault = 44'100;  // FFmpeg's defaults, so that its command lines can be carried over
constexpr int kPcmChannelsByDefault = 1;
constexpr std::size_t kMostTagBytes = 4'096;  // that anybody gets to see; some formats let it be megabytes
constexpr const char* kWebPage =
    " is a web page, not audio; \"yt-dlp -o - URL | vcplay play -\" plays what is on many of them";

// Of a file or a server it would have been read.
constexpr const char* kPlaylist =
    " is a playlist, which can be played from a file or a server alone: name that, or what it lists";

std::string tag(const AVFormatContext& format, const AVStream& stream, const char* name) {
  const AVDictionaryEntry* entry = av_dict_get(format.metadata, name, nullptr, 0);
  if (entry == nullptr) entry = av_dict_get(stream.metadata, name, nullptr, 0);  // Ogg keeps them there
  return entry == nullptr ? std::string() : entry->value;
}

/// Of all channels together; 0 for what is not PCM in whole bytes. In block_align each demuxer writes what it
/// likes, and codecs that have a number of bits for each sample, too, are not made of samples: DSD, ADPCM.
int pcm_sample_bytes(const AVCodecParameters& parameters) {
  constexpr int kFirstOfOthers = AV_CODEC_ID_ADPCM_IMA_QT;
  if (parameters.codec_id < AV_CODEC_ID_FIRST_AUDIO || parameters.codec_id >= kFirstOfOthers) return 0;
  const int bits = av_get_exact_bits_per_sample(parameters.codec_id);
  return bits % 8 == 0 ? bits / 8 * parameters.ch_layout.nb_channels : 0;
}

/// How many samples lie between the encoder's delay and its padding, by the tag that iTunes writes in MP4 for
/// that: hexadecimal numbers, of which the second to fourth are the delay, the padding and the samples.
std::optional<std::int64_t> samples_by_itunes(const AVFormatContext& format, const AVStream& stream) {
  constexpr std::int64_t kLongestDelay = 16'384;  // as FFmpeg has it
  const AVDictionaryEntry* const entry = av_dict_get(format.metadata, "iTunSMPB", nullptr, 0);
  if (entry == nullptr) return std::nullopt;
  std::istringstream words(entry->value);
  std::int64_t zero = 0;
  std::int64_t delay = 0;
  std::int64_t padding = 0;
  std::int64_t samples = 0;
  words >> std::hex >> zero >> delay >> padding >> samples;
  const std::int64_t by_header =
      av_rescale_q(stream.duration, stream.time_base, {1, stream.codecpar->sample_rate});
  const bool is_likely = words && samples > 0 && std::abs(by_header - samples) <= 2 * kLongestDelay;
  return is_likely ? std::optional(samples) : std::nullopt;
}

const std::string kHls = "hls";

void set_pcm_shape(Dictionary& options, const Media& media, const World& world) {
  const int rate = media.rate > 0 ? media.rate : kPcmRateByDefault;
  const int channels = media.channels > 0 ? media.channels : kPcmChannelsByDefault;
  options.set("sample_rate", rate);
  options.set("ch_layout", ChannelLayout(channels).name());
  if (media.rate > 0 && media.channels > 0) return;
  const std::string sentence =
      fmt::format("{} is read as {} at {} Hz with {} channel{}; give --rate and --channels if it is not",
                  named(media.location), media.format, rate, channels, channels == 1 ? "" : "s");
  if (world.is_news(sentence)) log::warning("{}", sentence);
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

void Piece::open(const Media& media) {
  // FFmpeg 7 believes no list whose name does not end in .m3u8. It does not see what the server says of it.
  const std::string& format_name = media.format.empty() && access_.is_hls() ? kHls : media.format;
  const AVInputFormat* const wanted =
      format_name.empty() ? nullptr : find_format(format_name, Cause::no_media);
  Dictionary options;
  options.set("codec_whitelist", audio_decoders());
  if (wanted != nullptr && is_raw_pcm(*wanted)) {
    set_pcm_shape(options, media, world_);
  } else if (media.rate > 0) {
    options.set("sample_rate", media.rate);  // some formats take a rate alone
  }

  // HLS asks for each list and segment by itself, so that each is counted.
  options.set("http_persistent", 0);
  options.set("http_multiple", 0);
  options.set("extension_picky", 0);  // what a segment is called says nothing; since FFmpeg 7.1

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
  turn_big_endian();
  if (const int found = avformat_find_stream_info(format, nullptr); found < 0) {
    throw Error(Cause::no_media, cannot_be_opened(found));
  }
  if (access_.is_spent()) throw Error(Cause::no_media, cannot_be_opened(AVERROR_EXIT));
  if (options.has("sample_rate") || (media.channels > 0 && !is_raw_pcm(*format->iformat))) {
    const std::string sentence =
        "--rate and --channels are for raw PCM: " + named(media.location) + " says its own";
    access_.tell(sentence);
  }
}

/// RIFX is WAV with all numbers the other way round. FFmpeg reads its head so, and not its samples.
void Piece::turn_big_endian() {
  constexpr std::array<std::pair<AVCodecID, AVCodecID>, 5> kCounterparts{{
      {AV_CODEC_ID_PCM_S16LE, AV_CODEC_ID_PCM_S16BE},
      {AV_CODEC_ID_PCM_S24LE, AV_CODEC_ID_PCM_S24BE},
      {AV_CODEC_ID_PCM_S32LE, AV_CODEC_ID_PCM_S32BE},
      {AV_CODEC_ID_PCM_F32LE, AV_CODEC_ID_PCM_F32BE},
      {AV_CODEC_ID_PCM_F64LE, AV_CODEC_ID_PCM_F64BE},
  }};
  constexpr std::array kWithoutOrder{AV_CODEC_ID_PCM_U8, AV_CODEC_ID_PCM_ALAW, AV_CODEC_ID_PCM_MULAW};
  if (!access_.head().starts_with("RIFX")) return;
  for (AVStream* const stream : std::span(format_->streams, format_->nb_streams)) {
    AVCodecID& codec = stream->codecpar->codec_id;
    const auto known = std::find_if(kCounterparts.begin(), kCounterparts.end(), [codec](const auto& pair) {
      return pair.first == codec || pair.second == codec;
    });
    if (known != kCounterparts.end()) {
      codec = known->second;
    } else if (std::find(kWithoutOrder.begin(), kWithoutOrder.end(), codec) == kWithoutOrder.end()) {
      throw Error(Cause::no_media,
                  fmt::format("{} is RIFX (a big-endian WAV) of {}, which FFmpeg cannot decode",
                              named(info_.location), avcodec_get_name(codec)));
    }
  }
}

std::string Piece::cannot_be_opened(int averror) const {
  const std::string name = named(info_.location);
  const std::string& complaint = first_complaint();
  if (!access_.fault().empty()) return name + " cannot be opened: " + access_.fault();
  const bool comes_once = access_.is_pipe() || info_.location == "-";
  const bool is_list = playlist_by_content(access_.head()) || may_be_cue(access_.head());
  if (comes_once && is_list) return name + kPlaylist;
  if (access_.is_web_page()) return name + kWebPage;
  if (access_.wanted_more() || complaint.find("not on whitelist 'none'") != std::string::npos) {
    return name + " refers to other files or addresses, which vcplay does not open";
  }
  if (complaint == kUnsafeFormat) {
    return name +
           " has no audio of its own: it is a text or a picture, or refers to other files or addresses";
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

void Piece::choose_stream(const std::string& name) {
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

void Piece::open_decoder(const AVCodec& decoder) {
  codec_.reset(made(avcodec_alloc_context3(&decoder)));
  int done = avcodec_parameters_to_context(codec_.get(), stream_->codecpar);
  codec_->pkt_timebase = stream_->time_base;
  codec_->thread_count = 1;  // audio never needs more, and each thread would hold frames of its own
  if (done >= 0) done = avcodec_open2(codec_.get(), &decoder, nullptr);
  if (done < 0) throw Error(Cause::no_media, cannot_be_opened(done));

  const AVCodecParameters& parameters = *stream_->codecpar;
  sample_bytes_ = pcm_sample_bytes(parameters);
  // MP4 and CAF say how long the audio is, but this libavformat leaves the padding of its last packet in. So
  // it does in Ogg of Vorbis, whose end it misses where it lies before the last packet.
  const std::string_view container = format_->iformat->name;
  const bool knows_end = container.substr(0, 4) == "mov," || container == "caf" ||
                         (container == "ogg" && parameters.codec_id == AV_CODEC_ID_VORBIS);
  trims_end_ = knows_end && stream_->duration > 0;
  if (trims_end_) whole_ = samples_by_itunes(*format_, *stream_);
}

void Piece::describe_track(const Media& media) {
  const AVCodecParameters& parameters = *stream_->codecpar;
  info_.title = shown_tag("title");
  info_.album = shown_tag("album");
  info_.station = access_.station();
  if (info_.title.empty()) info_.title = info_.station;
  info_.artist = shown_tag("artist");
  forget_title();
  const bool is_part = media.start || media.end;  // the tags are those of the whole
  if (!media.title.empty() && (is_part || info_.title.empty())) {
    info_.title = media.title.substr(0, kMostTagBytes);
    info_.artist = media.artist.substr(0, kMostTagBytes);
  }
  info_.codec = avcodec_get_name(parameters.codec_id);
  info_.container = format_->iformat->name;
  info_.sample_rate = parameters.sample_rate;
  info_.channels = parameters.ch_layout.nb_channels;
  if (format_->duration <= 0) return;  // it is not known
  const Duration length =
      std::chrono::microseconds(format_->duration) - counted_too_much(format_->start_time);
  if (length > Duration::zero()) info_.duration = range_.length_of(length);
}

// Of Opus in an Ogg that begins later than at 0, this libavformat gives the end for the length: what begins
// at `start`, the stream or the file.
Duration Piece::counted_too_much(std::int64_t start) const {
  const bool is_ogg = std::string_view(format_->iformat->name) == "ogg";
  if (!is_ogg || stream_->codecpar->codec_id != AV_CODEC_ID_OPUS) return Duration::zero();
  return std::chrono::microseconds(std::max<std::int64_t>(0, start));
}

std::string Piece::tagged(const char* name) const { return tag(*format_, *stream_, name); }

std::string Piece::shown_tag(const char* name) const { return tagged(name).substr(0, kMostTagBytes); }

}  // namespace vcplay::media
