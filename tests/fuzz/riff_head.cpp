// The head of any stream, as it comes in: in one piece or in many, the samples begin at the same byte.
#include "media/riff_head.hpp"

#include <string>

#include "target.hpp"

namespace vcplay::fuzz {
namespace {

using media::RiffHead;

struct Place {
  std::uint64_t data = 0;
  std::uint32_t size = 0;
};

std::uint32_t little(ByteView four) {
  return four[0] | (std::uint32_t{four[1]} << 8) | (std::uint32_t{four[2]} << 16) |
         (std::uint32_t{four[3]} << 24);
}

/// The same from all bytes at once: chunk after chunk, each of them padded to an even size.
std::optional<Place> samples_of(ByteView file) {
  const std::string_view text = as_text(file);
  if (text.substr(0, 4) != "RIFF" || file.size() < 12 || text.substr(8, 4) != "WAVE") return std::nullopt;
  std::uint64_t at = 12;
  while (at + 8 <= file.size()) {
    const auto place = static_cast<std::size_t>(at);
    const std::uint32_t size = little(file.subspan(place + 4));
    if (text.substr(place, 4) == "data") return Place{at + 8, size};
    at += std::uint64_t{8} + size + size % 2;
  }
  return std::nullopt;
}

void must_agree(const RiffHead& head, const std::optional<Place>& place) {
  must_hold(head.data().has_value() == place.has_value(), "the samples are found where there are some");
  if (!place) return must_hold(head.size() == 0, "what is not there has no size");
  must_hold(*head.data() == place->data, "the samples begin behind the head of their chunk");
  must_hold(head.size() == place->size || head.size() == 0, "their size is what the head says, or not known");
}

void add_chunk(std::string& file, const char* name, std::string_view body) {
  file += name;
  for (std::size_t shift = 0; shift < 32; shift += 8) file += static_cast<char>(body.size() >> shift & 0xFF);
  file += body;
  if (body.size() % 2 != 0) file += '\0';
}

}  // namespace

std::vector<Seed> seeds() {
  const auto wave = [](bool with_list, std::string_view samples) {
    std::string file = "RIFF";
    file.append("\xff\xff\xff\xff", 4).append("WAVE");
    add_chunk(file, "fmt ", std::string_view("\1\0\2\0\x80\xbb\0\0\0\xee\2\0\4\0\x10\0", 16));
    if (with_list) add_chunk(file, "LIST", "seven b");
    add_chunk(file, "data", samples);
    Bytes input = {3};
    input.insert(input.end(), file.begin(), file.end());
    return input;
  };
  Bytes endless = wave(false, "");
  endless[endless.size() - 1] = 0xff;
  return {{"plain", wave(false, "abcdefgh")}, {"list", wave(true, "abcd")}, {"endless", endless}};
}

}  // namespace vcplay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vcplay;
  fuzz::Input input({data, size});
  const std::size_t piece = input.u8();
  const ByteView file = input.rest();
  const auto place = fuzz::samples_of(file);
  media::RiffHead whole;
  whole.watch(file);
  fuzz::must_agree(whole, place);
  media::RiffHead pieces;
  for (fuzz::Input rest(file); !rest.done();) pieces.watch(rest.take(piece + 1));
  fuzz::must_agree(pieces, place);
  fuzz::must_hold(whole.size() == pieces.size(), "pieces make no difference");
  return 0;
}
