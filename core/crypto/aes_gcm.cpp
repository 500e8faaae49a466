#include "crypto/aes_gcm.hpp"

#include <limits>

#include "crypto/openssl.hpp"

namespace vcplay::crypto {
namespace {

const EVP_CIPHER* algorithm() {
  static const CipherPtr cipher(EVP_CIPHER_fetch(nullptr, "AES-128-GCM", nullptr));
  must(cipher != nullptr, "provide AES-128-GCM");
  return cipher.get();
}

int as_int(std::size_t size) {
  must(size <= static_cast<std::size_t>(std::numeric_limits<int>::max()), "take a message of 2 GiB");
  return static_cast<int>(size);
}

CipherCtxPtr start(ByteView key, ByteView nonce, ByteView aad, int encrypt) {
  must(key.size() == kAes128KeyBytes && nonce.size() == kGcmNonceBytes,
       "use a key or nonce of the wrong length");
  CipherCtxPtr context(EVP_CIPHER_CTX_new());
  must(context != nullptr, "make a cipher context");
  must(EVP_CipherInit_ex2(context.get(), algorithm(), key.data(), nonce.data(), encrypt, nullptr) == 1,
       "key AES-GCM");
  int written = 0;
  if (!aad.empty()) {
    must(EVP_CipherUpdate(context.get(), nullptr, &written, aad.data(), as_int(aad.size())) == 1,
         "take the AAD");
  }
  return context;
}

}  // namespace

Bytes aes128_gcm_seal(ByteView key, ByteView nonce, ByteView aad, ByteView plaintext) {
  const CipherCtxPtr context = start(key, nonce, aad, 1);
  Bytes out(plaintext.size() + kGcmTagBytes);
  int written = 0;
  if (!plaintext.empty()) {
    must(EVP_CipherUpdate(context.get(), out.data(), &written, plaintext.data(), as_int(plaintext.size())) ==
             1,
         "encrypt");
  }
  std::uint8_t* const tag = out.data() + plaintext.size();
  must(EVP_CipherFinal_ex(context.get(), tag, &written) == 1, "finish encrypting");
  must(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(kGcmTagBytes), tag) == 1,
       "tag");
  return out;
}

std::optional<SecretBytes> aes128_gcm_open(ByteView key, ByteView nonce, ByteView aad, ByteView ciphertext) {
  if (ciphertext.size() < kGcmTagBytes) return std::nullopt;
  const ErrorQueueGuard guard;
  const CipherCtxPtr context = start(key, nonce, aad, 0);
  const std::size_t size = ciphertext.size() - kGcmTagBytes;
  SecretBytes out(size);
  int written = 0;
  if (size > 0) {
    must(EVP_CipherUpdate(context.get(), out.span().data(), &written, ciphertext.data(), as_int(size)) == 1,
         "decrypt");
  }
  Bytes tag(ciphertext.begin() + static_cast<std::ptrdiff_t>(size), ciphertext.end());
  must(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(kGcmTagBytes),
                           tag.data()) == 1,
       "take a tag");
  std::uint8_t rest[kGcmTagBytes];
  if (EVP_CipherFinal_ex(context.get(), rest, &written) != 1) return std::nullopt;
  return out;
}

}  // namespace vcplay::crypto
