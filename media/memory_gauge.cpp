#include "media/memory_gauge.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace vcplay::media {

namespace {

constexpr std::int64_t kNoMachineHas = std::int64_t{1} << 40;  // but as a sanitizer's shadow
constexpr std::int64_t kKeptBySanitizers = 4;                  // times what is used

}  // namespace

MemoryGauge::MemoryGauge()
    : fd_(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC)),
      page_(::sysconf(_SC_PAGESIZE)),
      before_(pages().resident * page_) {}

MemoryGauge::~MemoryGauge() {
  if (fd_ >= 0) ::close(fd_);
}

MemoryGauge::Reading MemoryGauge::read() const noexcept {
  const Pages now = pages();
  const std::int64_t grown = std::max<std::int64_t>(0, now.resident * page_ - before_);
  if (now.data * page_ > kNoMachineHas) return {grown / kKeptBySanitizers, 0};
  return {grown, now.data * page_};
}

void MemoryGauge::forgive(std::int64_t bytes) noexcept { before_ += std::min(bytes, read().grown); }

// proc(5): "size resident shared text lib data dt", in pages.
MemoryGauge::Pages MemoryGauge::pages() const noexcept {
  std::array<char, 128> text{};
  const ssize_t size = fd_ < 0 ? -1 : ::pread(fd_, text.data(), text.size(), 0);
  std::array<std::int64_t, 6> fields{};
  const char* at = text.data();
  const char* const end = at + std::max<ssize_t>(size, 0);
  for (std::int64_t& field : fields) {
    while (at < end && *at == ' ') ++at;
    at = std::from_chars(at, end, field).ptr;
  }
  return {fields[1], fields[5]};
}

}  // namespace vcplay::media
