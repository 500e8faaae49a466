// FFmpeg's types, each owned by one C++ type: the only door through which media/ sees its C libraries.
#pragma once

extern "C" {
#include <libavcodec/ac3_parser.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/channel_layout.h>
#include <libavutil/opt.h>
#include <libavutil/samplefmt.h>
#include <libswresample/swresample.h>
}

#include <array>
#include <cstdint>
#include <memory>
#include <new>
#include <string>

namespace vcplay::media {

struct FreeFormat {
  void operator()(AVFormatContext* format) const noexcept { avformat_close_input(&format); }
};
struct FreeCodec {
  void operator()(AVCodecContext* codec) const noexcept { avcodec_free_context(&codec); }
};
struct FreeFrame {
  void operator()(AVFrame* frame) const noexcept { av_frame_free(&frame); }
};
struct FreePacket {
  void operator()(AVPacket* packet) const noexcept { av_packet_free(&packet); }
};
struct FreeResampler {
  void operator()(SwrContext* swr) const noexcept { swr_free(&swr); }
};
struct FreeReader {
  void operator()(AVIOContext* reader) const noexcept {
    av_freep(&reader->buffer);  // FFmpeg may have replaced the buffer that we gave it
    avio_context_free(&reader);
  }
};

using FormatPtr = std::unique_ptr<AVFormatContext, FreeFormat>;
using CodecPtr = std::unique_ptr<AVCodecContext, FreeCodec>;
using FramePtr = std::unique_ptr<AVFrame, FreeFrame>;
using PacketPtr = std::unique_ptr<AVPacket, FreePacket>;
using ResamplerPtr = std::unique_ptr<SwrContext, FreeResampler>;
using ReaderPtr = std::unique_ptr<AVIOContext, FreeReader>;

/// What an FFmpeg constructor returned; it only ever fails for want of memory.
template <typename T>
[[nodiscard]] T* made(T* object) {
  if (object == nullptr) throw std::bad_alloc();
  return object;
}

/// Named options on their way into FFmpeg; those that nobody took are still there afterwards.
class Dictionary {
 public:
  Dictionary() = default;
  explicit Dictionary(const AVDictionary* other) { av_dict_copy(&entries_, other, 0); }
  Dictionary(const Dictionary&) = delete;
  Dictionary& operator=(const Dictionary&) = delete;
  ~Dictionary() { av_dict_free(&entries_); }

  void set(const char* name, const std::string& value) { av_dict_set(&entries_, name, value.c_str(), 0); }
  void set(const char* name, std::int64_t value) { av_dict_set_int(&entries_, name, value, 0); }
  [[nodiscard]] bool has(const char* name) const {
    return av_dict_get(entries_, name, nullptr, 0) != nullptr;
  }
  [[nodiscard]] AVDictionary** out() noexcept { return &entries_; }
  [[nodiscard]] const AVDictionary* get() const noexcept { return entries_; }

 private:
  AVDictionary* entries_ = nullptr;
};

/// A channel layout; FFmpeg's struct may own memory.
class ChannelLayout {
 public:
  ChannelLayout() = default;
  explicit ChannelLayout(int channels) { av_channel_layout_default(&layout_, channels); }
  ChannelLayout(const ChannelLayout&) = delete;
  ChannelLayout& operator=(const ChannelLayout&) = delete;
  ~ChannelLayout() { av_channel_layout_uninit(&layout_); }

  void assign(const AVChannelLayout& other) {
    if (av_channel_layout_copy(&layout_, &other) < 0) throw std::bad_alloc();
  }
  [[nodiscard]] bool same_as(const AVChannelLayout& other) const {
    return av_channel_layout_compare(&layout_, &other) == 0;
  }
  /// FFmpeg's name of it: "stereo", "12 channels".
  [[nodiscard]] std::string name() const {
    std::array<char, 128> text{};
    av_channel_layout_describe(&layout_, text.data(), text.size());
    return text.data();
  }
  [[nodiscard]] const AVChannelLayout& get() const noexcept { return layout_; }

 private:
  AVChannelLayout layout_{};
};

/// FFmpeg's words for one of its error numbers: "Invalid data found when processing input". Some decoders
/// return numbers of their own that it has no words for; they mean just that.
[[nodiscard]] std::string describe(int averror);

/// The same, with first_complaint() behind it where the number alone says little.
[[nodiscard]] std::string describe_fully(int averror);

/// The first line that FFmpeg logged as an error on this thread since forget_complaints(), or an
/// empty one. Its error numbers often say "Input/output error" where its log knows the reason; what
/// follows is mostly lament.
[[nodiscard]] const std::string& first_complaint() noexcept;
void forget_complaints() noexcept;

}  // namespace vcplay::media
