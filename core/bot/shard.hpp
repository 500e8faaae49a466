// A bot's session at one shard of the main gateway, with its socket and its turn to identify.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/action_queue.hpp"
#include "base/clock.hpp"
#include "bot/link.hpp"
#include "gateway/session.hpp"

namespace vcplay::bot {

/// What happens at a Shard, in one guild. Must not destroy the Shard from inside.
class ShardListener {
 public:
  virtual ~ShardListener() = default;
  /// REST is asked where the gateway is.
  virtual void on_search_for_gateway() = 0;
  /// That is known: it is being connected to.
  virtual void on_gateway_found() = 0;
  /// It is connected to, for the first time.
  virtual void on_gateway_open() = 0;
  /// All that the gateway says but what the Shard does itself. A Reconnect is under way already; what comes
  /// after a Failed is close().
  virtual void on_gateway(gateway::Action action) = 0;
  /// Its turn to identify comes after so long.
  virtual void on_wait_for_turn(Duration wait) = 0;
  /// It must not identify, for good.
  virtual void on_identify_refused(Error reason) = 0;
  /// False: nobody plays any more, and a new session would only be left again.
  [[nodiscard]] virtual bool needs_session() const = 0;
  /// After close(), or because no session was needed.
  virtual void on_shard_closed() = 0;
};

struct ShardConfig {
  gateway::Config session;
  net::Url url;
  /// The token goes nowhere else.
  std::function<bool(const net::Url&)> may_speak_to;
  /// As BotConfig has it.
  std::function<Duration()> may_identify;
};

/// Keeps the session alive: opens, identifies in its turn, resumes. Lives on the network thread.
class Shard final : LinkOwner {
 public:
  /// Opens it.
  Shard(net::EventLoop& loop, const net::TlsTrust& trust, ShardConfig config, ShardListener& listener);

  /// Op 4: joins, moves to, or with nothing leaves. Nothing unless is_ready().
  void update_voice_state(std::optional<Snowflake> channel);
  [[nodiscard]] bool is_ready() const noexcept { return session_.is_ready(); }
  [[nodiscard]] bool can_resume() const noexcept { return session_.can_resume(); }
  /// Ends the wait for the next connection.
  void hurry();
  /// Its connection would be silent for a minute before anybody noticed: exchanges it.
  void reopen(std::string_view why);

  /// Nothing is owed to the gateway any more: the loss of its socket is its end, too.
  void end_with_socket() noexcept { ends_with_socket_ = true; }
  /// Politely. on_shard_closed() follows, unless is_closed() already.
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
  [[nodiscard]] std::optional<net::Url> resume_url(const std::string& text) const;

  net::EventLoop& loop_;
  ShardConfig config_;
  ShardListener& listener_;
  gateway::Session session_;
  net::Url url_;
  ActionQueue<gateway::Action> actions_;
  bool was_open_ = false;
  bool ends_with_socket_ = false;
  bool is_closing_ = false;
  Link link_;
  net::Timer session_timer_{loop_, [this] { take(session_.on_time(loop_.now())); }};
  net::Timer retry_timer_{loop_, [this] { link_.open(url_); }};
  net::Timer identify_timer_{loop_, [this] { ask_to_identify(); }};
};

}  // namespace vcplay::bot
