#include "target.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "base/log.hpp"

namespace vcplay::fuzz {

void must_hold(bool holds, const char* promise) noexcept {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

std::uint8_t Input::u8() noexcept {
  const ByteView byte = take(1);
  return byte.empty() ? std::uint8_t{0} : byte[0];
}

std::uint16_t Input::u16() noexcept {
  const std::uint8_t high = u8();
  return static_cast<std::uint16_t>((high << 8) | u8());
}

ByteView Input::take(std::size_t count) noexcept {
  const ByteView taken = rest_.first(std::min(count, rest_.size()));
  rest_ = rest_.subspan(taken.size());
  return taken;
}

Bytes changed(ByteView bytes, Input changes) {
  Bytes result(bytes.begin(), bytes.end());
  while (!changes.done() && !result.empty()) {
    const std::size_t place = changes.u16() % result.size();
    result[place] ^= changes.u8();
  }
  return result;
}

Bytes widened(Input input) {
  constexpr unsigned kMostShift = 12;  // 1 MiB
  const std::size_t place = input.u16();
  const std::size_t count = input.u8();
  const std::size_t zeros = count << (input.u8() % (kMostShift + 1));
  const ByteView bytes = input.rest();
  Bytes result(bytes.begin(), bytes.end());
  const std::size_t at = std::min(place, result.size());
  result.insert(result.begin() + static_cast<std::ptrdiff_t>(at), zeros, 0);
  return result;
}

namespace {

void write_seeds(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  for (const Seed& seed : seeds()) {
    // A target must accept its own seeds, or fuzzing begins with rubbish.
    LLVMFuzzerTestOneInput(seed.input.data(), seed.input.size());
    std::ofstream file(folder / seed.name, std::ios::binary);
    file << as_text(seed.input) << std::flush;
    if (!file) {
      std::fprintf(stderr, "cannot write %s\n", (folder / seed.name).c_str());
      std::exit(1);
    }
  }
}

}  // namespace
}  // namespace vcplay::fuzz

/// TARGET --write-seeds=FOLDER writes the seeds instead of fuzzing.
extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments) {
  using namespace vcplay;
  // What is logged is made, text from outside included, and shown to nobody.
  log::set_level(log::Level::debug);
  log::set_sink([](log::Level, std::string_view) {});
  constexpr std::string_view kFlag = "--write-seeds=";
  for (int i = 1; i < *count; ++i) {
    const std::string_view argument = (*arguments)[i];
    if (argument.substr(0, kFlag.size()) != kFlag) continue;
    fuzz::write_seeds(argument.substr(kFlag.size()));
    std::exit(0);
  }
  return 0;
}
