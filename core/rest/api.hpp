// The few REST calls of a voice player.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

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

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vcplay::rest
