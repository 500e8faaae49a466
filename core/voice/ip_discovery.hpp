// IP discovery: asks the voice server, over UDP, which address we are seen under.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/clock.hpp"

namespace vcplay::voice {

inline constexpr std::size_t kDiscoveryBytes = 74;
inline constexpr Duration kDiscoveryInterval = std::chrono::milliseconds(500);
inline constexpr int kDiscoveryTries = 10;

/// True for an IPv4 or IPv6 address in digits; a name is none.
[[nodiscard]] bool is_numeric_address(const std::string& address) noexcept;

/// Discord, "Voice Connections", "IP Discovery": one exchange with retries, no socket.
class IpDiscovery {
 public:
  explicit IpDiscovery(std::uint32_t ssrc) noexcept : ssrc_(ssrc) {}

  struct Address {
    std::string address;
    std::uint16_t port = 0;
  };

  /// The 74-byte request; the same at each try.
  [[nodiscard]] std::array<std::uint8_t, kDiscoveryBytes> request() const noexcept;
  /// True when a request is due: at first, then every 500 ms, ten times in all.
  [[nodiscard]] bool due(TimePoint now) noexcept;
  /// When due() or exhausted() may change next.
  [[nodiscard]] TimePoint deadline() const noexcept;
  /// True when the last try has had its 500 ms.
  [[nodiscard]] bool exhausted(TimePoint now) const noexcept;
  /// Our address, when `datagram` is the answer to our request:
  /// type 2, our ssrc, a terminated and numeric address.
  [[nodiscard]] std::optional<Address> answer(ByteView datagram) const;

 private:
  std::uint32_t ssrc_;
  int tries_ = 0;
  TimePoint last_try_{};
};

}  // namespace vcplay::voice
