// A bot's session at one shard of the main gateway, with its socket and its turn to identify.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/action_queue.hpp"
#include "base/clock.hpp"
#include "bot/guild_listeners.hpp"
#include "bot/link.hpp"
#include "bot/shard_listener.hpp"
#include "gateway/session.hpp"

namespace vcplay::bot {

/// Told what a guild is like now; null: the bot is not in it.
using GuildWatch = std::function<void(Snowflake, const resources::Guild*)>;

struct ShardConfig {
  gateway::Config session;
  net::Url url;
  /// The token goes nowhere else.
  std::function<bool(const net::Url&)> may_speak_to;
  /// As BotConfig has it.
  std::function<Duration()> may_identify;
  /// As Bot::on_guild() has it. Empty: nobody cares.
  GuildWatch on_guild;
  /// After close(): its sockets are gone.
  std::function<void()> on_closed;
};

/// Keeps the session alive: opens, identifies in its turn and where somebody needs it, resumes; tells each
/// guild's listener what happens. Lives on the network thread.
class Shard final : LinkOwner {
 public:
  /// Opens it.
  Shard(net::EventLoop& loop, const net::TlsTrust& trust, ShardConfig config);

  /// One for each guild: throws Error{busy} where there is one already. It is told what it has missed.
  /// Discord describes a guild once: name those that will be played in later in ShardConfig.
  void attach(Snowflake guild, ShardListener& listener);
  void detach(Snowflake guild, const ShardListener& listener) { listeners_.detach(guild, listener); }
  /// Nobody will play there any more.
  void forget(Snowflake guild) { session_.remove_guild(guild); }
  /// As it is now, as far as Discord tells; null: it was never described, or the bot is no longer in it.
  [[nodiscard]] const resources::Guild* guild(Snowflake guild) const noexcept {
    return session_.guild(guild);
  }

  /// Op 4: joins, moves to, or with nothing leaves; VoiceStateSent follows, perhaps behind
  /// VoiceStateWaits. A join is nothing unless is_ready(); a leave waits for the session to come back.
  /// What waits outlives its listener.
  void update_voice_state(Snowflake guild, std::optional<Snowflake> channel);
  [[nodiscard]] bool is_ready() const noexcept { return session_.is_ready(); }
  [[nodiscard]] bool can_resume() const noexcept { return session_.can_resume(); }
  /// Ends the wait for the next connection.
  void hurry();
  /// Its connection would be silent for a minute before anybody noticed: exchanges it. What one guild's
  /// listener noticed the others notice, too: that counts once.
  void reopen(Snowflake guild, std::string_view why);

  /// Politely. on_closed() follows, unless is_closed() already.
  void close();
  [[nodiscard]] bool is_closed() const noexcept { return is_closing_ && link_.is_gone(); }
  /// What has not closed by now does not count any more.
  void forget_parted() { link_.forget_parted(); }

  [[nodiscard]] const net::Url& url() const noexcept { return url_; }

 private:
  void on_link_open() override;
  void on_link_text(std::string_view text) override { take(session_.on_text(text, loop_.now())); }
  void on_link_binary(ByteView /*bytes*/) override {}  // neither compression nor ETF is asked for
  void on_link_closed(const net::CloseInfo& info) override;
  void on_links_gone() override;

  void take(gateway::Actions actions);
  void carry_out(gateway::Action& action);
  void settle();
  void ask_to_identify();
  void is_lost(const gateway::Reconnect& again);
  void tell(gateway::Action event);
  [[nodiscard]] std::optional<net::Url> resume_url(const std::string& text) const;

  struct Reopened {
    Snowflake by;
    TimePoint at;
  };

  net::EventLoop& loop_;
  ShardConfig config_;
  gateway::Session session_;
  GuildListeners listeners_{session_};
  net::Url url_;
  ActionQueue<gateway::Action> actions_;
  bool was_open_ = false;
  bool was_ready_ = false;
  bool is_idle_ = false;  // it could identify, and nobody needs a session
  bool is_closing_ = false;
  std::optional<Reopened> reopened_;  // the last time
  Link link_;
  net::Timer session_timer_{loop_, [this] { take(session_.on_time(loop_.now())); }};
  net::Timer retry_timer_{loop_, [this] { link_.open(url_); }};
  net::Timer identify_timer_{loop_, [this] { ask_to_identify(); }};
};

}  // namespace vcplay::bot
