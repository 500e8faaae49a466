#include "mls/key_schedule.hpp"

namespace vcplay::mls {
namespace {

// What welcome_secret and epoch_secret both descend from.
SecretBytes member_secret(ByteView joiner_secret, ByteView psk_secret) {
  return crypto::hkdf_extract(joiner_secret, psk_secret);
}

// s8.4: PSKLabel.
Bytes psk_label(const PreSharedKeyId& id, std::size_t index, std::size_t count) {
  Writer out;
  id.write(out);
  out.u16(static_cast<std::uint16_t>(index));
  out.u16(static_cast<std::uint16_t>(count));
  return out.take();
}

}  // namespace

EpochSecrets EpochSecrets::derive(ByteView epoch_secret) {
  EpochSecrets epoch;
  epoch.sender_data_secret = derive_secret(epoch_secret, "sender data");
  epoch.encryption_secret = derive_secret(epoch_secret, "encryption");
  epoch.exporter_secret = derive_secret(epoch_secret, "exporter");
  epoch.external_secret = derive_secret(epoch_secret, "external");
  epoch.confirmation_key = derive_secret(epoch_secret, "confirm");
  epoch.membership_key = derive_secret(epoch_secret, "membership");
  epoch.resumption_psk = derive_secret(epoch_secret, "resumption");
  epoch.epoch_authenticator = derive_secret(epoch_secret, "authentication");
  epoch.init_secret = derive_secret(epoch_secret, "init");
  return epoch;
}

SecretBytes joiner_secret(ByteView init_secret, ByteView commit_secret, const GroupContext& context) {
  const SecretBytes extracted = crypto::hkdf_extract(init_secret, commit_secret);
  return expand_with_label(extracted.view(), "joiner", encoded(context), kHashBytes);
}

SecretBytes welcome_secret(ByteView joiner_secret, ByteView psk_secret) {
  return derive_secret(member_secret(joiner_secret, psk_secret).view(), "welcome");
}

SecretBytes epoch_secret(ByteView joiner_secret, ByteView psk_secret, const GroupContext& context) {
  return expand_with_label(member_secret(joiner_secret, psk_secret).view(), "epoch", encoded(context),
                           kHashBytes);
}

Bytes confirmation_tag(const EpochSecrets& epoch, ByteView confirmed_transcript_hash) {
  return mac(epoch.confirmation_key.view(), confirmed_transcript_hash);
}

SecretBytes mls_exporter(const EpochSecrets& epoch, std::string_view label, ByteView context,
                         std::size_t length) {
  const SecretBytes derived = derive_secret(epoch.exporter_secret.view(), label);
  return expand_with_label(derived.view(), "exported", crypto::sha256(context), length);
}

SecretBytes psk_secret(const std::vector<PreSharedKeySecret>& psks) {
  SecretBytes secret = zero_secret();
  for (std::size_t i = 0; i < psks.size(); ++i) {
    const SecretBytes extracted = crypto::hkdf_extract(zero_secret().view(), psks[i].psk.view());
    const Bytes label = psk_label(psks[i].id, i, psks.size());
    const SecretBytes input = expand_with_label(extracted.view(), "derived psk", label, kHashBytes);
    secret = crypto::hkdf_extract(input.view(), secret.view());
  }
  return secret;
}

}  // namespace vcplay::mls
