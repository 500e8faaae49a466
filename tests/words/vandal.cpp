#include "words/vandal.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace vcplay::testing {
namespace {

constexpr std::size_t kHead = 512;        // bytes: where headers are,
constexpr std::size_t kTail = 2048;       // and where MP4 and others have theirs
constexpr std::size_t kLongBlock = 4096;  // bytes
constexpr std::size_t kSector = 512;      // bytes

/// Of an Ogg page (RFC 3533 s6): where its checksum stands, and the number of its segments.
constexpr std::size_t kChecksum = 22;
constexpr std::size_t kSegments = 26;

/// RFC 3533 s6: the polynomial 0x04c11db7, from 0 on, without reflection.
std::uint32_t ogg_checksum(std::string_view page) {
  std::uint32_t sum = 0;
  for (const char byte : page) {
    sum ^= static_cast<std::uint32_t>(static_cast<unsigned char>(byte)) << 24U;
    for (int bit = 0; bit < 8; ++bit) sum = (sum << 1U) ^ ((sum >> 31U) != 0 ? 0x04c11db7U : 0U);
  }
  return sum;
}

}  // namespace

std::string Vandal::damage(std::string whole, const std::string& other) {
  static constexpr std::array<std::pair<Work, const char*>, 10> kWorks = {{
      {&Vandal::flip_bits, "bits flipped"},
      {&Vandal::overwrite, "bytes overwritten"},
      {&Vandal::wipe, "a sector wiped"},
      {&Vandal::truncate, "truncated"},
      {&Vandal::cut_out, "a block cut out"},
      {&Vandal::double_block, "a block doubled"},
      {&Vandal::swap_blocks, "two blocks swapped"},
      {&Vandal::fill_field, "a field filled"},
      {&Vandal::make_huge, "a size made huge"},
      {&Vandal::splice, "another file spliced in"},
  }};
  account_.clear();
  spares_head_ = draw(3) == 0;
  for (std::size_t left = 1 + draw(3); left > 0; --left) {
    const auto& [work, name] = kWorks.at(draw(kWorks.size()));
    (this->*work)(whole, other);
    account_ += (account_.empty() ? "" : ", ") + std::string(name);
  }
  return whole;
}

// The standard's distributions are not the same everywhere. That the lower numbers come a little more often
// is no harm here.
std::size_t Vandal::draw(std::size_t count) { return count == 0 ? 0 : random_() % count; }

/// One blow in four hits the head, which is small and matters much, and one in four the tail. Some files keep
/// their first half instead, so that the decoder gets further.
Vandal::Place Vandal::place(const std::string& bytes, std::size_t longest) {
  const std::size_t where = draw(4);
  const std::size_t head = std::min(bytes.size(), kHead);
  const std::size_t tail = std::min(bytes.size(), kTail);
  Place found;
  found.at = spares_head_ ? bytes.size() / 2 + draw(bytes.size() - bytes.size() / 2)
             : where == 0 ? draw(head)
             : where == 1 ? bytes.size() - tail + draw(tail)
                          : draw(bytes.size());
  // A blow leaves something to be looked at.
  const std::size_t most = std::min(longest, 1 + bytes.size() / 8);
  found.size = std::min(bytes.size() - found.at, 1 + draw(most));
  return found;
}

Vandal::Place Vandal::header_field(const std::string& bytes, std::size_t size) {
  Place field = place(bytes, 1);
  const std::size_t region = draw(4);
  if (region < 2 && !spares_head_) field.at = draw(std::min<std::size_t>(bytes.size(), 64));
  field.size = std::min(size, bytes.size() - field.at);
  return field;
}

void Vandal::flip_bits(std::string& bytes, const std::string& /*other*/) {
  if (bytes.empty()) return;
  for (std::size_t left = std::size_t{1} << draw(7); left > 0; --left) {
    char& byte = bytes[place(bytes, 1).at];
    byte = static_cast<char>(byte ^ (1 << draw(8)));
  }
}

void Vandal::overwrite(std::string& bytes, const std::string& /*other*/) {
  const Place block = place(bytes, std::size_t{1} << draw(10));
  for (std::size_t i = 0; i < block.size; ++i) bytes[block.at + i] = static_cast<char>(draw(256));
}

void Vandal::wipe(std::string& bytes, const std::string& /*other*/) {
  const std::size_t at = place(bytes, 1).at / kSector * kSector;
  const std::size_t size = std::min({kSector, 1 + bytes.size() / 8, bytes.size() - at});
  bytes.replace(at, size, size, '\0');
}

void Vandal::truncate(std::string& bytes, const std::string& /*other*/) { bytes.resize(place(bytes, 1).at); }

void Vandal::cut_out(std::string& bytes, const std::string& /*other*/) {
  const Place block = place(bytes, kLongBlock);
  bytes.erase(block.at, block.size);
}

void Vandal::double_block(std::string& bytes, const std::string& /*other*/) {
  const Place block = place(bytes, kLongBlock);
  bytes.insert(block.at, bytes.substr(block.at, block.size));
}

void Vandal::swap_blocks(std::string& bytes, const std::string& /*other*/) {
  Place first = place(bytes, kLongBlock);
  Place second = place(bytes, kLongBlock);
  if (second.at < first.at) std::swap(first, second);
  const std::size_t size = std::min({first.size, second.size, second.at - first.at});
  std::swap_ranges(bytes.begin() + static_cast<std::ptrdiff_t>(first.at),
                   bytes.begin() + static_cast<std::ptrdiff_t>(first.at + size),
                   bytes.begin() + static_cast<std::ptrdiff_t>(second.at));
}

void Vandal::fill_field(std::string& bytes, const std::string& /*other*/) {
  const Place field = header_field(bytes, std::size_t{1} << draw(4));
  bytes.replace(field.at, field.size, field.size, draw(2) == 0 ? '\0' : '\xFF');
}

void Vandal::make_huge(std::string& bytes, const std::string& /*other*/) {
  static constexpr std::array<std::uint32_t, 5> kHuge = {0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0x40000000,
                                                         0x00FFFFFF};
  const std::uint32_t huge = kHuge.at(draw(kHuge.size()));
  const bool big_endian = draw(2) == 0;
  const Place field = header_field(bytes, 4);
  for (std::size_t i = 0; i < field.size; ++i) {
    bytes[field.at + i] = static_cast<char>(huge >> (8 * (big_endian ? 3 - i : i)));
  }
}

void Vandal::splice(std::string& bytes, const std::string& other) {
  const Place theirs = place(other, 4 * kLongBlock);
  const Place ours = place(bytes, 4 * kLongBlock);
  bytes.replace(ours.at, draw(2) == 0 ? 0 : ours.size, other, theirs.at, theirs.size);
}

void mend_ogg_checksums(std::string& ogg) {
  for (std::size_t at = ogg.find("OggS"); at != std::string::npos; at = ogg.find("OggS", at + 4)) {
    if (ogg.size() - at <= kSegments) return;
    const auto count = static_cast<unsigned char>(ogg[at + kSegments]);
    std::size_t size = kSegments + 1 + count;
    for (std::size_t i = at + kSegments + 1; i < std::min(ogg.size(), at + kSegments + 1 + count); ++i) {
      size += static_cast<unsigned char>(ogg[i]);
    }
    if (size > ogg.size() - at) continue;
    ogg.replace(at + kChecksum, 4, 4, '\0');
    const std::uint32_t sum = ogg_checksum(std::string_view(ogg).substr(at, size));
    for (std::size_t i = 0; i < 4; ++i) ogg[at + kChecksum + i] = static_cast<char>(sum >> (8 * i));
  }
}

}  // namespace vcplay::testing
