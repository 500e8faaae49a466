// The TLS presentation language with MLS's variable-size vectors (RFC 9420 s2.1).
#pragma once

#include <optional>

#include "base/bytes.hpp"

namespace vcplay::mls {

/// Takes an encoding apart, never reading beyond its end; whatever does not fit is refused as malformed.
class Reader {
 public:
  explicit Reader(ByteView bytes) noexcept : rest_(bytes) {}

  [[nodiscard]] std::uint8_t u8();
  [[nodiscard]] std::uint16_t u16();
  [[nodiscard]] std::uint32_t u32();
  [[nodiscard]] std::uint64_t u64();
  /// s2.1.2: the length in front of a vector, in 1, 2 or 4 bytes and no more than needed.
  [[nodiscard]] std::uint32_t varint();
  /// `opaque x<V>`, as a view into the encoding.
  [[nodiscard]] ByteView opaque();
  [[nodiscard]] Bytes opaque_copy();
  /// `T items<V>`: for (Reader items = in.vector(); !items.done();) list.push_back(T::read(items));
  [[nodiscard]] Reader vector() { return Reader(opaque()); }
  /// s2.1.1: the presence octet of `optional<T>`.
  [[nodiscard]] bool present();

  [[nodiscard]] bool done() const noexcept { return rest_.empty(); }
  [[nodiscard]] ByteView rest() const noexcept { return rest_; }
  /// Refuses bytes behind the end of `what`.
  void expect_end(const char* what) const;

 private:
  [[nodiscard]] ByteView take(std::size_t count);
  ByteView rest_;
};

/// Puts an encoding together.
class Writer {
 public:
  void u8(std::uint8_t value) { bytes_.push_back(value); }
  void u16(std::uint16_t value);
  void u32(std::uint32_t value);
  void u64(std::uint64_t value);
  void varint(std::size_t value);
  /// The bytes alone, without a length.
  void raw(ByteView bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  void opaque(ByteView bytes);
  void opaque(std::string_view text) { opaque(as_bytes(text)); }

  /// `T items<V>`, each written by its own write().
  template <typename List>
  void vector(const List& list) {
    Writer body;
    for (const auto& item : list) item.write(body);
    opaque(body.bytes());
  }
  template <typename T>
  void optional(const std::optional<T>& value) {
    u8(value ? 1 : 0);
    if (value) value->write(*this);
  }

  /// So that bytes to be wiped never move: the room they will need.
  void reserve(std::size_t size) { bytes_.reserve(size); }
  [[nodiscard]] const Bytes& bytes() const noexcept { return bytes_; }
  [[nodiscard]] Bytes take() noexcept { return std::move(bytes_); }

 private:
  Bytes bytes_;
};

template <typename T>
[[nodiscard]] Bytes encoded(const T& value) {
  Writer out;
  value.write(out);
  return out.take();
}

/// Exactly one T and nothing behind it.
template <typename T>
[[nodiscard]] T decoded(ByteView bytes) {
  Reader in(bytes);
  T value = T::read(in);
  in.expect_end("a message");
  return value;
}

}  // namespace vcplay::mls
