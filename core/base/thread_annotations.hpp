// Clang's thread-safety annotations; nothing under GCC.
#pragma once

#include <mutex>

#if defined(__clang__)
#define VCPLAY_ANNOTATE(x) __attribute__((x))
#else
#define VCPLAY_ANNOTATE(x)
#endif

#define CAPABILITY(x) VCPLAY_ANNOTATE(capability(x))
#define SCOPED_CAPABILITY VCPLAY_ANNOTATE(scoped_lockable)
#define GUARDED_BY(x) VCPLAY_ANNOTATE(guarded_by(x))
#define REQUIRES(...) VCPLAY_ANNOTATE(requires_capability(__VA_ARGS__))
#define ACQUIRE(...) VCPLAY_ANNOTATE(acquire_capability(__VA_ARGS__))
#define RELEASE(...) VCPLAY_ANNOTATE(release_capability(__VA_ARGS__))

namespace vcplay {

/// std::mutex with the names that Clang's analysis needs.
class CAPABILITY("mutex") Mutex {
 public:
  void lock() ACQUIRE() { mutex_.lock(); }
  void unlock() RELEASE() { mutex_.unlock(); }
  [[nodiscard]] std::mutex& native() noexcept { return mutex_; }

 private:
  std::mutex mutex_;
};

/// Holds a Mutex for one scope.
class SCOPED_CAPABILITY Lock {
 public:
  explicit Lock(Mutex& mutex) ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~Lock() RELEASE() { mutex_.unlock(); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace vcplay
