// How faults are written: `at 3s drop gateway`, a statement a line.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "rehearsal/fault.hpp"

namespace vcplay::rehearsal {

/// What stands behind the words of a fault.
enum class FaultNumber : std::uint8_t { none, code, channel, bits, percent, count, bytes };
enum class FaultTime : std::uint8_t { none, wanted, optional };

/// One way to write a fault: its words, then its number, then its time.
struct FaultForm {
  FaultKind kind{};
  bool flag = false;
  std::string_view words;  // "close gateway"
  std::string_view meaning;
  FaultNumber number = FaultNumber::none;
  FaultTime time = FaultTime::none;
  std::string_view before_time = {};  // "for", "after", or nothing
  Duration usual_time = {};           // when an optional one is left out
  Duration longest_time = std::chrono::hours(1);

  /// "lose udp PERCENT [for TIME]".
  [[nodiscard]] std::string pattern() const;
};

/// All of them, in the order of the manual.
[[nodiscard]] std::span<const FaultForm> fault_forms() noexcept;

/// The script in `text`: statements end with their line or a semicolon, `#` begins a comment. Behind each
/// fault may stand where it happens: `in CHANNEL`, `in GUILD` or `in all`. Throws
/// Error{usage} with `name`, the line and what would have been right.
[[nodiscard]] FaultScript parse_script(std::string_view text, std::string_view name = "script");
/// The same from a file. Throws Error{usage} also when it cannot be read or has more than 64 KiB.
[[nodiscard]] FaultScript read_script(const std::string& path);

/// The statement that parse_script() makes the same of.
[[nodiscard]] std::string to_text(const Fault& fault);         // "lose udp 5% for 10s"
[[nodiscard]] std::string to_text(const ScriptedFault& when);  // "at 3s lose udp 5% for 10s in all"

}  // namespace vcplay::rehearsal
