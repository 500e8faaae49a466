#include "media/memory_ceiling.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "base/thread_annotations.hpp"
#include "media/ffmpeg.hpp"

namespace vcplay::media {
namespace {

constexpr std::size_t kMostAtOnce = 256U << 20U;
constexpr std::int64_t kHardlyMore = 1 << 20;  // is not worth a system call

}  // namespace

/// What all of them share. Never destroyed: a thread that was left behind in a library may come back to it
/// while the program ends.
struct House {
  Mutex mutex;
  std::vector<MemoryCeiling*> ceilings GUARDED_BY(mutex);           // the latest last
  rlimit before GUARDED_BY(mutex){};                                // as the first of them found it
  std::int64_t data GUARDED_BY(mutex) = MemoryCeiling::kUnbounded;  // as the kernel has it
  int free_allocations GUARDED_BY(mutex) = 0;

  static House& all() {
    static House& one = *new House;
    return one;
  }

  /// The latest one's bounds.
  void enforce() noexcept REQUIRES(mutex) {
    const bool is_free = ceilings.empty();
    av_max_alloc(is_free || free_allocations > 0 ? kMostAtOnce : ceilings.back()->bounds_.at_once);
    const std::int64_t wanted = is_free ? MemoryCeiling::kUnbounded : ceilings.back()->bounds_.data;
    if (wanted == data || (!is_free && wanted / kHardlyMore == data / kHardlyMore)) return;
    data = wanted;
    rlimit limit = before;
    if (wanted != MemoryCeiling::kUnbounded)
      limit.rlim_cur = std::min(limit.rlim_cur, static_cast<rlim_t>(wanted));
    ::setrlimit(RLIMIT_DATA, &limit);
  }
};

MemoryCeiling::MemoryCeiling() : bounds_{kMostAtOnce, kUnbounded, 0} {
  House& house = House::all();
  const Lock lock(house.mutex);
  if (house.ceilings.empty() && ::getrlimit(RLIMIT_DATA, &house.before) != 0) {
    house.before = {RLIM_INFINITY, RLIM_INFINITY};
  }
  house.ceilings.push_back(this);
}

MemoryCeiling::~MemoryCeiling() {
  House& house = House::all();
  const Lock lock(house.mutex);
  std::erase(house.ceilings, this);
  house.enforce();
}

void MemoryCeiling::put(const Bounds& bounds) noexcept {
  House& house = House::all();
  const Lock lock(house.mutex);
  bounds_ = bounds;
  if (house.ceilings.back() == this) house.enforce();
}

std::int64_t MemoryCeiling::room_of_later_ones() const noexcept {
  House& house = House::all();
  const Lock lock(house.mutex);
  const auto self = std::find(house.ceilings.begin(), house.ceilings.end(), this);
  return std::accumulate(
      self + 1, house.ceilings.end(), std::int64_t{0},
      [](std::int64_t sum, const MemoryCeiling* later) { return sum + later->bounds_.room; });
}

void MemoryCeiling::leave(std::int64_t bytes) noexcept {
  House& house = House::all();
  const Lock lock(house.mutex);
  for (MemoryCeiling* const one : house.ceilings) {
    if (one == this) return;
    one->leavings_ += bytes;
  }
}

std::int64_t MemoryCeiling::take_leavings() noexcept {
  const Lock lock(House::all().mutex);
  return std::exchange(leavings_, 0);
}

FreeAllocation::FreeAllocation() {
  House& house = House::all();
  const Lock lock(house.mutex);
  ++house.free_allocations;
  house.enforce();
}

FreeAllocation::~FreeAllocation() {
  House& house = House::all();
  const Lock lock(house.mutex);
  --house.free_allocations;
  house.enforce();
}

}  // namespace vcplay::media
