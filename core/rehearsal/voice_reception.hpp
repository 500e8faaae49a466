// The one door of all voice gateways.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/snowflake.hpp"
#include "net/server.hpp"

namespace vcplay::rehearsal {

class VoiceGatewayServer;

/// Takes every voice connection in and leads it to its guild's server, once it has named the guild: until
/// then the first guild's has it. Lives on the rehearsal's thread.
class VoiceReception {
 public:
  /// The first that is added is the first guild.
  void add(Snowflake guild, VoiceGatewayServer& server);
  /// Called before the guild that was added as `number`th, from 0 on, hears anything.
  std::function<void(std::size_t number)> on_use = [](std::size_t) {};

  void on_open(net::ServerSocket& socket, std::string_view query, TimePoint now);
  void on_text(net::ServerSocket& socket, std::string_view text, TimePoint now);
  void on_binary(net::ServerSocket& socket, ByteView bytes, TimePoint now);
  /// `code` is that of the client's close frame; 0: none came.
  void on_closed(net::ServerSocket& socket, std::uint16_t code, TimePoint now);

 private:
  [[nodiscard]] std::size_t place_of(std::uint64_t socket) const;
  [[nodiscard]] VoiceGatewayServer& use(std::size_t number);
  [[nodiscard]] std::optional<std::size_t> named_in(std::string_view text) const;
  void lead_on(std::uint64_t socket, std::string_view text, TimePoint now);

  std::vector<VoiceGatewayServer*> servers_;
  std::map<Snowflake, std::size_t> guilds_;
  std::map<std::uint64_t, std::size_t> places_;  // of those that are no longer at the first
};

}  // namespace vcplay::rehearsal
