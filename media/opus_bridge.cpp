#include "media/opus_bridge.hpp"

#include <opus/opus.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "base/opus_frame.hpp"

namespace vcplay::media {
namespace {

using Bytes = std::vector<std::uint8_t>;

// RFC 6716 s3.1, table 2.
constexpr std::uint8_t kStereo = 0x04;
constexpr int kFirstHybrid = 12;
constexpr int kFirstCelt = 16;
constexpr std::uint8_t kSilkWideband20ms = 9 << 3;

constexpr int configuration(std::uint8_t toc) { return toc >> 3; }
constexpr bool is_of_20_ms(std::uint8_t toc) {
  const int config = configuration(toc);
  return config < kFirstHybrid ? config % 4 == 1 : config < kFirstCelt && config % 2 == 1;
}

// s4.5.1.4: only the second half of the redundant frame is heard, and only fading in.
constexpr std::size_t kUntouchedValues = (kSamplesPerFrame - kBridgeSamples / 2) * kChannels;

// Of what is heard of a packet: what it may lose. A transition without a bridge costs about 10 dB more.
constexpr double kMostLoss = -20;        // dB
constexpr std::size_t kMostLengths = 2;  // that SILK may have in a hybrid packet, the likeliest first

double power(std::span<const float> values) {
  double sum = 1e-12;
  for (const float value : values) sum += double{value} * value;
  return sum;
}

double loss(std::span<const float> heard, std::span<const float> of) {
  std::vector<float> difference(of.size());
  std::transform(heard.begin(), heard.end(), of.begin(), difference.begin(), std::minus<>());
  return 10 * std::log10(power(difference) / power(of));
}

/// libopus's decoder, whose state can be copied (opus.h: "a shallow copy").
class Listener {
 public:
  Listener()
      : state_(static_cast<std::size_t>(opus_decoder_get_size(kChannels)) / sizeof(std::max_align_t) + 1) {
    opus_decoder_init(decoder(), kSampleRate, kChannels);
  }

  /// Nothing when it is not 20 ms.
  [[nodiscard]] std::vector<float> hear(const Bytes& packet) {
    std::vector<float> samples(kSamplesPerFrame * kChannels);
    const int made = opus_decode_float(decoder(), packet.data(), static_cast<opus_int32>(packet.size()),
                                       samples.data(), kSamplesPerFrame, 0);
    if (made != static_cast<int>(kSamplesPerFrame)) samples.clear();
    return samples;
  }
  [[nodiscard]] std::uint32_t final_range() {
    opus_uint32 range = 0;
    opus_decoder_ctl(decoder(), OPUS_GET_FINAL_RANGE(&range));
    return range;
  }

 private:
  ::OpusDecoder* decoder() { return reinterpret_cast<::OpusDecoder*>(state_.data()); }
  std::vector<std::max_align_t> state_;
};

/// A packet with SILK in it and nothing behind that.
struct Silk {
  std::uint8_t toc = 0;
  Bytes frame;
  std::uint32_t final_range = 0;
  double loss = 0;  // dB

  [[nodiscard]] Bytes packet() const {
    Bytes all = {toc};
    all.insert(all.end(), frame.begin(), frame.end());
    return all;
  }
};

/// The SILK in a packet of one frame, which sounds like `wanted`: all of it, or the lengths that it may have
/// within a hybrid one. There the bits of SILK come first, and nothing says where they end. A decoder of SILK
/// alone makes nothing of too few of them, and takes 17 too many for redundancy (s4.5.1.1): one of three
/// lengths is right.
std::vector<Silk> silk_in(const Bytes& packet, const Listener& before, std::span<const float> wanted) {
  std::uint8_t toc = 0;
  std::array<const unsigned char*, 48> frames{};
  std::array<opus_int16, 48> sizes{};
  const int count = opus_packet_parse(packet.data(), static_cast<opus_int32>(packet.size()), &toc,
                                      frames.data(), sizes.data(), nullptr);
  if (count != 1 || !is_of_20_ms(toc)) return {};
  const bool is_hybrid = configuration(toc) >= kFirstHybrid;
  const Bytes frame(frames[0], frames[0] + sizes[0]);
  Silk silk;
  silk.toc = static_cast<std::uint8_t>(is_hybrid ? kSilkWideband20ms | (toc & kStereo) : toc & ~0x03);
  std::vector<Silk> found;
  for (std::size_t length = is_hybrid ? 1 : frame.size(); length <= frame.size(); ++length) {
    silk.frame.assign(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(length));
    Listener listener = before;
    const std::vector<float> heard = listener.hear(silk.packet());
    silk.final_range = listener.final_range();
    silk.loss = heard.empty() ? 0 : loss(heard, wanted);
    if (silk.loss <= kMostLoss) found.push_back(silk);
  }
  std::stable_sort(found.begin(), found.end(), [](const Silk& a, const Silk& b) { return a.loss < b.loss; });
  const auto is_same = [](const Silk& a, const Silk& b) { return a.final_range == b.final_range; };
  found.erase(std::unique(found.begin(), found.end(), is_same), found.end());
  if (found.size() > kMostLengths) found.resize(kMostLengths);
  return found;
}

/// s4.1.2.1: what the range is after one more bit that is as likely to be 0 as to be 1.
std::array<std::uint32_t, 2> ranges_after_a_bit(std::uint32_t range) {
  constexpr std::uint32_t kSmallest = 1U << 23;
  std::array<std::uint32_t, 2> both = {range >> 1, range - (range >> 1)};
  for (std::uint32_t& one : both) {
    while (one != 0 && one <= kSmallest) one <<= 8;
  }
  return both;
}

/// s4.5.1: bits behind SILK, at least 17, are redundancy; the first one says whether it belongs to the
/// packet's beginning (1) or end (0), the bytes behind that are the frame. Which bytes say so depends on the
/// range coder, whose state nobody tells; what it comes to tells when they are right.
std::optional<Bytes> with_redundancy(const Silk& silk, const CeltFrame& celt, const Listener& before) {
  Listener once = before;
  const std::vector<float> wanted = once.hear(silk.packet());
  if (wanted.empty()) return std::nullopt;
  const auto ranges = ranges_after_a_bit(silk.final_range);
  const auto is_right = [&](const Bytes& packet) {
    Listener listener = before;
    const std::vector<float> heard = listener.hear(packet);
    const std::uint32_t range = listener.final_range() ^ celt.final_range;
    return !heard.empty() && (range == ranges[0] || range == ranges[1]) &&
           std::equal(heard.begin(), heard.begin() + kUntouchedValues, wanted.begin());
  };
  // Up to two bytes behind SILK are free, and most often many of their values are right.
  const std::size_t length = silk.frame.size();
  for (const unsigned stride : {32U, 1U}) {
    for (std::size_t end = std::max<std::size_t>(length, 4) - 2; end <= length + 1; ++end) {
      for (const int carry : {0, -1, 1, -2, 2, -3, 3}) {
        Bytes packet = silk.packet();
        packet.resize(1 + end, 0);
        packet[end - 1] = static_cast<std::uint8_t>(packet[end - 1] + carry);
        packet.insert(packet.end(), celt.bytes.begin(), celt.bytes.end());
        for (unsigned last = 0; last < 256; last += stride) {
          packet[end] = static_cast<std::uint8_t>(last);
          if (is_right(packet)) return packet;
        }
      }
    }
  }
  return std::nullopt;
}

}  // namespace

BridgeForm bridge_form(std::uint8_t toc) noexcept {
  const int config = configuration(toc);
  return {.is_needed = config < kFirstCelt, .is_stereo = (toc & kStereo) != 0, .is_narrow = config < 4};
}

std::optional<Bytes> with_bridge(const std::vector<Bytes>& packets, const CeltFrame& celt) {
  if (packets.empty() || celt.bytes.empty() || celt.bytes.size() > kLongestBridge) return std::nullopt;
  Listener before;
  for (std::size_t i = 0; i + 1 < packets.size(); ++i) static_cast<void>(before.hear(packets[i]));
  Listener once = before;
  const std::vector<float> wanted = once.hear(packets.back());
  if (wanted.empty()) return std::nullopt;
  for (const Silk& silk : silk_in(packets.back(), before, wanted)) {
    if (auto packet = with_redundancy(silk, celt, before)) return packet;
  }
  return std::nullopt;
}

}  // namespace vcplay::media
