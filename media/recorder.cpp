#include "media/recorder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/opus_frame.hpp"
#include "base/text.hpp"
#include "media/ffmpeg.hpp"
#include "media/file_place.hpp"
#include "media/file_writer.hpp"
#include "media/pending_file.hpp"

namespace vcplay::media {
namespace {

struct FreeMuxer {
  void operator()(AVFormatContext* muxer) const noexcept { avformat_free_context(muxer); }
};
using MuxerPtr = std::unique_ptr<AVFormatContext, FreeMuxer>;

/// A device or a pipe, which is written to as it stands there; closes itself.
class OpenDevice {
 public:
  explicit OpenDevice(const FilePlace& place)
      : fd_(::openat(place.folder(), place.name().c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW)) {
    if (fd_ < 0) throw std::system_error(errno, std::generic_category());
  }
  ~OpenDevice() { ::close(fd_); }
  OpenDevice(const OpenDevice&) = delete;
  OpenDevice& operator=(const OpenDevice&) = delete;
  [[nodiscard]] int fd() const noexcept { return fd_; }

 private:
  int fd_;
};

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
  std::optional<OpenDevice> device;    // for those
  std::optional<FileWriter> writer;
  MuxerPtr muxer;
  PacketPtr packet;
  std::int64_t samples = 0;  // per channel, so far
  int failure = 0;           // the first AVERROR
  bool finished = false;

  [[nodiscard]] Error error(int reason) const {
    return Error(Cause::output, display_safe(path) + " cannot be written: " + describe(reason) + ".");
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
    open_file();
    muxer->pb = writer->context();
    const int started = avformat_write_header(muxer.get(), nullptr);
    if (started < 0) throw error(started);
  }

  void open_file() {
    try {
      const FilePlace place(path);
      struct stat about {};
      const bool is_device =
          place.look(about) && !S_ISREG(about.st_mode) && !S_ISLNK(about.st_mode) && !S_ISDIR(about.st_mode);
      if (is_device) device.emplace(place);
    } catch (const std::system_error& reason) {
      throw error(AVERROR(reason.code().value()));
    }
    if (device) {
      const bool can_seek = ::lseek(device->fd(), 0, SEEK_CUR) >= 0;
      writer.emplace(device->fd(),
                     can_seek ? FileWriter::Seeking::possible : FileWriter::Seeking::impossible);
    } else {
      pending.emplace(path);
      writer.emplace(pending->fd(), FileWriter::Seeking::possible);
    }
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
  if (impl_->failure != 0) throw impl_->error(impl_->failure);
  if (impl_->pending && impl_->samples > 0) impl_->pending->keep();
}

}  // namespace vcplay::media
