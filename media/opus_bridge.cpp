#include "media/opus_bridge.hpp"

#include <opus/opus.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <span>
#include <utility>

#include "base/opus_frame.hpp"

namespace vcplay::media {
namespace {

using Bytes = std::vector<std::uint8_t>;

// RFC 6716 s3.1, table 2.
constexpr std::uint8_t kStereo = 0x04;
constexpr int kFirstHybrid = 12;
constexpr int kFirstCelt = 16;
constexpr std::uint8_t kSilkWideband20ms = 9 << 3;
constexpr std::uint8_t kCeltNarrowband5ms = 17 << 3;
constexpr std::uint8_t kCeltWideband5ms = 21 << 3;

constexpr int configuration(std::uint8_t toc) { return toc >> 3; }
constexpr bool is_of_20_ms(std::uint8_t toc) {
  const int config = configuration(toc);
  return config < kFirstHybrid ? config % 4 == 1 : config < kFirstCelt && config % 2 == 1;
}

// Decoders of one machine differ by rounding at the most.
constexpr float kSame = 1e-4F;

// Of what is heard of a packet: what it may lose unnoticed, and what at all. Without a bridge more is lost.
constexpr double kHardlyHeard = -20;     // dB
constexpr double kMostLoss = -4;         // dB
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

  /// Nothing when it does not hold so many samples.
  [[nodiscard]] std::vector<float> hear(const Bytes& packet, std::size_t many = kSamplesPerFrame) {
    std::vector<float> samples(many * kChannels);
    const int made = opus_decode_float(decoder(), packet.data(), static_cast<opus_int32>(packet.size()),
                                       samples.data(), static_cast<int>(many), 0);
    if (made != static_cast<int>(many)) samples.clear();
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

/// RFC 6716 s3.2.2: one frame behind the packet's first byte.
Bytes packet_of(std::uint8_t toc, const Bytes& frame) {
  Bytes packet(1 + frame.size(), toc);
  std::copy(frame.begin(), frame.end(), packet.begin() + 1);
  return packet;
}

/// A packet with SILK in it and nothing behind that.
struct Silk {
  std::uint8_t toc = 0;
  Bytes frame;
  std::uint32_t final_range = 0;
  double loss = 0;  // dB

  [[nodiscard]] Bytes packet() const { return packet_of(toc, frame); }
};

Listener listener_before_the_last(const std::deque<Bytes>& packets) {
  Listener listener;
  for (std::size_t i = 0; i + 1 < packets.size(); ++i) static_cast<void>(listener.hear(packets[i]));
  return listener;
}

/// The SILK in a packet of one frame: all of it, or the lengths that it may have within a hybrid one. There
/// the bits of SILK come first, and nothing says where they end. A decoder of SILK alone makes nothing of too
/// few of them, and takes 17 too many for redundancy (s4.5.1.1): one of three lengths is right.
std::vector<Silk> silk_in(const Bytes& packet, const Listener& before) {
  Listener once = before;
  const std::vector<float> wanted = once.hear(packet);
  std::uint8_t toc = 0;
  std::array<const unsigned char*, 48> frames{};
  std::array<opus_int16, 48> sizes{};
  const int count = opus_packet_parse(packet.data(), static_cast<opus_int32>(packet.size()), &toc,
                                      frames.data(), sizes.data(), nullptr);
  if (wanted.empty() || count != 1 || !is_of_20_ms(toc)) return {};
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

/// s4.5.1.4: what is heard of a packet that sounds like `silk` by itself, but has `celt` at its end: the
/// second half of that fades in, by the square of CELT's window (s4.3.7). Nothing when it is no 5 ms of CELT.
std::vector<float> with_fade(std::vector<float> silk, std::uint8_t toc, const CeltFrame& celt) {
  const BridgeForm form = bridge_form(toc);
  const int alone = (form.is_narrow ? kCeltNarrowband5ms : kCeltWideband5ms) | (form.is_stereo ? kStereo : 0);
  const std::vector<float> bridge =
      Listener().hear(packet_of(static_cast<std::uint8_t>(alone), celt.bytes), kBridgeSamples);
  if (bridge.empty()) return {};
  constexpr std::size_t kFade = kBridgeSamples / 2;
  const auto fading = std::span(silk).last(kFade * kChannels);
  const auto rising = std::span(bridge).last(kFade * kChannels);
  for (std::size_t i = 0; i < fading.size(); ++i) {
    const std::size_t sample = i / kChannels;
    const double place = (static_cast<double>(sample) + 0.5) / kFade;
    const double slope = std::sin(std::numbers::pi / 2 * place);
    const double window = std::sin(std::numbers::pi / 2 * slope * slope);
    fading[i] += static_cast<float>(window * window) * (rising[i] - fading[i]);
  }
  return silk;
}

/// `silk`, cut off or filled up to `end` bytes of which the last is `last` and the one before it has changed
/// by `carry`, and `celt` behind that.
Bytes joined(const Silk& silk, std::size_t end, int carry, unsigned last, const CeltFrame& celt) {
  Bytes packet = silk.packet();
  packet.resize(1 + end, 0);
  packet[end - 1] = static_cast<std::uint8_t>(packet[end - 1] + carry);
  packet[end] = static_cast<std::uint8_t>(last);
  packet.insert(packet.end(), celt.bytes.begin(), celt.bytes.end());
  return packet;
}

/// s4.5.1: bits behind SILK, at least 17, are redundancy; the first one says whether it belongs to the
/// packet's beginning (1) or end (0), the bytes behind that are the frame. Which bytes say so depends on the
/// range coder, whose state nobody tells; what it comes to, and the sound, tell when they are right.
std::optional<Bytes> with_redundancy(const Silk& silk, const CeltFrame& celt, const Listener& before) {
  Listener once = before;
  std::vector<float> heard = once.hear(silk.packet());
  if (heard.empty()) return std::nullopt;
  const std::vector<float> wanted = with_fade(std::move(heard), silk.toc, celt);
  if (wanted.empty()) return std::nullopt;
  const auto ranges = ranges_after_a_bit(silk.final_range);
  // The range does not tell which way a bit went that is as likely to be 0 as to be 1; its sound does.
  const auto is_right = [&](const Bytes& packet) {
    Listener listener = before;
    const std::vector<float> sounds = listener.hear(packet);
    const std::uint32_t range = listener.final_range() ^ celt.final_range;
    const auto is_same = [](float a, float b) { return std::fabs(a - b) < kSame; };
    return !sounds.empty() && (range == ranges[0] || range == ranges[1]) &&
           std::equal(sounds.begin(), sounds.end(), wanted.begin(), wanted.end(), is_same);
  };
  const auto find = [&](unsigned stride, std::initializer_list<int> carries,
                        std::initializer_list<int> longer) -> std::optional<Bytes> {
    for (const int carry : carries) {
      for (const int more : longer) {
        const std::ptrdiff_t end = std::ssize(silk.frame) + more;
        for (unsigned last = 0; end >= 2 && last < 256; last += stride) {
          Bytes packet = joined(silk, static_cast<std::size_t>(end), carry, last, celt);
          if (is_right(packet)) return packet;
        }
      }
    }
    return std::nullopt;
  };
  // SILK's last byte may have bits to spare, and zeros at its end were left out. Most often many values of
  // the last byte are right, but sometimes only one or two.
  if (auto packet = find(32, {0, -1, 1, -2, 2, -3, 3}, {0, 1, 2, 3, -1, -2})) return packet;
  return find(1, {0, -1, 1}, {0, 1, -1, -2});
}

}  // namespace

BridgeForm bridge_form(std::uint8_t toc) noexcept {
  const int config = configuration(toc);
  return {.is_needed = config < kFirstCelt, .is_stereo = (toc & kStereo) != 0, .is_narrow = config < 4};
}

bool leads_on(const std::deque<Bytes>& packets) {
  if (packets.empty()) return true;
  const int config = configuration(packets.back()[0]);
  if (config < kFirstHybrid || config >= kFirstCelt) return true;
  const std::vector<Silk> found = silk_in(packets.back(), listener_before_the_last(packets));
  return !found.empty() && found.front().loss <= kHardlyHeard;
}

std::optional<Bytes> with_bridge(const std::deque<Bytes>& packets, const CeltFrame& celt) {
  if (packets.empty() || celt.bytes.empty() || celt.bytes.size() > kLongestBridge) return std::nullopt;
  const Listener before = listener_before_the_last(packets);
  for (const Silk& silk : silk_in(packets.back(), before)) {
    if (auto packet = with_redundancy(silk, celt, before)) return packet;
  }
  return std::nullopt;
}

}  // namespace vcplay::media
