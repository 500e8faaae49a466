// What strangers' files say of their loudness: what is taken is a number that sound can be turned by.
#include "media/loudness_tags.hpp"

#include <cmath>
#include <map>

#include "target.hpp"

namespace vcplay::fuzz {
namespace {

constexpr double kMostDecibels = 60;

void look_at(const std::optional<double>& decibels) {
  must_hold(!decibels || (std::isfinite(*decibels) && std::fabs(*decibels) <= kMostDecibels),
            "a gain is a number, and not a large one");
}

void look_at_loudness(const std::optional<double>& lufs) {
  must_hold(!lufs || (std::isfinite(*lufs) && std::fabs(*lufs) <= kMostDecibels + 23), "so is a loudness");
}

/// "NAME=text" in each line.
std::map<std::string, std::string> tags_in(std::string_view text) {
  std::map<std::string, std::string> tags;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t equals = std::min(line.find('='), line.size());
    tags[std::string(line.substr(0, equals))] = line.substr(std::min(equals + 1, line.size()));
  }
  return tags;
}

}  // namespace

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  for (const std::string_view text :
       {"-7.35 dB", "+0.50", "-1881", "R128_TRACK_GAIN=-1881\nR128_ALBUM_GAIN=256",
        "REPLAYGAIN_TRACK_GAIN=-7.35 dB\nREPLAYGAIN_ALBUM_GAIN=+1 dB",
        "R128_TRACK_GAIN=no\nREPLAYGAIN_TRACK_GAIN=1e300", "REPLAYGAIN_TRACK_GAIN=nan dB", "-2147483648",
        " \t +60.0 DB\r"}) {
    all.push_back({"tags_" + std::to_string(all.size()), Bytes(text.begin(), text.end())});
  }
  return all;
}

}  // namespace vcplay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vcplay;
  const std::string_view text = as_text({data, size});
  fuzz::look_at(media::parse_replay_gain(text));
  fuzz::look_at(media::parse_r128_gain(text));
  const auto tags = fuzz::tags_in(text);
  const auto loudness = media::tagged_loudness([&](const char* name) {
    const auto found = tags.find(name);
    return found == tags.end() ? std::string() : found->second;
  });
  fuzz::look_at_loudness(loudness.track);
  fuzz::look_at_loudness(loudness.album);
  return 0;
}
