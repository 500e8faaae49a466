// A player without media of its own: a Fleet, and a tape that never ends.
#pragma once

#include <atomic>
#include <cstddef>
#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "fleet/fleet.hpp"
#include "net/event_loop.hpp"
#include "net/tls.hpp"
#include "rehearsal/discord.hpp"
#include "send/pacer.hpp"
#include "send/send_threads.hpp"
#include "stream/frame_log.hpp"

namespace vcplay::soak {

/// Plays the tape into every channel of a loopback Discord, from the constructor on. Several channels begin
/// in the same slot and keep time with each other.
class Player final : public fleet::FleetListener {
 public:
  explicit Player(const rehearsal::Discord& discord);
  ~Player() override;

  /// Of one channel, in the order of places_of().
  [[nodiscard]] const send::SenderStats& stats(std::size_t place) const { return *stats_.at(place); }
  /// How many frames have left the tape.
  [[nodiscard]] std::size_t position() const noexcept { return log_.taken(); }
  /// None of the channels has given up.
  [[nodiscard]] bool is_playing() const noexcept { return !somebody_ended_; }
  /// Leaves, and says how it ended; an error also when that does not come in time.
  [[nodiscard]] std::optional<Error> stop();

 private:
  void on_begin(std::size_t target, std::shared_ptr<const send::SenderStats> stats) override;
  void on_phase(std::size_t, channel::Phase, TimePoint) override {}
  void on_channel(std::size_t, const channel::ChannelFacts&) override {}
  void on_session(std::size_t, const channel::SessionFacts&) override {}
  void on_encryption(std::size_t, const channel::EncryptionFacts&) override {}
  void on_underrun(std::size_t, bool) override {}
  void on_reconnect(std::size_t, const channel::ReconnectFacts&) override {}
  void on_later_limits(std::optional<int> /*least*/, bool /*are_known*/) override {}
  void on_notice(std::size_t target, const channel::Notice& notice) override;
  void on_end(std::size_t target, std::optional<Error> error) noexcept override;
  void on_fleet_end(std::optional<Error> error) noexcept override;
  void start();
  void wind_tape();

  net::TlsTrust trust_;
  net::EventLoop loop_;
  stream::FrameLog log_;
  send::MonotonicPacer pacer_;
  send::SendThreads senders_{pacer_};
  std::vector<std::shared_ptr<const send::SenderStats>> stats_;  // complete before the constructor returns
  std::optional<Error> why_;                                     // network thread: the first channel's
  std::promise<std::optional<Error>> end_;
  std::future<std::optional<Error>> ended_ = end_.get_future();
  std::atomic<bool> somebody_ended_{false};
  std::optional<bot::Bot> bot_;
  std::optional<fleet::Fleet> fleet_;
  std::atomic<bool> tape_stops_{false};
  std::thread network_;
  std::thread tape_;
};

}  // namespace vcplay::soak
