// A pipe that nobody reads, until somebody does.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <string>

namespace vcplay::testing {

/// A pipe that is full from the beginning.
class StuckPipe {
 public:
  StuckPipe() {
    if (::pipe2(ends_.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    ::fcntl(write_end(), F_SETPIPE_SZ, 4096);
    ::fcntl(write_end(), F_SETFL, O_NONBLOCK);
    while (::write(write_end(), ".", 1) == 1) ++filler_;
    ::fcntl(write_end(), F_SETFL, 0);
  }
  ~StuckPipe() {
    close_read_end();
    ::close(write_end());
  }
  StuckPipe(const StuckPipe&) = delete;
  StuckPipe& operator=(const StuckPipe&) = delete;

  [[nodiscard]] int read_end() const noexcept { return ends_[0]; }
  [[nodiscard]] int write_end() const noexcept { return ends_[1]; }

  /// Everything that was written, up to and including `end`; waits for it. What filled the pipe is left out.
  std::string read_until(const std::string& end) {
    std::string text;
    while (!text.ends_with(end)) {
      char c = 0;
      if (::read(read_end(), &c, 1) != 1) throw std::runtime_error("the pipe ended behind: " + text);
      if (filler_ > 0) {
        --filler_;
      } else {
        text += c;
      }
    }
    return text;
  }
  void close_read_end() {
    if (ends_[0] >= 0) ::close(ends_[0]);
    ends_[0] = -1;
  }

 private:
  std::array<int, 2> ends_{};
  std::size_t filler_ = 0;
};

/// Standard error is something else for as long as this lives.
class StandardErrorIs {
 public:
  explicit StandardErrorIs(int fd) : real_(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)) {
    ::dup2(fd, STDERR_FILENO);
  }
  ~StandardErrorIs() {
    ::dup2(real_, STDERR_FILENO);
    ::close(real_);
  }
  StandardErrorIs(const StandardErrorIs&) = delete;
  StandardErrorIs& operator=(const StandardErrorIs&) = delete;

 private:
  int real_;
};

}  // namespace vcplay::testing
