// Plays media into a channel: which thread starts when,
// what the main thread does meanwhile, and how it all ends.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/said_once.hpp"
#include "channel/channel.hpp"
#include "cli/fingerprints.hpp"
#include "cli/mailbox.hpp"
#include "cli/network_thread.hpp"
#include "cli/signals.hpp"
#include "cli/title_template.hpp"
#include "media/pipeline.hpp"
#include "send/pacer.hpp"
#include "send/sender.hpp"
#include "stream/frame_log.hpp"

namespace vcplay::cli {

/// Watches a Player on the main thread: the status line, the JSON events, or nobody.
class PlayerView {
 public:
  virtual ~PlayerView() = default;
  /// How often on_tick() is wanted.
  [[nodiscard]] virtual Duration tick_interval() const { return std::chrono::seconds(1); }
  virtual void on_phase(channel::Phase) {}
  virtual void on_wait(const std::string& /*why*/) {
  }  // nothing is heard yet; empty: there is no wait any more
  virtual void on_channel(const channel::ChannelFacts&) {}
  virtual void on_bitrate(int /*bits_per_second*/) {}  // what is encoded with from now on
  virtual void on_session(const channel::SessionFacts&) {}
  virtual void on_encryption(const channel::EncryptionFacts&) {}
  virtual void on_track(const media::TrackInfo&) {}        // its first packet has been sent
  virtual void on_title(const media::StreamTitle&) {}      // the same, of the packet from which on it holds
  virtual void on_track_end(const media::TrackResult&) {}  // its last packet has been sent, or it failed
  virtual void on_underrun(bool /*began*/) {}
  virtual void on_reconnect(const channel::ReconnectFacts&) {}
  virtual void on_tick(const send::SenderStats&, std::size_t /*frames_queued*/, const media::LiveFigures&) {}
};

struct PlayerSetup {
  bot::BotConfig bot;
  channel::ChannelConfig channel;
  std::vector<media::Media> media;
  media::PipelineOptions pipeline;
  std::optional<int> bitrate;                   // bit/s; nothing: the channel's own
  std::optional<TitleTemplate> channel_status;  // nothing: leave the channel's status alone
  std::string ca_file;                          // further trust anchors, empty: none
  std::string ca_pem;                           // the same from memory
  std::function<void()>
      watch;  // asked with each tick; throws what ends the run. Empty: there is nothing to watch
};

/// When each phase of the connection was entered, in order.
struct PhaseTime {
  channel::Phase phase;
  TimePoint when;
};

struct PlayerOutcome {
  std::optional<Error> error;  // why it ended early
  std::optional<int> signal;   // that asked it to stop
  std::size_t tracks = 0;      // that were tried
  std::size_t failed_tracks = 0;
  static constexpr std::size_t kMostResults = 256;
  std::vector<media::TrackResult> results;  // of the first so many
  std::vector<PhaseTime> phases;
  std::optional<TimePoint> first_key;   // when audio could first be sent under end-to-end encryption
  channel::EncryptionFacts encryption;  // of the last epoch
  media::LiveFigures live;              // at the end

  /// Counts a track that has ended, and says on standard error why it failed, unless that has been `said`.
  void add(media::TrackResult result, SaidOnce& said);
};

/// One run, from the first thread's start to the last one's end. Lives on the main thread.
class Player {
 public:
  /// `signals` were blocked before any thread started. Throws Error.
  Player(PlayerSetup setup, send::SenderStats& stats, send::Pacer& pacer, Signals& signals, PlayerView& view);
  ~Player();
  Player(const Player&) = delete;
  Player& operator=(const Player&) = delete;

  /// Returns when everything has been played and left, or
  /// could not be. Never takes more than 3 s after a signal.
  [[nodiscard]] PlayerOutcome run();

 private:
  void handle(Message& message);
  void encryption_changed(EncryptionChanged& change);
  void channel_described(const channel::ChannelFacts& facts);
  void handle_track_end(const media::TrackResult& result);
  void announce_tracks();
  void announce_titles(std::uint32_t track);
  void announce_ends(std::uint32_t track, std::uint64_t frames);
  void update_channel_status();
  void check_media_progress(TimePoint now);
  void tell_waits(TimePoint now);
  [[nodiscard]] std::string reason_to_wait(TimePoint now) const;
  void stop(TimePoint now);
  void end_fade(TimePoint now);

  send::SenderStats& stats_;
  stream::FrameLog log_;
  Mailbox mailbox_;
  std::atomic<TimePoint> turn_to_identify_{TimePoint{}};  // set by the network thread
  PlayerSetup setup_;
  Signals& signals_;
  PlayerView& view_;
  media::Pipeline pipeline_;
  NetworkThread network_;

  PlayerOutcome outcome_;
  SaidOnce said_;  // of tracks that fail in each round
  std::string wait_;
  Fingerprints fingerprints_;
  bool over_ = false;
  std::optional<TimePoint> stop_deadline_;
  std::optional<TimePoint> fade_deadline_;  // the music fades, and then the connection is told to leave
  std::uint64_t frames_made_ = 0;
  std::uint32_t next_to_announce_ = 0;
  std::map<std::uint32_t, media::TrackInfo> waiting_;  // opened, first packet not yet sent
  std::deque<media::StreamTitle> titles_;              // likewise
  std::deque<media::TrackResult> ends_;                // all encoded, last packet not yet sent
  NowPlaying now_playing_;
};

/// What to say when the media thread has got nowhere for 10 s; nothing while it does.
[[nodiscard]] std::optional<Error> stuck(const media::Pipeline::Activity& activity, TimePoint now);

/// The error for the exit status: why it ended early, else what the media say.
[[nodiscard]] std::optional<Error> verdict(const PlayerOutcome& outcome);

}  // namespace vcplay::cli
