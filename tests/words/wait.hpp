// How a test waits for another thread or process: never for ever.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <string_view>
#include <thread>

namespace vcplay::testing {

/// Only a broken program takes that long.
inline constexpr std::chrono::seconds kLongestWait{60};

/// Waits until `holds()`. When `patience` is over first the test fails with a sentence about `what`, and
/// this is false. This is for what cannot signal: an atomic, a lock-free ring, a file. Whatever has a
/// condition variable, a promise or a descriptor is waited for by that.
template <typename Condition>
bool eventually(std::string_view what, Condition holds, std::chrono::seconds patience = kLongestWait) {
  if (holds()) return true;
  const auto end = std::chrono::steady_clock::now() + patience;
  do {
    std::this_thread::yield();
    if (holds()) return true;
  } while (std::chrono::steady_clock::now() < end);
  ADD_FAILURE() << "After " << patience.count() << " s of waiting it is still not so that " << what << ".";
  return false;
}

/// Lets others run, `times` over. It waits for nothing.
inline void give_way(int times = 1) {
  for (; times > 0; --times) std::this_thread::yield();
}

}  // namespace vcplay::testing
