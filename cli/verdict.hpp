// What a run and each of its channels came to: exit statuses and sentences.
#pragma once

#include <optional>
#include <string>

#include "base/error.hpp"
#include "cli/player.hpp"

namespace vcplay::cli {

/// The error for the exit status: why it ended early, else what the targets say, else what the media say.
[[nodiscard]] std::optional<Error> verdict(const PlayerOutcome& outcome);

/// How one target fared, for programs.
struct TargetVerdict {
  int status = 0;      // the exit status that it would have alone; 128 and the signal that stopped it
  std::string reason;  // one sentence; empty: all went well
};
[[nodiscard]] TargetVerdict verdict_on(const TargetOutcome& target, const PlayerOutcome& outcome);

}  // namespace vcplay::cli
