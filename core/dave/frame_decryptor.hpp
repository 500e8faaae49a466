// The listener's side of DAVE: one sender's frames, opened, or refused with the reason.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "crypto/aead.hpp"
#include "dave/key_ratchet.hpp"
#include "dave/protocol_frame.hpp"

namespace vcplay::dave {

/// How long keys that were replaced still open what is under way.
inline constexpr Duration kKeyRetention = 10s;
/// Nonces below the newest that are remembered as not seen yet.
inline constexpr std::size_t kMaxMissingNonces = 1000;
/// Generations that a sender may be ahead of what was heard from it.
inline constexpr std::uint32_t kMaxGenerationGap = 250;
/// No sender has more frames per second than this: 50 of audio, 120 of video.
inline constexpr std::uint64_t kMaxFramesPerSecond = 50 + 120;

/// What became of a frame.
enum class Opened : std::uint8_t {
  decrypted,
  silence,             // the exact silence packet, as it is
  passed,              // in the clear, while that is allowed
  not_encrypted,       // in the clear, while that is not allowed
  unencrypted_ranges,  // parts in the clear, which Opus never has
  no_key,              // nothing is known of the sender in any epoch that is still kept
  replayed,            // the nonce was used before, or is too old to tell
  bad_generation,      // a generation that the sender cannot have reached, or whose key is gone
  wrong_tag,           // not encrypted by this sender in this epoch, or changed on the way
};

/// Counts one key ratchet's nonces, so that each of them opens one frame.
class NonceWindow {
 public:
  [[nodiscard]] bool may_open(std::uint64_t nonce) const;
  void note(std::uint64_t nonce);
  [[nodiscard]] std::uint64_t newest() const noexcept { return newest_; }

 private:
  std::uint64_t newest_ = 0;  // frame nonces begin at 1
  std::set<std::uint64_t> missing_;
};

/// Opens one sender's frames in one epoch.
class EpochDecryptor {
 public:
  EpochDecryptor(KeyRatchet ratchet, TimePoint since) : ratchet_(std::move(ratchet)), since_(since) {}
  /// `text` gets the Opus packet when the frame was decrypted.
  [[nodiscard]] Opened open(const ProtocolFrame& frame, Bytes& text, TimePoint now);

 private:
  [[nodiscard]] std::uint32_t generation_of(std::uint32_t nonce) const noexcept;
  [[nodiscard]] bool is_plausible(std::uint32_t generation, TimePoint now) const noexcept;
  [[nodiscard]] crypto::AesGcmOpener* opener(std::uint32_t generation);
  void retire_openers(std::uint32_t newest, TimePoint now);

  KeyRatchet ratchet_;
  TimePoint since_;
  NonceWindow nonces_;
  std::map<std::uint32_t, crypto::AesGcmOpener> openers_;
  std::map<std::uint32_t, TimePoint> retired_;  // when a newer generation was first heard
};

/// Opens one sender's frames across epochs: the latest, and for ten seconds those before it.
class FrameDecryptor {
 public:
  /// From now on frames of this epoch are opened too.
  void begin_epoch(KeyRatchet ratchet, TimePoint now);
  /// Whether frames in the clear pass. They still do for ten seconds after it ends.
  void set_passthrough(bool allowed, TimePoint now) noexcept;

  struct Result {
    Opened outcome;
    Bytes opus;  // empty unless decrypted, silence or passed
  };
  [[nodiscard]] Result open(ByteView frame, TimePoint now);

 private:
  void forget_expired(TimePoint now);

  struct Epoch {
    EpochDecryptor decryptor;
    std::optional<TimePoint> expires;  // nothing for the latest
  };
  std::deque<Epoch> epochs_;  // the latest first
  std::optional<TimePoint> passthrough_until_;
};

}  // namespace vcplay::dave
