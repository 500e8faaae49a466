// Asks Discord for the guilds and channels that the bot sees.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "cli/channel_list.hpp"
#include "cli/errand.hpp"
#include "net/url.hpp"
#include "rest/api.hpp"

namespace vcplay::cli {

/// Gathers SurveyedGuilds over REST alone. Guilds are asked for a few at a time, and it ends when Discord has
/// said nothing for 15 s.
class GuildSurvey final : public Errand {
 public:
  /// `only`: nothing else but this guild.
  GuildSurvey(net::Url api_url, SecretString token, std::optional<Snowflake> only)
      : api_url_(std::move(api_url)), token_(std::move(token)), only_(only) {}

  // After run().
  [[nodiscard]] const std::optional<Error>& error() const noexcept {
    return error_;
  }  // why there is no survey
  [[nodiscard]] const resources::User& me() const noexcept { return me_; }
  [[nodiscard]] const std::vector<SurveyedGuild>& guilds() const noexcept { return guilds_; }

 private:
  void start(net::EventLoop& loop, const net::TlsTrust& trust, std::function<void()> done) override;
  void stop() override;

  void know_me(rest::Result<resources::User> answer);
  void know_guilds(rest::Result<std::vector<rest::GuildName>> answer);
  void ask_more();
  void ask_for(SurveyedGuild& place);
  /// Takes one of the three answers about a guild; what it holds goes where `keep` puts it.
  template <typename T, typename Keep>
  std::function<void(rest::Result<T>)> into(SurveyedGuild& place, Keep keep);
  void fail(const Error& error);
  void finish();

  const net::Url api_url_;
  SecretString token_;
  const std::optional<Snowflake> only_;
  std::optional<Error> error_;
  resources::User me_;
  std::vector<SurveyedGuild> guilds_;

  std::function<void()> done_;
  net::EventLoop* loop_ = nullptr;
  std::unique_ptr<rest::Api> api_;
  std::unique_ptr<net::Timer> silence_;
  std::size_t next_ = 0;  // guild to ask for
  int open_questions_ = 0;
};

}  // namespace vcplay::cli
