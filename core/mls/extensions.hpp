// Extensions and the two group context extensions that we act on (RFC 9420 s13.4,
// s11.1, s12.1.8.1), credentials.
#pragma once

#include <vector>

#include "mls/ciphersuite.hpp"
#include "mls/tls_codec.hpp"

namespace vcplay::mls {

// s17.3: the default ones, which every client knows and none lists in its capabilities.
namespace extension_type {
inline constexpr std::uint16_t application_id = 1;
inline constexpr std::uint16_t ratchet_tree = 2;
inline constexpr std::uint16_t required_capabilities = 3;
inline constexpr std::uint16_t external_pub = 4;
inline constexpr std::uint16_t external_senders = 5;
[[nodiscard]] constexpr bool is_default(std::uint16_t type) noexcept { return type >= 1 && type <= 5; }
}  // namespace extension_type

inline constexpr std::uint16_t kBasicCredential = 1;

/// s5.3: who a key belongs to. Only basic credentials; X.509 is refused.
struct Credential {
  Bytes identity;

  void write(Writer& out) const;
  [[nodiscard]] static Credential read(Reader& in);
  friend bool operator==(const Credential&, const Credential&) = default;
};

/// One extension, its contents not yet looked into.
struct Extension {
  std::uint16_t type = 0;
  Bytes data;

  void write(Writer& out) const;
  [[nodiscard]] static Extension read(Reader& in);
  friend bool operator==(const Extension&, const Extension&) = default;
};

/// s13.4: a list with at most one extension of each type.
struct Extensions {
  std::vector<Extension> list;

  /// Its data, or nullptr.
  [[nodiscard]] const Bytes* find(std::uint16_t type) const noexcept;

  void write(Writer& out) const { out.vector(list); }
  [[nodiscard]] static Extensions read(Reader& in);
  friend bool operator==(const Extensions&, const Extensions&) = default;
};

/// s11.1: what every member must be able to do beyond the defaults.
struct RequiredCapabilities {
  std::vector<std::uint16_t> extension_types;
  std::vector<std::uint16_t> proposal_types;
  std::vector<std::uint16_t> credential_types;

  void write(Writer& out) const;
  [[nodiscard]] static RequiredCapabilities read(Reader& in);
};

/// s12.1.8.1: somebody outside the group who may propose.
struct ExternalSender {
  SignaturePublicKey signature_key;
  Credential credential;

  void write(Writer& out) const;
  [[nodiscard]] static ExternalSender read(Reader& in);
  friend bool operator==(const ExternalSender&, const ExternalSender&) = default;
};

[[nodiscard]] Extension external_senders_extension(const std::vector<ExternalSender>& senders);
/// The senders that `extensions` name; none without the extension.
[[nodiscard]] std::vector<ExternalSender> external_senders(const Extensions& extensions);

// Vectors of 16-bit code points, as in capabilities.
void write_code_points(Writer& out, const std::vector<std::uint16_t>& values);
[[nodiscard]] std::vector<std::uint16_t> read_code_points(Reader& in);
[[nodiscard]] bool lists(const std::vector<std::uint16_t>& values, std::uint16_t value) noexcept;

}  // namespace vcplay::mls
