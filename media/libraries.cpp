// What the linked libraries can do and which ones they are.
#include <opus/opus.h>

#include <cerrno>
#include <string_view>

#include "media/ffmpeg.hpp"
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
  if (av_strerror(averror, words.data(), words.size()) < 0) return describe(AVERROR_INVALIDDATA);
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

}  // namespace vcplay::media
