#include "media/loudness_cache.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "base/log.hpp"
#include "media/pipeline.hpp"

namespace vcplay::media {
namespace {

constexpr std::size_t kMostBytes = 1U << 20;  // some twenty thousand files
constexpr std::string_view kVersion = "1";    // of the line, and of how we measure

/// FNV-1a: no secret is kept by it, and nobody gains by a collision but a wrong volume.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char byte : text) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  return hash;
}

/// A file that closes itself.
class OpenFile {
 public:
  explicit OpenFile(int fd) noexcept : fd_(fd) {}
  ~OpenFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  [[nodiscard]] int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }

 private:
  int fd_;
};

std::string read_all(int fd) {
  std::string text(2 * kMostBytes, '\0');  // what is longer is not ours
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(fd, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  return text;
}

bool write_all(int fd, std::string_view text) {
  return ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

template <typename Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && stop == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

std::optional<std::uint64_t> hexadecimal(std::string_view text) {
  std::uint64_t value{};
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  return error == std::errc{} && stop == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

std::string_view next_word(std::string_view& line) {
  const std::string_view word = line.substr(0, line.find(' '));
  line.remove_prefix(std::min(line.size(), word.size() + 1));
  return word;
}

std::string line_of(std::uint64_t identity, const Measured& measured) {
  const std::string lufs = measured.lufs ? fmt::format("{:.3f}", *measured.lufs) : "silence";
  const std::string text = fmt::format("{} {:016x} {} {:.3f}", kVersion, identity, lufs, measured.seconds);
  return fmt::format("{} {:08x}\n", text, hash_of(text) & 0xffffffff);
}

}  // namespace

std::optional<std::uint64_t> identity_of(const Media& media, const std::string& filters) {
  struct stat about {};
  if (::stat(media.location.c_str(), &about) != 0 || !S_ISREG(about.st_mode)) return std::nullopt;
  const std::unique_ptr<char, decltype(&std::free)> path(::realpath(media.location.c_str(), nullptr),
                                                         &std::free);
  if (path == nullptr) return std::nullopt;
  const Duration start = media.start.value_or(Duration::zero());
  const Duration end = media.end.value_or(Duration::max());
  std::string state = fmt::format("{}\n{}\n{}.{}\n{}\n{}\n{}\n{}\n{}-{}", path.get(), about.st_size,
                                  about.st_mtim.tv_sec, about.st_mtim.tv_nsec, media.format, media.rate,
                                  media.channels, media.audio_track, start.count(), end.count());
  if (!filters.empty()) state += '\n' + filters;
  return hash_of(state);
}

LoudnessCache::LoudnessCache(std::string folder)
    : folder_(std::move(folder)), path_(folder_.empty() ? "" : folder_ + "/loudness") {}

std::optional<Measured> LoudnessCache::find(std::uint64_t identity) {
  load();
  const auto entry = known_.find(identity);
  return entry == known_.end() ? std::nullopt : std::optional(entry->second);
}

void LoudnessCache::add(std::uint64_t identity, const Measured& measured) {
  load();
  known_[identity] = measured;
  if (!path_.empty()) append(line_of(identity, measured));
}

void LoudnessCache::load() {
  if (std::exchange(loaded_, true) || path_.empty()) return;
  const OpenFile file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat about {};
  if (!file || ::fstat(file.get(), &about) != 0 || !S_ISREG(about.st_mode)) return;
  const std::string text = read_all(file.get());
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    take_line(line);
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  }
  if (text.size() > kMostBytes) shorten(text);
}

// A line that is not exactly as we write it is skipped.
void LoudnessCache::take_line(std::string_view line) {
  const std::size_t end = line.rfind(' ');
  if (end == std::string_view::npos) return;
  std::string_view text = line.substr(0, end);
  if (hexadecimal(line.substr(end + 1)) != (hash_of(text) & 0xffffffff)) return;
  if (next_word(text) != kVersion) return;
  const auto identity = hexadecimal(next_word(text));
  const auto lufs = number<double>(next_word(text));
  const auto seconds = number<double>(next_word(text));
  if (identity && seconds) known_[*identity] = {lufs, *seconds};
}

void LoudnessCache::append(const std::string& line) const {
  const std::string parent = folder_.substr(0, folder_.rfind('/'));
  ::mkdir(parent.c_str(), 0700);
  ::mkdir(folder_.c_str(), 0700);
  const OpenFile file(
      ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
  // One write of one line: what others append at the same time does not mix with it.
  if (!file || !write_all(file.get(), line)) log::debug("The loudness measured cannot be kept in {}", path_);
}

/// Keeps the newer half.
void LoudnessCache::shorten(std::string_view lines) const {
  const std::size_t half = lines.find('\n', lines.size() - std::min(lines.size(), kMostBytes / 2));
  const std::string temporary = fmt::format("{}.{}", path_, ::getpid());
  const OpenFile file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return;
  const std::string_view kept = half == std::string_view::npos ? std::string_view{} : lines.substr(half + 1);
  const bool whole = write_all(file.get(), kept);
  if (!whole || ::rename(temporary.c_str(), path_.c_str()) != 0) ::unlink(temporary.c_str());
}

}  // namespace vcplay::media
