// What every fuzz target is made of: properties that must hold, and valid inputs to begin with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.hpp"

namespace vcplay::fuzz {

/// A promise of the code under test. Where it is broken the input is a finding: says so and aborts.
void must_hold(bool holds, const char* promise) noexcept;

/// A valid input under a name that says what it is.
struct Seed {
  std::string name;
  Bytes input;
};
/// Each target's own. They are made anew for each run, so a change of a format changes them too.
[[nodiscard]] std::vector<Seed> seeds();

/// Reads bytes that a fuzzer chose: what is not there is zero, or nothing.
class Input {
 public:
  explicit Input(ByteView bytes) noexcept : rest_(bytes) {}

  [[nodiscard]] std::uint8_t u8() noexcept;
  [[nodiscard]] std::uint16_t u16() noexcept;
  /// So many bytes, or fewer at the end.
  [[nodiscard]] ByteView take(std::size_t count) noexcept;
  [[nodiscard]] ByteView rest() noexcept { return take(rest_.size()); }
  [[nodiscard]] bool done() const noexcept { return rest_.empty(); }

 private:
  ByteView rest_;
};

/// `bytes` with changes: three bytes of `changes` each, a place and what is xored there.
[[nodiscard]] Bytes changed(ByteView bytes, Input changes);

/// Bytes that may be long although the input is short: `input` says where zeros come in (u16), how many (u8)
/// times which power of two (u8), and then the others.
[[nodiscard]] Bytes widened(Input input);

}  // namespace vcplay::fuzz

/// libFuzzer's entry, which each target defines: runs one input and returns 0.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
