// The voice channels that a run plays in.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/snowflake.hpp"

namespace vcplay::cli {

/// A voice channel to play in.
struct Target {
  Snowflake guild;
  Snowflake channel;
  std::string source;  // who named it, for sentences: "--channel", or "bells.txt, line 3"
};

/// Which of so many places plays a target, when a file of targets is shared among them.
struct Part {
  unsigned index = 0;
  unsigned count = 1;
};

/// So many targets may be named: more would have to wait for days for their turn to join.
inline constexpr std::size_t kMostTargets = 50'000;

/// A channel as a person names it: "https://discord.com/channels/GUILD/CHANNEL", "GUILD/CHANNEL", or its id
/// alone, which needs `guild`. `source` is where it stands. Throws Error{usage}.
[[nodiscard]] Target parse_target(std::string_view text, std::optional<Snowflake> guild, std::string source);

/// One target a line; '#' begins a comment, empty lines and a byte order mark count for nothing. `name` is
/// what the text is called in sentences. Throws Error{usage}, with the line's number.
[[nodiscard]] std::vector<Target> parse_targets(std::string_view text, std::optional<Snowflake> guild,
                                                std::string_view name);

/// The text of a file, or of standard input for "-": 4 MiB at most, and all of it within
/// a minute. Throws Error{usage}.
[[nodiscard]] std::string read_targets(const std::string& file);

/// Throws Error{usage} when one is named twice, or when there are too many.
void refuse_doubles(const std::vector<Target>& targets);

/// The first two that share a guild, where one bot can be in one channel at a time; nothing: there are none.
[[nodiscard]] std::optional<std::pair<Target, Target>> neighbours(const std::vector<Target>& targets);

/// "2/5"; "auto/5" for the index of a Kubernetes Job (JOB_COMPLETION_INDEX) or the number at the end of this
/// host's name, as a StatefulSet has it; "auto" takes the count from VCPLAY_PARTS. Throws Error{usage}.
[[nodiscard]] Part parse_part(std::string_view text);

/// Those that belong to `part`: a guild goes where its shard would (Discord, Gateway, "Sharding").
[[nodiscard]] std::vector<Target> part_of(std::vector<Target> targets, const Part& part);

}  // namespace vcplay::cli
