#include "media/opus_file.hpp"

#include <fmt/core.h>
#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/opus_frame.hpp"
#include "base/text.hpp"
#include "media/ffmpeg.hpp"
#include "media/file_writer.hpp"
#include "media/pending_file.hpp"

namespace vcplay::media {
namespace {

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
  FileWriter writer{pending.fd(), FileWriter::Seeking::impossible};
  MuxerPtr muxer;
  PacketPtr packet;
  std::vector<std::uint8_t> held;  // the last packet: only finish() knows how long it is
  std::int64_t pre_skip = 0;
  std::int64_t packets = 0;  // written

  /// After whatever may have written.
  void check(int averror) const {
    if (writer.failure() != 0) pending.fail(writer.failure());
    if (averror < 0)
      throw Error(Cause::output, fmt::format("{} cannot be written: {}.", shown, describe(averror)));
  }

  void open_muxer() {
    AVFormatContext* format = nullptr;
    check(avformat_alloc_output_context2(&format, nullptr, "opus", nullptr));
    muxer.reset(format);
    muxer->pb = writer.context();
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
  avio_flush(impl_->writer.context());
  impl_->check(ended);
  impl_->pending.keep();
}

std::uint64_t OpusFile::bytes() const noexcept { return impl_->writer.bytes(); }

}  // namespace vcplay::media
