// What all channels of one bot share: its token, REST, its way to the main gateway.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/secret.hpp"
#include "base/snowflake.hpp"
#include "bot/identify_turns.hpp"
#include "bot/shard.hpp"
#include "bot/transport_keys.hpp"
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
  std::optional<std::pair<int, int>> shard;  // id, count: this one alone; nothing: as /gateway/bot says
  /// Asked before each IDENTIFY, on the network thread. Zero: send it now, it counts; else ask again after so
  /// long. Throws Error{identify_budget} when it must not be sent at all. Empty: nobody counts.
  std::function<Duration()> may_identify;
  /// Told what GET /gateway/bot says of Discord's own count. Empty: nobody cares.
  std::function<void(const rest::GatewayBot&)> on_identify_limit;
};

/// Finds the gateway, and opens the shards that hear of the guilds in which its channels play. Lives
/// on the network thread.
class Bot {
 public:
  Bot(net::EventLoop& loop, const net::TlsTrust& trust, BotConfig config);
  Bot(const Bot&) = delete;
  Bot& operator=(const Bot&) = delete;

  /// There will be played in this guild: Discord describes a guild once, and what it says is kept from now
  /// on. Of one that is named when its shard is open already nothing is known until Discord says it again.
  void expect(Snowflake guild);
  /// Before open(): told of each guild that is expected, when Discord has described it or a channel there, or
  /// has left it out, ahead of whoever plays in it. Must not destroy the Bot.
  void on_guild(GuildWatch told) { on_guild_ = std::move(told); }
  /// Nobody will play there any more: what is known of it is forgotten.
  void forget(Snowflake guild);

  /// Finds the gateway, by REST within `patience`, which is the patience of every later REST call, too. The
  /// first call counts. Failures are told to the listeners, as any gateway's.
  void open(Duration patience);
  /// One for each guild: throws Error{busy} where there is one already. Before open() or at any time behind
  /// it: the listener is told how far things are. A guild that BotConfig::shard leaves out is GuildMissing at
  /// once, with Cause::not_permitted.
  void attach(Snowflake guild, ShardListener& listener);
  /// It hears nothing more. Nothing where another one is attached.
  void detach(Snowflake guild, const ShardListener& listener) noexcept;

  /// Politely, once: without a session the bot is in no channel. Then `closed` is called, within half a
  /// second, perhaps inside of this; it must not destroy the Bot.
  void close(std::function<void()> closed);

  /// The one that hears of `guild`; null before somebody was attached there and the gateway was found.
  [[nodiscard]] Shard* shard(Snowflake guild) noexcept;
  /// Null where there is no REST, before open() and after close(). Whoever may be gone when an answer comes
  /// binds his callbacks to his Lifetime.
  [[nodiscard]] rest::Api* api() noexcept { return api_.get(); }
  /// One for the whole run, so that others' verification of us lasts.
  [[nodiscard]] const mls::PrivateKey& signature_key() const noexcept { return signature_key_; }
  /// Those that the voice servers of all its channels have named.
  [[nodiscard]] TransportKeys& transport_keys() noexcept { return transport_keys_; }
  /// The token and the voice token go to Discord alone, unless the user named another server.
  [[nodiscard]] bool may_speak_to(const net::Url& url) const;

  [[nodiscard]] net::EventLoop& loop() noexcept { return loop_; }
  [[nodiscard]] const net::TlsTrust& trust() const noexcept { return trust_; }

 private:
  /// Where the gateway is, and how many shards it has.
  struct Gateway {
    net::Url url;
    int shards = 1;
    std::optional<int> only = {};  // this one is spoken to, and no other
  };
  void on_answer(const rest::GatewayBot& answer);
  void found(Gateway where, int max_concurrency);
  void fail(const Error& reason);
  void place(Snowflake guild, ShardListener& listener);
  Shard& open_shard(int id);
  [[nodiscard]] int shard_of(Snowflake guild) const noexcept;
  [[nodiscard]] Duration turn_of(int shard);
  void tell_if_closed();
  /// `tell` each that waits for the gateway to be found, and still does when its turn comes.
  template <class Tell>
  void tell_waiting(Tell&& tell);

  net::EventLoop& loop_;
  const net::TlsTrust& trust_;
  BotConfig config_;
  mls::PrivateKey signature_key_ = mls::PrivateKey::generate();
  TransportKeys transport_keys_;
  std::unique_ptr<rest::Api> api_;
  std::set<Snowflake> expected_;
  GuildWatch on_guild_;
  std::map<Snowflake, ShardListener*> waiting_;  // for the gateway to be found
  bool is_open_ = false;
  bool is_searching_ = false;
  std::optional<Gateway> gateway_;
  std::optional<Error> failed_;
  IdentifyTurns turns_;
  std::map<int, Shard> shards_;
  bool is_closing_ = false;
  std::function<void()> closed_;
  net::Timer close_timer_{loop_, [this] {
                            for (auto& [id, shard] : shards_) shard.forget_parted();
                            tell_if_closed();
                          }};
};

/// A number in [0, 1) that nobody can guess.
[[nodiscard]] double random_fraction();

}  // namespace vcplay::bot
