#include "soak/vitals.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace vcplay::soak {
namespace {

std::size_t entries(const char* folder) {
  const std::filesystem::directory_iterator begin(folder);
  return static_cast<std::size_t>(std::distance(begin, std::filesystem::directory_iterator()));
}

}  // namespace

Vitals take_vitals() {
  Vitals vitals;
  vitals.descriptors = entries("/proc/self/fd");
  vitals.threads = entries("/proc/self/task");
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages >> pages;  // the second number is what is resident
  vitals.resident_kib = pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) / 1024;
  return vitals;
}

}  // namespace vcplay::soak
