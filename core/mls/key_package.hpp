// Key packages: how a client waits to be added (RFC 9420 s10).
#pragma once

#include "mls/leaf_node.hpp"

namespace vcplay::mls {

/// What others need to add a client to a group and to welcome it.
struct KeyPackage {
  std::uint16_t version = kMls10;
  std::uint16_t cipher_suite = kCipherSuite;
  HpkePublicKey init_key;
  LeafNode leaf_node;
  Extensions extensions;
  Bytes signature;

  void write(Writer& out) const;
  [[nodiscard]] static KeyPackage read(Reader& in);
  friend bool operator==(const KeyPackage&, const KeyPackage&) = default;

  /// s5.2: how a Welcome calls it.
  [[nodiscard]] Bytes ref() const { return make_key_package_ref(encoded(*this)); }

  void sign(const PrivateKey& key);
  [[nodiscard]] bool signature_is_valid() const;
};

/// Our own key package and the private keys behind it. To be used for one group and then dropped.
struct OwnKeyPackage {
  KeyPackage key_package;
  PrivateKey init_key;
  PrivateKey leaf_key;
  PrivateKey signature_key;
};

/// What a client decides about its leaf.
struct LeafContents {
  Credential credential;
  Capabilities capabilities;
  Lifetime lifetime;
  Extensions extensions;
};

/// A key package with fresh HPKE keys, signed with `signature_key`.
[[nodiscard]] OwnKeyPackage make_key_package(const LeafContents& leaf, const PrivateKey& signature_key,
                                             const Extensions& extensions = {});

/// s10.1: every step that needs no group: versions, signatures, keys. Refuses what is not valid.
void validate_key_package(const KeyPackage& key_package);

}  // namespace vcplay::mls
