// The rehearsal's report for people and for programs.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "cli/player.hpp"
#include "cli/status_text.hpp"
#include "rehearsal/fleet_report.hpp"
#include "rehearsal/report.hpp"
#include "send/sender.hpp"

namespace vcplay::cli {

/// All that one rehearsal found out, on both ends of the line.
struct RehearsalResult {
  rehearsal::Report report;       // what Discord and the listener saw
  rehearsal::Pacing bare;         // the bare sleep loop beside it; no samples with --fast
  rehearsal::Pacing sender;       // deadline to send
  std::vector<PhaseTime> phases;  // of our own side
  TimePoint started;              // of main()
  TimePoint first_key{};          // epoch: there was none
  TimePoint first_packet{};       // epoch: none was sent
  TimePoint first_audio{};
  std::uint64_t packets_sent = 0;
  std::uint64_t audio_packets_sent = 0;
  std::uint64_t underruns = 0;
  media::LiveFigures live = {};
  std::uint64_t rebases = 0;
  std::vector<media::TrackResult> tracks;
  std::optional<std::string> failure;  // why the play failed, as standard error says it
  std::string ended_early;             // the same where it ended before all was played; empty: it did not
  std::string privacy_code;            // of the last epoch that our own side saw; empty: there was none
  /// Of each channel. With more than one they are what the report is about, and `report` is the first one's.
  std::vector<rehearsal::TargetOutcome> targets = {};
  std::vector<TimePoint> joined = {};  // when the bot was in each of them, the first one first
};

/// Whether members of the call computed our last voice privacy code, too; nothing when no side has one.
[[nodiscard]] std::optional<bool> codes_agree(const RehearsalResult& result);

/// The senders' histogram as percentiles.
[[nodiscard]] rehearsal::Pacing sender_pacing(const Lateness& late, Duration worst);
/// One object on one line, with a newline; with `targets`, if there are any.
[[nodiscard]] std::string to_json_line(const RehearsalResult& result);
/// What it came to in one line, and why in another where it ended early, and how much of the report one wants
/// to read, in lines of so many columns (0: as many as it takes). Nothing of a play that failed before
/// anything was sent, unless all is wanted.
[[nodiscard]] std::string to_report_text(const RehearsalResult& result, rehearsal::Detail detail, Style style,
                                         std::size_t columns);

// ── what reports of one channel and of many have in common ──
/// The join, the sender, the tracks, the bare loop, and of one channel alone the privacy code.
void add_own_side(nlohmann::ordered_json& object, const RehearsalResult& result);
/// For the verdict: "; 1 of 2 tracks failed", or nothing.
[[nodiscard]] std::string failed_tracks(const RehearsalResult& result);
[[nodiscard]] std::string own_side_text(const RehearsalResult& result, rehearsal::Detail detail);
/// As the style can show it: without UTF-8 every sign has a word or a letter in its place.
[[nodiscard]] std::string in_style(std::string_view text, Style style);
/// Breaks each line of `text` into lines of so many columns (0: as it is). The further ones are indented like
/// the text behind the line's label.
[[nodiscard]] std::string all_wrapped(std::string_view text, std::size_t columns);

}  // namespace vcplay::cli
