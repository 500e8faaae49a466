#include "media/opus_packets.hpp"

#include <opus/opus.h>

#include <array>
#include <new>
#include <utility>

#include "base/opus_frame.hpp"

namespace vcplay::media {
namespace {

// RFC 6716 s3.1: configuration and stereo flag; the rest says how many frames follow.
constexpr std::uint8_t kSameCoding = 0xFC;
constexpr std::size_t kMostFrames = 48;  // RFC 6716 s3.2.5: 120 ms of 2.5 ms each
// Eight frames of 2.5 ms, each with two bytes that tell its length, and a head.
constexpr std::size_t kMostJoined = 8 * (1275 + 2) + 2;

constexpr opus_int32 length(std::size_t bytes) { return static_cast<opus_int32>(bytes); }

}  // namespace

std::optional<std::size_t> opus_samples(ByteView packet) noexcept {
  if (packet.empty()) return std::nullopt;
  std::array<const unsigned char*, kMostFrames> frames{};
  std::array<opus_int16, kMostFrames> sizes{};
  const int count =
      opus_packet_parse(packet.data(), length(packet.size()), nullptr, frames.data(), sizes.data(), nullptr);
  if (count <= 0) return std::nullopt;
  const int samples = count * opus_packet_get_samples_per_frame(packet.data(), kSampleRate);
  if (samples > static_cast<int>(kLongestOpus)) return std::nullopt;
  return static_cast<std::size_t>(samples);
}

std::optional<std::size_t> opus_time(ByteView packet) noexcept {
  if (packet.empty()) return std::nullopt;
  const int samples = opus_packet_get_nb_samples(packet.data(), length(packet.size()), kSampleRate);
  return samples > 0 && samples <= static_cast<int>(kLongestOpus)
             ? std::optional(static_cast<std::size_t>(samples))
             : std::nullopt;
}

void OpusRegrouper::Free::operator()(::OpusRepacketizer* repacketizer) const noexcept {
  opus_repacketizer_destroy(repacketizer);
}

OpusRegrouper::OpusRegrouper() : repacketizer_(opus_repacketizer_create()) {
  if (repacketizer_ == nullptr) throw std::bad_alloc();
}

std::vector<OpusPiece> OpusRegrouper::take(ByteView packet) {
  std::vector<OpusPiece> out;
  const std::optional<std::size_t> samples = opus_samples(packet);
  if (!samples) {
    const std::string damaged = "a packet of it is damaged";
    if (auto rest = take_rest(damaged)) out.push_back(std::move(*rest));
    out.push_back({{}, kSamplesPerFrame, damaged});
  } else if (frames_.empty() && *samples == kSamplesPerFrame && packet.size() <= kMaxOpusBytes) {
    out.push_back({{packet.begin(), packet.end()}, *samples, {}});
  } else {
    split(packet, out);
  }
  return out;
}

std::optional<OpusPiece> OpusRegrouper::take_rest(const std::string& trouble) {
  if (frames_.empty()) return std::nullopt;
  OpusPiece rest{joined(), samples_, trouble};
  frames_.clear();
  samples_ = 0;
  return rest;
}

void OpusRegrouper::split(ByteView packet, std::vector<OpusPiece>& out) {
  opus_repacketizer_init(repacketizer_.get());
  opus_repacketizer_cat(repacketizer_.get(), packet.data(), length(packet.size()));
  const int count = opus_repacketizer_get_nb_frames(repacketizer_.get());
  std::vector<std::vector<std::uint8_t>> frames;
  for (int i = 0; i < count; ++i) {
    std::vector<std::uint8_t> frame(kMaxOpusBytes);
    const opus_int32 size =
        opus_repacketizer_out_range(repacketizer_.get(), i, i + 1, frame.data(), length(frame.size()));
    if (size <= 0) continue;
    frame.resize(static_cast<std::size_t>(size));
    frames.push_back(std::move(frame));
  }
  for (auto& frame : frames) take_frame(std::move(frame), out);
}

void OpusRegrouper::take_frame(std::vector<std::uint8_t> frame, std::vector<OpusPiece>& out) {
  const auto samples = static_cast<std::size_t>(opus_packet_get_samples_per_frame(frame.data(), kSampleRate));
  // A frame of 40 or 60 ms is one piece of SILK; what is inside it cannot be taken apart.
  if (samples > kSamplesPerFrame) {
    const std::string trouble = "its frames of " + std::to_string(samples / 48) + " ms cannot be split";
    if (auto rest = take_rest(trouble)) out.push_back(std::move(*rest));
    out.push_back({std::move(frame), samples, trouble});
    return;
  }
  const bool fits = frames_.empty() || ((frames_[0][0] ^ frame[0]) & kSameCoding) == 0;
  if (!fits || samples_ + samples > kSamplesPerFrame) {
    if (auto rest = take_rest("its coding changes within 20 ms")) out.push_back(std::move(*rest));
  }
  frames_.push_back(std::move(frame));
  samples_ += samples;
  if (samples_ < kSamplesPerFrame) return;
  std::optional<OpusPiece> whole = take_rest({});
  if (whole->bytes.size() > kMaxOpusBytes) whole->trouble = "its packets are too large";
  out.push_back(std::move(*whole));
}

std::vector<std::uint8_t> OpusRegrouper::joined() {
  opus_repacketizer_init(repacketizer_.get());
  for (const auto& frame : frames_) {
    opus_repacketizer_cat(repacketizer_.get(), frame.data(), length(frame.size()));
  }
  std::vector<std::uint8_t> packet(kMostJoined);
  const opus_int32 size = opus_repacketizer_out(repacketizer_.get(), packet.data(), length(packet.size()));
  packet.resize(static_cast<std::size_t>(size > 0 ? size : 0));
  return packet;
}

}  // namespace vcplay::media
