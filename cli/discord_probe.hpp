// Asks Discord what can be asked without an IDENTIFY.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "bot/bot.hpp"
#include "cli/checks.hpp"
#include "cli/errand.hpp"
#include "net/resolver.hpp"
#include "net/websocket.hpp"
#include "rest/api.hpp"

namespace vcplay::cli {

/// Gathers DiscordFacts: first whom the token belongs to, so that a refused token is shown to Discord only
/// once; then everything else side by side.
class DiscordProbe final : public Errand, private net::WebSocketHandler {
 public:
  static constexpr Duration kPatience = std::chrono::seconds(15);
  /// What to ask: with several channels the rest need not be asked again.
  enum class Scope : std::uint8_t { everything, place };
  /// The place, the token and the URLs are those of a play. Done within `patience`.
  DiscordProbe(const bot::BotConfig& bot, Snowflake guild, Snowflake channel, Duration patience = kPatience,
               Scope scope = Scope::everything)
      : bot_(bot), guild_(guild), channel_(channel), patience_(patience), scope_(scope) {}
  [[nodiscard]] const DiscordFacts& facts() const noexcept { return facts_; }  // after run()

 private:
  void start(net::EventLoop& loop, const net::TlsTrust& trust, std::function<void()> done) override;
  void stop() override;

  void know_me(rest::Result<resources::User> answer);
  void ask_the_rest(Snowflake me);
  void approach_found_gateway(const net::Url& url);
  void approach_gateway(const net::Url& url);
  void find_route(const net::Url& url);
  void time_is_up();
  void settle();

  void on_open() override {}
  void on_text(std::string_view text) override;
  void on_binary(ByteView) override {}
  void on_close(const net::CloseInfo& info) override;

  /// Takes one answer of those that run side by side.
  template <typename T>
  auto into(DiscordFacts::Answer<T>& place) {
    ++open_questions_;
    return [this, &place](rest::Result<T> answer) {
      place = std::move(answer);
      --open_questions_;
      settle();
    };
  }

  const bot::BotConfig& bot_;
  const Snowflake guild_;
  const Snowflake channel_;
  const Duration patience_;
  const Scope scope_;
  DiscordFacts facts_;
  std::function<void()> done_;
  net::EventLoop* loop_ = nullptr;
  const net::TlsTrust* trust_ = nullptr;
  TimePoint deadline_;
  int open_questions_ = 0;
  net::Url gateway_;
  std::unique_ptr<rest::Api> api_;
  std::unique_ptr<net::WebSocket> socket_;
  std::unique_ptr<net::Resolution> resolution_;
  std::unique_ptr<net::Timer> timer_;
};

}  // namespace vcplay::cli
