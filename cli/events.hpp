// `play --json`: what happens, as one JSON object per line on standard output.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/snowflake.hpp"
#include "cli/figures.hpp"
#include "media/pipeline.hpp"

namespace vcplay::cli {

/// Grows when a field or an event changes its meaning or goes away; new ones may come at any time.
inline constexpr int kEventSchema = 1;

/// The bot has joined and audio may flow.
struct JoinedEvent {
  Snowflake guild;
  Snowflake channel;
  std::string channel_name;
  Snowflake user;          // the bot
  int bitrate = 0;         // bit/s that is encoded with
  std::string encryption;  // the transport mode
  Duration join_time{};
};

/// Which channel an event is about.
struct Place {
  Snowflake guild;
  Snowflake channel;
};

/// The state of end-to-end encryption changed.
struct E2eeEvent {
  Place place;
  bool active = false;                 // audio is encrypted from end to end
  int version = 0;                     // of the DAVE protocol; 0: none
  std::string line;                    // why audio flows or not: channel::name(LineState)
  std::optional<std::uint64_t> epoch;  // nothing without a group
  std::optional<std::string> code;     // the epoch's displayable code
  std::vector<Snowflake> members;      // of the epoch's group, the bot included: who can hear what is sent
};

/// Something was lost and is tried again.
struct ReconnectEvent {
  Place place;
  std::string reason;
  int attempt = 1;
  std::string what;  // channel::name(Recovery)
  Duration after{};
};

/// How one channel fared.
struct TargetLine {
  Place place;
  Duration sent{};            // of audio
  std::uint64_t packets = 0;  // sent, silence included
  std::uint64_t lost = 0;     // found the socket full, or were refused
  int status = 0;             // the exit status that it would have alone
  std::string reason;         // one sentence; empty: all went well
};

struct StatisticsEvent {
  Duration run_time{};
  Figures sent;
  std::uint64_t reconnects = 0;
  Duration late_p50{};
  Duration late_p99{};
  media::LiveFigures live = {};
};

/// An event's name and its fields beside "event" and "time", as the man page promises them.
struct EventRow {
  std::string_view name;
  std::string_view fields;  // separated by spaces, in their order
  std::string_view help;
};
[[nodiscard]] std::span<const EventRow> event_table() noexcept;

/// Writes events to a file descriptor. Main thread, which waits for no reader: a thread of its own
/// writes. As long as there is room none is lost; what finds none while nobody reads is counted by an
/// event in its place. Every function throws Error{output} when a line before it could not be written.
/// Texts are made harmless here.
class EventWriter {
 public:
  using WallClock = std::function<std::chrono::system_clock::time_point()>;
  explicit EventWriter(int fd, WallClock now = std::chrono::system_clock::now);
  ~EventWriter();  // waits as finish() does
  EventWriter(const EventWriter&) = delete;
  EventWriter& operator=(const EventWriter&) = delete;

  /// So many bytes of events wait for a reader.
  static constexpr std::size_t kMostBytes = 1024 * 1024;

  void start(std::string_view vcplay_version);
  void joined(const JoinedEvent& event);
  void e2ee(const E2eeEvent& event);
  void track(const media::TrackInfo& info);
  void title(const media::StreamTitle& title);
  void track_end(const media::TrackResult& result);
  void underrun(const Place& place, std::uint64_t underruns);  // so many there, this one included
  void reconnect(const ReconnectEvent& event);
  void left(const Place& place, std::string_view reason);
  void statistics(const StatisticsEvent& event);
  void error(Cause cause, std::string_view sentence);
  void targets(const std::vector<TargetLine>& lines);

  /// Waits until all is written. Throws Error{output} also when the reader takes nothing for a second.
  void finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vcplay::cli
