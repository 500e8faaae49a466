// What a hung network file system does to whoever opens a file on it.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <string>

namespace vcplay::testing {

/// A file that the kernel does not let anybody open for the time being: what a hung network file system does.
class HungFile {
 public:
  explicit HungFile(const std::string& path) {
    ::signal(SIGIO, SIG_IGN);  // how the kernel asks us to let go of it
    fd_ = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    hangs_ = ::fcntl(fd_, F_SETLEASE, F_WRLCK) == 0;
  }
  ~HungFile() {
    ::close(fd_);
    ::signal(SIGIO, SIG_DFL);
  }
  HungFile(const HungFile&) = delete;
  HungFile& operator=(const HungFile&) = delete;
  [[nodiscard]] bool hangs() const { return hangs_; }

 private:
  int fd_;
  bool hangs_;
};

}  // namespace vcplay::testing
