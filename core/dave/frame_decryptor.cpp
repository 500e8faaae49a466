#include "dave/frame_decryptor.hpp"

#include <algorithm>

#include "base/opus_frame.hpp"

namespace vcplay::dave {

bool NonceWindow::may_open(std::uint64_t nonce) const {
  return nonce > newest_ || missing_.count(nonce) != 0;
}

void NonceWindow::note(std::uint64_t nonce) {
  if (nonce <= newest_) {
    missing_.erase(nonce);
    return;
  }
  std::uint64_t first_missing = newest_ + 1;
  if (nonce - first_missing > kMaxMissingNonces) first_missing = nonce - kMaxMissingNonces;
  for (std::uint64_t skipped = first_missing; skipped < nonce; ++skipped) missing_.insert(skipped);
  while (missing_.size() > kMaxMissingNonces) missing_.erase(missing_.begin());
  newest_ = nonce;
}

// The frame carries the generation's low byte alone: of the numbers that end in it, the one nearest to the
// newest that was heard.
std::uint32_t EpochDecryptor::generation_of(std::uint32_t nonce) const noexcept {
  const auto newest = static_cast<std::uint32_t>(nonces_.newest() >> kGenerationShift);
  const std::uint32_t low = nonce >> kGenerationShift;
  const std::uint32_t same_wrap = (newest & ~std::uint32_t{0xFF}) | low;
  if (same_wrap + 128 < newest) return same_wrap + 256;
  if (same_wrap > newest + 128 && same_wrap >= 256) return same_wrap - 256;
  return same_wrap;
}

// A generation that the sender cannot have reached is a forgery that would make us derive keys for nothing.
bool EpochDecryptor::is_plausible(std::uint32_t generation, TimePoint now) const noexcept {
  const auto age = std::chrono::duration_cast<std::chrono::seconds>(now - since_).count();
  const std::uint64_t frames =
      kMaxFramesPerSecond * static_cast<std::uint64_t>(std::max<std::int64_t>(age, 0));
  const std::uint64_t newest = nonces_.newest() >> kGenerationShift;
  return generation <= frames >> kGenerationShift && generation <= newest + kMaxGenerationGap;
}

crypto::AesGcmOpener* EpochDecryptor::opener(std::uint32_t generation) {
  while (ratchet_.generation() <= generation) {
    const std::uint32_t next = ratchet_.generation();
    openers_.emplace(next, crypto::AesGcmOpener(ratchet_.next_key().view(), kTagBytes));
  }
  const auto found = openers_.find(generation);
  return found == openers_.end() ? nullptr : &found->second;
}

void EpochDecryptor::retire_openers(std::uint32_t newest, TimePoint now) {
  for (const auto& [generation, opener] : openers_) {
    if (generation < newest) retired_.emplace(generation, now + kKeyRetention);
  }
  for (auto entry = retired_.begin(); entry != retired_.end();) {
    if (now < entry->second) {
      ++entry;
      continue;
    }
    openers_.erase(entry->first);
    entry = retired_.erase(entry);
  }
}

Opened EpochDecryptor::open(const ProtocolFrame& frame, Bytes& text, TimePoint now) {
  retire_openers(static_cast<std::uint32_t>(nonces_.newest() >> kGenerationShift), now);
  const std::uint32_t generation = generation_of(frame.nonce);
  const std::uint64_t counter = (std::uint64_t{generation} << kGenerationShift) |
                                (frame.nonce & ((std::uint32_t{1} << kGenerationShift) - 1));
  if (!nonces_.may_open(counter)) return Opened::replayed;
  if (!is_plausible(generation, now)) return Opened::bad_generation;
  crypto::AesGcmOpener* const key = opener(generation);
  if (key == nullptr) return Opened::bad_generation;
  text.assign(frame.ciphertext.begin(), frame.ciphertext.end());
  if (!key->open(full_nonce(frame.nonce), {}, text, frame.tag)) return Opened::wrong_tag;
  nonces_.note(counter);
  return Opened::decrypted;
}

void FrameDecryptor::begin_epoch(KeyRatchet ratchet, TimePoint now) {
  forget_expired(now);
  if (!epochs_.empty()) epochs_.front().expires = now + kKeyRetention;
  epochs_.push_front({EpochDecryptor(std::move(ratchet), now), std::nullopt});
}

void FrameDecryptor::set_passthrough(bool allowed, TimePoint now) noexcept {
  if (allowed) {
    passthrough_until_ = TimePoint::max();
  } else if (passthrough_until_ == TimePoint::max()) {
    passthrough_until_ = now + kKeyRetention;
  }
}

void FrameDecryptor::forget_expired(TimePoint now) {
  while (!epochs_.empty() && epochs_.back().expires && *epochs_.back().expires <= now) epochs_.pop_back();
}

FrameDecryptor::Result FrameDecryptor::open(ByteView frame, TimePoint now) {
  forget_expired(now);
  if (std::equal(frame.begin(), frame.end(), kOpusSilence.begin(), kOpusSilence.end())) {
    return {Opened::silence, Bytes(frame.begin(), frame.end())};
  }
  const std::optional<ProtocolFrame> parts = parse_protocol_frame(frame);
  if (!parts) {
    const bool passes = passthrough_until_ && now < *passthrough_until_;
    if (!passes) return {Opened::not_encrypted, {}};
    return {Opened::passed, Bytes(frame.begin(), frame.end())};
  }
  if (!parts->unencrypted_ranges.empty()) return {Opened::unencrypted_ranges, {}};
  Opened outcome = Opened::no_key;
  Bytes text;
  for (Epoch& epoch : epochs_) {
    const Opened here = epoch.decryptor.open(*parts, text, now);
    if (here == Opened::decrypted) return {here, std::move(text)};
    // What the latest epoch says counts, but an older one may know that a frame was there before.
    if (outcome == Opened::no_key || outcome == Opened::wrong_tag) outcome = here;
  }
  return {outcome, {}};
}

}  // namespace vcplay::dave
