// Other programs as things to measure: started, watched, ended, and paid for.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

namespace vcplay::bench {

using Arguments = std::vector<std::string>;
using Environment = std::vector<std::string>;  // "NAME=value", added to our own

/// What a program used up, by the kernel's account.
struct Usage {
  double cpu_seconds = 0;  // user and system
  double wall_seconds = 0;
  double peak_mb = 0;  // resident
  int status = 0;      // as wait4() gives it
};

/// A program that runs beside us; killed when it is forgotten.
class Child {
 public:
  enum class Input { none, pipe };
  /// `stdin_fd`, when given, becomes its standard input. Throws std::runtime_error.
  explicit Child(const Arguments& arguments, const Environment& environment = {}, Input input = Input::none,
                 int stdin_fd = -1);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  /// The next line of its standard output, without the newline; empty at the end.
  [[nodiscard]] std::string line();
  void close_input();
  void signal(int number) const;
  Usage wait();

 private:
  pid_t pid_ = -1;
  int input_ = -1;
  int output_ = -1;
  std::chrono::steady_clock::time_point started_;
};

/// Runs it to its end; throws std::runtime_error when that is not a good one.
Usage run(const Arguments& arguments, const Environment& environment = {});

}  // namespace vcplay::bench
