#include "mls/welcome.hpp"

#include <algorithm>

#include "crypto/aes_gcm.hpp"
#include "mls/refusal.hpp"

namespace vcplay::mls {
namespace {

constexpr std::string_view kGroupInfoLabel = "GroupInfoTBS";
constexpr std::string_view kWelcomeLabel = "Welcome";

void write_unsigned(Writer& out, const GroupInfo& info) {
  info.group_context.write(out);
  info.extensions.write(out);
  out.opaque(info.confirmation_tag);
  out.u32(info.signer.value);
}

Bytes to_be_signed(const GroupInfo& info) {
  Writer out;
  write_unsigned(out, info);
  return out.take();
}

}  // namespace

void GroupInfo::write(Writer& out) const {
  write_unsigned(out, *this);
  out.opaque(signature);
}

GroupInfo GroupInfo::read(Reader& in) {
  GroupInfo info;
  info.group_context = GroupContext::read(in);
  info.extensions = Extensions::read(in);
  info.confirmation_tag = in.opaque_copy();
  info.signer = {in.u32()};
  info.signature = in.opaque_copy();
  return info;
}

void GroupInfo::sign(const PrivateKey& key) {
  signature = sign_with_label(key, kGroupInfoLabel, to_be_signed(*this));
}

bool GroupInfo::signature_is_valid(const SignaturePublicKey& key) const {
  return verify_with_label(key, kGroupInfoLabel, to_be_signed(*this), signature);
}

SecretBytes GroupSecrets::encode() const {
  Writer ids;
  ids.vector(psks);
  Writer out;
  constexpr std::size_t kLengthsAndPresence = 9;
  const std::size_t path = path_secret ? path_secret->size() : 0;
  out.reserve(joiner_secret.size() + path + ids.bytes().size() + kLengthsAndPresence);
  out.opaque(joiner_secret.view());
  out.u8(path_secret ? 1 : 0);
  if (path_secret) out.opaque(path_secret->view());
  out.raw(ids.bytes());
  return SecretBytes(out.take());
}

GroupSecrets GroupSecrets::decode(ByteView bytes) {
  Reader in(bytes);
  GroupSecrets secrets;
  secrets.joiner_secret = SecretBytes(in.opaque());
  if (in.present()) secrets.path_secret = SecretBytes(in.opaque());
  for (Reader items = in.vector(); !items.done();) secrets.psks.push_back(PreSharedKeyId::read(items));
  in.expect_end("the group secrets");
  return secrets;
}

void EncryptedGroupSecrets::write(Writer& out) const {
  out.opaque(new_member);
  encrypted_group_secrets.write(out);
}

EncryptedGroupSecrets EncryptedGroupSecrets::read(Reader& in) {
  EncryptedGroupSecrets entry;
  entry.new_member = in.opaque_copy();
  entry.encrypted_group_secrets = HpkeCiphertext::read(in);
  return entry;
}

void Welcome::write(Writer& out) const {
  out.u16(cipher_suite);
  out.vector(secrets);
  out.opaque(encrypted_group_info);
}

Welcome Welcome::read(Reader& in) {
  Welcome welcome;
  welcome.cipher_suite = in.u16();
  for (Reader items = in.vector(); !items.done();)
    welcome.secrets.push_back(EncryptedGroupSecrets::read(items));
  welcome.encrypted_group_info = in.opaque_copy();
  return welcome;
}

const EncryptedGroupSecrets* Welcome::find(ByteView key_package_ref) const noexcept {
  const auto found = std::find_if(secrets.begin(), secrets.end(), [&](const EncryptedGroupSecrets& entry) {
    return as_text(entry.new_member) == as_text(key_package_ref);
  });
  return found == secrets.end() ? nullptr : &*found;
}

Bytes encrypt_group_info(const GroupInfo& info, ByteView welcome_secret) {
  const SecretBytes key = expand_with_label(welcome_secret, "key", {}, kKeyBytes);
  const SecretBytes nonce = expand_with_label(welcome_secret, "nonce", {}, kNonceBytes);
  return crypto::aes128_gcm_seal(key.view(), nonce.view(), {}, encoded(info));
}

GroupInfo decrypt_group_info(ByteView encrypted, ByteView welcome_secret) {
  const SecretBytes key = expand_with_label(welcome_secret, "key", {}, kKeyBytes);
  const SecretBytes nonce = expand_with_label(welcome_secret, "nonce", {}, kNonceBytes);
  const auto plaintext = crypto::aes128_gcm_open(key.view(), nonce.view(), {}, encrypted);
  require(plaintext.has_value(), "12.4.3.1", "the group info in a Welcome cannot be decrypted");
  return decoded<GroupInfo>(plaintext->view());
}

crypto::hpke::Info group_secrets_context(ByteView encrypted_group_info) {
  return encrypt_context(kWelcomeLabel, encrypted_group_info);
}

EncryptedGroupSecrets encrypt_group_secrets(const GroupSecrets& secrets, const KeyPackage& newcomer,
                                            const crypto::hpke::Info& context) {
  return {newcomer.ref(), encrypt_with_label(newcomer.init_key, context, secrets.encode().view())};
}

GroupSecrets decrypt_group_secrets(const Welcome& welcome, const EncryptedGroupSecrets& entry,
                                   const PrivateKey& init_key) {
  const crypto::hpke::Info context = group_secrets_context(welcome.encrypted_group_info);
  const SecretBytes plaintext = decrypt_with_label(init_key, context, entry.encrypted_group_secrets);
  return GroupSecrets::decode(plaintext.view());
}

}  // namespace vcplay::mls
