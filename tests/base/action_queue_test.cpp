// Actions that bring about others: which comes when.
#include "base/action_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace vcplay {
namespace {

using ::testing::ElementsAre;

class Actions : public ::testing::Test {
 protected:
  /// Does what `queue` holds; "a" brings about what `of_a` says, once.
  void drain() {
    queue.drain(
        [this](const std::string& action) {
          done.push_back(action);
          if (action == "fail") throw std::runtime_error("it fails");
          if (action != "a") return;
          for (const std::string& next : std::exchange(of_a, {})) {
            queue.add(next);
            drain();  // does nothing inside of itself
          }
        },
        [this] {
          ++settled;
          if (!at_last.empty()) queue.add(std::exchange(at_last, {}));
        });
  }

  ActionQueue<std::string> queue;
  std::vector<std::string> done;
  std::vector<std::string> of_a;
  std::string at_last;
  int settled = 0;
};

TEST_F(Actions, AreDoneInTheirOrder) {
  queue.add("1");
  queue.add_all(std::vector<std::string>{"2", "3"});
  drain();
  EXPECT_THAT(done, ElementsAre("1", "2", "3"));
  EXPECT_EQ(settled, 1);
}

TEST_F(Actions, ThatAnActionBringsAboutComeNext) {
  queue.add_all(std::vector<std::string>{"a", "behind"});
  of_a = {"first", "second"};
  drain();
  EXPECT_THAT(done, ElementsAre("a", "first", "second", "behind"));
  EXPECT_EQ(settled, 1);
}

TEST_F(Actions, MayComeUpWhereNoneIsLeft) {
  queue.add("1");
  at_last = "2";
  drain();
  EXPECT_THAT(done, ElementsAre("1", "2"));
  EXPECT_EQ(settled, 2);
}

TEST_F(Actions, AreNotLostWhereOneFails) {
  queue.add_all(std::vector<std::string>{"fail", "2"});
  EXPECT_THROW(drain(), std::runtime_error);
  queue.add("3");
  drain();
  EXPECT_THAT(done, ElementsAre("fail", "2", "3"));
}

}  // namespace
}  // namespace vcplay
