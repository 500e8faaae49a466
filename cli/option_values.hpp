// How the values of options are written. Each function throws Error{usage} with a sentence that helps.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/snowflake.hpp"
#include "cli/options.hpp"

namespace vcplay::cli {

/// A voice channel as a person names it: by its id, or by its link, which names the guild too.
struct ChannelName {
  std::optional<Snowflake> guild;
  Snowflake channel;
};

// `source` is the option or the environment variable that the text came from.
[[nodiscard]] Snowflake parse_guild(std::string_view text, std::string_view source);
[[nodiscard]] ChannelName parse_channel(std::string_view text, std::string_view source);

[[nodiscard]] Duration parse_lead_in(std::string_view text);  // "200ms", "0.2s" or "0.2"
[[nodiscard]] Speaking parse_speaking(std::string_view text);
[[nodiscard]] channel::WhenAlone parse_when_alone(std::string_view text);
[[nodiscard]] channel::OnMove parse_on_move(std::string_view text);
[[nodiscard]] channel::OnKick parse_on_kick(std::string_view text);
[[nodiscard]] channel::OnSuppressed parse_on_suppressed(std::string_view text);
[[nodiscard]] Duration parse_if_busy(std::string_view text);  // "exit" → 0, "wait" → 1 h, "wait=90"
[[nodiscard]] int parse_listeners(std::string_view text);
[[nodiscard]] Duration parse_churn(std::string_view text);  // as --lead-in
[[nodiscard]] Shard parse_shard(std::string_view text);     // "0/2"
[[nodiscard]] Sync parse_sync(std::string_view text);
[[nodiscard]] std::size_t parse_max_joined(std::string_view text);
[[nodiscard]] int parse_guilds(std::string_view text);
/// "18:00" or "18:00:30", which is the next one by this machine's clock and time zone, or RFC 3339, which
/// must be to come.
[[nodiscard]] WallTime parse_at(std::string_view text, WallTime now = std::chrono::system_clock::now());
[[nodiscard]] std::string parse_url(std::string_view text, std::string_view option, std::string_view scheme);

}  // namespace vcplay::cli
