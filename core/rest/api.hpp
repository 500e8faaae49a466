// The few REST calls of a voice player.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/secret.hpp"
#include "base/snowflake.hpp"
#include "net/event_loop.hpp"
#include "net/tls.hpp"
#include "net/url.hpp"
#include "resources/guild.hpp"

namespace vcplay::rest {

/// GET /gateway/bot (Discord, Gateway topic, "Get Gateway Bot").
struct GatewayBot {
  net::Url url;  // wss, without query
  int shards = 1;
  int identifies_left = 1000;
  int identifies_total = 1000;
  Duration reset_after{};
  int max_concurrency = 1;
};

/// One of the guilds that the bot is in.
struct GuildName {
  Snowflake id;
  std::string name;  // text from outside
};

/// User resource, "Get Current User Guilds": as many as one answer holds.
inline constexpr std::size_t kGuildsPerPage = 200;
inline constexpr std::size_t kMostGuilds = 20'000;  // that are listed
struct GuildPage {
  std::vector<GuildName> guilds;
  bool full = false;  // there may be more
};

/// Why a call gave nothing: the HTTP status (0: no answer at all), Discord's JSON error code, and the
/// sentence for a person.
struct Failure {
  int status = 0;
  int code = 0;
  Error error;
};

template <typename T>
using Result = std::variant<T, Failure>;

/// Calls Discord's REST API one request at a time per call; retries 429 as told and 5xx and lost connections
/// with backoff, all within `patience`; never repeats a 401, 403 or 404. Lives on the network thread.
class Api {
 public:
  /// Throws Error{token_refused} when the token has characters that no header line may hold.
  Api(net::EventLoop& loop, const net::TlsTrust& trust, net::Url base, SecretString token, Duration patience);
  ~Api();  // calls under way are dropped silently
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  void gateway_bot(std::function<void(Result<GatewayBot>)> done);
  void channel(Snowflake id, std::function<void(Result<resources::Channel>)> done);
  /// GET /users/@me: who the token belongs to.
  void me(std::function<void(Result<resources::User>)> done);
  /// GET /guilds/{id}: name, owner, roles and AFK channel; REST's guild holds neither channels nor members.
  void guild(Snowflake id, std::function<void(Result<resources::Guild>)> done);
  void member(Snowflake guild, Snowflake user, std::function<void(Result<resources::Member>)> done);
  /// GET /guilds/{id}/channels: those that the bot may view; Discord leaves out all others.
  void channels(Snowflake guild, std::function<void(Result<std::vector<resources::Channel>>)> done);
  /// GET /users/@me/guilds, page by page, in the order of their ids. Each page has its own patience. Fails
  /// when there are more than kMostGuilds.
  void my_guilds(std::function<void(Result<std::vector<GuildName>>)> done);

  // PATCH /guilds/{id}/voice-states/@me, for a stage that the bot has joined.
  /// Ends the bot's suppression. Needs MUTE_MEMBERS, else Failure{403}.
  void become_speaker(Snowflake guild, Snowflake channel, std::function<void(Result<std::monostate>)> done);
  /// Raises the bot's hand. Needs REQUEST_TO_SPEAK, else Failure{403}. `iso_time` is now or later, in UTC.
  void request_to_speak(Snowflake guild, Snowflake channel, std::string_view iso_time,
                        std::function<void(Result<std::monostate>)> done);

  /// PUT /channels/{id}/voice-status, the line under the channel's name: up to 500 characters, none to clear
  /// it. Needs SET_VOICE_CHANNEL_STATUS and the bot in the channel, else Failure{403}.
  void set_voice_status(Snowflake channel, std::string_view text,
                        std::function<void(Result<std::monostate>)> done);

  /// How far this machine's clock is ahead of the latest answer's Date, to a few seconds; negative: behind.
  [[nodiscard]] std::optional<Duration> clock_ahead() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vcplay::rest
