#include "media/io.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

#include "base/error.hpp"

namespace vcplay::media {
namespace {

constexpr int kReadBytes = 32 * 1024;
constexpr std::uint64_t kSpdifProbeBytes = 2048;
constexpr std::int64_t kServerPatience =
    8'000'000;  // µs of silence; under the watchdog's 10 s, for a better sentence
constexpr Duration kFetchPatience = 20s;
constexpr const char* kUserAgent = "vcplay/0.1";
// What an http(s) address may lead to: proxies that the environment names, and encrypted HLS segments.
constexpr const char* kServerProtocols = "http,https,tls,tcp,httpproxy,crypto";
constexpr const char* kNoProtocols = "none";

[[noreturn]] void refuse(const std::string& location, const std::string& why) {
  throw Error(Cause::no_media, named(location) + ' ' + why);
}

std::string words_of(int error) { return std::generic_category().message(error); }

bool starts_with_any(std::string_view text, std::initializer_list<std::string_view> beginnings) {
  for (const std::string_view beginning : beginnings) {
    if (text.substr(0, beginning.size()) == beginning) return true;
  }
  return false;
}

/// How we call servers, whatever we want of them.
void set_server_rules(Dictionary& options, const TrustAnchors& trust) {
  options.set("protocol_whitelist", kServerProtocols);
  options.set("tls_verify", 1);  // FFmpeg's own default is to believe everybody
  options.set("ca_file", trust.path());
  options.set("rw_timeout", kServerPatience);
  options.set("user_agent", kUserAgent);
}

struct CloseReader {
  void operator()(AVIOContext* reader) const noexcept { avio_close(reader); }
};

/// A deadline that FFmpeg asks about while it waits.
struct Deadline {
  const Event& stop;
  TimePoint end;
  static int passed(void* self) noexcept {
    const auto& deadline = *static_cast<const Deadline*>(self);
    return deadline.stop.raised() || Clock::now() >= deadline.end ? 1 : 0;
  }
};

/// Where the answer came from after all redirects.
std::string final_location(AVIOContext& reader, const std::string& asked) {
  std::uint8_t* text = nullptr;
  if (av_opt_get(&reader, "location", AV_OPT_SEARCH_CHILDREN, &text) < 0 || text == nullptr) return asked;
  std::string location = reinterpret_cast<const char*>(text);
  av_free(text);
  return is_address(location) ? location : asked;
}

}  // namespace

Fetched fetch(const std::string& location, std::size_t most, World world,
              bool (*wanted)(std::string_view beginning)) {
  Deadline deadline{world.stop, Clock::now() + kFetchPatience};
  const Progress::Wait wait(world.progress);
  const AVIOInterruptCB interrupt{Deadline::passed, &deadline};
  Dictionary options;
  set_server_rules(options, world.trust);
  forget_complaints();
  AVIOContext* opened = nullptr;
  if (const int result = avio_open2(&opened, location.c_str(), AVIO_FLAG_READ, &interrupt, options.out());
      result < 0) {
    refuse(location,
           "cannot be opened: " + (first_complaint().empty() ? describe(result) : first_complaint()));
  }
  const std::unique_ptr<AVIOContext, CloseReader> reader(opened);
  Fetched fetched{{}, final_location(*opened, location)};
  std::array<std::uint8_t, 16 * 1024> piece{};
  while (const int got = avio_read_partial(opened, piece.data(), static_cast<int>(piece.size()))) {
    if (got < 0) break;
    const bool is_first = fetched.body.empty();
    fetched.body.append(reinterpret_cast<const char*>(piece.data()), static_cast<std::size_t>(got));
    if (is_first && !wanted(fetched.body)) return fetched;
    if (fetched.body.size() > most) refuse(location, "is longer than a playlist may be");
  }
  if (Clock::now() >= deadline.end) refuse(location, "did not arrive within 20 s");
  return fetched;
}

bool is_address(const std::string& location) { return starts_with_any(location, {"http://", "https://"}); }

std::string named(const std::string& location) {
  return location == "-" ? "standard input" : '"' + location + '"';
}

Access::Access(const std::string& location, World world)
    : location_(location), world_(world), address_(is_address(location)) {
  if (address_) return;
  try {
    if (location_ == "-") {
      open_standard_input();
    } else {
      open_file();
    }
    attach_reader();
  } catch (...) {
    if (owned_) ::close(fd_);
    throw;
  }
}

Access::~Access() {
  if (owned_) ::close(fd_);
}

void Access::open_file() {
  struct stat about {};
  if (::stat(location_.c_str(), &about) != 0) refuse(location_, "cannot be opened: " + words_of(errno));
  if (S_ISDIR(about.st_mode)) refuse(location_, "is a directory; name the files in it");
  // A named pipe without a writer would hold up open() for ever; the wait belongs where stop() can end it.
  const int gently = S_ISFIFO(about.st_mode) ? O_NONBLOCK : 0;
  fd_ = ::open(location_.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | gently);
  if (fd_ < 0) refuse(location_, "cannot be opened: " + words_of(errno));
  owned_ = true;
  if (::fstat(fd_, &about) != 0) refuse(location_, "cannot be read: " + words_of(errno));
  if (::isatty(fd_) == 1) refuse(location_, "is a terminal: name a file, or pipe audio into vcplay");
  regular_ = S_ISREG(about.st_mode);
  if (regular_ && about.st_size == 0) refuse(location_, "is empty");
  seekable_ = regular_ || S_ISBLK(about.st_mode);
}

void Access::open_standard_input() {
  fd_ = STDIN_FILENO;
  struct stat about {};
  if (::fstat(fd_, &about) != 0 ||
      (about.st_mode & S_IFMT) == 0) {  // no type: an eventfd or the like of our own
    refuse(location_, "is closed: pipe audio into vcplay or name a file");
  }
  if (::isatty(fd_) == 1) refuse(location_, "is a terminal: pipe audio into vcplay or name a file");
  if (S_ISDIR(about.st_mode)) refuse(location_, "is a directory, not audio");
  regular_ = S_ISREG(about.st_mode);
  // FFmpeg counts from the file's beginning; what was read from it before we came is not ours to play.
  seekable_ = regular_ && ::lseek(fd_, 0, SEEK_CUR) == 0;
}

void Access::attach_reader() {
  auto* const buffer = made(static_cast<std::uint8_t*>(av_malloc(kReadBytes)));
  AVIOContext* const reader =
      avio_alloc_context(buffer, kReadBytes, 0, this, on_read, nullptr, seekable_ ? on_seek : nullptr);
  if (reader == nullptr) av_free(buffer);
  reader_.reset(made(reader));
}

void Access::guard(AVFormatContext& format) {
  format.interrupt_callback = {on_interrupt, this};
  format.opaque = this;
  format.io_open = on_open;
  format.pb = reader_.get();  // nullptr for an address: FFmpeg then asks on_open()
  // Demuxers that open connections behind io_open's back (SDP, concat) still obey the whitelist.
  format.protocol_whitelist = made(av_strdup(address_ ? kServerProtocols : kNoProtocols));
}

int Access::on_interrupt(void* self) noexcept {
  return static_cast<Access*>(self)->world_.stop.raised() ? 1 : 0;
}

int Access::on_read(void* self, std::uint8_t* buffer, int size) noexcept {
  auto& access = *static_cast<Access*>(self);
  for (;;) {
    if (access.world_.stop.raised()) return AVERROR_EXIT;
    if (access.has_seen_enough()) return AVERROR_EOF;
    if (!access.regular_) {
      const Progress::Wait wait(access.world_.progress);
      if (!access.world_.stop.wait_until_readable(access.fd_)) return AVERROR_EXIT;
    }
    const ssize_t got = ::read(access.fd_, buffer, static_cast<std::size_t>(size));
    if (got > 0) {
      if (access.is_pipe() && access.opening_) access.riff_.watch({buffer, static_cast<std::size_t>(got)});
      access.given_ += static_cast<std::uint64_t>(got);
      return static_cast<int>(got);
    }
    if (got == 0) return AVERROR_EOF;
    if (errno != EINTR && errno != EAGAIN) return AVERROR(errno);
  }
}

// To find out whether 16-bit samples in a WAV are S/PDIF in disguise FFmpeg reads 64 KiB of them before it
// plays any: seconds, when somebody speaks into a telephone. It makes do with less when we call it the end,
// rewinds, and goes on.
bool Access::has_seen_enough() const noexcept {
  return opening_ && is_pipe() && riff_.data() && given_ >= *riff_.data() + kSpdifProbeBytes;
}

std::int64_t Access::on_seek(void* self, std::int64_t offset, int whence) noexcept {
  const auto& access = *static_cast<const Access*>(self);
  struct stat about {};
  if ((whence & AVSEEK_SIZE) != 0) {
    if (::fstat(access.fd_, &about) != 0) return AVERROR(errno);
    return access.regular_ ? about.st_size : AVERROR(ENOSYS);
  }
  const off_t position = ::lseek(access.fd_, offset, whence & ~AVSEEK_FORCE);
  return position < 0 ? AVERROR(errno) : position;
}

int Access::on_open(AVFormatContext* format, AVIOContext** reader, const char* url, int flags,
                    AVDictionary** options) noexcept {
  auto& access = *static_cast<Access*>(format->opaque);
  const bool allowed = access.address_ && (flags & AVIO_FLAG_WRITE) == 0 &&
                       starts_with_any(url, {"http://", "https://", "crypto+http://", "crypto+https://"});
  if (!allowed) {
    access.wanted_more_ = true;
    return AVERROR(EPERM);
  }
  try {
    return access.open_address(reader, url, flags, options);
  } catch (...) {
    return AVERROR(ENOMEM);
  }
}

int Access::open_address(AVIOContext** reader, const char* url, int flags, AVDictionary** options) {
  Dictionary all(options == nullptr ? nullptr : *options);
  set_server_rules(all, world_.trust);
  const AVIOInterruptCB interrupt{on_interrupt, this};
  return avio_open2(reader, url, flags, &interrupt, all.out());
}

}  // namespace vcplay::media
