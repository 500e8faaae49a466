// From one epoch's init secret to the next epoch's secrets (RFC 9420 s8).
#pragma once

#include <vector>

#include "mls/group_context.hpp"
#include "mls/proposals.hpp"

namespace vcplay::mls {

/// s8, table 4: the secrets of one epoch.
struct EpochSecrets {
  SecretBytes sender_data_secret;
  SecretBytes encryption_secret;
  SecretBytes exporter_secret;
  SecretBytes external_secret;
  SecretBytes confirmation_key;
  SecretBytes membership_key;
  SecretBytes resumption_psk;
  SecretBytes epoch_authenticator;
  SecretBytes init_secret;

  [[nodiscard]] static EpochSecrets derive(ByteView epoch_secret);
};

// The diagram of s8, arrow by arrow.
[[nodiscard]] SecretBytes joiner_secret(ByteView init_secret, ByteView commit_secret,
                                        const GroupContext& context);
[[nodiscard]] SecretBytes welcome_secret(ByteView joiner_secret, ByteView psk_secret);
[[nodiscard]] SecretBytes epoch_secret(ByteView joiner_secret, ByteView psk_secret,
                                       const GroupContext& context);

/// s6.1: MAC(confirmation_key, confirmed_transcript_hash).
[[nodiscard]] Bytes confirmation_tag(const EpochSecrets& epoch, ByteView confirmed_transcript_hash);

/// s8.5: MLS-Exporter.
[[nodiscard]] SecretBytes mls_exporter(const EpochSecrets& epoch, std::string_view label, ByteView context,
                                       std::size_t length);

/// A pre-shared key and the id under which it was named.
struct PreSharedKeySecret {
  PreSharedKeyId id;
  SecretBytes psk;
};

/// s8.4: the keys chained in their order; zeros for none.
[[nodiscard]] SecretBytes psk_secret(const std::vector<PreSharedKeySecret>& psks);

}  // namespace vcplay::mls
