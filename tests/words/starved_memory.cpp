#include "words/starved_memory.hpp"

#include <cstdlib>
#include <new>

namespace {
thread_local bool starved = false;
}  // namespace

namespace vcplay::testing {

void starve_this_thread() noexcept { starved = true; }
NoMemory::~NoMemory() { starved = false; }

}  // namespace vcplay::testing

// The program's own, in place of the library's.

void* operator new(std::size_t size) {
  void* const block = starved ? nullptr : std::malloc(size == 0 ? 1 : size);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}
void* operator new(std::size_t size, const std::nothrow_t& /*not thrown*/) noexcept {
  return starved ? nullptr : std::malloc(size == 0 ? 1 : size);
}
void operator delete(void* block, const std::nothrow_t& /*not thrown*/) noexcept { std::free(block); }
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t /*size*/) noexcept { std::free(block); }
