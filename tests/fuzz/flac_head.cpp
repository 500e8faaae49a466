// The metadata of any FLAC, as it comes in: in one piece or in many, the same little is left of it.
#include "media/flac_head.hpp"

#include <algorithm>
#include <string>

#include "target.hpp"

namespace vcplay::fuzz {
namespace {

using media::FlacHead;

constexpr std::size_t kMostBlockBytes = 1U << 20U;
constexpr unsigned kStreamInfo = 0;
constexpr unsigned kSeekTable = 3;
constexpr unsigned kComments = 4;

/// How the blocks in front of the sound went.
struct Cut {
  std::string head;
  std::uint64_t taken = 0;
  bool is_whole = false;
};

Cut cut(ByteView stream, std::size_t piece) {
  FlacHead flac;
  Input rest(stream);
  while (flac.missing() > 0 && !rest.done()) flac.take(rest.take(std::min(piece, flac.missing())));
  return {flac.head(), flac.taken(), flac.missing() == 0};
}

/// A metadata block (RFC 9639 s8.1).
struct Block {
  unsigned type = 0;
  ByteView body;
};

/// All that are whole, from all bytes at once.
std::vector<Block> blocks_of(ByteView stream) {
  std::vector<Block> blocks;
  for (bool last = false; !last && stream.size() >= 4;) {
    const std::uint32_t head = load_be32(stream);
    last = head >> 31U != 0;
    const std::size_t size = head & 0xFFFFFFU;
    stream = stream.subspan(4);
    if (size > stream.size()) break;
    blocks.push_back({head >> 24U & 0x7FU, stream.first(size)});
    stream = stream.subspan(size);
  }
  return blocks;
}

std::size_t little(ByteView four) {
  return four[0] | std::size_t{four[1]} << 8U | std::size_t{four[2]} << 16U | std::size_t{four[3]} << 24U;
}

void look_at_comments(ByteView body) {
  must_hold(body.size() >= 8 && little(body) == 0, "nobody is told who wrote the comments");
  std::size_t count = 0;
  for (ByteView rest = body.subspan(8); !rest.empty(); ++count) {
    must_hold(rest.size() > 4 && little(rest) <= rest.size() - 4, "each comment is there");
    must_hold(little(rest) > 0 && little(rest) <= FlacHead::kMostCommentBytes, "none of them is long");
    rest = rest.subspan(4 + little(rest));
  }
  must_hold(count == little(body.subspan(4)) && count <= FlacHead::kMostComments,
            "there are few, all counted");
}

void look_at(const Cut& whole, ByteView stream) {
  must_hold(whole.head.starts_with(FlacHead::kMagic), "what is left is FLAC");
  const ByteView left = as_bytes(whole.head).subspan(FlacHead::kMagic.size());
  const std::vector<Block> kept = blocks_of(left);
  std::size_t bytes = 0;
  for (const Block& block : kept) {
    must_hold(block.type == kStreamInfo || block.type == kSeekTable || block.type == kComments,
              "no other blocks are left");
    must_hold(!block.body.empty() && block.body.size() <= kMostBlockBytes, "each says something, not much");
    if (block.type == kComments) look_at_comments(block.body);
    bytes += 4 + block.body.size();
  }
  must_hold(bytes == left.size(), "the last one is called the last");
  must_hold(bytes <= 6 * kMostBlockBytes, "all together are little");
  const Cut again = cut(left, left.size() + 1);
  must_hold(again.head == whole.head, "nothing more is cut from it");
  must_hold(again.is_whole == !kept.empty(), "and the sound follows");
  // What the sound cannot be decoded without is what it was.
  const auto is_form = [](const Block& block) { return block.type == kStreamInfo && !block.body.empty(); };
  const std::vector<Block> all = blocks_of(stream);
  const auto was = std::find_if(all.begin(), all.end(), is_form);
  const auto is = std::find_if(kept.begin(), kept.end(), is_form);
  if (was == all.end() || was->body.size() > kMostBlockBytes || all.size() > 4) return;
  must_hold(
      is != kept.end() && std::equal(is->body.begin(), is->body.end(), was->body.begin(), was->body.end()),
      "the form of the sound stays");
}

std::string little_text(std::size_t value) {
  std::string text;
  for (unsigned shift = 0; shift < 32; shift += 8) text += static_cast<char>(value >> shift & 0xFF);
  return text;
}

std::string block(unsigned type, std::string_view body, bool last = false) {
  std::string text(1, static_cast<char>(type | (last ? 0x80U : 0U)));
  for (unsigned shift = 24; shift > 0; shift -= 8)
    text += static_cast<char>(body.size() >> (shift - 8) & 0xFF);
  return text.append(body);
}

std::string comments(const std::vector<std::string>& all) {
  std::string body = little_text(6) + "a name" + little_text(all.size());
  for (const std::string& one : all) body += little_text(one.size()) + one;
  return body;
}

}  // namespace

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  const auto add = [&all](const char* name, std::string_view stream, std::uint8_t zeros = 0) {
    Bytes input = {6, 0, 42, zeros, 12};  // in pieces of seven, with zeros behind the form, if any
    input.insert(input.end(), stream.begin(), stream.end());
    all.push_back({name, std::move(input)});
  };
  const std::string form = block(kStreamInfo, std::string(34, 'f'));
  const std::string names = comments({"TITLE=A song", "ARTIST=Me"});
  add("usual", form + block(kSeekTable, std::string(36, 's')) + block(kComments, names) +
                   block(1, std::string(20, '\0'), true) + "\xFF\xF8");
  add("picture", form + block(6, std::string(300, 'p')) + block(kComments, names, true));
  add("many", form + block(kComments, comments(std::vector<std::string>(140, "K=v")), true));
  add("liar", form + block(kComments, comments({"A=B"}) + little_text(0xFFFFFFFF) + "C", true));
  add("cut_off", form + block(kComments, names).substr(0, 20));
  // A table of which not all is kept.
  const std::string rest(6'144, 's');
  const std::size_t size = rest.size() + (255U << 12U);
  add("huge", form + block(kSeekTable, std::string(size, 's'), true).substr(0, 4) + rest, 255);
  return all;
}

}  // namespace vcplay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vcplay;
  fuzz::Input input({data, size});
  const std::size_t piece = input.u8() + std::size_t{1};
  const Bytes stream = fuzz::widened(input);
  const fuzz::Cut whole = fuzz::cut(stream, stream.size() + 1);
  const fuzz::Cut pieces = fuzz::cut(stream, piece + stream.size() / 64);
  fuzz::must_hold(
      whole.head == pieces.head && whole.taken == pieces.taken && whole.is_whole == pieces.is_whole,
      "pieces make no difference");
  fuzz::look_at(whole, stream);
  return 0;
}
