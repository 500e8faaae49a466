// What all channels of one bot share: its token, REST, its way to the main gateway.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "base/clock.hpp"
#include "base/secret.hpp"
#include "base/snowflake.hpp"
#include "bot/shard.hpp"
#include "mls/ciphersuite.hpp"
#include "net/event_loop.hpp"
#include "net/tls.hpp"
#include "net/url.hpp"
#include "rest/api.hpp"

namespace vcplay::bot {

struct BotConfig {
  SecretString token;
  std::optional<net::Url> api_url;           // nothing: make no REST call
  std::optional<net::Url> gateway_url;       // nothing: ask REST
  std::optional<std::pair<int, int>> shard;  // id, count; nothing: as /gateway/bot says
  /// Asked before each IDENTIFY, on the network thread. Zero: send it now, it counts; else ask again after so
  /// long. Throws Error{identify_budget} when it must not be sent at all. Empty: nobody counts.
  std::function<Duration()> may_identify;
  /// Told what GET /gateway/bot says of Discord's own count. Empty: nobody cares.
  std::function<void(const rest::GatewayBot&)> on_identify_limit;
};

/// Lives on the network thread.
class Bot {
 public:
  Bot(net::EventLoop& loop, const net::TlsTrust& trust, BotConfig config);

  /// Finds the gateway, by REST within `patience`, and opens the shard that hears of `guild`. Once. Throws
  /// Error{usage} where there is nobody to ask; the listener hears of other failures as of any gateway's.
  void open(Snowflake guild, Duration patience, ShardListener& listener);
  /// Politely. The listener's on_shard_closed() follows, unless is_closed() already.
  void close();
  [[nodiscard]] bool is_closed() const noexcept { return is_closing_ && (!shard_ || shard_->is_closed()); }
  void forget_parted() {
    if (shard_) shard_->forget_parted();
  }

  /// Null before the gateway was found.
  [[nodiscard]] Shard* shard() noexcept { return shard_ ? &*shard_ : nullptr; }
  /// Null where there is no REST, and after close().
  [[nodiscard]] rest::Api* api() noexcept { return api_.get(); }
  /// One for the whole run, so that others' verification of us lasts.
  [[nodiscard]] const mls::PrivateKey& signature_key() const noexcept { return signature_key_; }
  /// The token and the voice token go to Discord alone, unless the user named another server.
  [[nodiscard]] bool may_speak_to(const net::Url& url) const;

  [[nodiscard]] net::EventLoop& loop() noexcept { return loop_; }
  [[nodiscard]] const net::TlsTrust& trust() const noexcept { return trust_; }

 private:
  void open_found(const rest::GatewayBot& found, Snowflake guild, ShardListener& listener);
  void open_shard(const net::Url& url, int id, int count, Snowflake guild, ShardListener& listener);

  net::EventLoop& loop_;
  const net::TlsTrust& trust_;
  BotConfig config_;
  mls::PrivateKey signature_key_ = mls::PrivateKey::generate();
  std::unique_ptr<rest::Api> api_;
  std::optional<Shard> shard_;
  bool is_closing_ = false;
};

/// A number in [0, 1) that nobody can guess.
[[nodiscard]] double random_fraction();

}  // namespace vcplay::bot
