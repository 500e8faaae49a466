#include "pacing_runs.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <stdexcept>
#include <thread>

#include "net/udp_socket.hpp"
#include "send/send_thread.hpp"
#include "stream/frame_log.hpp"

namespace vcplay::bench {
namespace {

constexpr std::size_t kFrameBytes = 320;  // 20 ms at 128 kb/s
constexpr std::size_t kPacketBytes =
    kRtpHeaderBytes + kFrameBytes + kTransportTagBytes + kTransportNonceBytes;
constexpr int kPatience = 10'000;  // ms without a word from the sender, beyond what it plays

/// The far end: takes what fits into its buffer and never reads.
class Peer {
 public:
  Peer() : fd_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (fd_ < 0 || bind(fd_, generic, size) != 0 || getsockname(fd_, generic, &size) != 0) {
      throw std::runtime_error("no UDP socket on the loopback interface");
    }
    port_ = ntohs(address.sin_port);
  }
  ~Peer() { close(fd_); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  [[nodiscard]] net::UdpSocket connect() const { return net::UdpSocket::connect_to("127.0.0.1", port_); }

 private:
  int fd_;
  std::uint16_t port_ = 0;
};

/// Notes how late each send() is called; both loops pass through here.
class Probe {
 public:
  Probe(net::UdpSocket socket, int packets) : socket_(std::move(socket)) {
    late_us_.reserve(static_cast<std::size_t>(packets) + 64);
  }
  SendResult send(ByteView packet, TimePoint deadline) noexcept {
    const std::chrono::duration<double, std::micro> late = Clock::now() - deadline;
    if (late_us_.size() < late_us_.capacity()) late_us_.push_back(late.count());
    const SendResult result = socket_.send(packet);
    if (result != SendResult::sent) ++lost_;
    return result;
  }
  void take_into(Run& run) {
    run.late_us = std::move(late_us_);
    if (!run.late_us.empty())
      run.late_us.erase(run.late_us.begin());  // the first packet only fixes the schedule
    run.lost = lost_;
  }

 private:
  net::UdpSocket socket_;
  std::vector<double> late_us_;
  std::uint64_t lost_ = 0;
};

/// The sender's own pacer, remembering what it was asked for.
class ProbedPacer final : public send::Pacer {
 public:
  void enter_thread() noexcept override { real_time_ = send::make_thread_punctual(); }
  [[nodiscard]] TimePoint now() noexcept override { return pacer_.now(); }
  void sleep_until(TimePoint deadline) noexcept override { pacer_.sleep_until(deadline); }
  void hold_until(TimePoint deadline) noexcept override {
    deadline_ = deadline;
    pacer_.hold_until(deadline);
  }
  [[nodiscard]] TimePoint deadline() const noexcept { return deadline_; }
  [[nodiscard]] bool real_time() const noexcept { return real_time_; }

 private:
  send::MonotonicPacer pacer_;
  TimePoint deadline_{};
  bool real_time_ = false;
};

class ProbedSink final : public PacketSink {
 public:
  ProbedSink(Probe& probe, const ProbedPacer& pacer) noexcept : probe_(probe), pacer_(pacer) {}
  [[nodiscard]] SendResult send(ByteView packet) noexcept override {
    return probe_.send(packet, pacer_.deadline());
  }

 private:
  Probe& probe_;
  const ProbedPacer& pacer_;
};

void fill(stream::FrameLog& log, int packets) {
  for (int i = 0; i < packets; ++i) {
    OpusFrame* const frame = log.claim();
    if (frame == nullptr) throw std::logic_error("the log is too short for the run");
    frame->bytes.fill(static_cast<std::uint8_t>(i));
    frame->size = kFrameBytes;
    log.publish();
  }
  log.finish();
}

/// Plays the network thread until the sender has finished.
void attend(send::SenderInbox& inbox, int packets) {
  const int patience = kPatience + packets * 20;
  for (;;) {
    while (const auto report = inbox.take_report()) {
      if (*report == send::SenderReport::finished) return;
      if (*report == send::SenderReport::wants_speaking) static_cast<void>(inbox.post(send::SpeakingIsOn{}));
    }
    pollfd readable{inbox.report_fd(), POLLIN, 0};
    if (poll(&readable, 1, patience) != 1) throw std::runtime_error("the sender does not come to an end");
  }
}

}  // namespace

Run run_sender(int packets) {
  const Peer peer;
  Probe probe(peer.connect(), packets);
  ProbedPacer pacer;
  stream::FrameLog log(static_cast<std::size_t>(packets));
  fill(log, packets);
  stream::FrameCursor cursor(log);
  send::SenderInbox inbox;
  const auto stats = std::make_unique<send::SenderStats>();
  send::Sender sender(cursor, inbox, *stats, {.lead_in_packets = 0});
  send::StartStream start;
  start.sink = std::make_unique<ProbedSink>(probe, pacer);
  start.cipher =
      std::make_unique<rtp::TransportCipher>(rtp::TransportMode::aes256_gcm_rtpsize, rtp::TransportKey());
  static_cast<void>(inbox.post(std::move(start)));
  {
    send::SendThread thread(pacer);
    thread.add(sender);
    attend(inbox, packets);
  }
  Run run;
  probe.take_into(run);
  run.stalls = stats->rebases.load();
  run.real_time = pacer.real_time();
  return run;
}

Run run_bare_loop(int packets) {
  const Peer peer;
  Probe probe(peer.connect(), packets);
  Run run;
  std::thread loop([&] {
    run.real_time = send::make_thread_punctual();
    const std::array<std::uint8_t, kPacketBytes> packet{};
    send::MonotonicPacer pacer;
    TimePoint deadline = pacer.now();
    for (int i = 0; i < packets; ++i, deadline += kFrameDuration) {
      pacer.sleep_until(deadline);
      static_cast<void>(probe.send(packet, deadline));
      const Duration late = pacer.now() - deadline;
      if (late <= send::kMaxLatePackets * kFrameDuration) continue;
      deadline += late / kFrameDuration * kFrameDuration;
      ++run.stalls;
    }
  });
  loop.join();
  probe.take_into(run);
  return run;
}

}  // namespace vcplay::bench
