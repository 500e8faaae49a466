#include "words/subprocess.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <utility>

#include "words/peak_memory.hpp"

namespace vcplay::testing {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr double kMostMegabytes = 150;  // of vcplay, whatever a server or a file says

struct Pipe {
  int read_end = -1;
  int write_end = -1;
  Pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    read_end = ends[0];
    write_end = ends[1];
  }
};

/// Fills the pipe, so that nothing more goes into it.
void clog(const Pipe& pipe) {
  fcntl(pipe.write_end, F_SETPIPE_SZ, 4096);
  fcntl(pipe.write_end, F_SETFL, O_NONBLOCK);
  while (write(pipe.write_end, ".", 1) == 1) continue;
  fcntl(pipe.write_end, F_SETFL, 0);
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  for (std::string& word : words) result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

void close_if_open(int& fd) {
  if (fd >= 0) close(fd);
  fd = -1;
}

/// A child shares our memory until it begins its program, and the kernel counts that peak as the child's. So
/// it is to be as small as can be.
void forget_own_peak() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
  const PeakMemory begins_anew;
}

/// Appends what can be read now; closes at the end of the file.
void drain(int& fd, std::string& text) {
  std::array<char, 4096> chunk{};
  const ssize_t size = read(fd, chunk.data(), chunk.size());
  if (size > 0) {
    text.append(chunk.data(), static_cast<std::size_t>(size));
  } else if (size == 0 || errno != EINTR) {
    close_if_open(fd);
  }
}

}  // namespace

Subprocess::Subprocess(const Command& command)
    : to_write_(command.input),
      keep_input_open_(command.input_stays_open),
      is_vcplay_(command.words.front().ends_with("/vcplay")) {
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  Pipe input;
  Pipe output;
  Pipe error;
  if (command.output_is_stuck) clog(output);
  if (command.error_is_stuck) clog(error);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input.read_end, STDIN_FILENO);
  if (command.output_file.empty()) {
    posix_spawn_file_actions_adddup2(&actions, output.write_end, STDOUT_FILENO);
  } else {
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, command.output_file.c_str(), O_WRONLY | O_CREAT,
                                     0600);
  }
  posix_spawn_file_actions_adddup2(&actions, error.write_end, STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t defaults;
  sigfillset(&defaults);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigdefault(&attributes, &defaults);  // our ignored SIGPIPE is not the child's
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  std::vector<std::string> words = command.words;
  std::vector<std::string> variables;
  for (const auto& [name, value] : command.environment) variables.push_back(name + "=" + value);
  std::vector<char*> argv = pointers(words);
  std::vector<char*> environment = pointers(variables);
  if (command.output_is_closed) close_if_open(output.read_end);
  forget_own_peak();
  const int failed = posix_spawnp(&pid_, argv[0], &actions, &attributes, argv.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  close(input.read_end);
  close(output.write_end);
  close(error.write_end);
  in_ = input.write_end;
  out_ = output.read_end;
  err_ = error.read_end;
  if (command.output_is_stuck) std::swap(out_, stuck_out_);
  if (command.error_is_stuck) std::swap(err_, stuck_err_);
  fcntl(in_, F_SETFL, O_NONBLOCK);
  if (failed != 0) throw std::runtime_error("cannot start " + command.words.front());
  if (to_write_.empty() && !keep_input_open_) close_if_open(in_);
}

Subprocess::~Subprocess() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  close_if_open(in_);
  close_if_open(out_);
  close_if_open(err_);
  close_if_open(stuck_out_);
  close_if_open(stuck_err_);
}

void Subprocess::stop_reading_errors() {
  if (err_ < 0 || stuck_err_ >= 0) return;
  fcntl(err_, F_SETPIPE_SZ, 4096);  // what waits there already may keep it larger
  std::swap(err_, stuck_err_);
}

void Subprocess::unstick() {
  if (stuck_out_ >= 0) std::swap(out_, stuck_out_);
  if (stuck_err_ >= 0) std::swap(err_, stuck_err_);
}

void Subprocess::send(int signal) const { kill(pid_, signal); }

bool Subprocess::pump(SteadyClock::time_point until) {
  if (out_ < 0 && err_ < 0) return false;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - SteadyClock::now()).count();
  const bool has_input = in_ >= 0 && !to_write_.empty();
  std::array<pollfd, 3> fds = {pollfd{.fd = out_, .events = POLLIN, .revents = 0},
                               pollfd{.fd = err_, .events = POLLIN, .revents = 0},
                               pollfd{.fd = has_input ? in_ : -1, .events = POLLOUT, .revents = 0}};
  poll(fds.data(), fds.size(), left > 0 ? static_cast<int>(left) : 0);
  if (fds[0].revents != 0) drain(out_, result_.out);
  if (fds[1].revents != 0) drain(err_, result_.err);
  if (fds[2].revents != 0) {
    const ssize_t size = write(in_, to_write_.data(), to_write_.size());
    if (size > 0) to_write_.erase(0, static_cast<std::size_t>(size));
    if (size < 0 && errno != EAGAIN) to_write_.clear();
    if (to_write_.empty() && !keep_input_open_) close_if_open(in_);
  }
  return true;
}

bool Subprocess::wait_for_text(const std::string& word, std::chrono::seconds deadline) {
  const auto until = SteadyClock::now() + deadline;
  const auto found = [&] {
    return result_.out.find(word) != std::string::npos || result_.err.find(word) != std::string::npos;
  };
  while (!found() && SteadyClock::now() < until) {
    if (!pump(until)) break;
  }
  return found();
}

void Subprocess::live_on(std::chrono::milliseconds span) {
  const auto until = SteadyClock::now() + span;
  while (SteadyClock::now() < until) {
    if (!pump(until)) return;
  }
}

Finished Subprocess::finish(std::chrono::seconds deadline) {
  const auto until = SteadyClock::now() + deadline;
  while (pump(until)) {
    if (SteadyClock::now() < until) continue;
    result_.timed_out = true;
    kill(pid_, SIGKILL);
    break;
  }
  int status = 0;
  rusage used{};
  wait4(pid_, &status, 0, &used);
  pid_ = -1;
  result_.peak_megabytes = static_cast<double>(used.ru_maxrss) * 1024 / 1e6;
  if (is_vcplay_ && kMemoryTells) {
    EXPECT_LT(result_.peak_megabytes, kMostMegabytes) << result_.err;
  }
  result_.took = SteadyClock::now() - started_;
  if (WIFEXITED(status)) result_.exit_status = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) result_.signal = WTERMSIG(status);
  return result_;
}

Finished run(const Command& command, std::chrono::seconds deadline) {
  return Subprocess(command).finish(deadline);
}

}  // namespace vcplay::testing
