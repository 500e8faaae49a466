// Whoever plays in one guild of a shard.
#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "gateway/actions.hpp"

namespace vcplay::bot {

/// Hears what happens at a Shard, in one guild and in all. Must destroy neither the Shard nor another
/// listener from inside; it may detach itself and others.
class ShardListener {
 public:
  virtual ~ShardListener() = default;
  /// REST is asked where the gateway is.
  virtual void on_search_for_gateway() = 0;
  /// That is known: it is being connected to.
  virtual void on_gateway_found() = 0;
  /// It is connected to, for the first time.
  virtual void on_gateway_open() = 0;
  /// What the gateway says of this listener's guild or of all guilds, except what the Shard carries out
  /// itself. A Ready names only the user. A Reconnect is under way already. After a Failed or a GuildMissing
  /// the listener calls detach().
  virtual void on_gateway(gateway::Action action) = 0;
  /// Its turn to identify comes after so long.
  virtual void on_wait_for_turn(Duration wait) = 0;
  /// It must not identify, for good.
  virtual void on_identify_refused(Error reason) = 0;
  /// False: it plays no more, and a new session would only be left again.
  [[nodiscard]] virtual bool needs_session() const = 0;
};

}  // namespace vcplay::bot
