// Words for stories about runs that share a folder: the folder, another process, what was warned of.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "host/state_folder.hpp"
#include "words/temporary_folder.hpp"

namespace vcplay::testing {

/// A user's home, made for one test, and the place to go to without one.
class Home {
 public:
  Home() {
    std::filesystem::create_directory(places.home);
    std::filesystem::create_directory(folder_.file("var-tmp"));
  }
  [[nodiscard]] host::StateFolder open() const { return host::StateFolder::open(places).value(); }
  [[nodiscard]] std::string file(const std::string& name) const {
    return places.home + "/.local/state/vcplay/" + name;
  }

 private:
  TemporaryFolder folder_;

 public:
  const host::StatePlaces places{folder_.file("home"), folder_.file("var-tmp/vcplay-1000")};
};

/// A child of this process that does something and then stays until it is told to end.
class OtherProcess {
 public:
  /// `act` has been done when this returns. What it returns is kept until the end.
  template <typename Act>
  explicit OtherProcess(Act act) {
    if (pipe(done_.data()) != 0 || pipe(end_.data()) != 0) throw std::runtime_error("no pipe");
    pid_ = fork();
    if (pid_ == 0) live(act);
    close(done_[1]);
    close(end_[0]);
    char byte = 0;
    if (read(done_[0], &byte, 1) != 1) throw std::runtime_error("the other process failed");
  }
  ~OtherProcess() {
    end();
    close(done_[0]);
  }
  OtherProcess(const OtherProcess&) = delete;
  OtherProcess& operator=(const OtherProcess&) = delete;

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  /// It ends as a run ends, and is gone when this returns.
  void end() {
    if (std::exchange(ended_, true)) return;
    close(end_[1]);
    waitpid(pid_, nullptr, 0);
  }
  /// It is killed without a chance to clean up.
  void crash() {
    if (std::exchange(ended_, true)) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    close(end_[1]);
  }

 private:
  template <typename Act>
  [[noreturn]] void live(Act act) {
    try {
      close(end_[1]);
      [[maybe_unused]] const auto kept = act();
      char byte = 0;
      if (write(done_[1], "!", 1) == 1) {
        [[maybe_unused]] const ssize_t until_it_may_end = read(end_[0], &byte, 1);
      }
    } catch (...) {
      _exit(1);
    }
    _exit(0);
  }

  std::array<int, 2> done_{};
  std::array<int, 2> end_{};
  pid_t pid_ = -1;
  bool ended_ = false;
};

/// Keeps the warnings of one test.
class Warnings {
 public:
  Warnings() {
    log::set_sink([this](log::Level level, std::string_view line) {
      if (level <= log::Level::warning) lines_.emplace_back(line);
    });
  }
  ~Warnings() { log::set_sink(nullptr); }
  Warnings(const Warnings&) = delete;
  Warnings& operator=(const Warnings&) = delete;

  [[nodiscard]] std::vector<std::string> take() { return std::exchange(lines_, {}); }

 private:
  std::vector<std::string> lines_;
};

/// The permissions of a file, in octal.
inline std::string mode_of(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 ? fmt::format("{:o}", info.st_mode & 07777U) : "missing";
}

inline std::vector<std::string> files_in(const std::string& path) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(path))
    names.push_back(entry.path().filename());
  return names;
}

/// Has a home of its own and reads the warnings.
class Folder : public ::testing::Test {
 protected:
  Home home_;
  Warnings warnings_;
};

}  // namespace vcplay::testing
