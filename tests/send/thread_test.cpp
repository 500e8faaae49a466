// The crossings between threads, with real threads: worth most under ThreadSanitizer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>

#include <csignal>
#include <thread>

#include "send/send_thread.hpp"
#include "words/outgoing.hpp"
#include "words/wait.hpp"

namespace vcplay::send {
namespace {

using testing::eventually;

constexpr int kPatience = 30'000;  // ms; only a broken program waits that long

// ── SpscRing ──

TEST(SpscRing, CarriesEveryValueInOrderBetweenTwoThreads) {
  constexpr std::uint64_t kValues = 50'000;
  SpscRing<std::uint64_t> ring(256);
  std::thread producer([&] {
    for (std::uint64_t value = 0; value < kValues; ++value) {
      if (!eventually("the ring has room", [&] { return ring.push(std::uint64_t{value}); })) return;
    }
  });
  std::uint64_t in_order = 0;
  for (std::uint64_t expected = 0; expected < kValues; ++expected) {
    std::optional<std::uint64_t> value;
    if (!eventually("the ring has a value", [&] { return (value = ring.take()).has_value(); })) break;
    if (*value == expected) ++in_order;
  }
  producer.join();
  EXPECT_EQ(in_order, kValues);
  EXPECT_EQ(ring.size(), 0U);
}

TEST(SpscRing, HandsOwnershipOverAndKeepsNothing) {
  constexpr int kValues = 10'000;
  SpscRing<std::unique_ptr<int>> ring(128);
  std::thread producer([&] {
    for (int i = 0; i < kValues; ++i) {
      auto value = std::make_unique<int>(i);
      // A full ring leaves `value` alone.
      if (!eventually("the ring has room", [&] { return ring.push(std::move(value)); })) return;
    }
  });
  int in_order = 0;
  for (int expected = 0; expected < kValues; ++expected) {
    if (!eventually("the ring has a value", [&] { return ring.front() != nullptr; })) break;
    const std::unique_ptr<int> taken = std::move(*ring.front());
    ring.pop();
    if (*taken == expected) ++in_order;
  }
  producer.join();
  EXPECT_EQ(in_order, kValues);
}

TEST(SpscRing, IsBounded) {
  SpscRing<int> ring(3);
  EXPECT_EQ(ring.capacity(), 4U);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(ring.push(int{i}));
  EXPECT_FALSE(ring.push(4));
  EXPECT_EQ(ring.claim(), nullptr);
  EXPECT_EQ(ring.take(), 0);
  EXPECT_TRUE(ring.push(4));
  EXPECT_EQ(ring.size(), 4U);
}

// ── SendThread ──

/// A clock that jumps from deadline to deadline and stands still while there is nothing to send.
class JumpingPacer final : public Pacer {
 public:
  void enter_thread() noexcept override { entered_.fetch_add(1); }
  [[nodiscard]] TimePoint now() noexcept override { return now_; }
  void sleep_until(TimePoint deadline) noexcept override { now_ = std::max(now_, deadline); }
  [[nodiscard]] bool waits_for_data() noexcept override {
    asked_.fetch_add(1);
    return true;
  }
  [[nodiscard]] int entered() const noexcept { return entered_.load(); }
  /// How often the thread has looked whether it may go on.
  [[nodiscard]] int asked() const noexcept { return asked_.load(); }

 private:
  TimePoint now_{1s};
  std::atomic<int> entered_{0};
  std::atomic<int> asked_{0};
};

std::optional<SenderReport> wait_for_report(SenderInbox& inbox) {
  if (const auto report = inbox.take_report()) return report;  // nothing: the descriptor is quiet now
  pollfd readable{inbox.report_fd(), POLLIN, 0};
  if (poll(&readable, 1, kPatience) != 1) return std::nullopt;
  return inbox.take_report();
}

TEST(SendThread, PlaysAHesitantSourceWithoutAnUnderrunWhenTheClockWaits) {
  constexpr int kFrames = 500;
  stream::FrameLog log(16);
  stream::FrameCursor cursor(log);
  SenderInbox inbox;
  SenderStats stats;
  Wire wire;
  JumpingPacer pacer;
  Sender sender(cursor, inbox, stats, {.lead_in_packets = 3});
  ASSERT_TRUE(inbox.post(stream_to(wire, {.sequence = 1, .timestamp = 1, .ssrc = kSsrc})));
  {
    SendThread thread(pacer);
    thread.add(sender);
    std::thread media([&] {
      std::uint32_t next = 0;
      while (next < kFrames) {
        // The log may hold now a few frames, now many.
        if (!eventually("the sender takes frames", [&] { return log.size() < 3 + next % 11; })) break;
        queue_frames(log, 1, next);
      }
      log.finish();
    });
    EXPECT_EQ(wait_for_report(inbox), SenderReport::wants_speaking);
    ASSERT_TRUE(inbox.post(SpeakingIsOn{}));
    EXPECT_EQ(wait_for_report(inbox), SenderReport::finished);
    media.join();
  }
  std::string story = "s s r";
  for (int i = 0; i < kFrames; ++i) story += ' ' + std::to_string(i);
  EXPECT_EQ(wire.story(), story + " s s s s s");
  EXPECT_EQ(stats.underruns.load(), 0U);
  EXPECT_EQ(stats.rebases.load(), 0U);
  EXPECT_EQ(pacer.entered(), 1);
  const auto heard = wire.heard();
  EXPECT_EQ(heard.back().header.timestamp - heard.front().header.timestamp,
            (heard.size() - 1) * rtp::kTimestampStep)
      << "time stood still with the source";
}

TEST(SendThread, TakesCommandsWhileItPlays) {
  stream::FrameLog log;
  stream::FrameCursor cursor(log);
  SenderInbox inbox;
  SenderStats stats;
  Wire first;
  Wire second;
  JumpingPacer pacer;
  Sender sender(cursor, inbox, stats, {});
  std::uint32_t next = 0;
  queue_frames(log, 64, next);
  ASSERT_TRUE(inbox.post(stream_to(first, {})));
  {
    SendThread thread(pacer);
    thread.add(sender);
    EXPECT_EQ(wait_for_report(inbox), SenderReport::wants_speaking);
    ASSERT_TRUE(inbox.post(SwapTransform{nullptr}));
    ASSERT_TRUE(inbox.post(DropStream{}));
    ASSERT_TRUE(inbox.post(stream_to(second, {})));
    EXPECT_EQ(wait_for_report(inbox), SenderReport::wants_speaking);
    ASSERT_TRUE(inbox.post(SpeakingIsOn{}));
    ASSERT_TRUE(inbox.post(StopPlaying{}));
    EXPECT_EQ(wait_for_report(inbox), SenderReport::finished);
    inbox.destroy_retired();
  }
  EXPECT_TRUE(first.datagrams.empty());
}

TEST(SendThread, LetsAClockThatCanWaitDoSoForWhoeverAsksToSpeak) {
  constexpr int kFrames = 50;
  stream::FrameLog log(64);
  std::uint32_t next = 0;
  queue_frames(log, kFrames, next);
  log.finish();
  Wire wires[2];
  SenderStats stats[2];
  SenderInbox inboxes[2];
  stream::FrameCursor cursors[] = {stream::FrameCursor(log), stream::FrameCursor(log)};
  Sender prompt(cursors[0], inboxes[0], stats[0], {.lead_in_packets = 0});
  Sender late(cursors[1], inboxes[1], stats[1], {.lead_in_packets = 0});
  ASSERT_TRUE(inboxes[0].post(stream_to(wires[0], {})));
  ASSERT_TRUE(inboxes[1].post(stream_to(wires[1], {})));
  JumpingPacer pacer;
  SendThread thread(pacer);
  const auto looks = [&](int times) {
    const int before = pacer.asked();
    return eventually("it has looked so often", [&] { return pacer.asked() > before + times; });
  };
  thread.add(late);
  EXPECT_EQ(wait_for_report(inboxes[1]), SenderReport::wants_speaking);
  ASSERT_TRUE(looks(2)) << "it is the late one's turn";
  thread.add(prompt);
  EXPECT_EQ(wait_for_report(inboxes[0]), SenderReport::wants_speaking);
  ASSERT_TRUE(inboxes[0].post(SpeakingIsOn{}));
  ASSERT_TRUE(looks(5 * kFrames));
  EXPECT_EQ(stats[0].audio_packets.load(), 0U) << "the other one would miss what is played meanwhile";
  ASSERT_TRUE(inboxes[1].post(SpeakingIsOn{}));
  EXPECT_EQ(wait_for_report(inboxes[1]), SenderReport::finished);
  EXPECT_EQ(stats[1].audio_packets.load(), static_cast<std::uint64_t>(kFrames));
}

TEST(SendThread, QuitsWhileItWaits) {
  stream::FrameLog log;
  stream::FrameCursor cursor(log);
  SenderInbox inbox;
  SenderStats stats;
  Sender sender(cursor, inbox, stats, {});
  JumpingPacer jumping;
  { SendThread(jumping).add(sender); }
  MonotonicPacer monotonic;
  Sender another(cursor, inbox, stats, {});
  { SendThread(monotonic).add(another); }
  EXPECT_EQ(stats.packets.load(), 0U);
}

// ── MonotonicPacer ──

TEST(MonotonicPacer, NeverReturnsEarly) {
  MonotonicPacer pacer;
  const TimePoint deadline = pacer.now() + 3ms;
  pacer.sleep_until(deadline);
  EXPECT_GE(pacer.now(), deadline);
}

TEST(MonotonicPacer, DoesNotWaitForThePast) {
  MonotonicPacer pacer;
  pacer.sleep_until(pacer.now() - 1h);
  pacer.sleep_until(TimePoint{});
  pacer.sleep_until(TimePoint::min());
}

extern "C" void do_nothing(int) {}

TEST(MonotonicPacer, SleepsOnAfterASignal) {
  struct sigaction interrupting {};
  interrupting.sa_handler = do_nothing;  // and no SA_RESTART
  struct sigaction before {};
  ASSERT_EQ(sigaction(SIGUSR1, &interrupting, &before), 0);
  TimePoint deadline;
  TimePoint woken;
  sem_t ready;
  ASSERT_EQ(sem_init(&ready, 0, 0), 0);
  std::atomic<bool> done{false};
  std::thread sleeper([&] {
    MonotonicPacer pacer;
    deadline = pacer.now() + 50ms;
    sem_post(&ready);
    pacer.sleep_until(deadline);
    woken = pacer.now();
    done.store(true);
  });
  while (sem_wait(&ready) != 0) {
  }
  EXPECT_TRUE(eventually("the sleeper is awake", [&] {
    pthread_kill(sleeper.native_handle(), SIGUSR1);
    return done.load();
  }));
  sleeper.join();
  sem_destroy(&ready);
  ASSERT_EQ(sigaction(SIGUSR1, &before, nullptr), 0);
  EXPECT_GE(woken, deadline);
}

}  // namespace
}  // namespace vcplay::send
