// The JSON events as a watcher of the Player.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "cli/events.hpp"
#include "cli/player.hpp"

namespace vcplay::cli {

/// Turns what happens to a Player into JSON events on standard output.
class EventView final : public PlayerView {
 public:
  EventView();  // writes "start"
  /// Those that are known by their index from now on.
  void set_targets(std::vector<Target> targets) { targets_ = std::move(targets); }

  [[nodiscard]] Duration tick_interval() const override { return 100ms; }  // "track" comes from a tick
  void on_channel(std::size_t target, const channel::ChannelFacts& facts) override;
  void on_bitrate(int bits_per_second) override { bitrate_ = bits_per_second; }
  void on_session(std::size_t target, const channel::SessionFacts& facts) override;
  void on_encryption(std::size_t target, const channel::EncryptionFacts& facts) override;
  void on_track(const media::TrackInfo& info) override;
  void on_title(const media::StreamTitle& title) override { events_.title(title); }
  void on_track_end(const media::TrackResult& result) override { events_.track_end(result); }
  void on_underrun(std::size_t target, bool began) override;
  void on_reconnect(std::size_t target, const channel::ReconnectFacts& facts) override;
  void on_target_end(std::size_t target, const TargetOutcome& outcome) override;
  /// The last lines: "left" for whoever is still there, "statistics", "error" if there
  /// was one, and "targets".
  void finish(const PlayerOutcome& outcome, const std::optional<Error>& error);

 private:
  /// What is known of a target while the bot is there.
  struct Guest {
    channel::ChannelFacts facts;
    bool joined = false;
    std::uint64_t underruns = 0;
  };
  [[nodiscard]] Place place_of(std::size_t target) const;

  EventWriter events_;
  const TimePoint started_ = Clock::now();
  std::vector<Target> targets_;
  std::map<std::size_t, Guest> guests_;
  int bitrate_ = 0;
  std::uint64_t reconnects_ = 0;
};

}  // namespace vcplay::cli
