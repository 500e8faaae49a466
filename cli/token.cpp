#include "cli/token.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <optional>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "base/milliseconds.hpp"
#include "base/text.hpp"
#include "cli/options.hpp"

namespace vcplay::cli {
namespace {

// A bot token has about 72 characters; whatever fills this is another kind of file.
constexpr std::size_t kMaxTokenBytes = 4096;
// A pipe may end at a password manager that asks for a passphrase first.
constexpr auto kTokenPipeDeadline = std::chrono::seconds(60);

/// Closes a file when it goes.
class File {
 public:
  explicit File(const std::string& name) : fd_(::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] int fd() const noexcept { return fd_; }

 private:
  const int fd_;
};

/// Wipes what was read when it goes, however it goes.
struct ReadBuffer {
  std::array<char, kMaxTokenBytes> bytes{};
  std::size_t size = 0;
  ReadBuffer() = default;
  ReadBuffer(const ReadBuffer&) = delete;
  ReadBuffer& operator=(const ReadBuffer&) = delete;
  ~ReadBuffer() { ::explicit_bzero(bytes.data(), bytes.size()); }
};

[[noreturn]] void refuse_file(const std::string& name, int error) {
  throw Error(Cause::usage,
              fmt::format("Cannot read the token file {}: {}.", display_safe(name), ::strerror(error)));
}

void wait_readable(const std::string& name, int fd, TimePoint deadline) {
  const auto left = whole_milliseconds(deadline - Clock::now());
  pollfd ready{fd, POLLIN, 0};
  const int count = left <= 0 ? 0 : ::poll(&ready, 1, static_cast<int>(left));
  if (count == 0) {
    throw Error(Cause::usage, fmt::format("The token file {} gave no token within {} seconds.",
                                          display_safe(name), kTokenPipeDeadline.count()));
  }
  if (count < 0 && errno != EINTR) refuse_file(name, errno);
}

void read_all(const std::string& name, int fd, ReadBuffer& buffer) {
  const TimePoint deadline = Clock::now() + kTokenPipeDeadline;
  while (true) {
    wait_readable(name, fd, deadline);
    const ssize_t count = ::read(fd, buffer.bytes.data() + buffer.size, buffer.bytes.size() - buffer.size);
    if (count == 0) return;
    if (count < 0 && errno != EAGAIN && errno != EINTR) refuse_file(name, errno);
    if (count > 0) buffer.size += static_cast<std::size_t>(count);
    if (buffer.size == buffer.bytes.size()) {
      throw Error(Cause::usage, fmt::format("The token file {} is too large to hold just a bot token.",
                                            display_safe(name)));
    }
  }
}

void warn_if_others_can_read(const std::string& name, const struct stat& info) {
  if (!S_ISREG(info.st_mode) || (info.st_mode & (S_IRGRP | S_IROTH)) == 0) return;
  log::warning("Others can read the token file {}; chmod 600 keeps it to yourself.", name);
}

enum class Privacy { expected, guaranteed };

SecretString read_token_file(const std::string& name, Privacy privacy) {
  const File file(name);
  if (file.fd() < 0) refuse_file(name, errno);
  struct stat info {};
  if (::fstat(file.fd(), &info) != 0) refuse_file(name, errno);
  if (S_ISDIR(info.st_mode)) refuse_file(name, EISDIR);
  if (privacy == Privacy::expected) warn_if_others_can_read(name, info);
  ReadBuffer buffer;
  read_all(name, file.fd(), buffer);
  return clean_token({buffer.bytes.data(), buffer.size}, "the token file " + display_safe(name));
}

/// The name of systemd's credential, when this service was given one.
std::optional<std::string> credential_file() {
  const char* const directory = ::getenv("CREDENTIALS_DIRECTORY");
  if (directory == nullptr || *directory == '\0') return std::nullopt;
  const std::string name = std::string(directory) + "/discord-token";
  if (::access(name.c_str(), F_OK) != 0) return std::nullopt;
  return name;
}

/// DISCORD_TOKEN, wiped from the memory that /proc/PID/environ shows and out of reach of child processes.
SecretString take_from_environment() {
  char* const value = ::getenv("DISCORD_TOKEN");
  if (value == nullptr) return {};
  SecretString token(value);
  ::explicit_bzero(value, ::strlen(value));
  ::unsetenv("DISCORD_TOKEN");
  return token;
}

SecretString first_token(const Options& options) {
  const SecretString from_environment = take_from_environment();
  if (!options.token.empty()) {
    log::warning(
        "--token shows the token to everybody who lists processes; DISCORD_TOKEN or --token-file do not.");
    return clean_token(options.token.reveal(), "--token");
  }
  if (!options.token_file.empty()) return read_token_file(options.token_file, Privacy::expected);
  if (const auto name = credential_file()) return read_token_file(*name, Privacy::guaranteed);
  if (!from_environment.empty()) return clean_token(from_environment.reveal(), "DISCORD_TOKEN");
  throw Error(Cause::usage,
              "There is no bot token: set DISCORD_TOKEN, name a file with --token-file, or pass the systemd "
              "credential discord-token.");
}

bool starts_with_bot(std::string_view text) {
  return text.size() > 4 && ::strncasecmp(text.data(), "bot", 3) == 0 && (text[3] == ' ' || text[3] == '\t');
}

bool is_wrapping(char c) { return std::string_view(" \t\r\n\v\f\"'`").find(c) != std::string_view::npos; }

std::string_view unwrap(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) text.remove_prefix(kByteOrderMark.size());
  while (true) {
    while (!text.empty() && is_wrapping(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_wrapping(text.back())) text.remove_suffix(1);
    if (!starts_with_bot(text)) return text;
    text.remove_prefix(4);
  }
}

}  // namespace

void harden_process() noexcept {
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
}

SecretString clean_token(std::string_view raw, std::string_view source) {
  const std::string_view token = unwrap(raw);
  if (token.empty()) throw Error(Cause::usage, fmt::format("There is no token in {}.", source));
  const bool has_space =
      std::any_of(token.begin(), token.end(), [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); });
  if (has_space) {
    throw Error(
        Cause::usage,
        fmt::format("What {} holds has spaces or line breaks inside; a bot token is one word.", source));
  }
  if (std::any_of(token.begin(), token.end(), [](char c) { return c < '!' || c > '~'; })) {
    throw Error(Cause::usage,
                fmt::format("What {} holds has characters that no bot token has; copy it again.", source));
  }
  return SecretString(token);
}

SecretString find_token(const Options& options) {
  SecretString token = first_token(options);
  log::hide(token.reveal());
  return token;
}

}  // namespace vcplay::cli
