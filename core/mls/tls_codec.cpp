#include "mls/tls_codec.hpp"

#include "mls/refusal.hpp"

namespace vcplay::mls {
namespace {

constexpr std::size_t kMaxVectorBytes = (std::size_t{1} << 30) - 1;  // s2.1.2: 30 usable bits

}  // namespace

ByteView Reader::take(std::size_t count) {
  if (count > rest_.size()) refuse_malformed("2.1", "a message ends in the middle of a field");
  const ByteView taken = rest_.first(count);
  rest_ = rest_.subspan(count);
  return taken;
}

std::uint8_t Reader::u8() { return take(1)[0]; }
std::uint16_t Reader::u16() { return load_be16(take(2)); }
std::uint32_t Reader::u32() { return load_be32(take(4)); }
std::uint64_t Reader::u64() { return load_be64(take(8)); }

std::uint32_t Reader::varint() {
  const std::uint8_t first = u8();
  const unsigned prefix = first >> 6;
  if (prefix == 3) refuse_malformed("2.1.2", "a vector's length has the prefix 11");
  const std::size_t length = std::size_t{1} << prefix;
  std::uint32_t value = first & 0x3f;
  for (const std::uint8_t byte : take(length - 1)) value = (value << 8) | byte;
  if (prefix >= 1 && value < (std::uint32_t{1} << (8 * (length / 2) - 2))) {
    refuse_malformed("2.1.2", "a vector's length is written in more bytes than it needs");
  }
  return value;
}

ByteView Reader::opaque() {
  const std::uint32_t size = varint();
  return take(size);
}

Bytes Reader::opaque_copy() {
  const ByteView view = opaque();
  return {view.begin(), view.end()};
}

bool Reader::present() {
  const std::uint8_t octet = u8();
  if (octet > 1) refuse_malformed("2.1.1", "a presence octet is neither 0 nor 1");
  return octet == 1;
}

void Reader::expect_end(const char* what) const {
  if (!done()) refuse_malformed("2.1", std::string("there are bytes behind the end of ") + what);
}

void Writer::u16(std::uint16_t value) {
  std::uint8_t bytes[2];
  store_be16(bytes, value);
  raw(bytes);
}

void Writer::u32(std::uint32_t value) {
  std::uint8_t bytes[4];
  store_be32(bytes, value);
  raw(bytes);
}

void Writer::u64(std::uint64_t value) {
  std::uint8_t bytes[8];
  store_be64(bytes, value);
  raw(bytes);
}

void Writer::varint(std::size_t value) {
  if (value > kMaxVectorBytes) refuse_malformed("2.1.2", "a vector is longer than 2^30 - 1 bytes");
  if (value < 0x40) return u8(static_cast<std::uint8_t>(value));
  if (value < 0x4000) return u16(static_cast<std::uint16_t>(0x4000 | value));
  u32(static_cast<std::uint32_t>(0x80000000U | value));
}

void Writer::opaque(ByteView bytes) {
  varint(bytes.size());
  raw(bytes);
}

}  // namespace vcplay::mls
