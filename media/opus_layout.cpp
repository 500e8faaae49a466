#include "media/opus_layout.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace vcplay::media {
namespace {

constexpr std::size_t kChannelsAt = 9;
constexpr std::size_t kFamilyAt = 18;
constexpr std::size_t kTableAt = 19;  // streams, coupled streams, a byte for each channel

/// The places of one to eight channels in Vorbis' order (RFC 7845 s5.1.1.2): fronts l and r, sides and rears
/// L and R, the centre c, the rear centre C, the subwoofer s.
constexpr std::array<std::string_view, OpusLayout::kMostChannels> kPlaces{
    "c", "lr", "lcr", "lrLR", "lcrLR", "lcrLRs", "lcrLRCs", "lcrLRLRs"};

/// In the left channel, before all together are brought to one measure.
double weight_in_left(char place) {
  switch (place) {
    case 'l':
      return 1;
    case 'c':
    case 's':
      return std::sqrt(1.0 / 2);
    case 'L':
      return std::sqrt(3.0 / 4);
    case 'R':
      return 1.0 / 2;
    case 'C':
      return std::sqrt(3.0 / 8);
    default:
      return 0;
  }
}

char mirrored(char place) {
  constexpr std::string_view kFrom = "lrLR";
  constexpr std::string_view kTo = "rlRL";
  const std::size_t at = kFrom.find(place);
  return at == std::string_view::npos ? place : kTo[at];
}

}  // namespace

bool OpusLayout::is_plain() const noexcept {
  const bool in_order = mapping[0] == 0 && (channels == 1 || mapping[1] == 1);
  return has_speakers && streams == 1 && channels <= 2 && coupled == channels - 1 && in_order;
}

std::optional<OpusLayout> opus_layout(ByteView head) {
  if (head.size() <= kFamilyAt) return std::nullopt;
  OpusLayout layout;
  layout.channels = head[kChannelsAt];
  const int family = head[kFamilyAt];
  if (layout.channels < 1 || layout.channels > static_cast<int>(OpusLayout::kMostChannels))
    return std::nullopt;
  if (family == 0) {
    layout.coupled = layout.channels - 1;
    return layout.channels <= 2 ? std::optional(layout) : std::nullopt;
  }
  if (family != 1 && family != 255) return std::nullopt;
  const auto channels = static_cast<std::size_t>(layout.channels);
  if (head.size() < kTableAt + 2 + channels) return std::nullopt;
  layout.streams = head[kTableAt];
  layout.coupled = head[kTableAt + 1];
  layout.has_speakers = family == 1;
  std::copy_n(head.begin() + kTableAt + 2, channels, layout.mapping.begin());
  if (layout.channels == 1) layout.mapping[1] = 0;
  if (layout.streams < 1 || layout.coupled > layout.streams || layout.streams + layout.coupled > 255)
    return std::nullopt;
  // 255 is silence.
  const auto exists = [&](std::uint8_t source) {
    return source == 255 || source < layout.streams + layout.coupled;
  };
  return std::all_of(layout.mapping.begin(), layout.mapping.begin() + layout.channels, exists)
             ? std::optional(layout)
             : std::nullopt;
}

std::vector<std::array<float, 2>> downmix(const OpusLayout& layout) {
  const auto channels = static_cast<std::size_t>(layout.channels);
  if (channels == 1) return {{1, 1}};
  if (channels == 2) return {{1, 0}, {0, 1}};
  if (!layout.has_speakers) {
    const float share = 1.0F / static_cast<float>(channels);
    return std::vector<std::array<float, 2>>(channels, {share, share});
  }
  const std::string_view places = kPlaces[channels - 1];
  double all = 0;
  for (const char place : places) all += weight_in_left(place);
  if (channels > 4) all /= 2;  // the standard's figures for so many add up to 2
  std::vector<std::array<float, 2>> weights;
  for (const char place : places) {
    weights.push_back({static_cast<float>(weight_in_left(place) / all),
                       static_cast<float>(weight_in_left(mirrored(place)) / all)});
  }
  return weights;
}

}  // namespace vcplay::media
