#include "cli/temporary_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/error.hpp"

namespace vcplay::cli {

TemporaryFile::TemporaryFile(std::string_view contents) {
  const char* const folder = std::getenv("TMPDIR");
  path_ = std::string(folder != nullptr && *folder != '\0' ? folder : "/tmp") + "/vcplay-XXXXXX";
  const int fd = mkostemp(path_.data(), O_CLOEXEC);
  const bool complete =
      fd >= 0 && write(fd, contents.data(), contents.size()) == static_cast<ssize_t>(contents.size());
  const int reason = errno;
  if (fd >= 0) close(fd);
  if (complete) return;
  if (fd >= 0) unlink(path_.c_str());
  throw Error(Cause::output,
              "The temporary file " + path_ + " cannot be written: " + std::strerror(reason) + ".");
}

TemporaryFile::~TemporaryFile() { unlink(path_.c_str()); }

}  // namespace vcplay::cli
