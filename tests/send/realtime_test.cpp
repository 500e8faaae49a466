// What the sender thread does per packet: no allocation, no lock, whatever happens in the stream.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "net/udp_socket.hpp"
#include "send/send_thread.hpp"
#include "words/interposed.hpp"
#include "words/outgoing.hpp"

namespace vcplay::send {
namespace {

class Realtime : public testing::Test {
 protected:
  void SetUp() override {
    if (!interposed::kAvailable) GTEST_SKIP() << "a sanitizer stands in front of malloc and the locks";
  }
};

TEST_F(Realtime, TheWatchSeesADeliberateAllocation) {
  const interposed::Watch watch;
  void* volatile block = std::malloc(16);
  std::free(block);
  EXPECT_EQ(watch.counts().heap, 2U);
  int* volatile number = new int(3);
  delete number;
  EXPECT_EQ(watch.counts().heap, 4U);
  EXPECT_EQ(watch.counts().locks, 0U);
}

TEST_F(Realtime, TheWatchSeesADeliberateLock) {
  std::mutex mutex;
  pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
  const interposed::Watch watch;
  mutex.lock();
  mutex.unlock();
  EXPECT_EQ(watch.counts().locks, 1U);
  pthread_rwlock_rdlock(&rwlock);
  pthread_rwlock_unlock(&rwlock);
  EXPECT_EQ(watch.counts().locks, 2U);
}

TEST_F(Realtime, TheWatchSeesWhatLibrariesDo) {
  const interposed::Watch watch;
  rtp::TransportCipher cipher(rtp::TransportMode::aes256_gcm_rtpsize, rtp::TransportKey());
  EXPECT_GT(watch.counts().heap, 2U) << "OpenSSL's context";
  EXPECT_GT(watch.counts().locks, 0U) << "OpenSSL's fetch; setting up may do all this";
}

/// The far end of the sender's socket; nobody reads there.
class DeafPeer {
 public:
  DeafPeer() : fd_(socket(AF_INET, SOCK_DGRAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    socklen_t size = sizeof address;
    EXPECT_EQ(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~DeafPeer() { close(fd_); }
  DeafPeer(const DeafPeer&) = delete;
  DeafPeer& operator=(const DeafPeer&) = delete;
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

 private:
  int fd_;
  std::uint16_t port_ = 0;
};

class Invert final : public FrameTransform {
 public:
  std::size_t apply(ByteSpan buffer, std::size_t size) noexcept override {
    for (std::uint8_t& byte : buffer.first(size)) byte = static_cast<std::uint8_t>(~byte);
    return size;
  }
};

struct RealtimeStream : Realtime, testing::WithParamInterface<rtp::TransportMode> {
  void start(rtp::TransportMode mode) {
    StartStream begin;
    begin.sink = std::make_unique<net::UdpSocket>(net::UdpSocket::connect_to("127.0.0.1", peer_.port()));
    begin.cipher = std::make_unique<rtp::TransportCipher>(mode, rtp::TransportKey());
    begin.transform = std::make_unique<Invert>();
    begin.first = {.sequence = 65000, .timestamp = 1, .ssrc = kSsrc};
    ASSERT_TRUE(inbox_.post(std::move(begin)));
  }
  /// Ticks under watch; everything else happens outside of it.
  void tick(int slots) {
    for (int i = 0; i < slots; ++i) {
      now_ = std::max(now_, sender_.next_deadline());
      const interposed::Watch watch;
      sender_.tick(now_);
      heap_ += watch.counts().heap;
      locks_ += watch.counts().locks;
    }
  }
  void post(SenderCommand&& command) { ASSERT_TRUE(inbox_.post(std::move(command))); }

  DeafPeer peer_;
  stream::FrameLog log_{64};
  stream::FrameCursor cursor_{log_};
  SenderInbox inbox_;
  SenderStats stats_;
  Sender sender_{cursor_, inbox_, stats_, {}};
  TimePoint now_{1s};
  std::uint32_t next_frame_ = 0;
  std::size_t heap_ = 0;
  std::size_t locks_ = 0;
};

TEST_P(RealtimeStream, AThousandPacketsNeitherAllocateNorLock) {
  queue_frames(log_, 10, next_frame_);
  start(GetParam());
  tick(1);
  post(SpeakingIsOn{});
  for (int i = 0; i < 1000; ++i) {
    if (log_.size() < 5) queue_frames(log_, 40, next_frame_);
    if (i == 500) post(SwapTransform{std::make_unique<Invert>()});
    tick(1);
  }
  EXPECT_EQ(stats_.packets.load() + stats_.dropped.load(), 1000U);
  EXPECT_EQ(stats_.failed.load(), 0U);
  EXPECT_EQ(heap_, 0U);
  EXPECT_EQ(locks_, 0U);
}

TEST_P(RealtimeStream, NeitherDoUnderrunsReplacedStreamsStallsAndTheEnd) {
  queue_frames(log_, 10, next_frame_);
  start(GetParam());
  tick(1);
  post(SpeakingIsOn{});
  tick(40);  // through an underrun
  ASSERT_EQ(stats_.underruns.load(), 1U);
  tick(500);  // two keepalives
  queue_frames(log_, 20, next_frame_);
  tick(1);
  post(SpeakingIsOn{});
  tick(2);
  now_ += 1s;  // a stall
  tick(2);
  ASSERT_EQ(stats_.rebases.load(), 1U);
  start(GetParam() == rtp::TransportMode::aes256_gcm_rtpsize ? rtp::TransportMode::xchacha20_poly1305_rtpsize
                                                             : rtp::TransportMode::aes256_gcm_rtpsize);
  tick(1);
  post(SpeakingIsOn{});
  tick(15);
  post(DropStream{});
  tick(1);
  start(GetParam());
  log_.finish();
  tick(1);
  post(SpeakingIsOn{});
  tick(60);
  EXPECT_TRUE(sender_.finished());
  EXPECT_EQ(stats_.audio_packets.load() + stats_.dropped.load(), 30U);
  EXPECT_EQ(heap_, 0U);
  EXPECT_EQ(locks_, 0U);
}

/// Jumps from deadline to deadline and watches the thread that it paces, from its first step to the packet
/// with that number.
class WatchingPacer final : public Pacer {
 public:
  explicit WatchingPacer(int packets) : packets_left_(packets) {}

  void enter_thread() noexcept override { watch_.emplace(); }
  [[nodiscard]] TimePoint now() noexcept override { return now_; }
  void sleep_until(TimePoint deadline) noexcept override { now_ = std::max(now_, deadline); }
  void hold_until(TimePoint deadline) noexcept override {
    sleep_until(deadline);
    if (--packets_left_ != 0) return;
    heap.store(watch_->counts().heap);
    locks.store(watch_->counts().locks);
    watch_.reset();
  }

  std::atomic<std::size_t> heap{1};
  std::atomic<std::size_t> locks{1};

 private:
  std::optional<interposed::Watch> watch_;
  TimePoint now_{1s};
  int packets_left_;
};

/// One of three channels that hear the same stream.
struct OneOfThree {
  explicit OneOfThree(stream::FrameLog& log) : cursor(log) {}
  void begin(rtp::TransportMode mode, const DeafPeer& peer) {
    StartStream start;
    start.sink = std::make_unique<net::UdpSocket>(net::UdpSocket::connect_to("127.0.0.1", peer.port()));
    start.cipher = std::make_unique<rtp::TransportCipher>(mode, rtp::TransportKey());
    start.transform = std::make_unique<Invert>();
    ASSERT_TRUE(inbox.post(std::move(start)));
  }

  stream::FrameCursor cursor;
  SenderInbox inbox;
  SenderStats stats;
  Sender sender{cursor, inbox, stats, {}};
};

/// A network thread that answers three Senders until all have finished.
void attend(std::vector<std::unique_ptr<OneOfThree>>& channels) {
  std::vector<pollfd> readable;
  for (const auto& channel : channels) readable.push_back({channel->inbox.report_fd(), POLLIN, 0});
  for (std::size_t finished = 0; finished < channels.size();) {
    ASSERT_GT(poll(readable.data(), readable.size(), 30'000), 0);
    for (const auto& channel : channels) {
      while (const auto report = channel->inbox.take_report()) {
        if (report == SenderReport::wants_speaking) {
          ASSERT_TRUE(channel->inbox.post(SpeakingIsOn{}));
        }
        if (report == SenderReport::finished) ++finished;
      }
      channel->inbox.destroy_retired();
    }
  }
}

TEST_P(RealtimeStream, NeitherDoesTheThreadAroundThreeOfThem) {
  constexpr int kFrames = 1000;
  for (const stream::Retention retention : {stream::Retention::whole, stream::Retention::window}) {
    stream::FrameLog log(kFrames, retention);
    queue_frames(log, kFrames, next_frame_);
    log.finish();
    std::vector<std::unique_ptr<OneOfThree>> channels;
    for (std::size_t place = 0; place < 3; ++place) {
      OneOfThree& channel = *channels.emplace_back(std::make_unique<OneOfThree>(log));
      channel.sender.take_place(place);
      channel.begin(GetParam(), peer_);
    }
    const bool is_whole = retention == stream::Retention::whole;
    WatchingPacer pacer(is_whole ? 3 * kFrames : kFrames);
    {
      SendThread thread(pacer);
      for (const auto& channel : channels) thread.add(channel->sender);
      attend(channels);
    }
    EXPECT_EQ(pacer.heap.load(), 0U);
    EXPECT_EQ(pacer.locks.load(), 0U);
    for (const auto& channel : channels) {
      const std::uint64_t heard = channel->stats.audio_packets.load() + channel->stats.dropped.load();
      EXPECT_TRUE(heard == kFrames || !is_whole) << heard;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Transport, RealtimeStream,
                         testing::Values(rtp::TransportMode::aes256_gcm_rtpsize,
                                         rtp::TransportMode::xchacha20_poly1305_rtpsize),
                         [](const auto& mode) {
                           return mode.param == rtp::TransportMode::aes256_gcm_rtpsize ? "Aes256Gcm"
                                                                                       : "XChaCha20";
                         });

}  // namespace
}  // namespace vcplay::send
