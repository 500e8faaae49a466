#include "many_runs.hpp"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <ctime>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "dave/frame_encryptor.hpp"
#include "net/udp_socket.hpp"
#include "send/send_threads.hpp"
#include "stream/frame_log.hpp"

namespace vcplay::bench {
namespace {

constexpr std::size_t kFrameBytes = 320;  // 20 ms at 128 kb/s
constexpr std::size_t kMoments = 32;      // as the Senders' slots are spread
constexpr Duration kPatience = 60s;       // until all channels play

[[nodiscard]] double anonymous_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("RssAnon:", 0) == 0) return std::stod(line.substr(8));
  }
  return 0;
}

[[nodiscard]] std::unique_ptr<dave::FrameEncryptor> make_encryptor() {
  return std::make_unique<dave::FrameEncryptor>(dave::KeyRatchet(SecretBytes(std::size_t{16})));
}

[[nodiscard]] std::unique_ptr<net::UdpSocket> make_socket(const CountingPeer& peer) {
  return std::make_unique<net::UdpSocket>(net::UdpSocket::connect_to("127.0.0.1", peer.port()));
}

[[nodiscard]] std::unique_ptr<rtp::TransportCipher> make_cipher() {
  return std::make_unique<rtp::TransportCipher>(rtp::TransportMode::aes256_gcm_rtpsize, rtp::TransportKey());
}

/// One stream and those who send it.
class Sending {
 public:
  Sending(std::size_t channels, const CountingPeer& peer) {
    for (std::size_t i = 0; i < channels; ++i) {
      const auto& stats = stats_.emplace_back(std::make_shared<send::SenderStats>());
      auto station = std::make_unique<send::Station>(log_, stats, send::Sender::Options{});
      send::StartStream start;
      start.sink = make_socket(peer);
      start.cipher = make_cipher();
      start.transform = make_encryptor();
      start.first.ssrc = static_cast<std::uint32_t>(i);
      static_cast<void>(station->inbox.post(std::move(start)));
      stations_.push_back(&threads_.add(std::move(station)));
    }
    media_ = std::thread([this] { write(); });
  }
  ~Sending() {
    over_ = true;
    media_.join();
  }

  void wait_until_all_play() {
    const TimePoint end = Clock::now() + kPatience;
    std::size_t playing = 0;
    while (playing < stations_.size()) {
      if (Clock::now() > end) throw std::runtime_error("not all channels play");
      playing = 0;
      for (std::size_t i = 0; i < stations_.size(); ++i) {
        send::SenderInbox& inbox = stations_[i]->inbox;
        while (const auto report = inbox.take_report()) {
          if (*report == send::SenderReport::wants_speaking)
            static_cast<void>(inbox.post(send::SpeakingIsOn{}));
        }
        if (stats_[i]->audio_packets.load(std::memory_order_relaxed) > 0) ++playing;
      }
      std::this_thread::sleep_for(5ms);
    }
  }

  /// All counts so far.
  [[nodiscard]] ManyRun counts() const {
    ManyRun run;
    run.threads = threads_.threads();
    run.processor_time = threads_.processor_time();
    run.time = Clock::now().time_since_epoch();
    for (std::size_t i = 0; i < stats_.size(); ++i) {
      const send::SenderStats& stats = *stats_[i];
      run.packets += stats.packets.load(std::memory_order_relaxed);
      run.lost +=
          stats.dropped.load(std::memory_order_relaxed) + stats.failed.load(std::memory_order_relaxed);
      run.stalls += stats.rebases.load(std::memory_order_relaxed);
      run.skipped += stations_[i]->cursor.skipped();
      for (std::size_t us = 0; us < run.late.size(); ++us) {
        run.late[us] += stats.late_us[us].load(std::memory_order_relaxed);
      }
    }
    return run;
  }

 private:
  void write() {
    while (!over_) {
      while (OpusFrame* const frame = log_.claim()) {
        frame->bytes.fill(0x55);
        frame->size = kFrameBytes;
        log_.publish();
      }
      std::this_thread::sleep_for(20ms);
    }
  }

  stream::FrameLog log_;
  std::vector<std::shared_ptr<send::SenderStats>> stats_;
  send::MonotonicPacer pacer_;
  send::SendThreads threads_{pacer_};
  std::vector<send::Station*> stations_;
  std::atomic<bool> over_{false};
  std::thread media_;
};
static_assert(send::SenderStats::kLateBuckets == std::tuple_size_v<Lateness>);

/// What the bare loop has for one channel.
struct Line {
  explicit Line(const CountingPeer& peer)
      : encryptor(make_encryptor()), cipher(make_cipher()), socket(make_socket(peer)) {}
  std::unique_ptr<dave::FrameEncryptor> encryptor;
  std::unique_ptr<rtp::TransportCipher> cipher;
  std::unique_ptr<net::UdpSocket> socket;
  rtp::Header header;
  std::array<std::uint8_t, kMaxPacketBytes> packet{};
};

[[nodiscard]] Duration thread_time() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

void send_one(Line& line, const std::array<std::uint8_t, kFrameBytes>& opus, TimePoint deadline,
              ManyRun& run) {
  std::copy(opus.begin(), opus.end(), line.packet.begin() + kRtpHeaderBytes);
  const std::size_t frame =
      line.encryptor->apply(ByteSpan(line.packet).subspan(kRtpHeaderBytes), kFrameBytes);
  line.header.write(line.packet);
  const std::size_t size = line.cipher->seal(line.packet, frame);
  ++line.header.sequence;
  const auto late = (Clock::now() - deadline) / 1us;
  ++run.late[std::min(static_cast<std::size_t>(std::max<std::int64_t>(late, 0)), run.late.size() - 1)];
  const bool is_sent = line.socket->send(ByteView(line.packet).first(size)) == SendResult::sent;
  ++(is_sent ? run.packets : run.lost);
}

}  // namespace

double percentile(const Lateness& late, double share) {
  std::uint64_t all = 0;
  for (const std::uint64_t count : late) all += count;
  auto left = static_cast<std::int64_t>(std::ceil(share * static_cast<double>(all)));
  for (std::size_t us = 0; us < late.size(); ++us) {
    left -= static_cast<std::int64_t>(late[us]);
    if (left <= 0) return static_cast<double>(us + 1);
  }
  return static_cast<double>(late.size());
}

ManyRun run_senders(std::size_t channels, Duration time, const CountingPeer& peer) {
  const double before_kib = anonymous_kib();
  Sending sending(channels, peer);
  sending.wait_until_all_play();
  const double kib = anonymous_kib() - before_kib;
  const ManyRun before = sending.counts();
  std::this_thread::sleep_for(time);
  ManyRun run = sending.counts();
  run.packets -= before.packets;
  run.lost -= before.lost;
  run.stalls -= before.stalls;
  run.skipped -= before.skipped;
  run.processor_time -= before.processor_time;
  run.time -= before.time;
  for (std::size_t us = 0; us < run.late.size(); ++us) run.late[us] -= before.late[us];
  run.kib_per_channel = kib / static_cast<double>(channels);
  return run;
}

ManyRun run_bare(std::size_t channels, Duration time, const CountingPeer& peer) {
  const double before_kib = anonymous_kib();
  std::vector<std::unique_ptr<Line>> lines;
  for (std::size_t i = 0; i < channels; ++i) lines.push_back(std::make_unique<Line>(peer));
  const double kib = anonymous_kib() - before_kib;
  ManyRun run;
  std::thread loop([&] {
    send::make_thread_punctual();
    send::MonotonicPacer pacer;
    std::array<std::uint8_t, kFrameBytes> opus{};
    opus.fill(0x55);
    const TimePoint start = pacer.now();
    const TimePoint end = start + time;
    for (TimePoint slot = start; slot < end; slot += kFrameDuration) {
      for (std::size_t moment = 0; moment < std::min(kMoments, channels); ++moment) {
        TimePoint deadline = slot + moment * (kFrameDuration / kMoments);
        pacer.sleep_until(deadline);
        if (const Duration late = pacer.now() - deadline; late > send::kMaxLatePackets * kFrameDuration) {
          ++run.stalls;
          slot += late / kFrameDuration * kFrameDuration;
          deadline += late / kFrameDuration * kFrameDuration;
        }
        for (std::size_t i = moment; i < channels; i += kMoments) send_one(*lines[i], opus, deadline, run);
      }
    }
    run.processor_time = thread_time();
    run.time = pacer.now() - start;
  });
  loop.join();
  run.threads = 1;
  run.kib_per_channel = kib / static_cast<double>(channels);
  return run;
}

}  // namespace vcplay::bench
