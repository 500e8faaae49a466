// Where the bot's token comes from, and what keeps it from leaking.
#pragma once

#include <string>
#include <string_view>

#include "base/secret.hpp"

namespace vcplay::cli {

struct Options;

/// Nobody but root may look into this process from now on, and no core file will hold its
/// memory. Call it first.
void harden_process() noexcept;

/// The bot's token from the first of --token, --token-file, $CREDENTIALS_DIRECTORY/discord-token and
/// DISCORD_TOKEN; the variable is removed from the environment in every case. From then on no log line can
/// show the token. Throws Error{usage} when there is none or it cannot be one; no message repeats any of it.
[[nodiscard]] SecretString find_token(const Options& options);

/// The token within `raw`, without the "Bot " prefix, quotes, spaces and line ends that come along when it is
/// pasted. `source` names where it came from, for the sentence of Error{usage}.
[[nodiscard]] SecretString clean_token(std::string_view raw, std::string_view source);

}  // namespace vcplay::cli
