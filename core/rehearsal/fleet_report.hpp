// What a rehearsal in several channels found out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "rehearsal/options.hpp"
#include "rehearsal/report.hpp"

namespace vcplay::rehearsal {

/// A channel to play in, what was seen there, and what became of it as the player says.
struct TargetOutcome {
  Place place;
  Report report;
  int status = 0;                 // the exit status that it would have alone
  std::string reason = {};        // why not all was played; empty: it was
  std::string privacy_code = {};  // of the last epoch that the player saw there; empty: there was none
};

/// Packets that the listener who missed most ought to have heard.
[[nodiscard]] std::uint64_t missed_in(const Report& report);
/// Whether members of the call computed the player's last voice privacy code, too; nothing when
/// no side has one.
[[nodiscard]] std::optional<bool> codes_agree(const TargetOutcome& target);
/// True when the player ended well, something was heard, nobody missed anything and nothing was found.
[[nodiscard]] bool is_whole(const TargetOutcome& target);

/// One rule, and in how many channels it was broken.
struct FleetFinding {
  Finding finding;  // the first one; the count is of all
  std::size_t channels = 0;
  Place first;
};

/// What all channels come to.
struct FleetSums {
  std::size_t channels = 0;
  std::size_t whole = 0;      // is_whole()
  std::size_t silent = 0;     // nothing was heard
  std::size_t encrypted = 0;  // frames of end-to-end encryption were heard, and no audio in the clear
  std::size_t disputed = 0;   // the two sides computed different privacy codes
  std::size_t listeners = 0;
  std::uint64_t packets_received = 0;
  std::uint64_t packets_heard = 0;
  std::uint64_t missed = 0;  // missed_in() each
  std::uint64_t dropped_by_script = 0;
  std::uint64_t bytes_received = 0;
  std::size_t faults = 0;
  Duration heard_least{};  // in the whole ones
  Duration heard_most{};
  Pacing worst_arrival;  // of the channel whose p99 is the greatest
  std::vector<FleetFinding> findings;
};
[[nodiscard]] FleetSums sum_of(std::span<const TargetOutcome> targets);

/// An array with an object for each: guild, channel, heard_seconds, packets, lost,
/// status, reason (null: none).
[[nodiscard]] std::string targets_json(std::span<const TargetOutcome> targets);
/// The sums as one object, with the findings of all.
[[nodiscard]] std::string to_json(const FleetSums& sums);
/// For a person: aligned lines, each ending with a newline. Unless it is to be `all`, which names every
/// channel, as many as fit a screen, however many channels there are.
[[nodiscard]] std::string to_text(std::span<const TargetOutcome> targets, Detail detail);

}  // namespace vcplay::rehearsal
