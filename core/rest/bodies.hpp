// What the bodies say: those that Discord answers with, and the few that we write.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/snowflake.hpp"
#include "rest/api.hpp"

namespace vcplay::rest {

/// The longest body that any call takes: that of GET /guilds/{id}/channels, which has 500
/// channels at the most.
inline constexpr std::size_t kMostBodyBytes = 8 * 1024 * 1024;

// A body that lacks what Discord documents is a Failure of Cause::network.
[[nodiscard]] Result<GatewayBot> read_gateway_bot(const std::string& body);
[[nodiscard]] Result<resources::Channel> read_channel(const std::string& body);
[[nodiscard]] Result<std::vector<resources::Channel>> read_channels(const std::string& body);
[[nodiscard]] Result<resources::User> read_user(const std::string& body);
[[nodiscard]] Result<resources::Guild> read_guild(const std::string& body);
[[nodiscard]] Result<resources::Member> read_member(const std::string& body);
[[nodiscard]] Result<GuildPage> read_guild_page(const std::string& body);

// Voice resource, "Modify Current User Voice State".
[[nodiscard]] std::string body_of_unsuppress(Snowflake channel);
[[nodiscard]] std::string body_of_request(Snowflake channel, std::string_view iso_time);

/// Of PUT /channels/{id}/voice-status; an empty text is null, which clears it.
[[nodiscard]] std::string body_of_voice_status(std::string_view text);

}  // namespace vcplay::rest
