// What it costs to encrypt and seal one packet, beside the bare ciphers.
#include <benchmark/benchmark.h>
#include <openssl/evp.h>

#include <array>
#include <memory>

#include "base/packet.hpp"
#include "dave/frame_encryptor.hpp"
#include "rtp/header.hpp"
#include "rtp/transport_cipher.hpp"

namespace {

using namespace vcplay;

constexpr std::size_t kPayload = 320;  // one 20 ms frame at 128 kb/s

void seal(benchmark::State& state, rtp::TransportMode mode) {
  rtp::TransportCipher cipher(mode, rtp::TransportKey());
  std::array<std::uint8_t, kMaxPacketBytes> packet{};
  rtp::Header header;
  for (auto _ : state) {
    header.write(packet);
    benchmark::DoNotOptimize(cipher.seal(packet, kPayload));
    benchmark::ClobberMemory();
    ++header.sequence;
  }
}

/// All that the sender does to a packet of audio: end-to-end encryption, header, transport encryption.
void encrypt_and_seal(benchmark::State& state, rtp::TransportMode mode) {
  dave::FrameEncryptor encryptor(dave::KeyRatchet(SecretBytes(std::size_t{16})));
  rtp::TransportCipher cipher(mode, rtp::TransportKey());
  std::array<std::uint8_t, kMaxPacketBytes> packet{};
  rtp::Header header;
  for (auto _ : state) {
    const std::size_t frame = encryptor.apply(ByteSpan(packet).subspan(kRtpHeaderBytes), kPayload);
    header.write(packet);
    if (frame == 0 || cipher.seal(packet, frame) == 0) state.SkipWithError("the keys are used up");
    benchmark::ClobberMemory();
    ++header.sequence;
  }
}

/// The least that OpenSSL asks for: nonce, header, text, tag.
void bare_gcm(benchmark::State& state, const EVP_CIPHER* algorithm) {
  const std::unique_ptr<EVP_CIPHER_CTX, void (*)(EVP_CIPHER_CTX*)> context(EVP_CIPHER_CTX_new(),
                                                                           EVP_CIPHER_CTX_free);
  const std::array<std::uint8_t, 32> key{};
  EVP_EncryptInit_ex(context.get(), algorithm, nullptr, key.data(), nullptr);
  std::array<std::uint8_t, kMaxPacketBytes> packet{};
  std::array<std::uint8_t, 12> nonce{};
  int size = 0;
  for (auto _ : state) {
    ++nonce[0];
    EVP_EncryptInit_ex(context.get(), nullptr, nullptr, nullptr, nonce.data());
    EVP_EncryptUpdate(context.get(), nullptr, &size, packet.data(), kRtpHeaderBytes);
    EVP_EncryptUpdate(context.get(), &packet[kRtpHeaderBytes], &size, &packet[kRtpHeaderBytes], kPayload);
    EVP_EncryptFinal_ex(context.get(), &packet[kRtpHeaderBytes + kPayload], &size);
    EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kTransportTagBytes,
                        &packet[kRtpHeaderBytes + kPayload]);
    benchmark::ClobberMemory();
  }
}

}  // namespace

BENCHMARK_CAPTURE(seal, aes256_gcm, rtp::TransportMode::aes256_gcm_rtpsize)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(seal, xchacha20_poly1305, rtp::TransportMode::xchacha20_poly1305_rtpsize)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(bare_gcm, aes256, EVP_aes_256_gcm())->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(encrypt_and_seal, aes256_gcm, rtp::TransportMode::aes256_gcm_rtpsize)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(encrypt_and_seal, xchacha20_poly1305, rtp::TransportMode::xchacha20_poly1305_rtpsize)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(bare_gcm, aes128, EVP_aes_128_gcm())->Unit(benchmark::kMicrosecond);
