#include "media/recorder.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/opus_frame.hpp"
#include "base/text.hpp"
#include "media/ffmpeg.hpp"
#include "media/pending_file.hpp"

namespace vcplay::media {
namespace {

struct FreeMuxer {
  void operator()(AVFormatContext* muxer) const noexcept {
    avio_closep(&muxer->pb);
    avformat_free_context(muxer);
  }
};
using MuxerPtr = std::unique_ptr<AVFormatContext, FreeMuxer>;

bool ends_with(const std::string& path, std::string_view ending) {
  return path.size() >= ending.size() &&
         path.compare(path.size() - ending.size(), ending.size(), ending) == 0;
}

/// RFC 7845 s5.1: "OpusHead", version 1, channels, pre-skip, input rate (both little-endian), gain 0, mapping
/// family 0. No pre-skip: the listener joined a running stream and heard all of it.
constexpr std::array<std::uint8_t, 19> kOpusHead = {'O', 'p', 'u',  's',  'H', 'e', 'a', 'd', 1, 2,
                                                    0,   0,   0x80, 0xBB, 0,   0,   0,   0,   0};

}  // namespace

struct Recorder::Impl {
  explicit Impl(std::string file) : path(std::move(file)), is_wav(ends_with(path, ".wav")) {}

  std::string path;
  bool is_wav;
  std::optional<PendingFile> pending;  // for all but devices and pipes
  MuxerPtr muxer;
  PacketPtr packet;
  std::int64_t samples = 0;  // per channel, so far
  int failure = 0;           // the first AVERROR
  bool finished = false;

  [[nodiscard]] Error error(int reason) const {
    return Error(Cause::output, display_safe(path) + " can't be written: " + describe(reason) + ".");
  }
  void note(int result) {
    if (result < 0 && failure == 0) failure = result;
  }

  void open() {
    AVFormatContext* made_muxer = nullptr;
    if (avformat_alloc_output_context2(&made_muxer, nullptr, is_wav ? "wav" : "ogg", nullptr) < 0) {
      throw Error(Cause::unexpected, "FFmpeg has no writer for " + display_safe(path) + ".");
    }
    muxer.reset(made_muxer);
    packet.reset(made(av_packet_alloc()));
    describe_stream(made(avformat_new_stream(muxer.get(), nullptr)));
    std::error_code ignored;
    const auto status = std::filesystem::status(path, ignored);
    if (!std::filesystem::exists(status) || std::filesystem::is_regular_file(status)) pending.emplace(path);
    const std::string& name = pending ? pending->temporary() : path;
    const int opened = avio_open(&muxer->pb, ("file:" + name).c_str(), AVIO_FLAG_WRITE);
    if (opened < 0) throw error(opened);
    const int started = avformat_write_header(muxer.get(), nullptr);
    if (started < 0) throw error(started);
  }

  void describe_stream(AVStream* stream) const {
    AVCodecParameters& codec = *stream->codecpar;
    codec.codec_type = AVMEDIA_TYPE_AUDIO;
    codec.codec_id = is_wav ? AV_CODEC_ID_PCM_S16LE : AV_CODEC_ID_OPUS;
    codec.sample_rate = kSampleRate;
    codec.bits_per_coded_sample = is_wav ? 16 : 0;
    codec.block_align = is_wav ? 2 * kChannels : 0;
    codec.format = AV_SAMPLE_FMT_S16;
    codec.frame_size = static_cast<int>(kSamplesPerFrame);
    av_channel_layout_default(&codec.ch_layout, kChannels);
    stream->time_base = {1, kSampleRate};
    if (is_wav) return;
    codec.extradata = static_cast<std::uint8_t*>(av_mallocz(kOpusHead.size() + AV_INPUT_BUFFER_PADDING_SIZE));
    std::memcpy(made(codec.extradata), kOpusHead.data(), kOpusHead.size());
    codec.extradata_size = static_cast<int>(kOpusHead.size());
  }

  void write(ByteView bytes, std::size_t duration) {
    note(av_new_packet(packet.get(), static_cast<int>(bytes.size())));
    if (failure != 0) return;
    std::copy(bytes.begin(), bytes.end(), packet->data);
    packet->pts = packet->dts = samples;
    packet->duration = static_cast<std::int64_t>(duration);
    packet->time_base = {1, kSampleRate};
    packet->flags |= AV_PKT_FLAG_KEY;
    av_packet_rescale_ts(packet.get(), {1, kSampleRate}, muxer->streams[0]->time_base);
    note(av_write_frame(muxer.get(), packet.get()));
    av_packet_unref(packet.get());
    note(muxer->pb->error);
  }
};

Recorder::Recorder(const std::string& path) : impl_(std::make_unique<Impl>(path)) { impl_->open(); }

Recorder::~Recorder() = default;

void Recorder::add(ByteView opus, const float* interleaved, std::size_t samples_per_channel) {
  if (impl_->failure != 0 || impl_->finished) return;
  if (impl_->is_wav) {
    std::vector<std::uint8_t> bytes(samples_per_channel * kChannels * 2);
    for (std::size_t i = 0; i < samples_per_channel * kChannels; ++i) {
      const float scaled = std::clamp(interleaved[i] * 32768.0F, -32768.0F, 32767.0F);
      const auto sample = static_cast<std::uint16_t>(static_cast<std::int16_t>(std::lrint(scaled)));
      bytes[2 * i] = static_cast<std::uint8_t>(sample);
      bytes[2 * i + 1] = static_cast<std::uint8_t>(sample >> 8);
    }
    impl_->write(bytes, samples_per_channel);
  } else if (!opus.empty()) {
    impl_->write(opus, samples_per_channel);
  }
  impl_->samples += static_cast<std::int64_t>(samples_per_channel);
}

void Recorder::finish() {
  if (impl_->finished) return;
  impl_->finished = true;
  if (impl_->failure == 0) impl_->note(av_write_trailer(impl_->muxer.get()));
  avio_flush(impl_->muxer->pb);
  impl_->note(impl_->muxer->pb->error);
  impl_->note(avio_closep(&impl_->muxer->pb));
  if (impl_->failure != 0) throw impl_->error(impl_->failure);
  if (impl_->pending && impl_->samples > 0) impl_->pending->keep();
}

}  // namespace vcplay::media
