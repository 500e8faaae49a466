#include "media/memory_gauge.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

/// Of the sanitizers (<sanitizer/allocator_interface.h>); null without one.
// NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): it is theirs
extern "C" [[gnu::weak]] std::size_t __sanitizer_get_current_allocated_bytes();

namespace vcplay::media {

MemoryGauge::MemoryGauge()
    : fd_(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC)), page_(::sysconf(_SC_PAGESIZE)), before_(now()) {}

MemoryGauge::~MemoryGauge() {
  if (fd_ >= 0) ::close(fd_);
}

// Of what is resident a sanitizer keeps much that was freed, and of what is allocated not all is ever used.
MemoryGauge::Reading MemoryGauge::read() const noexcept {
  const Now is = now();
  std::int64_t grown = is.resident - before_.resident;
  if (is.allocated) grown = std::min(grown, *is.allocated - before_.allocated.value_or(0));
  return {std::max<std::int64_t>(0, grown), is.data};
}

void MemoryGauge::forgive(std::int64_t bytes) noexcept {
  const std::int64_t forgiven = std::min(bytes, read().grown);
  before_.resident += forgiven;
  if (before_.allocated) *before_.allocated += forgiven;
}

// proc(5): "size resident shared text lib data dt", in pages. What is shared is backed by files.
MemoryGauge::Now MemoryGauge::now() const noexcept {
  std::array<char, 128> text{};
  const ssize_t size = fd_ < 0 ? -1 : ::pread(fd_, text.data(), text.size(), 0);
  std::array<std::int64_t, 6> fields{};
  const char* at = text.data();
  const char* const end = at + std::max<ssize_t>(size, 0);
  for (std::int64_t& field : fields) {
    while (at < end && *at == ' ') ++at;
    at = std::from_chars(at, end, field).ptr;
  }
  const std::int64_t resident = (fields[1] - fields[2]) * page_;
  if (__sanitizer_get_current_allocated_bytes == nullptr) return {resident, std::nullopt, fields[5] * page_};
  return {resident, static_cast<std::int64_t>(__sanitizer_get_current_allocated_bytes()), 0};
}

}  // namespace vcplay::media
