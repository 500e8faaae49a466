// The pages that begin any Ogg, as they come in: in one piece or in many, the same little is left of them.
#include "media/ogg_head.hpp"

#include <algorithm>
#include <string>

#include "target.hpp"

namespace vcplay::fuzz {
namespace {

using media::OggHead;

/// How the pages in front of the sound went.
struct Cut {
  std::string head;
  std::uint64_t taken = 0;
  bool is_whole = false;
  bool is_too_much = false;
};

Cut cut(ByteView stream, std::size_t piece) {
  OggHead ogg;
  Input rest(stream);
  while (ogg.missing() > 0 && !rest.done()) ogg.take(rest.take(std::min(piece, ogg.missing())));
  return {ogg.head(), ogg.taken(), ogg.missing() == 0, ogg.is_too_much()};
}

std::string page(unsigned flags, const std::string& packet, std::size_t number) {
  std::string segments(packet.size() / 255, '\xFF');
  segments += static_cast<char>(packet.size() % 255);
  return std::string("OggS") + '\0' + static_cast<char>(flags) + std::string(8, '\0') + "abcd" +
         static_cast<char>(number) + std::string(7, '\0') + static_cast<char>(segments.size()) + segments +
         packet;
}

std::string little(std::size_t value) {
  std::string text;
  for (unsigned shift = 0; shift < 32; shift += 8) text += static_cast<char>(value >> shift & 0xFF);
  return text;
}

std::string comments(std::size_t count) {
  std::string body = little(6) + "a name" + little(count);
  for (std::size_t i = 0; i < count; ++i) body += little(12) + "TITLE=A song";
  return body;
}

}  // namespace

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  const auto add = [&all](const char* name, std::string_view stream, std::uint16_t at = 0,
                          std::uint8_t zeros = 0) {
    Bytes input = {6, static_cast<std::uint8_t>(at >> 8U), static_cast<std::uint8_t>(at), zeros, 10};
    input.insert(input.end(), stream.begin(), stream.end());
    all.push_back({name, std::move(input)});
  };
  const std::string opus = page(2, "OpusHead" + std::string(11, 'o'), 0);
  const std::string vorbis = page(2, "\1vorbis" + std::string(23, 'v'), 0);
  const std::string flac = page(2,
                                "\x7F"
                                "FLAC" +
                                    std::string(46, 'f'),
                                0);
  add("opus", opus + page(0, "OpusTags" + comments(2), 1) + page(0, "sound", 2));
  add("vorbis", vorbis + page(0, "\3vorbis" + comments(2) + '\1', 1) + page(0, "sound", 2));
  add("flac", flac + page(0, '\4' + std::string(3, '\0') + comments(1), 1) + page(0, "\xFFsound", 2));
  add("many", opus + page(0, "OpusTags" + comments(200), 1) + page(0, "sound", 2));
  add("unknown", page(2, "midi", 0) + page(0, "sound", 1));
  add("cut_off", opus.substr(0, 40));
  // Two hundred pages' worth of zeros in the comments.
  add("huge", opus + page(0, "OpusTags" + comments(2) + std::string(10'000, 'x'), 1), 120, 200);
  return all;
}

}  // namespace vcplay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vcplay;
  constexpr std::size_t kMostKept =
      (1U << 20U) + 600'000 + 2 * 65'307;  // and the comments and a page that come
  fuzz::Input input({data, size});
  const std::size_t piece = input.u8() + std::size_t{1};
  const Bytes stream = fuzz::widened(input);
  const fuzz::Cut whole = fuzz::cut(stream, stream.size() + 1);
  const fuzz::Cut pieces = fuzz::cut(stream, piece + stream.size() / 64);
  fuzz::must_hold(whole.head == pieces.head && whole.taken == pieces.taken &&
                      whole.is_whole == pieces.is_whole && whole.is_too_much == pieces.is_too_much,
                  "pieces make no difference");
  fuzz::must_hold(whole.taken <= stream.size(), "no more is taken than there is");
  fuzz::must_hold(whole.head.size() <= kMostKept, "what is kept is little");
  fuzz::must_hold(!whole.is_too_much || whole.is_whole, "what is too much is at its end");
  return 0;
}
