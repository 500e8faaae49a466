#include "children.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>

namespace vcplay::bench {
namespace {

std::array<int, 2> open_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error(std::strerror(errno));
  return ends;
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

[[noreturn]] void become(const Arguments& arguments, const Environment& environment) {
  for (const std::string& variable : environment) {
    const auto equals = variable.find('=');
    setenv(variable.substr(0, equals).c_str(), variable.substr(equals + 1).c_str(), 1);
  }
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  execvp(argv.front(), argv.data());
  _exit(127);
}

}  // namespace

Child::Child(const Arguments& arguments, const Environment& environment, Input input, int stdin_fd)
    : started_(std::chrono::steady_clock::now()) {
  const std::array<int, 2> to = open_pipe();
  const std::array<int, 2> from = open_pipe();
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error(std::strerror(errno));
  if (pid_ == 0) {
    const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    dup2(stdin_fd >= 0 ? stdin_fd : (input == Input::pipe ? to[0] : null), STDIN_FILENO);
    dup2(from[1], STDOUT_FILENO);
    become(arguments, environment);
  }
  close(to[0]);
  close(from[1]);
  input_ = to[1];
  output_ = from[0];
}

Child::~Child() {
  if (pid_ > 0) {
    signal(SIGKILL);
    wait();
  }
  close_input();
  close(output_);
}

std::string Child::line() {
  std::string text;
  for (char next = 0; read(output_, &next, 1) == 1 && next != '\n';) text += next;
  return text;
}

void Child::close_input() {
  if (input_ >= 0) close(input_);
  input_ = -1;
}

void Child::signal(int number) const { kill(pid_, number); }

Usage Child::wait() {
  // What it still says is read away, so that a full pipe never holds it up.
  std::array<char, 4096> ignored{};
  while (read(output_, ignored.data(), ignored.size()) > 0) {
  }
  Usage usage;
  rusage resources{};
  wait4(pid_, &usage.status, 0, &resources);
  pid_ = -1;
  usage.cpu_seconds = seconds(resources.ru_utime) + seconds(resources.ru_stime);
  usage.peak_mb = static_cast<double>(resources.ru_maxrss) / 1024;
  usage.wall_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
  return usage;
}

Usage run(const Arguments& arguments, const Environment& environment) {
  Child child(arguments, environment);
  const Usage usage = child.wait();
  if (!WIFEXITED(usage.status) || WEXITSTATUS(usage.status) != 0) {
    throw std::runtime_error(arguments.front() + " " + arguments.at(1) + " ended badly");
  }
  return usage;
}

}  // namespace vcplay::bench
