// Plays media into channels: which thread starts when, what the main thread does meanwhile, and
// how it all ends.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/said_once.hpp"
#include "channel/channel.hpp"
#include "cli/figures.hpp"
#include "cli/fingerprints.hpp"
#include "cli/mailbox.hpp"
#include "cli/network_thread.hpp"
#include "cli/options.hpp"
#include "cli/signals.hpp"
#include "cli/title_template.hpp"
#include "media/pipeline.hpp"
#include "send/pacer.hpp"
#include "send/sender.hpp"
#include "stream/frame_log.hpp"

namespace vcplay::cli {

/// A moment of a play, as it is shown.
struct Progress {
  Figures sent;                   // in all channels
  StreamPosition position;        // of the channel that is furthest
  std::size_t frames_queued = 0;  // encoded ahead of that one
  std::size_t joined = 0;         // channels where the bot is
  std::size_t targets = 1;
  media::LiveFigures live;
};

/// How one channel fared.
struct TargetOutcome {
  Target target;
  std::optional<Error> error;
  bool began = false;
  bool joined = false;
  TimePoint joined_at{};      // for the first time
  bool was_sent_all = false;  // of what there was
  bool was_stopped = false;   // before that, by a signal or because the run failed
  std::uint64_t packets = 0;
  std::uint64_t audio_packets = 0;
  std::uint64_t lost = 0;    // found the socket full, or were refused
  std::string privacy_code;  // of the last epoch; empty: there was none
};

/// Watches a Player on the main thread: the status line, the JSON events, or nobody. A target is
/// known by its index.
class PlayerView {
 public:
  virtual ~PlayerView() = default;
  /// How often on_tick() is wanted.
  [[nodiscard]] virtual Duration tick_interval() const { return std::chrono::seconds(1); }
  virtual void on_phase(std::size_t /*target*/, channel::Phase) {}
  virtual void on_wait(const std::string& /*why*/) {
  }  // nothing is heard yet; empty: there is no wait any more
  virtual void on_channel(std::size_t /*target*/, const channel::ChannelFacts&) {}
  virtual void on_bitrate(int /*bits_per_second*/) {}  // what is encoded with from now on
  virtual void on_session(std::size_t /*target*/, const channel::SessionFacts&) {}
  virtual void on_encryption(std::size_t /*target*/, const channel::EncryptionFacts&) {}
  virtual void on_track(const media::TrackInfo&) {}        // its first packet has been sent
  virtual void on_title(const media::StreamTitle&) {}      // the same, of the packet from which on it holds
  virtual void on_track_end(const media::TrackResult&) {}  // its last packet has been sent, or it failed
  virtual void on_underrun(std::size_t /*target*/, bool /*began*/) {}
  virtual void on_reconnect(std::size_t /*target*/, const channel::ReconnectFacts&) {}
  virtual void on_target_end(std::size_t /*target*/, const TargetOutcome&) {}
  virtual void on_tick(const Progress&) {}
};

struct PlayerSetup {
  bot::BotConfig bot;
  std::vector<Target> targets;
  channel::ChannelConfig channel;  // of each, but for guild and channel
  Sync sync = Sync::each;          // not automatic
  std::optional<std::size_t> max_joined;
  std::optional<WallTime> at;
  std::vector<media::Media> media;
  media::PipelineOptions pipeline;
  std::optional<int> bitrate;                   // bit/s; nothing: the channels' own
  std::optional<TitleTemplate> channel_status;  // nothing: leave the channels' status alone
  std::string ca_file;                          // further trust anchors, empty: none
  std::string ca_pem;                           // the same from memory
  /// Where each target's sender counts; empty: anywhere.
  std::vector<std::shared_ptr<send::SenderStats>> stats;
  std::function<void()>
      watch;  // asked with each tick; throws what ends the run. Empty: there is nothing to watch
};

/// When each phase of the first target's connection was entered, in order.
struct PhaseTime {
  channel::Phase phase;
  TimePoint when;
};

struct PlayerOutcome {
  std::optional<Error> error;  // why it ended early, beside what became of each target
  std::optional<int> signal;   // that asked it to stop
  std::size_t tracks = 0;      // that were tried
  std::size_t failed_tracks = 0;
  static constexpr std::size_t kMostResults = 256;
  std::vector<media::TrackResult> results;  // of the first so many
  std::vector<TargetOutcome> targets;
  Figures sent;   // in all of them
  Lateness late;  // of the same
  // Of the first target:
  std::vector<PhaseTime> phases;
  std::optional<TimePoint> first_key;   // when audio could first be sent under end-to-end encryption
  channel::EncryptionFacts encryption;  // of the last epoch
  media::LiveFigures live;              // at the end

  [[nodiscard]] bool all_tracks_failed() const noexcept {
    return failed_tracks > 0 && failed_tracks >= tracks;
  }
  /// Counts a track that has ended, and says on standard error why it failed, unless that has been `said`.
  void add(media::TrackResult result, SaidOnce& said);
};

/// One run, from the first thread's start to the last one's end. Lives on the main thread.
class Player {
 public:
  /// `signals` were blocked before any thread started. Throws Error.
  Player(PlayerSetup setup, send::Pacer& pacer, Signals& signals, PlayerView& view);
  ~Player();
  Player(const Player&) = delete;
  Player& operator=(const Player&) = delete;

  /// Returns when everything has been played and left, or could not be. Never takes more than 3
  /// s after a signal.
  [[nodiscard]] PlayerOutcome run();

 private:
  /// What is known of a target while the bot is there.
  struct Guest {
    std::shared_ptr<const send::SenderStats> stats;
    std::optional<channel::ChannelFacts> facts;
  };

  // player.cpp: the threads, and how it ends
  [[nodiscard]] std::optional<TimePoint> time_to_begin(TimePoint now) const;
  void begin_when_due(TimePoint now);
  void handle(Message& message);
  void tick(TimePoint now);
  void check_media_progress(TimePoint now);
  void tell_waits(TimePoint now);
  [[nodiscard]] std::string reason_to_wait(TimePoint now) const;
  void stop(TimePoint now);
  void end_fade(TimePoint now);

  // player_targets.cpp: the channels
  void handle(std::size_t target, TargetBegun& begun);
  void handle(std::size_t target, PhaseEntered& phase);
  void handle(std::size_t target, channel::ChannelFacts& facts);
  void handle(std::size_t target, channel::SessionFacts& facts);
  void handle(std::size_t target, EncryptionChanged& change);
  void handle(std::size_t target, Underrun& underrun);
  void handle(std::size_t target, Reconnecting& again);
  void handle(std::size_t target, TargetEnded& ended);
  [[nodiscard]] std::string name_of(std::size_t target) const;
  void fit_bitrate(TimePoint now);
  /// Reads the senders' counts.
  void look();

  // player_tracks.cpp: what plays
  void handle_track_end(const media::TrackResult& result);
  void announce_tracks();
  void announce_titles(std::uint32_t track);
  void announce_ends(std::uint32_t track, std::uint64_t frames);
  void update_channel_status();

  stream::FrameLog log_;
  Mailbox mailbox_;
  std::atomic<TimePoint> turn_to_identify_{TimePoint{}};  // set by the network thread
  PlayerSetup setup_;
  Signals& signals_;
  PlayerView& view_;
  media::Pipeline pipeline_;
  NetworkThread network_;

  PlayerOutcome outcome_;
  std::map<std::size_t, Guest> guests_;
  Figures parted_;  // of targets that have ended
  Progress progress_;
  std::optional<int> bitrate_;            // that is encoded with
  std::optional<TimePoint> first_facts_;  // when the first channel was described
  LaterLimits later_;                     // of channels whose turn has not come
  SaidOnce said_;                         // of tracks and targets that fail alike
  std::string wait_;
  Fingerprints fingerprints_;
  bool told_of_overflow_ = false;
  bool over_ = false;
  bool has_begun_ = false;
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

}  // namespace vcplay::cli
