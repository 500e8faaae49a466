#include "words/hard_thinking.hpp"

#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <string_view>

namespace vcplay::testing {
namespace {

std::atomic<Duration::rep> each{0};
std::atomic<int> left{0};
thread_local Duration thought{};

bool is_media_thread() {
  char name[16] = {};
  ::pthread_getname_np(::pthread_self(), name, sizeof name);
  return std::string_view(name) == "vcplay-media";
}

void think() {
  if (left.load() <= 0 || !is_media_thread()) return;
  if (left.fetch_sub(1) > 0) thought += Duration(each.load());
}

}  // namespace

void think_hard(Duration each_time, int times) {
  each = each_time.count();
  left = times;
}

}  // namespace vcplay::testing

/// Stands in front of the C library's.
extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  using namespace vcplay::testing;
  const long failed = ::syscall(SYS_clock_gettime, clock, time);
  if (failed != 0 || clock != CLOCK_THREAD_CPUTIME_ID) return static_cast<int>(failed);
  think();
  time->tv_sec += thought / std::chrono::seconds(1);
  return 0;
}
