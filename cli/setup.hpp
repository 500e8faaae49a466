// From what a person typed to what a Player needs.
#pragma once

#include "cli/options.hpp"
#include "cli/player.hpp"

namespace vcplay::cli {

/// Everything but the place to play in: media, codec, speaking, trust.
[[nodiscard]] PlayerSetup common_setup(const Options& options);

/// Discord's REST API, or what --api-url names instead.
[[nodiscard]] net::Url api_url_of(const Options& options);

/// The setup for Discord itself (or what --api-url and --gateway-url name instead). Throws Error{usage}.
[[nodiscard]] PlayerSetup discord_setup(const Options& options);

}  // namespace vcplay::cli
