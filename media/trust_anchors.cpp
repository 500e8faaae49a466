#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>

#include "base/error.hpp"
#include "media/io.hpp"

namespace vcplay::media {
namespace {

/// Where distributions keep the authorities that they trust; Debian's place first.
constexpr std::array kSystemBundles = {
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
};

/// Empty when the system has none: then no certificate is believed but those of --ca-file.
std::string system_bundle() {
  for (const char* const path : kSystemBundles) {
    if (::access(path, R_OK) == 0) return path;
  }
  return kSystemBundles.front();
}

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw std::system_error(errno, std::generic_category(), "write to a memory file");
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

TrustAnchors::TrustAnchors(const std::string& ca_file) : path_(system_bundle()) {
  if (ca_file.empty()) return;
  const std::string further = contents(ca_file);
  if (further.find("-----BEGIN CERTIFICATE-----") == std::string::npos) {
    throw Error(Cause::usage,
                "the CA file \"" + ca_file + "\" cannot be read or holds no certificate in PEM form");
  }
  fd_ = ::memfd_create("vcplay-trust-anchors", MFD_CLOEXEC);
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "memfd_create");
  try {
    write_all(fd_, contents(path_) + '\n' + further);
  } catch (...) {
    ::close(fd_);
    throw;
  }
  path_ = "/proc/self/fd/" + std::to_string(fd_);
}

TrustAnchors::~TrustAnchors() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace vcplay::media
