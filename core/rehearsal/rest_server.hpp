// The REST calls that a voice client makes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "net/server.hpp"
#include "rehearsal/gateway_server.hpp"
#include "rehearsal/ledger.hpp"
#include "rehearsal/world.hpp"

namespace vcplay::rehearsal {

/// Answers requests under /api/v10 as Discord does. Lives on the rehearsal's thread.
class RestServer {
 public:
  /// `world` and `books` are the first guild's: who may ask, and where is written what belongs to no guild.
  RestServer(World& world, Books& books, GatewayServer& gateway)
      : world_(world), books_(books), gateway_(gateway), faults_(world.options().rest_faults) {}

  void set_gateway_url(std::string url) { gateway_url_ = std::move(url); }
  [[nodiscard]] net::ServerReply answer(const net::ServerRequest& request, TimePoint now);

 private:
  struct Call;  // one authenticated request, its path split
  [[nodiscard]] net::ServerReply route(const Call& call);
  [[nodiscard]] net::ServerReply gateway_bot() const;
  [[nodiscard]] net::ServerReply channel(const Call& call);
  [[nodiscard]] net::ServerReply guild(const Call& call);
  [[nodiscard]] net::ServerReply own_guilds(const Call& call);
  [[nodiscard]] net::ServerReply guild_channels(const Call& call, const World& world);
  [[nodiscard]] net::ServerReply own_voice_state(const Call& call, const World& world);
  [[nodiscard]] net::ServerReply modify_own_voice_state(const Call& call, GuildServer& guild);
  [[nodiscard]] net::ServerReply voice_status(const Call& call, GuildServer& guild);

  World& world_;
  Books& books_;
  GatewayServer& gateway_;
  std::vector<RestFault> faults_;
  std::string gateway_url_;
};

}  // namespace vcplay::rehearsal
