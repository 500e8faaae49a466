// Who hears of which guild.
#pragma once

#include <map>
#include <optional>
#include <utility>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/snowflake.hpp"
#include "bot/shard_listener.hpp"
#include "gateway/session.hpp"

namespace vcplay::bot {

/// Tells the listeners of one gateway session what happens, each of its guild, and whoever comes late what it
/// has missed. No socket and no clock. Lives on the network thread.
class GuildListeners {
 public:
  explicit GuildListeners(const gateway::Session& session) noexcept : session_(session) {}

  /// Takes one listener for each guild; throws Error{busy} for a second one. It is told at once what has
  /// happened so far; while the connection is lost, as soon as that is back.
  void attach(Snowflake guild, ShardListener& listener, TimePoint now);
  /// Hears nothing more, not even the rest of what is just being told. Does nothing where another one hears.
  void detach(Snowflake guild, const ShardListener& listener) noexcept;
  [[nodiscard]] bool need_session() const;

  // What happens.
  void opened();
  void hear(gateway::Action action);
  void wait_for_turn(Duration wait, TimePoint now);
  /// For good, as Failed is: told to whoever comes later, too.
  void refuse(const Error& reason);

 private:
  struct Attached {
    ShardListener* listener;
    unsigned number;            // another one for each that is attached
    bool is_caught_up = false;  // knows of the session that is ready
  };

  /// `tell` each that was there at the beginning and still is.
  template <class Tell>
  void tell_all(Tell&& tell);
  void catch_up(Snowflake guild, Attached& attached);

  const gateway::Session& session_;
  std::map<Snowflake, Attached> attached_;
  unsigned attached_ever_ = 0;
  bool is_open_ = false;
  std::optional<TimePoint> turn_at_;
  std::optional<Error> refused_;
  std::optional<Error> failed_;
};

/// The error for a second listener in one guild.
[[nodiscard]] Error already_plays_in(Snowflake guild);

}  // namespace vcplay::bot
