#include "rtp/transport_cipher.hpp"

#if defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

#include <algorithm>
#include <array>
#include <limits>
#include <utility>
#include <variant>

#include "base/packet.hpp"
#include "crypto/aead.hpp"

namespace vcplay::rtp {
namespace {

constexpr std::string_view kAes256GcmName = "aead_aes256_gcm_rtpsize";
constexpr std::string_view kXChaCha20Poly1305Name = "aead_xchacha20_poly1305_rtpsize";
constexpr std::uint64_t kLastNonce = std::numeric_limits<std::uint32_t>::max();

static_assert(crypto::kAeadTagBytes == kTransportTagBytes);
static_assert(crypto::kXChaCha20KeyBytes == kTransportKeyBytes);

using Sealer = std::variant<crypto::AesGcmSealer, crypto::XChaCha20Poly1305>;
using Opener = std::variant<crypto::AesGcmOpener, crypto::XChaCha20Poly1305>;

template <typename Cipher, typename Gcm>
Cipher make_cipher(TransportMode mode, const TransportKey& key) {
  if (mode == TransportMode::aes256_gcm_rtpsize) return Gcm(key.view());
  return crypto::XChaCha20Poly1305(key.view());
}

/// The four counter bytes as they stand in the packet, then zeros up to the cipher's nonce.
template <std::size_t Size>
std::array<std::uint8_t, Size> padded_nonce(ByteView counter) noexcept {
  std::array<std::uint8_t, Size> nonce{};
  std::copy_n(counter.begin(), kTransportNonceBytes, nonce.begin());
  return nonce;
}

}  // namespace

std::string_view name(TransportMode mode) noexcept {
  return mode == TransportMode::aes256_gcm_rtpsize ? kAes256GcmName : kXChaCha20Poly1305Name;
}

std::optional<TransportMode> transport_mode(std::string_view name) noexcept {
  if (name == kAes256GcmName) return TransportMode::aes256_gcm_rtpsize;
  if (name == kXChaCha20Poly1305Name) return TransportMode::xchacha20_poly1305_rtpsize;
  return std::nullopt;
}

// ── sealing ──

struct TransportCipher::Impl {
  TransportMode mode;
  Sealer sealer;
  std::uint64_t sealed;

  bool seal(ByteView header, ByteSpan text, ByteSpan tag, ByteView counter) noexcept {
    if (auto* const gcm = std::get_if<crypto::AesGcmSealer>(&sealer)) {
      return gcm->seal(padded_nonce<crypto::kAesGcmNonceBytes>(counter), header, text, tag);
    }
    if (const auto* const xchacha = std::get_if<crypto::XChaCha20Poly1305>(&sealer)) {
      xchacha->seal(padded_nonce<crypto::kXChaCha20NonceBytes>(counter), header, text,
                    tag.first<kTransportTagBytes>());
      return true;
    }
    return false;
  }
};

TransportCipher::TransportCipher(TransportMode mode, TransportKey key, std::uint64_t sealed)
    : impl_(
          std::make_unique<Impl>(Impl{mode, make_cipher<Sealer, crypto::AesGcmSealer>(mode, key), sealed})) {}
TransportCipher::~TransportCipher() = default;
TransportCipher::TransportCipher(TransportCipher&&) noexcept = default;
TransportCipher& TransportCipher::operator=(TransportCipher&&) noexcept = default;

void TransportCipher::continue_after(std::uint64_t sealed) noexcept {
  impl_->sealed = std::max(impl_->sealed, sealed);
}

std::size_t TransportCipher::seal(ByteSpan buffer, std::size_t payload) noexcept {
  const std::size_t sealed_bytes = kRtpHeaderBytes + payload + kTransportTagBytes + kTransportNonceBytes;
  if (buffer.size() < sealed_bytes || impl_->sealed >= kLastNonce) return 0;
  const ByteSpan text = buffer.subspan(kRtpHeaderBytes, payload);
  const ByteSpan tag = buffer.subspan(kRtpHeaderBytes + payload, kTransportTagBytes);
  const ByteSpan counter =
      buffer.subspan(kRtpHeaderBytes + payload + kTransportTagBytes, kTransportNonceBytes);
  // Counted before it is used: a nonce whose sealing failed half-way is gone, too.
  store_be32(counter, static_cast<std::uint32_t>(++impl_->sealed));
  return impl_->seal(buffer.first(kRtpHeaderBytes), text, tag, counter) ? sealed_bytes : 0;
}

TransportMode TransportCipher::mode() const noexcept { return impl_->mode; }
std::uint64_t TransportCipher::sealed() const noexcept { return impl_->sealed; }

// ── opening ──

struct TransportOpener::Impl {
  Opener opener;

  bool open(ByteView header, ByteSpan text, ByteView tag, ByteView counter) noexcept {
    if (auto* const gcm = std::get_if<crypto::AesGcmOpener>(&opener)) {
      return gcm->open(padded_nonce<crypto::kAesGcmNonceBytes>(counter), header, text, tag);
    }
    const auto* const xchacha = std::get_if<crypto::XChaCha20Poly1305>(&opener);
    return xchacha != nullptr && xchacha->open(padded_nonce<crypto::kXChaCha20NonceBytes>(counter), header,
                                               text, tag.first<kTransportTagBytes>());
  }
};

TransportOpener::TransportOpener(TransportMode mode, TransportKey key)
    : impl_(std::make_unique<Impl>(Impl{make_cipher<Opener, crypto::AesGcmOpener>(mode, key)})) {}
TransportOpener::~TransportOpener() = default;
TransportOpener::TransportOpener(TransportOpener&&) noexcept = default;
TransportOpener& TransportOpener::operator=(TransportOpener&&) noexcept = default;

std::optional<TransportOpener::Opened> TransportOpener::open(ByteSpan packet,
                                                             std::size_t clear_bytes) noexcept {
  constexpr std::size_t kTrailerBytes = kTransportTagBytes + kTransportNonceBytes;
  if (clear_bytes < kRtpHeaderBytes || packet.size() < kTrailerBytes ||
      clear_bytes > packet.size() - kTrailerBytes) {
    return std::nullopt;
  }
  const ByteSpan text = packet.subspan(clear_bytes, packet.size() - kTrailerBytes - clear_bytes);
  const ByteSpan tag = packet.subspan(packet.size() - kTrailerBytes, kTransportTagBytes);
  const ByteSpan counter = packet.last(kTransportNonceBytes);
  if (!impl_->open(packet.first(clear_bytes), text, tag, counter)) return std::nullopt;
  return Opened{text, load_be32(counter)};
}

// ── choosing ──

bool aes_is_accelerated() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  return __builtin_cpu_supports("aes") && __builtin_cpu_supports("pclmul");
#elif defined(__aarch64__)
  constexpr unsigned long kNeeded = HWCAP_AES | HWCAP_PMULL;
  return (getauxval(AT_HWCAP) & kNeeded) == kNeeded;
#else
  return false;
#endif
}

std::optional<TransportMode> choose_mode(std::span<const std::string> offered, bool aes_accelerated) {
  const auto has = [&](TransportMode mode) {
    return std::find(offered.begin(), offered.end(), name(mode)) != offered.end();
  };
  const bool gcm = has(TransportMode::aes256_gcm_rtpsize);
  if (gcm && aes_accelerated) return TransportMode::aes256_gcm_rtpsize;
  if (has(TransportMode::xchacha20_poly1305_rtpsize)) return TransportMode::xchacha20_poly1305_rtpsize;
  if (gcm) return TransportMode::aes256_gcm_rtpsize;
  return std::nullopt;
}

}  // namespace vcplay::rtp
