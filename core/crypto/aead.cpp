#include "crypto/aead.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>

#include "crypto/openssl.hpp"

namespace vcplay::crypto {
namespace {

enum class Direction : int { open = 0, seal = 1 };

/// A context that knows cipher, key and direction; only the nonce is missing.
CipherContext keyed_context(ByteView key, Direction direction) {
  if (key.size() != 16 && key.size() != 32) {
    throw Error(Cause::unexpected,
                "an AES-GCM key must have 16 or 32 bytes, not " + std::to_string(key.size()));
  }
  // Fetched by hand and once: the implicit fetch of EVP_aes_256_gcm() would take OpenSSL's locks
  // again at each start.
  const CipherPtr cipher(
      EVP_CIPHER_fetch(nullptr, key.size() == 16 ? "AES-128-GCM" : "AES-256-GCM", nullptr));
  CipherContext context(EVP_CIPHER_CTX_new());
  if (!cipher || !context ||
      EVP_CipherInit_ex2(context.get(), cipher.get(), key.data(), nullptr, static_cast<int>(direction),
                         nullptr) != 1) {
    throw Error(Cause::unexpected, "OpenSSL gives no AES-GCM; its default provider must be available");
  }
  return context;
}

/// One pass of `context` under a new nonce, up to the tag.
bool run(EVP_CIPHER_CTX* context, AesGcmNonce nonce, ByteView associated, ByteSpan text) noexcept {
  constexpr int kSameDirection = -1;
  int written = 0;
  if (EVP_CipherInit_ex2(context, nullptr, nullptr, nonce.data(), kSameDirection, nullptr) != 1) return false;
  if (!associated.empty() && EVP_CipherUpdate(context, nullptr, &written, associated.data(),
                                              static_cast<int>(associated.size())) != 1) {
    return false;
  }
  return text.empty() ||
         EVP_CipherUpdate(context, text.data(), &written, text.data(), static_cast<int>(text.size())) == 1;
}

/// Ends the pass; when opening, this is where the tag is compared. GCM has nothing left to write here.
bool finish(EVP_CIPHER_CTX* context) noexcept {
  std::array<std::uint8_t, EVP_MAX_BLOCK_LENGTH> nothing{};
  int written = 0;
  return EVP_CipherFinal_ex(context, nothing.data(), &written) == 1;
}

}  // namespace

void CipherContextFree::operator()(evp_cipher_ctx_st* context) const noexcept {
  EVP_CIPHER_CTX_free(context);
}

AesGcmSealer::AesGcmSealer(ByteView key) : context_(keyed_context(key, Direction::seal)) {}

bool AesGcmSealer::seal(AesGcmNonce nonce, ByteView associated, ByteSpan text, ByteSpan tag) noexcept {
  return run(context_.get(), nonce, associated, text) && finish(context_.get()) &&
         EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(tag.size()),
                             tag.data()) == 1;
}

AesGcmOpener::AesGcmOpener(ByteView key, std::size_t tag_bytes)
    : context_(keyed_context(key, Direction::open)), tag_bytes_(tag_bytes) {
  if (tag_bytes < 4 || tag_bytes > kAeadTagBytes) {
    throw Error(Cause::unexpected,
                "an AES-GCM tag must have 4 to 16 bytes, not " + std::to_string(tag_bytes));
  }
}

bool AesGcmOpener::open(AesGcmNonce nonce, ByteView associated, ByteSpan text, ByteView tag) noexcept {
  if (tag.size() != tag_bytes_) return false;
  const ErrorQueueGuard guard;
  std::array<std::uint8_t, kAeadTagBytes> expected{};  // OpenSSL asks for a writable tag
  std::copy(tag.begin(), tag.end(), expected.begin());
  if (run(context_.get(), nonce, associated, text) &&
      EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag.size()),
                          expected.data()) == 1 &&
      finish(context_.get())) {
    return true;
  }
  wipe(text);  // GCM decrypts before it knows; nobody may see unauthenticated text
  return false;
}

XChaCha20Poly1305::XChaCha20Poly1305(std::span<const std::uint8_t, kXChaCha20KeyBytes> key) : key_(key) {
  static_assert(kXChaCha20KeyBytes == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
  static_assert(kXChaCha20NonceBytes == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
  static_assert(kAeadTagBytes == crypto_aead_xchacha20poly1305_ietf_ABYTES);
  if (sodium_init() < 0) throw Error(Cause::unexpected, "libsodium could not start");
}

void XChaCha20Poly1305::seal(XChaCha20Nonce nonce, ByteView associated, ByteSpan text,
                             std::span<std::uint8_t, kAeadTagBytes> tag) const noexcept {
  // Cannot fail: the library's only error is a text of 256 GiB.
  crypto_aead_xchacha20poly1305_ietf_encrypt_detached(text.data(), tag.data(), nullptr, text.data(),
                                                      text.size(), associated.data(), associated.size(),
                                                      nullptr, nonce.data(), key_.view().data());
}

bool XChaCha20Poly1305::open(XChaCha20Nonce nonce, ByteView associated, ByteSpan text,
                             std::span<const std::uint8_t, kAeadTagBytes> tag) const noexcept {
  return crypto_aead_xchacha20poly1305_ietf_decrypt_detached(text.data(), nullptr, text.data(), text.size(),
                                                             tag.data(), associated.data(), associated.size(),
                                                             nonce.data(), key_.view().data()) == 0;
}

}  // namespace vcplay::crypto
