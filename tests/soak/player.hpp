// A player without media of its own: the Channel, and a tape that never ends.
#pragma once

#include <atomic>
#include <future>
#include <optional>
#include <thread>

#include "base/error.hpp"
#include "channel/channel.hpp"
#include "net/event_loop.hpp"
#include "net/tls.hpp"
#include "rehearsal/discord.hpp"
#include "send/pacer.hpp"
#include "send/send_threads.hpp"
#include "stream/frame_log.hpp"

namespace vcplay::soak {

/// Plays the tape into a loopback Discord's channel, from the constructor on.
class Player final : public channel::ChannelListener {
 public:
  explicit Player(const rehearsal::Discord& discord);
  ~Player();

  [[nodiscard]] const send::SenderStats& stats() const noexcept { return *stats_; }
  /// Has not given up.
  [[nodiscard]] bool is_playing() const;
  /// Leaves, and says how it ended; an error also when that does not come in time.
  [[nodiscard]] std::optional<Error> stop();

 private:
  void on_phase(channel::Phase, TimePoint) override {}
  void on_channel(const channel::ChannelFacts&) override {}
  void on_session(const channel::SessionFacts&) override {}
  void on_encryption(const channel::EncryptionFacts&) override {}
  void on_underrun(bool) override {}
  void on_reconnect(const channel::ReconnectFacts&) override {}
  void on_end(std::optional<Error> error) noexcept override;
  void wind_tape();

  net::TlsTrust trust_;
  net::EventLoop loop_;
  stream::FrameLog log_;
  const std::shared_ptr<send::SenderStats> stats_ = std::make_shared<send::SenderStats>();
  send::MonotonicPacer pacer_;
  send::SendThreads senders_{pacer_};
  std::optional<Error> why_;  // network thread
  std::promise<std::optional<Error>> end_;
  std::future<std::optional<Error>> ended_ = end_.get_future();
  std::optional<bot::Bot> bot_;
  std::optional<channel::Channel> channel_;
  std::atomic<bool> tape_stops_{false};
  std::thread network_;
  std::thread tape_;
};

}  // namespace vcplay::soak
