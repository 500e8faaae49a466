// The loop: tasks, timers, watched descriptors, and what becomes of them when somebody goes.
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "words/descriptor_words.hpp"
#include "words/net_words.hpp"

namespace vcplay::net::test {
namespace {

// ── tasks ──

TEST(Tasks, OfOneThreadRunInOrder) {
  LoopThread loop;
  Heard<int> heard;
  for (int i = 0; i < 1000; ++i) loop->post([&heard, i] { heard.add(i); });
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(heard.next(), i);
}

TEST(Tasks, OfManyThreadsAllRunOnTheLoopsThread) {
  LoopThread loop;
  const auto home = loop.run([] { return std::this_thread::get_id(); });
  std::atomic<int> elsewhere{0};
  int count = 0;  // the loop's thread alone counts
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 500; ++k) {
        loop->post([&] {
          ++count;
          if (std::this_thread::get_id() != home) ++elsewhere;
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(loop.run([&] { return count; }), 4000);
  EXPECT_EQ(elsewhere, 0);
}

TEST(Tasks, MayPostTasks) {
  LoopThread loop;
  Heard<std::string> heard;
  loop->post([&] {
    loop->post([&] { heard.add("inner"); });
    heard.add("outer");
  });
  EXPECT_EQ(heard.next(), "outer");
  EXPECT_EQ(heard.next(), "inner");
}

TEST(Tasks, LeftOverAfterStopAreDropped) {
  EventLoop loop;
  bool ran = false;
  const auto witness = std::make_shared<int>(0);
  loop.post([&loop] { loop.stop(); });
  loop.post([&ran, witness] { ran = true; });
  loop.run();
  EXPECT_FALSE(ran);
  loop.post([&ran, witness] { ran = true; });
  loop.run();  // stopped for good
  EXPECT_FALSE(ran);
}

TEST(Tasks, AreFreedWithTheLoop) {
  const auto witness = std::make_shared<int>(0);
  {
    EventLoop loop;
    loop.post([witness] {});
    EXPECT_EQ(witness.use_count(), 2);
  }
  EXPECT_EQ(witness.use_count(), 1);
}

TEST(Tasks, ThatThrowEndTheRunWithTheirException) {
  EventLoop loop;
  loop.post([] { throw Error(Cause::encryption, "no key"); });
  try {
    loop.run();
    FAIL() << "run() returned";
  } catch (const Error& error) {
    EXPECT_EQ(error.cause(), Cause::encryption);
  }
}

std::string words_of(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    return error.what();
  }
}

TEST(Failures, AreHandedOnAndTheLoopGoesOn) {
  EventLoop loop;
  std::vector<std::string> heard;
  loop.on_failure([&](const std::exception_ptr& failure) {
    heard.push_back(words_of(failure));
    loop.post([&] {
      heard.emplace_back("left");
      loop.stop();
    });
  });
  loop.post([] { throw Error(Cause::unexpected, "first"); });
  loop.post([&] { heard.emplace_back("next"); });
  loop.run();
  EXPECT_EQ(heard, (std::vector<std::string>{"next", "first", "left"}));
}

TEST(Failures, EndTheRunTheSecondTime) {
  EventLoop loop;
  int handed_on = 0;
  loop.on_failure([&](const std::exception_ptr&) {
    ++handed_on;
    throw Error(Cause::unexpected, "second");
  });
  loop.post([] { throw std::bad_alloc(); });
  EXPECT_THROW(loop.run(), Error);
  EXPECT_EQ(handed_on, 1);
}

TEST(Loops, StopBeforeTheyRunAndFromElsewhere) {
  EventLoop early;
  early.stop();
  early.run();

  EventLoop later;
  std::thread other([&] { later.stop(); });
  later.run();
  other.join();
}

TEST(Loops, RunSideBySide) {
  LoopThread one;
  LoopThread two;
  EXPECT_NE(one.run([] { return std::this_thread::get_id(); }),
            two.run([] { return std::this_thread::get_id(); }));
}

TEST(Loops, LeaveNoDescriptorOpen) {
  EventLoop().stop();  // the first one of a process leaves behind what the others need
  const std::size_t before = vcplay::testing::open_descriptors();
  constexpr std::size_t kLoops = 5;
  for (std::size_t i = 0; i < kLoops; ++i) EventLoop().stop();
  EXPECT_EQ(vcplay::testing::open_descriptors(), before + kLoops * vcplay::testing::left_by_each_loop());
}

TEST(Loops, MakeWritingToAClosedPipeAnErrorAndNoDeath) {
  const LoopThread loop;
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  ::close(pipe[0]);
  EXPECT_EQ(::write(pipe[1], "x", 1), -1);
  EXPECT_EQ(errno, EPIPE);
  ::close(pipe[1]);
}

// ── timers ──

TEST(Timers, ExpireInTheOrderOfTheirTimesAndNeverEarly) {
  LoopThread loop;
  Heard<std::string> heard;
  const TimePoint start = loop->now();
  OnLoop<Timer> late(loop, [&] { heard.add(loop->now() >= start + 30ms ? "late" : "early!"); });
  OnLoop<Timer> soon(loop, [&] { heard.add(loop->now() >= start + 10ms ? "soon" : "early!"); });
  loop.run([&] {
    late->start_at(start + 30ms);
    soon->start_at(start + 10ms);
  });
  EXPECT_EQ(heard.next(), "soon");
  EXPECT_EQ(heard.next(), "late");
}

TEST(Timers, InThePastExpireOnTheNextTurnAndNotInsideTheCall) {
  LoopThread loop;
  Heard<std::string> heard;
  OnLoop<Timer> timer(loop, [&] { heard.add("expired"); });
  for (const TimePoint when : {loop->now() - 1h, TimePoint::min(), loop->now()}) {
    loop.run([&] {
      timer->start_at(when);
      heard.add("started");
    });
    EXPECT_EQ(heard.next(), "started");
    EXPECT_EQ(heard.next(), "expired");
  }
}

TEST(Timers, CancelledOrMovedDoNotExpireAtTheOldTime) {
  LoopThread loop;
  Heard<std::string> heard;
  OnLoop<Timer> cancelled(loop, [&] { heard.add("cancelled"); });
  OnLoop<Timer> moved(loop, [&] { heard.add("moved"); });
  OnLoop<Timer> last(loop, [&] { heard.add("last"); });
  loop.run([&] {
    const TimePoint now = loop->now();
    cancelled->start_at(now + 1ms);
    moved->start_at(now + 1ms);
    last->start_at(now + 20ms);
    cancelled->cancel();
    cancelled->cancel();
    moved->start_at(TimePoint::max());
  });
  EXPECT_EQ(heard.next(), "last");
  EXPECT_TRUE(heard.empty());
}

TEST(Timers, MayStartThemselvesAgain) {
  LoopThread loop;
  Heard<int> heard;
  int count = 0;
  std::unique_ptr<Timer> timer;
  loop.run([&] {
    timer = std::make_unique<Timer>(*loop, [&] {
      heard.add(++count);
      if (count < 3) timer->start_at(loop->now() + 1ms);
    });
    timer->start_at(loop->now());
  });
  for (int i = 1; i <= 3; ++i) EXPECT_EQ(heard.next(), i);
  loop.run([&] { timer.reset(); });
}

TEST(Timers, MayDestroyThemselvesAndEachOther) {
  LoopThread loop;
  Heard<std::string> heard;
  std::unique_ptr<Timer> first;
  std::unique_ptr<Timer> second;
  loop.run([&] {
    const std::string captured(100, 'c');  // freed with the callback, so a use after free would show
    second = std::make_unique<Timer>(*loop, [&heard] { heard.add("second"); });
    first = std::make_unique<Timer>(*loop, [&, captured] {
      first.reset();
      second.reset();
      heard.add(captured.substr(0, 1));
    });
    const TimePoint when = loop->now() + 5ms;
    first->start_at(when);
    second->start_at(when + 1us);
  });
  EXPECT_EQ(heard.next(), "c");
  loop.run([] {});
  EXPECT_TRUE(heard.empty());
}

TEST(Timers, MayStopTheLoop) {
  EventLoop loop;
  Timer timer(loop, [&loop] { loop.stop(); });
  timer.start_at(loop.now() + 5ms);
  loop.run();
  SUCCEED();
}

TEST(Timers, ThatThrowEndTheRunWithTheirException) {
  EventLoop loop;
  Timer timer(loop, [] { throw Error(Cause::network, "gone"); });
  timer.start_at(loop.now());
  EXPECT_THROW(loop.run(), Error);
}

// ── watched descriptors ──

class Watching : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_GE(fd, 0); }
  void TearDown() override { ::close(fd); }
  void ring() const { ASSERT_EQ(::eventfd_write(fd, 1), 0); }
  std::uint64_t drain() const {
    eventfd_t value = 0;
    return ::eventfd_read(fd, &value) == 0 ? value : 0;
  }

  LoopThread loop;
  Heard<std::uint64_t> heard;
  int fd = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
};

TEST_F(Watching, TellsEveryTimeThatTheDescriptorIsReadable) {
  OnLoop<FdWatch> watch(loop, fd, [this] { heard.add(drain()); });
  for (int i = 0; i < 3; ++i) {
    ring();
    EXPECT_EQ(heard.next(), 1U);
  }
}

TEST_F(Watching, LeavesTheDescriptorToItsOwner) {
  {
    OnLoop<FdWatch> watch(loop, fd, [] {});
  }
  loop.run([] {});
  ring();
  EXPECT_EQ(drain(), 1U);
}

TEST_F(Watching, MayEndInsideItsOwnCallback) {
  std::unique_ptr<FdWatch> watch;
  loop.run([&] {
    watch = std::make_unique<FdWatch>(*loop, fd, [&] {
      watch.reset();
      heard.add(7);
    });
  });
  ring();
  EXPECT_EQ(heard.next(), 7U);
  loop.run([] {});
  EXPECT_TRUE(heard.empty());
}

TEST_F(Watching, SeveralDescriptorsAtOnceAndAgain) {
  for (int round = 0; round < 100; ++round) {  // more than the loop has room for at a time
    OnLoop<FdWatch> one(loop, fd, [this] { heard.add(drain()); });
  }
  OnLoop<FdWatch> watch(loop, fd, [this] { heard.add(drain()); });
  ring();
  EXPECT_EQ(heard.next(), 1U);
}

TEST_F(Watching, WhatIsNoDescriptorThrows) {
  loop.run([this] { EXPECT_THROW(FdWatch(*loop, -1, [] {}), Error); });
}

}  // namespace
}  // namespace vcplay::net::test
