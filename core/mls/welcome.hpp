// What a new member is told (RFC 9420 s12.4.3).
#pragma once

#include <optional>
#include <vector>

#include "mls/group_context.hpp"
#include "mls/proposals.hpp"

namespace vcplay::mls {

/// The group's state as one member signs it for newcomers.
struct GroupInfo {
  GroupContext group_context;
  Extensions extensions;
  Bytes confirmation_tag;
  LeafIndex signer;
  Bytes signature;

  void write(Writer& out) const;
  [[nodiscard]] static GroupInfo read(Reader& in);

  void sign(const PrivateKey& key);
  [[nodiscard]] bool signature_is_valid(const SignaturePublicKey& key) const;
};

/// The secrets that one newcomer gets; only ever seen encrypted to it.
struct GroupSecrets {
  SecretBytes joiner_secret;
  std::optional<SecretBytes> path_secret;
  std::vector<PreSharedKeyId> psks;

  [[nodiscard]] SecretBytes encode() const;
  [[nodiscard]] static GroupSecrets decode(ByteView bytes);
};

/// One newcomer's GroupSecrets.
struct EncryptedGroupSecrets {
  Bytes new_member;  // KeyPackageRef
  HpkeCiphertext encrypted_group_secrets;

  void write(Writer& out) const;
  [[nodiscard]] static EncryptedGroupSecrets read(Reader& in);
};

/// The message that brings newcomers into the group: one GroupInfo for all, one set of secrets for each.
struct Welcome {
  std::uint16_t cipher_suite = kCipherSuite;
  std::vector<EncryptedGroupSecrets> secrets;
  Bytes encrypted_group_info;

  void write(Writer& out) const;
  [[nodiscard]] static Welcome read(Reader& in);

  /// The entry for the key package with this ref, or nullptr.
  [[nodiscard]] const EncryptedGroupSecrets* find(ByteView key_package_ref) const noexcept;
};

// s12.4.3.1: the GroupInfo under the welcome secret.
[[nodiscard]] Bytes encrypt_group_info(const GroupInfo& info, ByteView welcome_secret);
[[nodiscard]] GroupInfo decrypt_group_info(ByteView encrypted, ByteView welcome_secret);

// s12.4.3.1: one newcomer's secrets, bound to the GroupInfo that they belong to.
[[nodiscard]] crypto::hpke::Info group_secrets_context(ByteView encrypted_group_info);
[[nodiscard]] EncryptedGroupSecrets encrypt_group_secrets(const GroupSecrets& secrets,
                                                          const KeyPackage& newcomer,
                                                          const crypto::hpke::Info& context);
[[nodiscard]] GroupSecrets decrypt_group_secrets(const Welcome& welcome, const EncryptedGroupSecrets& entry,
                                                 const PrivateKey& init_key);

}  // namespace vcplay::mls
