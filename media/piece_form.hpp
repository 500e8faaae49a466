// How files are written that are made of parts with a name and a size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"
#include "media/file_beginning.hpp"

namespace vcplay::media {

/// How the parts of such a file are written.
struct Form {
  std::size_t first;       // byte of the first part
  std::size_t id_bytes;    //
  std::size_t size_bytes;  //
  bool is_big_endian;
  bool counts_head;        // the size is that of the head, too
  std::string_view sound;  // the identifier of the part that holds it
};

/// nullptr for what is written otherwise.
[[nodiscard]] const Form* form_of(FileKind kind) noexcept;

/// The number of `count` bytes, up to 8, at `at`, which are there.
[[nodiscard]] std::uint64_t number(ByteView bytes, std::size_t at, std::size_t count,
                                   bool is_big_endian) noexcept;
[[nodiscard]] bool begins(ByteView bytes, std::string_view with) noexcept;
/// True for letters, digits and the like, of which most identifiers consist.
[[nodiscard]] bool is_name(ByteView bytes) noexcept;
/// True for the identifier of a part of Wave64 that is Sony's own.
[[nodiscard]] bool is_wave64_id(ByteView bytes) noexcept;

}  // namespace vcplay::media
