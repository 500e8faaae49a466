#include "media/opus_file.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/opus_frame.hpp"
#include "base/text.hpp"
#include "media/ffmpeg.hpp"
#include "media/pending_file.hpp"

namespace vcplay::media {
namespace {

constexpr int kWriteBytes = 64 * 1024;
constexpr std::int64_t kFrame = kSamplesPerFrame;

struct FreeMuxer {
  void operator()(AVFormatContext* muxer) const noexcept { avformat_free_context(muxer); }
};
using MuxerPtr = std::unique_ptr<AVFormatContext, FreeMuxer>;

/// RFC 7845 s5.1: version 1, two channels, no gain, mapping family 0.
std::array<std::uint8_t, 19> opus_head(std::size_t pre_skip) {
  return {'O',
          'p',
          'u',
          's',
          'H',
          'e',
          'a',
          'd',
          1,
          2,
          static_cast<std::uint8_t>(pre_skip),
          static_cast<std::uint8_t>(pre_skip >> 8),
          0x80,
          0xBB,
          0,
          0,
          0,
          0,
          0};
}

}  // namespace

struct OpusFile::Impl {
  explicit Impl(const std::string& path) : pending(path), shown(display_safe(path)) {}

  PendingFile pending;
  const std::string shown;
  int failure = 0;  // errno of the first write that failed
  ReaderPtr writer;
  MuxerPtr muxer;
  PacketPtr packet;
  std::vector<std::uint8_t> held;  // the last packet: only finish() knows how long it is
  std::int64_t pre_skip = 0;
  std::int64_t packets = 0;  // written
  std::uint64_t bytes = 0;

  // FFmpeg 7 made what is to be written const: `Byte` is what this FFmpeg hands over.
  template <typename Byte>
  static int on_write(void* self, Byte* bytes, int size) noexcept {
    auto& file = *static_cast<Impl*>(self);
    int done = 0;
    while (done < size) {
      const ssize_t written = ::write(file.pending.fd(), bytes + done, static_cast<std::size_t>(size - done));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) {
        if (file.failure == 0) file.failure = errno;
        return AVERROR(errno);
      }
      done += static_cast<int>(written);
    }
    file.bytes += static_cast<std::uint64_t>(size);
    return size;
  }

  /// After whatever may have written.
  void check(int averror) const {
    if (failure != 0) pending.fail(failure);
    if (averror < 0)
      throw Error(Cause::output, fmt::format("{} can't be written: {}.", shown, describe(averror)));
  }

  void open_muxer() {
    auto* const buffer = made(static_cast<std::uint8_t*>(av_malloc(kWriteBytes)));
    AVIOContext* const io = avio_alloc_context(buffer, kWriteBytes, 1, this, nullptr, on_write, nullptr);
    if (io == nullptr) av_free(buffer);
    writer.reset(made(io));
    AVFormatContext* format = nullptr;
    check(avformat_alloc_output_context2(&format, nullptr, "opus", nullptr));
    muxer.reset(format);
    muxer->pb = writer.get();
    packet.reset(made(av_packet_alloc()));
  }

  void describe_stream(const OpusTags& tags) const {
    AVStream* const stream = made(avformat_new_stream(muxer.get(), nullptr));
    AVCodecParameters& codec = *stream->codecpar;
    codec.codec_type = AVMEDIA_TYPE_AUDIO;
    codec.codec_id = AV_CODEC_ID_OPUS;
    codec.sample_rate = kSampleRate;
    codec.frame_size = static_cast<int>(kFrame);
    codec.initial_padding = static_cast<int>(pre_skip);
    av_channel_layout_default(&codec.ch_layout, kChannels);
    stream->time_base = {1, kSampleRate};
    const auto head = opus_head(static_cast<std::size_t>(pre_skip));
    codec.extradata =
        made(static_cast<std::uint8_t*>(av_mallocz(head.size() + AV_INPUT_BUFFER_PADDING_SIZE)));
    std::copy(head.begin(), head.end(), codec.extradata);
    codec.extradata_size = static_cast<int>(head.size());
    if (!tags.title.empty()) av_dict_set(&stream->metadata, "title", tags.title.c_str(), 0);
    if (!tags.artist.empty()) av_dict_set(&stream->metadata, "artist", tags.artist.c_str(), 0);
  }

  void write_held(std::int64_t duration) {
    if (held.empty()) return;
    check(av_new_packet(packet.get(), static_cast<int>(held.size())));
    std::copy(held.begin(), held.end(), packet->data);
    packet->pts = packet->dts = packets * kFrame - pre_skip;
    packet->duration = duration;
    packet->flags |= AV_PKT_FLAG_KEY;
    av_packet_rescale_ts(packet.get(), {1, kSampleRate}, muxer->streams[0]->time_base);
    const int written = av_write_frame(muxer.get(), packet.get());
    av_packet_unref(packet.get());
    check(written);
    held.clear();
    ++packets;
  }
};

OpusFile::OpusFile(const std::string& path) : impl_(std::make_unique<Impl>(path)) { impl_->open_muxer(); }

OpusFile::~OpusFile() = default;

void OpusFile::begin(std::size_t pre_skip, const OpusTags& tags) {
  impl_->pre_skip = static_cast<std::int64_t>(std::min<std::size_t>(pre_skip, UINT16_MAX));
  impl_->describe_stream(tags);
  impl_->check(avformat_write_header(impl_->muxer.get(), nullptr));
}

void OpusFile::add(ByteView opus) {
  impl_->write_held(kFrame);
  impl_->held.assign(opus.begin(), opus.end());
}

void OpusFile::finish(std::size_t padding) {
  // RFC 7845 s4.4: the last page's granule position says where the sound ends.
  impl_->write_held(std::max<std::int64_t>(1, kFrame - static_cast<std::int64_t>(padding)));
  const int ended = av_write_trailer(impl_->muxer.get());
  avio_flush(impl_->writer.get());
  impl_->check(ended);
  impl_->pending.keep();
}

std::uint64_t OpusFile::bytes() const noexcept { return impl_->bytes; }

}  // namespace vcplay::media
