// One channel's way to its sender, which lives on another thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/frame_queue.hpp"
#include "base/packet.hpp"
#include "net/event_loop.hpp"
#include "rtp/transport_cipher.hpp"
#include "send/pacer.hpp"
#include "send/sender.hpp"
#include "send/sender_orders.hpp"

namespace vcplay::channel {

/// What the owner of a SenderLink hears, on the network thread. Must not destroy it from inside.
class SenderLinkOwner {
 public:
  virtual ~SenderLinkOwner() = default;
  virtual void on_report(send::SenderReport report) = 0;
  /// The sender thread does not read what it is told.
  virtual void on_sender_stuck() = 0;
};

/// Gives orders to a Sender, and runs it. Lives on the network thread.
class SenderLink {
 public:
  SenderLink(net::EventLoop& loop, FrameQueue& queue, send::SenderStats& stats, send::Pacer& pacer,
             send::Sender::Options options, SenderLinkOwner& owner);

  /// A voice session's stream: silence alone may pass until it is said what else may.
  void start_stream(std::unique_ptr<PacketSink> sink, std::unique_ptr<rtp::TransportCipher> cipher,
                    std::uint32_t ssrc);
  [[nodiscard]] bool has_stream() const noexcept { return has_stream_; }
  /// It is void; the queue keeps its place.
  void drop_stream();

  void command(send::SenderCommand&& order);
  /// Nothing of the media passes.
  void hold(send::Hold hold);

  /// Once; it needs a stream to send anything.
  void start_thread();
  [[nodiscard]] bool has_thread() const noexcept { return thread_.has_value(); }
  /// At once, without silence behind the audio.
  void stop_thread();
  /// To what the sender reports.
  void listen();
  void stop_listening() { readable_.reset(); }

 private:
  void post_waiting();
  void read_reports();

  net::EventLoop& loop_;
  send::Pacer& pacer_;
  SenderLinkOwner& owner_;
  send::SenderInbox inbox_;
  send::SenderOrders orders_{inbox_};
  send::Sender sender_;
  std::optional<net::FdWatch> readable_;
  std::optional<send::SenderThread> thread_;
  bool has_stream_ = false;
  net::Timer orders_timer_{loop_, [this] { post_waiting(); }};
};

}  // namespace vcplay::channel
