#include "crypto/hash.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "crypto/openssl.hpp"

namespace vcplay::crypto {
namespace {

EVP_MAC* hmac_algorithm() {
  static const MacPtr algorithm(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  must(algorithm != nullptr, "provide HMAC");
  return algorithm.get();
}

// An HMAC-SHA256 whose key is set; started anew from a copy for every message.
MacCtxPtr keyed_hmac(ByteView key) {
  MacCtxPtr context(EVP_MAC_CTX_new(hmac_algorithm()));
  must(context != nullptr, "make an HMAC context");
  char digest[] = "SHA256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                               OSSL_PARAM_construct_end()};
  // An empty key is a key of zeros to HMAC; OpenSSL takes a null pointer for "keep the old one".
  static constexpr std::uint8_t no_key = 0;
  const std::uint8_t* const bytes = key.empty() ? &no_key : key.data();
  must(EVP_MAC_init(context.get(), bytes, key.size(), params) == 1, "key an HMAC");
  return context;
}

void finish(const MacCtxPtr& context, ByteSpan out) {
  std::size_t written = 0;
  must(EVP_MAC_final(context.get(), out.data(), &written, out.size()) == 1, "finish an HMAC");
}

void update(const MacCtxPtr& context, ByteView data) {
  must(EVP_MAC_update(context.get(), data.data(), data.size()) == 1, "compute an HMAC");
}

}  // namespace

const EVP_MD* sha256_algorithm() {
  static const MdPtr algorithm(EVP_MD_fetch(nullptr, "SHA256", nullptr));
  must(algorithm != nullptr, "provide SHA-256");
  return algorithm.get();
}

Digest sha256(Parts parts) {
  const MdCtxPtr context(EVP_MD_CTX_new());
  must(context != nullptr && EVP_DigestInit_ex2(context.get(), sha256_algorithm(), nullptr) == 1,
       "start a hash");
  for (const ByteView part : parts) {
    must(EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1, "compute a hash");
  }
  Digest digest;
  must(EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1, "finish a hash");
  return digest;
}

Digest sha256(ByteView data) { return sha256({data}); }

Digest hmac_sha256(ByteView key, ByteView data) {
  const MacCtxPtr context = keyed_hmac(key);
  update(context, data);
  Digest digest;
  finish(context, digest);
  return digest;
}

SecretBytes hkdf_extract(ByteView salt, ByteView input_key_material) {
  const MacCtxPtr context = keyed_hmac(salt);
  update(context, input_key_material);
  SecretBytes key(kSha256Bytes);
  finish(context, key.span());
  return key;
}

SecretBytes hkdf_expand(ByteView pseudorandom_key, ByteView info, std::size_t length) {
  must(length <= 255 * kSha256Bytes, "expand one key to more than 255 blocks");  // RFC 5869 s2.3
  const MacCtxPtr keyed = keyed_hmac(pseudorandom_key);
  SecretBytes okm(length);
  SecretArray<kSha256Bytes> block;
  for (std::size_t done = 0, counter = 1; done < length; ++counter) {
    const MacCtxPtr context(EVP_MAC_CTX_dup(keyed.get()));
    must(context != nullptr, "copy an HMAC context");
    if (counter > 1) update(context, block.view());
    update(context, info);
    const auto octet = static_cast<std::uint8_t>(counter);
    update(context, {&octet, 1});
    finish(context, block.span());
    const std::size_t take = std::min(length - done, kSha256Bytes);
    std::copy_n(block.view().begin(), take, okm.span().begin() + static_cast<std::ptrdiff_t>(done));
    done += take;
  }
  return okm;
}

bool equal_in_constant_time(ByteView a, ByteView b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

Bytes random_bytes(std::size_t count) {
  Bytes bytes(count);
  must(RAND_bytes(bytes.data(), static_cast<int>(count)) == 1, "produce random bytes");
  return bytes;
}

SecretBytes random_secret(std::size_t count) {
  SecretBytes secret(count);
  must(RAND_priv_bytes(secret.span().data(), static_cast<int>(count)) == 1, "produce random bytes");
  return secret;
}

}  // namespace vcplay::crypto
