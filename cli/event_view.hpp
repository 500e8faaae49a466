// The JSON events as a watcher of the Player.
#pragma once

#include <optional>

#include "cli/events.hpp"
#include "cli/player.hpp"

namespace vcplay::cli {

/// Turns what happens to a Player into JSON events on standard output.
class EventView final : public PlayerView {
 public:
  EventView();  // writes "start"

  [[nodiscard]] Duration tick_interval() const override { return 100ms; }  // "track" comes from a tick
  void on_channel(const channel::ChannelFacts& facts) override;
  void on_bitrate(int bits_per_second) override { bitrate_ = bits_per_second; }
  void on_session(const channel::SessionFacts& facts) override;
  void on_encryption(const channel::EncryptionFacts& facts) override;
  void on_track(const media::TrackInfo& info) override;
  void on_title(const media::StreamTitle& title) override { events_.title(title); }
  void on_track_end(const media::TrackResult& result) override { events_.track_end(result); }
  void on_underrun(bool began) override;
  void on_reconnect(const channel::ReconnectFacts& facts) override;
  /// The last lines: "left" if it had joined, "statistics", and "error" if there was one.
  void finish(const PlayerOutcome& outcome, const std::optional<Error>& error,
              const send::SenderStats& stats);

 private:
  EventWriter events_;
  const TimePoint started_ = Clock::now();
  channel::ChannelFacts channel_;
  int bitrate_ = 0;
  bool joined_ = false;
  std::uint64_t underruns_ = 0;
  std::uint64_t reconnects_ = 0;
};

}  // namespace vcplay::cli
