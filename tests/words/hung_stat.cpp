#include "words/hung_stat.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <condition_variable>
#include <mutex>

namespace vcplay::testing {
namespace {

std::mutex mutex;
std::condition_variable changed;
std::string hung;  // empty: none
int threads = 0;   // that came to hang

}  // namespace

HungStat::HungStat(const std::string& path) {
  const std::scoped_lock lock(mutex);
  hung = path;
  threads = 0;
}

HungStat::~HungStat() {
  const std::scoped_lock lock(mutex);
  hung.clear();
  changed.notify_all();
}

int HungStat::held() const {
  const std::scoped_lock lock(mutex);
  return threads;
}

}  // namespace vcplay::testing

/// Stands in front of the C library's.
extern "C" int stat(const char* path, struct stat* about) noexcept {
  using namespace vcplay::testing;
  {
    std::unique_lock lock(mutex);
    if (hung == path) ++threads;
    changed.wait(lock, [path] { return hung != path; });
  }
  return ::fstatat(AT_FDCWD, path, about, 0);
}
