// One channel's way to its sender, which lives on another thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/packet.hpp"
#include "net/event_loop.hpp"
#include "rtp/transport_cipher.hpp"
#include "send/send_threads.hpp"
#include "send/sender_orders.hpp"
#include "stream/frame_log.hpp"

namespace vcplay::channel {

/// What the owner of a SenderLink hears, on the network thread. Must not destroy it from inside.
class SenderLinkOwner {
 public:
  virtual ~SenderLinkOwner() = default;
  virtual void on_report(send::SenderReport report) = 0;
  /// The sender thread does not read what it is told.
  virtual void on_sender_stuck() = 0;
};

/// Gives orders to a Sender, and puts it on a sender thread. Lives on the network thread.
class SenderLink {
 public:
  /// `log` outlives `threads`, and `threads` outlive the SenderLink.
  SenderLink(net::EventLoop& loop, stream::FrameLog& log, std::shared_ptr<send::SenderStats> stats,
             send::SendThreads& threads, send::Sender::Options options, SenderLinkOwner& owner);
  ~SenderLink() { leave_thread(); }
  SenderLink(const SenderLink&) = delete;
  SenderLink& operator=(const SenderLink&) = delete;

  /// A voice session's stream: silence alone may pass until it is said what else may.
  void start_stream(std::unique_ptr<PacketSink> sink, std::unique_ptr<rtp::TransportCipher> cipher,
                    std::uint32_t ssrc);
  [[nodiscard]] bool has_stream() const noexcept { return has_stream_; }
  /// It is void; the Sender keeps its place among the frames.
  void drop_stream();

  void command(send::SenderCommand&& order);
  /// Nothing of the media passes.
  void hold(send::Hold hold);

  /// Once; it needs a stream to send anything.
  void join_thread();
  [[nodiscard]] bool is_on_thread() const noexcept { return station_ != nullptr && !waiting_station_; }
  /// For ever and at once, without silence behind the audio: no order is heard any more, and no report.
  void leave_thread() noexcept;
  /// To what the sender reports.
  void listen();
  void stop_listening() { readable_.reset(); }

 private:
  void post_waiting();
  void read_reports();

  net::EventLoop& loop_;
  send::SendThreads& threads_;
  SenderLinkOwner& owner_;
  std::unique_ptr<send::Station> waiting_station_;  // until it is on a thread
  send::Station* station_;                          // null: it has left
  send::SenderOrders orders_;
  std::optional<net::FdWatch> readable_;
  bool has_stream_ = false;
  net::Timer orders_timer_{loop_, [this] { post_waiting(); }};
};

}  // namespace vcplay::channel
