// What all members of an epoch agree on (RFC 9420 s8.1).
#pragma once

#include "mls/extensions.hpp"

namespace vcplay::mls {

/// Summarises the group's state; every secret of the epoch depends on it.
struct GroupContext {
  Bytes group_id;
  std::uint64_t epoch = 0;
  Bytes tree_hash;
  Bytes confirmed_transcript_hash;
  Extensions extensions;
  std::uint16_t version = kMls10;
  std::uint16_t cipher_suite = kCipherSuite;

  void write(Writer& out) const;
  [[nodiscard]] static GroupContext read(Reader& in);
};

}  // namespace vcplay::mls
