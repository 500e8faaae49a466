// Secrets are a type: they zeroize, do not copy and cannot be printed.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.hpp"

namespace vcplay {

inline void wipe(ByteSpan bytes) noexcept {
  if (!bytes.empty()) explicit_bzero(bytes.data(), bytes.size());
}

/// Owns `Size` bytes of key material and wipes them when it goes.
template <std::size_t Size>
class SecretArray {
 public:
  SecretArray() = default;
  explicit SecretArray(std::span<const std::uint8_t, Size> bytes) noexcept {
    std::copy(bytes.begin(), bytes.end(), bytes_.begin());
  }
  SecretArray(const SecretArray&) = delete;
  SecretArray& operator=(const SecretArray&) = delete;
  SecretArray(SecretArray&& other) noexcept : bytes_(other.bytes_) { wipe(other.bytes_); }
  SecretArray& operator=(SecretArray&& other) noexcept {
    if (this != &other) {
      bytes_ = other.bytes_;
      wipe(other.bytes_);
    }
    return *this;
  }
  ~SecretArray() { wipe(bytes_); }

  [[nodiscard]] std::span<const std::uint8_t, Size> view() const noexcept { return bytes_; }
  [[nodiscard]] std::span<std::uint8_t, Size> span() noexcept { return bytes_; }

 private:
  std::array<std::uint8_t, Size> bytes_{};
};

/// Owns key material of any length and wipes it when it goes.
class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(std::size_t size) : bytes_(size) {}
  explicit SecretBytes(ByteView bytes) : bytes_(bytes.begin(), bytes.end()) {}
  /// Takes over bytes that were gathered elsewhere, without leaving a copy there.
  explicit SecretBytes(Bytes&& bytes) noexcept : bytes_(std::move(bytes)) { bytes.clear(); }
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  SecretBytes(SecretBytes&& other) noexcept : bytes_(std::move(other.bytes_)) { other.bytes_.clear(); }
  SecretBytes& operator=(SecretBytes&& other) noexcept {
    if (this != &other) {
      wipe(bytes_);
      bytes_ = std::move(other.bytes_);
      other.bytes_.clear();
    }
    return *this;
  }
  ~SecretBytes() { wipe(bytes_); }

  [[nodiscard]] ByteView view() const noexcept { return bytes_; }
  [[nodiscard]] ByteSpan span() noexcept { return bytes_; }
  [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }
  [[nodiscard]] bool empty() const noexcept { return bytes_.empty(); }
  /// The one deliberate way to a second owner.
  [[nodiscard]] SecretBytes duplicate() const { return SecretBytes(view()); }

 private:
  Bytes bytes_;
};

/// Owns secret text (a bot token, a voice token) and wipes it when it goes.
class SecretString {
 public:
  SecretString() = default;
  explicit SecretString(std::string_view text) : text_(text.begin(), text.end()) {}
  SecretString(const SecretString&) = delete;
  SecretString& operator=(const SecretString&) = delete;
  SecretString(SecretString&& other) noexcept : text_(std::move(other.text_)) { other.text_.clear(); }
  SecretString& operator=(SecretString&& other) noexcept {
    if (this != &other) {
      wipe_now();
      text_ = std::move(other.text_);
      other.text_.clear();
    }
    return *this;
  }
  ~SecretString() { wipe_now(); }

  /// The secret itself: for the wire only, never for a log or a message.
  [[nodiscard]] std::string_view reveal() const noexcept { return {text_.data(), text_.size()}; }
  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }
  /// The one deliberate way to a second owner.
  [[nodiscard]] SecretString duplicate() const { return SecretString(reveal()); }

 private:
  void wipe_now() noexcept {
    if (!text_.empty()) explicit_bzero(text_.data(), text_.size());
  }
  std::vector<char> text_;  // a vector moves its block; a short std::string would leave a copy behind
};

}  // namespace vcplay
