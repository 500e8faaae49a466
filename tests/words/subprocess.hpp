// A program run to its end under a deadline, with its output in hand.
#pragma once

#include <sys/types.h>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace vcplay::testing {

struct Command {
  std::vector<std::string> words;                  // program and arguments
  std::map<std::string, std::string> environment;  // the whole of it
  std::string input;                               // for standard input, then end of file
  bool input_stays_open = false;                   // no end of file after `input`
  bool output_is_closed = false;                   // nobody reads standard output
  bool output_is_stuck = false;                    // nor does anybody close it, and its pipe is full
  bool error_is_stuck = false;                     // the same of standard error
  std::string output_file;                         // standard output goes there instead
};

struct Finished {
  int exit_status = -1;  // -1: ended by `signal`
  int signal = 0;
  bool timed_out = false;  // killed at the deadline
  std::string out;
  std::string err;
  std::chrono::duration<double> took{};
  double peak_megabytes = 0;  // of resident memory, itself and the children that it waited for
};

/// A child process. Its pipes are read all the time, so it never blocks on them, unless the command says so.
/// One that is vcplay fails the test when it took more than 150 MB of memory, whatever it was given.
class Subprocess {
 public:
  explicit Subprocess(const Command& command);
  ~Subprocess();  // kills it if it still runs
  Subprocess(const Subprocess&) = delete;
  Subprocess& operator=(const Subprocess&) = delete;

  void send(int signal) const;
  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  /// Waits until `word` has appeared on standard output (or error). False when it ended or
  /// the deadline passed first.
  [[nodiscard]] bool wait_for_text(const std::string& word, std::chrono::seconds deadline);
  /// Lets so much real time pass for it, or less when it ends; what it says meanwhile is read.
  void live_on(std::chrono::milliseconds span);
  /// Waits for the end, killing it at the deadline.
  [[nodiscard]] Finished finish(std::chrono::seconds deadline);

  /// From now on nobody reads its standard error, whose pipe holds a few kilobytes.
  void stop_reading_errors();
  /// Reads what was stuck, from now on.
  void unstick();

 private:
  bool pump(std::chrono::steady_clock::time_point until);  // false: all pipes are closed

  pid_t pid_ = -1;
  int in_ = -1;
  int out_ = -1;
  int err_ = -1;
  int stuck_out_ = -1;  // the reading ends of pipes that nobody reads
  int stuck_err_ = -1;
  std::string to_write_;
  bool keep_input_open_ = false;
  bool is_vcplay_ = false;
  Finished result_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

/// Runs `command` to its end.
[[nodiscard]] Finished run(const Command& command, std::chrono::seconds deadline = std::chrono::seconds(60));

}  // namespace vcplay::testing
