// What the linked libraries can do and which ones they are.
#include <opus/opus.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "base/error.hpp"
#include "media/ffmpeg.hpp"
#include "media/formats.hpp"
#include "media/pipeline.hpp"

namespace vcplay::media {
namespace {

std::string versioned(const char* name, unsigned version) {
  return std::string(name) + ' ' + std::to_string(AV_VERSION_MAJOR(version)) + '.' +
         std::to_string(AV_VERSION_MINOR(version)) + '.' + std::to_string(AV_VERSION_MICRO(version));
}

}  // namespace

std::vector<std::string> library_versions() {
  return {versioned("libavformat", avformat_version()), versioned("libavcodec", avcodec_version()),
          versioned("libswresample", swresample_version()), versioned("libavutil", avutil_version()),
          opus_get_version_string()};
}

std::string describe(int averror) {
  std::string words(AV_ERROR_MAX_STRING_SIZE, '\0');
  av_strerror(averror, words.data(), words.size());
  words.resize(std::string_view(words.c_str()).size());
  return words;
}

std::string describe_fully(int averror) {
  const bool says_little = averror == AVERROR_INVALIDDATA || averror == AVERROR(EIO) ||
                           averror == AVERROR(EINVAL) || averror == AVERROR_UNKNOWN ||
                           averror == AVERROR_EXTERNAL;
  const std::string& complaint = first_complaint();
  return describe(averror) + (says_little && !complaint.empty() ? " (" + complaint + ')' : "");
}

const AVInputFormat* find_format(const std::string& name, Cause cause) {
  const AVInputFormat* const format = av_find_input_format(name.c_str());
  if (format == nullptr) {
    throw Error(cause, "FFmpeg has no input format \"" + name + "\" (`ffmpeg -demuxers` lists them)");
  }
  // These open devices, network sockets or numbered files by themselves.
  if ((format->flags & AVFMT_NOFILE) != 0) {
    throw Error(cause, "the input format \"" + name + "\" cannot be read from a file or a pipe");
  }
  return format;
}

bool is_raw_pcm(const AVInputFormat& format) {
  const AVClass* type = format.priv_class;
  return type != nullptr &&
         av_opt_find(&type, "sample_rate", nullptr, 0, AV_OPT_SEARCH_FAKE_OBJ) != nullptr &&
         av_opt_find(&type, "ch_layout", nullptr, 0, AV_OPT_SEARCH_FAKE_OBJ) != nullptr;
}

const std::string& audio_decoders() {
  // Never destroyed: a media thread that had to be left behind may read it while the process exits.
  static const std::string& names = *new std::string([] {
    std::string list = "aac";  // first, so that the log knows our list when it sees it
    void* position = nullptr;
    while (const AVCodec* const codec = av_codec_iterate(&position)) {
      if (codec->type != AVMEDIA_TYPE_AUDIO || av_codec_is_decoder(codec) == 0) continue;
      list.append(",").append(codec->name);
    }
    return list;
  }());
  return names;
}

const std::string& safe_formats() {
  static const std::string& names = *new std::string([] {
    constexpr auto kOpenThemselves =
        std::to_array<std::string_view>({"avisynth", "concat", "dash", "image2", "imf", "lavfi", "rtp",
                                         "rtsp", "sap", "sdp", "vapoursynth", "vobsub"});
    std::string list;
    void* position = nullptr;
    while (const AVInputFormat* const format = av_demuxer_iterate(&position)) {
      if (std::find(kOpenThemselves.begin(), kOpenThemselves.end(), format->name) != kOpenThemselves.end())
        continue;
      list.append(list.empty() ? "" : ",").append(format->name);
    }
    return list;
  }());
  return names;
}

void check_format(const std::string& name) { static_cast<void>(find_format(name, Cause::usage)); }

}  // namespace vcplay::media
