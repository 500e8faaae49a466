// A member's leaf (RFC 9420 s7.2).
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "mls/extensions.hpp"
#include "mls/tree_math.hpp"

namespace vcplay::mls {

/// What a client says it can do, beyond the defaults.
struct Capabilities {
  std::vector<std::uint16_t> versions = {kMls10};
  std::vector<std::uint16_t> cipher_suites = {kCipherSuite};
  std::vector<std::uint16_t> extensions;
  std::vector<std::uint16_t> proposals;
  std::vector<std::uint16_t> credentials = {kBasicCredential};

  void write(Writer& out) const;
  [[nodiscard]] static Capabilities read(Reader& in);
  friend bool operator==(const Capabilities&, const Capabilities&) = default;
};

/// When a key package may be used, in seconds since 1970. The default is always.
struct Lifetime {
  std::uint64_t not_before = 0;
  std::uint64_t not_after = ~std::uint64_t{0};
  friend bool operator==(const Lifetime&, const Lifetime&) = default;
};

/// The leaf came with an Update proposal.
struct FromUpdate {
  friend bool operator==(const FromUpdate&, const FromUpdate&) = default;
};

/// The leaf came with a Commit's path.
struct FromCommit {
  Bytes parent_hash;
  friend bool operator==(const FromCommit&, const FromCommit&) = default;
};

/// LeafNodeSource and what goes with each; a Lifetime means that the leaf came in a key package.
using LeafNodeSource = std::variant<Lifetime, FromUpdate, FromCommit>;

/// Where a leaf is: part of what its signature covers unless it came in a key package.
struct LeafPosition {
  ByteView group_id;
  LeafIndex index;
};

/// What one client shows to the group, signed by that client.
struct LeafNode {
  HpkePublicKey encryption_key;
  SignaturePublicKey signature_key;
  Credential credential;
  Capabilities capabilities;
  LeafNodeSource source;
  Extensions extensions;
  Bytes signature;

  void write(Writer& out) const;
  [[nodiscard]] static LeafNode read(Reader& in);
  friend bool operator==(const LeafNode&, const LeafNode&) = default;

  [[nodiscard]] bool is_from_key_package() const noexcept { return std::holds_alternative<Lifetime>(source); }
  /// The parent hash of a leaf from a Commit, or nullptr.
  [[nodiscard]] const Bytes* parent_hash() const noexcept;

  void sign(const PrivateKey& key, const LeafPosition& position);
  [[nodiscard]] bool signature_is_valid(const LeafPosition& position) const;
};

}  // namespace vcplay::mls
