// A Piece whose packets are wanted as they are.
#include <algorithm>
#include <string_view>
#include <utility>

#include "base/opus_frame.hpp"
#include "media/opus_packets.hpp"
#include "media/piece.hpp"

namespace vcplay::media {
namespace {

constexpr AVRational kOneSample{1, kSampleRate};

std::string_view container_of(const AVFormatContext& format) { return format.iformat->name; }

std::uint32_t little_endian_32(const std::uint8_t* bytes) {
  return bytes[0] | (std::uint32_t{bytes[1]} << 8) | (std::uint32_t{bytes[2]} << 16) |
         (std::uint32_t{bytes[3]} << 24);
}

/// How CAF counts its samples.
struct PacketTable {
  std::int64_t valid = 0;
  std::uint32_t priming = 0;
  std::uint32_t remainder = 0;
};

/// The head of the chunk "pakt", which libavformat adds up and keeps to itself.
std::optional<PacketTable> find_packet_table(AVIOContext& file) {
  constexpr std::int64_t kFileHead = 8;
  constexpr int kMostChunks = 64;
  std::int64_t at = kFileHead;
  for (int chunk = 0; chunk < kMostChunks; ++chunk) {
    if (avio_seek(&file, at, SEEK_SET) < 0) return std::nullopt;
    const std::uint32_t name = avio_rb32(&file);
    const auto size = static_cast<std::int64_t>(avio_rb64(&file));
    if (avio_feof(&file) != 0) return std::nullopt;
    if (name == 0x70616B74) {  // "pakt"
      avio_rb64(&file);        // number of packets
      PacketTable table;
      table.valid = static_cast<std::int64_t>(avio_rb64(&file));
      table.priming = avio_rb32(&file);
      table.remainder = avio_rb32(&file);
      return avio_feof(&file) != 0 ? std::nullopt : std::optional(table);
    }
    if (size < 0 || size > INT64_MAX - at - 12) return std::nullopt;  // "data" up to the end of the file
    at += 12 + size;
  }
  return std::nullopt;
}

/// RFC 7845 s5.1, so that libavcodec's decoder leaves the priming samples out.
void write_opus_head(AVCodecParameters& parameters, std::size_t pre_skip) {
  constexpr std::size_t kHeadBytes = 19;
  auto* const head = made(static_cast<std::uint8_t*>(av_mallocz(kHeadBytes + AV_INPUT_BUFFER_PADDING_SIZE)));
  constexpr std::string_view kMagic = "OpusHead\x01";
  std::copy(kMagic.begin(), kMagic.end(), head);
  head[9] = static_cast<std::uint8_t>(parameters.ch_layout.nb_channels);
  head[10] = static_cast<std::uint8_t>(pre_skip);
  head[11] = static_cast<std::uint8_t>(pre_skip >> 8);
  head[12] = 0x80;  // 48,000 Hz
  head[13] = 0xBB;
  parameters.extradata = head;
  parameters.extradata_size = static_cast<int>(kHeadBytes);
}

}  // namespace

void Piece::read_packet_table() {
  AVCodecParameters& parameters = *stream_->codecpar;
  const bool needed = parameters.codec_id == AV_CODEC_ID_OPUS && container_of(*format_) == "caf" &&
                      parameters.extradata_size == 0 && parameters.ch_layout.nb_channels <= 2;
  AVIOContext* const file = format_->pb;
  if (!needed || file == nullptr || file->seekable == 0) return;
  const std::int64_t here = avio_tell(file);
  const auto table = find_packet_table(*file);
  avio_seek(file, here, SEEK_SET);
  if (!table || table->valid <= 0 || table->priming > UINT16_MAX) return;
  write_opus_head(parameters, table->priming);
  stream_->duration = av_rescale_q(table->valid, kOneSample, stream_->time_base);
}

// This libavformat appends the tags of one link to those of the link before.
void Piece::forget_title() {
  for (const char* const name : {"title", "artist"}) av_dict_set(&stream_->metadata, name, nullptr, 0);
  stream_->event_flags &= ~AVSTREAM_EVENT_FLAG_METADATA_UPDATED;
}

// RFC 3533 s4: the links of a chained Ogg are streams of their own, as a web radio sends one for each song.
// Each has its own head, its own tags, and a time that begins anew.
void Piece::note_link() {
  begins_link_ = false;
  if (container_of(*format_) != "ogg") return;
  const bool goes_back =
      packet_->pts != AV_NOPTS_VALUE && last_time_ != AV_NOPTS_VALUE && packet_->pts < last_time_;
  if (packet_->pts != AV_NOPTS_VALUE) last_time_ = packet_->pts;
  const bool has_tags = (stream_->event_flags & AVSTREAM_EVENT_FLAG_METADATA_UPDATED) != 0;
  begins_link_ = goes_back || has_tags;
  if (!has_tags) return;
  const std::string title = shown_tag("title");
  const std::string artist = shown_tag("artist");
  if (!title.empty()) link_title_ = artist.empty() ? title : artist + " - " + title;
  forget_title();
}

std::optional<OpusStream> Piece::opus() const {
  constexpr std::size_t kOpusHead = 19;
  const AVCodecParameters& parameters = *stream_->codecpar;
  if (parameters.codec_id != AV_CODEC_ID_OPUS) return std::nullopt;
  OpusStream stream;
  stream.channels = parameters.ch_layout.nb_channels;
  if (stream.channels < 1 || stream.channels > kChannels) stream.layout.reset();
  const ByteView head(parameters.extradata, static_cast<std::size_t>(parameters.extradata_size));
  if (head.size() < kOpusHead) return stream;
  stream.layout = opus_layout(head);
  stream.pre_skip = head[10] | (std::size_t{head[11]} << 8);
  stream.gain = static_cast<std::int16_t>(static_cast<std::uint16_t>(head[16] | (head[17] << 8)));
  return stream;
}

std::optional<Piece::Packet> Piece::next_packet() {
  while (!ended_ && !world_.over()) {
    av_packet_unref(packet_.get());
    const int got = av_read_frame(format_.get(), packet_.get());
    if (got == AVERROR(EAGAIN)) continue;
    if (got < 0) {
      note_end(got);
      ended_ = true;
    } else if (packet_->stream_index == stream_->index && packet_->size > 0) {
      note_link();
      return describe_packet();
    }
  }
  return std::nullopt;
}

Piece::Packet Piece::describe_packet() {
  Packet packet;
  packet.bytes = ByteView(packet_->data, static_cast<std::size_t>(packet_->size));
  const std::optional<OpusLayout> layout = opus()->layout;
  const bool is_plain = !layout || layout->is_plain();
  const std::optional<std::size_t> samples = is_plain ? opus_samples(packet.bytes) : opus_time(packet.bytes);
  if (samples) {
    packet.samples = *samples;
    samples_ += *samples;
    access_.heard(Duration(1s) * static_cast<std::int64_t>(*samples) / kSampleRate);
    if (!damage_.empty()) report_damage();
  } else {
    packet.bytes = {};
    const std::int64_t time = av_rescale_q(packet_->duration, stream_->time_base, kOneSample);
    packet.samples = time > 0 ? std::min(static_cast<std::size_t>(time), kLongestOpus) : kSamplesPerFrame;
    note_damage("a packet is not Opus");
  }
  if ((packet_->flags & AV_PKT_FLAG_CORRUPT) != 0) note_damage("a packet is incomplete");

  // Matroska says the pre-skip in its header alone, Ogg and MP4 with their first packet.
  packet.begins_link = begins_link_ && gave_packet_;
  if (!gave_packet_ || packet.begins_link) packet.skip = opus()->pre_skip;
  std::size_t size = 0;
  const std::uint8_t* const skips = av_packet_get_side_data(packet_.get(), AV_PKT_DATA_SKIP_SAMPLES, &size);
  if (skips != nullptr && size >= 8) {
    if (const std::uint32_t skip = little_endian_32(skips); skip > 0) packet.skip = skip;
    packet.discard = std::min<std::size_t>(little_endian_32(skips + 4), packet.samples);
  }
  // An edit list leaves packets out before its beginning and after its end.
  const bool left_out = (packet_->flags & AV_PKT_FLAG_DISCARD) != 0;
  if (left_out && gave_packet_) packet.discard = packet.samples;
  if (left_out && !gave_packet_) packet.skip = packet.samples;
  gave_packet_ = gave_packet_ || !left_out;
  seconds_ += static_cast<double>(packet.samples) / kSampleRate;
  heard_ += packet.samples - packet.discard;
  heard_ -= std::min<std::uint64_t>(heard_, packet.skip);
  return packet;
}

std::size_t Piece::padding() const {
  if (!trims_end_) return 0;
  const std::int64_t whole = av_rescale_q(stream_->duration, stream_->time_base, kOneSample);
  const std::int64_t excess = static_cast<std::int64_t>(heard_) - whole;
  // More than the longest packet is a header that is wrong, not padding.
  return excess > 0 && excess < static_cast<std::int64_t>(kLongestOpus) ? static_cast<std::size_t>(excess)
                                                                        : 0;
}

}  // namespace vcplay::media
