#include "cli/verdict.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/exit_status.hpp"
#include "cli/hints.hpp"

namespace vcplay::cli {
namespace {

// As a shell has it.
constexpr int kStatusOfSignals = 128;

bool heard_it(const TargetOutcome& target) {
  return !target.error && !target.was_stopped && target.audio_packets > 0;
}

/// No medium could be played whole; beside channels that failed a part of one is worth telling.
bool nothing_was_heard(const PlayerOutcome& outcome, std::ptrdiff_t failed) {
  const auto is_silent = [](const TargetOutcome& target) { return target.audio_packets == 0; };
  return outcome.all_tracks_failed() &&
         (failed == 0 || std::all_of(outcome.targets.begin(), outcome.targets.end(), is_silent));
}

/// Of the media, where `failed` of the channels failed as well.
Error nothing_was_played(std::ptrdiff_t failed, std::size_t all) {
  if (failed == 0) return {Cause::no_media, "Nothing could be played."};
  return {Cause::no_media,
          fmt::format("Nothing could be played, and {} of {} channels failed.", failed, all)};
}

/// Whether the others heard it depends on more than their channels.
Error some_targets_failed(const PlayerOutcome& outcome, std::ptrdiff_t failed) {
  const auto all = static_cast<std::ptrdiff_t>(outcome.targets.size());
  const auto heard = std::count_if(outcome.targets.begin(), outcome.targets.end(), heard_it);
  std::string sentence = fmt::format("{} of {} channels failed", failed, all);
  if (heard == all - failed) {
    sentence += "; the others heard it";
  } else if (heard > 0) {
    sentence += fmt::format("; {} heard it", heard);
  }
  if (heard > 0 && outcome.failed_tracks > 0) {
    sentence += fmt::format(", as far as it could be played: {} of {} media failed", outcome.failed_tracks,
                            outcome.tracks);
  }
  return {Cause::some_targets, sentence + '.'};
}

}  // namespace

std::optional<Error> verdict(const PlayerOutcome& outcome) {
  if (outcome.error) return outcome.error;
  const auto has_failed = [](const TargetOutcome& target) { return target.error.has_value(); };
  const auto failed = std::count_if(outcome.targets.begin(), outcome.targets.end(), has_failed);
  const std::size_t all = outcome.targets.size();
  if (failed > 0 && static_cast<std::size_t>(failed) == all) return outcome.targets.front().error;
  if (nothing_was_heard(outcome, failed)) return nothing_was_played(failed, all);
  if (failed > 0) return some_targets_failed(outcome, failed);
  if (outcome.failed_tracks == 0) return std::nullopt;
  return Error(Cause::some_media,
               fmt::format("{} of {} media could not be played.", outcome.failed_tracks, outcome.tracks));
}

TargetVerdict verdict_on(const TargetOutcome& target, const PlayerOutcome& outcome) {
  if (target.error) return {number(to_exit_status(target.error->cause())), with_hint(*target.error)};
  if (!target.was_stopped) return {};
  if (outcome.signal) return {kStatusOfSignals + *outcome.signal, "A signal stopped it before the end."};
  const Error why = outcome.error ? *outcome.error : nothing_was_played(0, 0);
  return {number(to_exit_status(why.cause())), with_hint(why)};
}

}  // namespace vcplay::cli
