// Callbacks reach nobody who has gone.
#include "base/lifetime.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace vcplay {
namespace {

TEST(Lifetime, LetsCallbacksThroughUntilItIsOver) {
  int heard = 0;
  std::optional<Lifetime> life(std::in_place);
  const std::function<void(int)> callback = life->bound([&](int number) { heard += number; });
  callback(1);
  callback(2);
  EXPECT_EQ(heard, 3);
  life.reset();
  callback(4);
  EXPECT_EQ(heard, 3);
}

TEST(Lifetime, MayEndInsideOfACallback) {
  std::optional<Lifetime> life(std::in_place);
  int heard = 0;
  std::function<void()> second;
  const std::function<void()> first = life->bound([&] {
    life.reset();
    second();
    ++heard;
  });
  second = life->bound([&] { ++heard; });
  first();
  EXPECT_EQ(heard, 1);
}

TEST(Lifetime, HandsOnWhatCanOnlyBeMoved) {
  const Lifetime life;
  std::unique_ptr<int> kept;
  auto callback = life.bound([&](std::unique_ptr<int> number) { kept = std::move(number); });
  callback(std::make_unique<int>(7));
  EXPECT_EQ(*kept, 7);
}

}  // namespace
}  // namespace vcplay
