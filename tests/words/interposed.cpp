#include "words/interposed.hpp"

#if VCPLAY_INTERPOSED

#include <dlfcn.h>
#include <pthread.h>
#include <semaphore.h>

#include <cerrno>

namespace vcplay::interposed {
namespace {

thread_local bool watching = false;
thread_local Counts seen;

void note_heap() noexcept {
  if (watching) ++seen.heap;
}
void note_lock() noexcept {
  if (watching) ++seen.locks;
}

/// The C library's own function behind ours.
template <typename Function>
Function behind(const char* name) noexcept {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

}  // namespace

Watch::Watch() noexcept {
  seen = {};
  watching = true;
}
Watch::~Watch() { watching = false; }
Counts Watch::counts() const noexcept { return seen; }

}  // namespace vcplay::interposed

using vcplay::interposed::behind;
using vcplay::interposed::note_heap;
using vcplay::interposed::note_lock;

// operator new and delete end here, too.
extern "C" {

void* __libc_malloc(std::size_t size) noexcept;
void __libc_free(void* block) noexcept;
void* __libc_calloc(std::size_t count, std::size_t size) noexcept;
void* __libc_realloc(void* block, std::size_t size) noexcept;
void* __libc_memalign(std::size_t alignment, std::size_t size) noexcept;

void* malloc(std::size_t size) noexcept {
  note_heap();
  return __libc_malloc(size);
}
void free(void* block) noexcept {
  note_heap();
  __libc_free(block);
}
void* calloc(std::size_t count, std::size_t size) noexcept {
  note_heap();
  return __libc_calloc(count, size);
}
void* realloc(void* block, std::size_t size) noexcept {
  note_heap();
  return __libc_realloc(block, size);
}
void* memalign(std::size_t alignment, std::size_t size) noexcept {
  note_heap();
  return __libc_memalign(alignment, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  note_heap();
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** block, std::size_t alignment, std::size_t size) noexcept {
  note_heap();
  *block = __libc_memalign(alignment, size);
  return *block == nullptr ? ENOMEM : 0;
}

// Each of these passes its call on to the library's function of the same name.
#define PASS_ON(function, argument_type)                                 \
  int function(argument_type* object) noexcept {                         \
    static const auto real = behind<int (*)(argument_type*)>(#function); \
    note_lock();                                                         \
    return real(object);                                                 \
  }
PASS_ON(pthread_mutex_lock, pthread_mutex_t)
PASS_ON(pthread_mutex_trylock, pthread_mutex_t)
PASS_ON(pthread_rwlock_rdlock, pthread_rwlock_t)
PASS_ON(pthread_rwlock_wrlock, pthread_rwlock_t)
PASS_ON(pthread_rwlock_tryrdlock, pthread_rwlock_t)
PASS_ON(pthread_rwlock_trywrlock, pthread_rwlock_t)
PASS_ON(pthread_cond_signal, pthread_cond_t)
PASS_ON(pthread_cond_broadcast, pthread_cond_t)
PASS_ON(sem_post, sem_t)
#undef PASS_ON

// The compilers know these two with other qualifiers and exceptions (they are cancellation points).
int pthread_spin_lock(pthread_spinlock_t* lock) noexcept {
  static const auto real = behind<int (*)(pthread_spinlock_t*)>("pthread_spin_lock");
  note_lock();
  return real(lock);
}
int sem_wait(sem_t* semaphore) {
  static const auto real = behind<int (*)(sem_t*)>("sem_wait");
  note_lock();
  return real(semaphore);
}

}  // extern "C"

#else

namespace vcplay::interposed {

Watch::Watch() noexcept = default;
Watch::~Watch() = default;
Counts Watch::counts() const noexcept { return {}; }

}  // namespace vcplay::interposed

#endif
