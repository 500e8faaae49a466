#include "cli/events.hpp"

#include <fmt/chrono.h>
#include <fmt/core.h>
#include <string.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/line_writer.hpp"
#include "base/milliseconds.hpp"
#include "base/opus_frame.hpp"
#include "base/text.hpp"
#include "cli/exit_status.hpp"

namespace vcplay::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kTextColumns = 1000;  // nobody needs more of a title
// Some thousands: hours of most runs.
constexpr LineWriter::Room kRoom{.lines = 10'000, .bytes = EventWriter::kMostBytes};
constexpr Duration kReaderPatience = std::chrono::seconds(1);

constexpr EventRow kTable[] = {
    {"start", "schema vcplay", "The first line: version of this schema and of vcplay."},
    {"joined", "guild channel channel_name user bitrate encryption join_seconds",
     "The bot is in the channel and audio may flow."},
    {"e2ee", "guild channel active version line epoch code members",
     "The state of end-to-end encryption changed."},
    {"track",
     "track tracks media title artist album station codec container rate channels duration passthrough "
     "reencoded",
     "A medium begins."},
    {"title", "track title", "A web radio says what it plays now."},
    {"track_end", "track media title played passed reencoded error",
     "The last packet of a medium was sent, or it failed; error is null when it was played whole."},
    {"underrun", "guild channel underruns",
     "The input came too slowly and silence was sent; so many times in this channel."},
    {"reconnect", "guild channel reason attempt what after_seconds",
     "Something was lost and is tried again."},
    {"left", "guild channel reason", "The bot is no longer in the channel."},
    {"statistics", "seconds packets audio_packets dropped failed underruns rebases reconnects late_us live",
     "The run in numbers; dropped packets found the socket full, failed ones were refused; late_us has p50, "
     "p99 and max of deadline-to-send errors, live the latency_ms and drift_ppm "
     "of a live input, how often it stalls and what of it came too late (left_out_ms)."},
    {"error", "status name message", "Why the run fails: the exit status, its name and one sentence."},
    {"targets", "targets",
     "The last line: how each channel fared, as objects with guild, channel, sent_seconds, packets, lost, "
     "status and reason."},
    {"lost", "events", "So many events were left out here, because nobody read for too long."},
};

Json safe(std::string_view text) { return display_safe(text, kTextColumns); }

/// `fields` behind the place that they are about.
Json at(const Place& place, Json fields) {
  Json all = {{"guild", place.guild.str()}, {"channel", place.channel.str()}};
  all.update(fields);
  return all;
}

Json safe_or_null(std::string_view text) { return text.empty() ? Json(nullptr) : safe(text); }

std::int64_t microseconds(Duration time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time).count();
}

/// RFC 3339, UTC, with milliseconds.
std::string timestamp(std::chrono::system_clock::time_point now) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(now);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(whole)),
                     whole_milliseconds(now - whole));
}

/// Of a run that followed no live input they are all 0.
Json live_figures(const media::LiveFigures& live) {
  return {{"latency_ms", whole_milliseconds(live.latency)},
          {"drift_ppm", std::llround(live.drift * 1e6)},
          {"stalls", live.stalls},
          {"left_out_ms", whole_milliseconds(live.left_out)}};
}

[[noreturn]] void fail(std::string_view why) {
  throw Error(Cause::output, fmt::format("Cannot write events to standard output: {}.", why));
}

/// One event on one line; `fields` come after its name and time.
std::string line_of(std::string_view name, const Json& fields, std::chrono::system_clock::time_point now) {
  Json event = {{"event", name}, {"time", timestamp(now)}};
  event.update(fields);
  return event.dump() + '\n';
}

}  // namespace

std::span<const EventRow> event_table() noexcept { return kTable; }

struct EventWriter::Impl {
  Impl(int fd, WallClock clock)
      : now(clock), lines(fd, kRoom, [clock](std::uint64_t lost) {
          return line_of("lost", {{"events", lost}}, clock());
        }) {}

  void write(std::string_view name, const Json& fields) {
    throw_failure();
    lines.push(line_of(name, fields, now()), LineWriter::Urgency::ordinary);
  }
  /// The last lines of a run find room that others did not.
  void write_last(std::string_view name, const Json& fields) {
    throw_failure();
    lines.push(line_of(name, fields, now()), LineWriter::Urgency::last_words);
  }
  void throw_failure() const {
    if (const int error = lines.error(); error != 0) fail(::strerror(error));
  }

  const WallClock now;
  LineWriter lines;
  bool is_given_up = false;  // nobody reads
};

EventWriter::EventWriter(int fd, WallClock now) : impl_(new Impl(fd, std::move(now))) {}

EventWriter::~EventWriter() {
  if (!impl_->is_given_up) impl_->lines.flush(kReaderPatience);
}

void EventWriter::finish() {
  impl_->is_given_up = !impl_->lines.flush(kReaderPatience);
  impl_->throw_failure();
  if (impl_->is_given_up) fail("nobody reads them");
}

void EventWriter::start(std::string_view vcplay_version) {
  impl_->write("start", {{"schema", kEventSchema}, {"vcplay", vcplay_version}});
}

void EventWriter::joined(const JoinedEvent& event) {
  impl_->write("joined", {{"guild", event.guild.str()},
                          {"channel", event.channel.str()},
                          {"channel_name", safe(event.channel_name)},
                          {"user", event.user.str()},
                          {"bitrate", event.bitrate},
                          {"encryption", safe(event.encryption)},
                          {"join_seconds", short_seconds(event.join_time)}});
}

void EventWriter::e2ee(const E2eeEvent& event) {
  Json members = Json::array();
  for (const Snowflake member : event.members) members.push_back(member.str());
  impl_->write("e2ee", at(event.place, {{"active", event.active},
                                        {"version", event.version},
                                        {"line", safe(event.line)},
                                        {"epoch", event.epoch ? Json(*event.epoch) : Json(nullptr)},
                                        {"code", event.code ? safe(*event.code) : Json(nullptr)},
                                        {"members", std::move(members)}}));
}

void EventWriter::track(const media::TrackInfo& info) {
  impl_->write("track", {{"track", info.track + 1},
                         {"tracks", info.tracks == 0 ? Json(nullptr) : Json(info.tracks)},
                         {"media", safe(info.location)},
                         {"title", safe_or_null(info.title)},
                         {"artist", safe_or_null(info.artist)},
                         {"album", safe_or_null(info.album)},
                         {"station", safe_or_null(info.station)},
                         {"codec", safe(info.codec)},
                         {"container", safe(info.container)},
                         {"rate", info.sample_rate},
                         {"channels", info.channels},
                         {"duration", info.duration ? Json(short_seconds(*info.duration)) : Json(nullptr)},
                         {"passthrough", info.reencoded.empty()},
                         {"reencoded", safe_or_null(info.reencoded)}});
}

void EventWriter::title(const media::StreamTitle& title) {
  impl_->write("title", {{"track", title.track + 1}, {"title", safe_or_null(title.title)}});
}

void EventWriter::track_end(const media::TrackResult& result) {
  impl_->write("track_end",
               {{"track", result.track + 1},
                {"media", safe(result.location)},
                {"title", safe_or_null(result.title)},
                {"played", short_seconds(static_cast<std::int64_t>(result.frames) * kFrameDuration)},
                {"passed", short_seconds(static_cast<std::int64_t>(result.passed) * kFrameDuration)},
                {"reencoded", safe_or_null(result.reencoded)},
                {"error", safe_or_null(result.error)}});
}

void EventWriter::underrun(const Place& place, std::uint64_t underruns) {
  impl_->write("underrun", at(place, {{"underruns", underruns}}));
}

void EventWriter::reconnect(const ReconnectEvent& event) {
  impl_->write("reconnect", at(event.place, {{"reason", safe(event.reason)},
                                             {"attempt", event.attempt},
                                             {"what", event.what},
                                             {"after_seconds", short_seconds(event.after)}}));
}

void EventWriter::left(const Place& place, std::string_view reason) {
  impl_->write_last("left", at(place, {{"reason", safe(reason)}}));
}

void EventWriter::statistics(const StatisticsEvent& event) {
  impl_->write_last("statistics", {{"seconds", short_seconds(event.run_time)},
                                   {"packets", event.sent.packets},
                                   {"audio_packets", event.sent.audio_packets},
                                   {"dropped", event.sent.dropped},
                                   {"failed", event.sent.failed},
                                   {"underruns", event.sent.underruns},
                                   {"rebases", event.sent.rebases},
                                   {"reconnects", event.reconnects},
                                   {"late_us",
                                    {{"p50", microseconds(event.late_p50)},
                                     {"p99", microseconds(event.late_p99)},
                                     {"max", microseconds(event.sent.worst_late)}}},
                                   {"live", live_figures(event.live)}});
}

void EventWriter::error(Cause cause, std::string_view sentence) {
  const ExitStatus status = to_exit_status(cause);
  impl_->write_last("error",
                    {{"status", number(status)}, {"name", name(status)}, {"message", safe(sentence)}});
}

void EventWriter::targets(const std::vector<TargetLine>& lines) {
  constexpr std::size_t kMany = 100;  // so many fit beside what may wait
  if (lines.size() > kMany) static_cast<void>(impl_->lines.flush(kReaderPatience));
  Json targets = Json::array();
  for (const TargetLine& line : lines) {
    targets.push_back(at(line.place, {{"sent_seconds", short_seconds(line.sent)},
                                      {"packets", line.packets},
                                      {"lost", line.lost},
                                      {"status", line.status},
                                      {"reason", safe_or_null(line.reason)}}));
  }
  impl_->write_last("targets", {{"targets", std::move(targets)}});
}

}  // namespace vcplay::cli
