// `vcplay play` in a loopback Discord, and what is seen of it from outside.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "children.hpp"

namespace vcplay::bench {

struct Programs {
  std::string vcplay;
  std::string self;
  std::filesystem::path scratch;
};

/// Prints one row.
void verdict(const std::string& what, const std::string& figure, bool met, const std::string& target);

/// `vcplay rehearse --serve`, in a process of its own.
class Loopback {
 public:
  explicit Loopback(const Programs& programs);
  ~Loopback();
  Loopback(const Loopback&) = delete;
  Loopback& operator=(const Loopback&) = delete;

  /// The command line of a play in it; `before` goes in front (strace), `media` behind.
  [[nodiscard]] Arguments play(Arguments before, const Arguments& media) const;
  [[nodiscard]] Environment token() const;

 private:
  const Programs& programs_;
  Child server_;
  Arguments place_;  // the options that lead into it
  std::string token_;
};

/// What a play may take, in MB.
inline constexpr double kResidentTarget = 56;
inline constexpr double kAnonymousTarget = 16;

/// The most that was resident, in MB.
struct Memory {
  double resident = 0;
  double anonymous = 0;
  double peak = 0;  // of resident, by the kernel's own account: also what came and went between two looks
  [[nodiscard]] bool meets_target() const {
    return resident > 0 && resident < kResidentTarget && anonymous < kAnonymousTarget;
  }
};

/// Looks ten times a second at what a process holds.
[[nodiscard]] Memory watch_memory(const Child& process, int seconds);

[[nodiscard]] double median(std::vector<double> values);

}  // namespace vcplay::bench
