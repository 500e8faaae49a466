// Which bot at which Discord: what all of its players on this machine have in common.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace vcplay::host {

/// One bot at one Discord, in characters that a file name can hold.
struct BotKey {
  std::string server;
  std::string bot;

  /// "SERVER_BOT", which no other key spells.
  [[nodiscard]] std::string str() const { return server + "_" + bot; }
};

/// "discord.com" for all of Discord's own names; "host:port" for a proxy or a loopback Discord, which is then
/// counted for itself.
[[nodiscard]] std::string server_name(std::string_view host, std::uint16_t port);

/// True of a server_name() on this very machine, whose port is another one each time.
[[nodiscard]] bool is_loopback(std::string_view server) noexcept;

/// The bot's id, which the first part of its token spells in base64url. When that is no id: 32 hexadecimal
/// digits of the part's SHA-256, from which nothing of the token can be learnt.
[[nodiscard]] std::string bot_name(std::string_view token);

}  // namespace vcplay::host
