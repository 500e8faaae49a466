// One bot in many channels, all of which hear one stream.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/snowflake.hpp"
#include "bot/bot.hpp"
#include "channel/channel.hpp"
#include "fleet/plan.hpp"
#include "send/send_threads.hpp"
#include "send/sender.hpp"
#include "stream/frame_log.hpp"

namespace vcplay::fleet {

/// A voice channel to play in.
struct Target {
  Snowflake guild;
  Snowflake channel;
};

struct FleetConfig {
  std::vector<Target> targets;
  channel::ChannelConfig channel;  // of each, but for guild and channel
  std::size_t max_joined = 0;      // calls at a time; 0: as many as there are targets
  /// No channel hears anything before all that were begun first have joined or failed, or 15 s have passed
  /// since the first one joined.
  bool starts_together = false;
  std::vector<std::shared_ptr<send::SenderStats>> stats;  // of each target; empty: made here
};

/// Hears from a Fleet, on the network thread. A target is known by its index. Must not destroy the Fleet.
class FleetListener {
 public:
  virtual ~FleetListener() = default;
  /// Its channel is being joined. Each one that begins ends with on_end().
  virtual void on_begin(std::size_t target, std::shared_ptr<const send::SenderStats> stats) = 0;
  virtual void on_phase(std::size_t target, channel::Phase phase, TimePoint now) = 0;
  virtual void on_channel(std::size_t target, const channel::ChannelFacts& facts) = 0;
  virtual void on_session(std::size_t target, const channel::SessionFacts& facts) = 0;
  virtual void on_encryption(std::size_t target, const channel::EncryptionFacts& facts) = 0;
  virtual void on_underrun(std::size_t target, bool began) = 0;
  virtual void on_reconnect(std::size_t target, const channel::ReconnectFacts& facts) = 0;
  virtual void on_notice(std::size_t target, const channel::Notice& notice) = 0;
  /// What the targets bear that are not begun yet: the least bitrate (bit/s), as far as Discord has told, and
  /// whether it has told all. Comes again when that changes, and once at the beginning.
  virtual void on_later_limits(std::optional<int> least, bool are_known) = 0;
  /// As ChannelListener::on_end().
  virtual void on_end(std::size_t target, std::optional<Error> error) noexcept = 0;
  /// Exactly once, last: every target that began has ended, and the bot is gone.
  virtual void on_fleet_end(std::optional<Error> error) noexcept = 0;
};

/// Begins and ends Channels as its Plan says. Lives on the network thread.
class Fleet {
 public:
  Fleet(bot::Bot& bot, FleetConfig config, stream::FrameLog& log, send::SendThreads& threads,
        FleetListener& listener);
  ~Fleet();
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  /// The first frame is heard at `first_sound`, by all that have joined by then; nothing: as soon as can be.
  void start(std::optional<TimePoint> first_sound);
  /// Of every channel, as Channel::set_status().
  void set_status(const std::string& text);
  /// Every channel, as Channel::stop(); no further one is begun.
  void stop();
  /// The same at once, for `reason`.
  void fail(const Error& reason);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vcplay::fleet
