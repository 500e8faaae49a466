// How a Piece gets to where it is to begin, and finds the audio track that somebody asked for.
#include <algorithm>
#include <charconv>
#include <string_view>

#include "base/error.hpp"
#include "base/milliseconds.hpp"
#include "media/language.hpp"
#include "media/piece.hpp"

namespace vcplay::media {
namespace {

// What lies before this is decoded and dropped, which is exact in every format.
constexpr Duration kNearEnough = 10s;
// Where timestamps are coarser than samples (Matroska counts milliseconds) it takes a longer way
// to be worth it.
constexpr Duration kNearEnoughWhenCoarse = 5min;
// Decoders that start in mid-stream need this to be themselves again: the bit reservoir of MP3,
// 80 ms of Opus.
constexpr Duration kPreRoll = 2s;

bool is_hls_stream(const AVFormatContext& format) {
  return std::string_view(format.iformat->name) == "hls" && format.duration > 0;
}

bool speaks(const AVStream& stream, std::string_view language) {
  const AVDictionaryEntry* const entry = av_dict_get(stream.metadata, "language", nullptr, 0);
  return entry != nullptr && same_language(entry->value, language);
}

std::string list_of_tracks(const AVFormatContext& format) {
  std::string list;
  int number = 0;
  for (unsigned i = 0; i < format.nb_streams; ++i) {
    const AVStream& stream = *format.streams[i];
    if (stream.codecpar->codec_type != AVMEDIA_TYPE_AUDIO) continue;
    const AVDictionaryEntry* const language = av_dict_get(stream.metadata, "language", nullptr, 0);
    number += 1;
    list += (number == 1 ? "" : ", ") + std::to_string(number);
    if (language != nullptr) list += std::string(" (") + language->value + ')';
  }
  return list;
}

}  // namespace

int Piece::wanted_stream(const std::string& name) const {
  if (name.empty()) return -1;
  int wanted = 0;
  const auto [stop, error] = std::from_chars(name.data(), name.data() + name.size(), wanted);
  const bool is_number = error == std::errc{} && stop == name.data() + name.size();
  int number = 0;
  for (unsigned i = 0; i < format_->nb_streams; ++i) {
    const AVStream& stream = *format_->streams[i];
    if (stream.codecpar->codec_type != AVMEDIA_TYPE_AUDIO) continue;
    ++number;
    if (is_number ? number == wanted : speaks(stream, name)) return static_cast<int>(i);
  }
  if (number == 0) return -1;  // that is another sentence
  throw Error(Cause::no_media,
              named(info_.location) + " has no audio track " + name + ": it has " + list_of_tracks(*format_));
}

void Piece::approach_start() {
  if (!may_seek()) return;
  access_.stop_looking_for_border();
  if (!decode(*current_)) return;
  range_.set_position(current_->nb_samples, current_->sample_rate);
  const std::int64_t first = current_->best_effort_timestamp;
  if (first == AV_NOPTS_VALUE) return;
  const AVRational nanoseconds{1, 1'000'000'000};
  const std::int64_t target =
      first + av_rescale_q((*range_.start() - kPreRoll).count(), nanoseconds, stream_->time_base);
  if (jump(target, first)) return;
  // It led too far, or nobody knows where: from the beginning then.
  if (!jump(first, first) && !ended_ && !world_.over()) {
    throw Error(Cause::no_media,
                named(info_.location) + " cannot be played from the middle: its format knows no way there");
  }
}

bool Piece::may_seek() const {
  if (!range_.start()) return false;
  const bool is_coarse = av_cmp_q(stream_->time_base, {1, std::max(1, codec_->sample_rate)}) > 0;
  if (*range_.start() <= (is_coarse ? kNearEnoughWhenCoarse : kNearEnough)) return false;
  const bool has_way_back = format_->pb != nullptr && (format_->pb->seekable & AVIO_SEEKABLE_NORMAL) != 0;
  return has_way_back || is_hls_stream(*format_);
}

bool Piece::jump(std::int64_t timestamp, std::int64_t first) {
  if (av_seek_frame(format_.get(), stream_->index, timestamp, AVSEEK_FLAG_BACKWARD) < 0) return false;
  avcodec_flush_buffers(codec_.get());
  ended_ = false;
  damage_.clear();
  if (!decode(*current_) || current_->best_effort_timestamp == AV_NOPTS_VALUE) return false;
  const int rate = current_->sample_rate;
  const std::int64_t begin =
      av_rescale_q(current_->best_effort_timestamp - first, stream_->time_base, {1, std::max(1, rate)});
  const std::int64_t end = begin + current_->nb_samples;
  if (begin < 0 || end > samples_until(*range_.start(), rate)) return false;
  range_.set_position(end, rate);
  samples_ = static_cast<std::uint64_t>(end);
  seconds_ = static_cast<double>(end) / std::max(1, rate);
  return true;
}

}  // namespace vcplay::media
