// Any OpusHead: what is taken for a layout, libopus decodes, and no channel of it is louder than it was.
#include "media/opus_layout.hpp"

#include <opus/opus_multistream.h>

#include <cmath>
#include <memory>
#include <string>
#include <utility>

#include "base/opus_frame.hpp"
#include "target.hpp"

namespace vcplay::fuzz {
namespace {

using media::OpusLayout;

struct FreeDecoder {
  void operator()(OpusMSDecoder* decoder) const noexcept { opus_multistream_decoder_destroy(decoder); }
};

void decoder_takes(const OpusLayout& layout) {
  must_hold(layout.channels >= 1 && layout.channels <= static_cast<int>(OpusLayout::kMostChannels),
            "no more channels than have a place");
  int error = OPUS_OK;
  const std::unique_ptr<OpusMSDecoder, FreeDecoder> decoder(opus_multistream_decoder_create(
      kSampleRate, layout.channels, layout.streams, layout.coupled, layout.mapping.data(), &error));
  must_hold(decoder && error == OPUS_OK, "libopus takes it");
}

void sounds_no_louder(const OpusLayout& layout) {
  const auto weights = media::downmix(layout);
  must_hold(weights.size() == static_cast<std::size_t>(layout.channels), "each channel has a weight");
  for (std::size_t side = 0; side < 2; ++side) {
    float sum = 0;
    for (const auto& weight : weights) {
      must_hold(std::isfinite(weight[side]) && weight[side] >= 0 && weight[side] <= 1, "a weight is a part");
      sum += weight[side];
    }
    must_hold(sum > 0.1F && sum < 2.001F, "all together are about as loud as one");
  }
}

}  // namespace

std::vector<Seed> seeds() {
  using std::string_literals::operator""s;
  const std::string fixed = "OpusHead\1"s;
  const std::string numbers = "\x38\1\x80\xBB\0\0\0\0"s;  // pre-skip, rate and gain
  const std::pair<const char*, std::string> heads[] = {
      {"mono", fixed + '\1' + numbers + '\0'},
      {"stereo", fixed + '\2' + numbers + '\0'},
      {"surround", fixed + '\6' + numbers + "\1\4\2\0\4\1\2\3\5"s},
      {"discrete", fixed + '\3' + numbers + "\xFF\3\0\0\1\2"s},
      {"silent", fixed + '\2' + numbers + "\1\1\0\0\xFF"s},
      {"exchanged", fixed + '\2' + numbers + "\1\1\1\1\0"s},
      {"liar", fixed + '\2' + numbers + "\1\1\1\1\2"s},
      {"cut_off", fixed + '\6' + numbers + "\1\4"s},
  };
  std::vector<Seed> all;
  for (const auto& [name, head] : heads) all.push_back({name, Bytes(head.begin(), head.end())});
  return all;
}

}  // namespace vcplay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vcplay;
  if (const auto layout = media::opus_layout({data, size})) {
    fuzz::decoder_takes(*layout);
    fuzz::sounds_no_louder(*layout);
  }
  return 0;
}
