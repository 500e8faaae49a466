#include "cli/output.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "base/error.hpp"

namespace vcplay::cli {

void write_output(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      throw Error(Cause::output,
                  std::string("Standard output can't be written: ") + std::strerror(errno) + ".");
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace vcplay::cli
