#include "rest/api.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "net/https_client.hpp"
#include "rest/attempts.hpp"
#include "rest/bodies.hpp"
#include "rest/http_date.hpp"

namespace vcplay::rest {
namespace {

using Done = std::function<void(Result<std::string>)>;

/// Reads the body, where there is one, before it tells.
template <typename T>
Done reading(Result<T> (*read)(const std::string&), std::function<void(Result<T>)> done) {
  return [read, done = std::move(done)](Result<std::string> answer) {
    if (auto* const failure = std::get_if<Failure>(&answer)) return done(std::move(*failure));
    done(read(std::get<std::string>(answer)));
  };
}

/// Only that it was done.
Done confirming(std::function<void(Result<std::monostate>)> done) {
  return [done = std::move(done)](Result<std::string> answer) {
    if (auto* const failure = std::get_if<Failure>(&answer)) return done(std::move(*failure));
    done(std::monostate{});
  };
}

std::string own_voice_state(Snowflake guild) {
  return fmt::format("/guilds/{}/voice-states/@me", guild.str());
}

constexpr std::size_t kKibi = 1024;

/// What goes into a header line must not end it.
bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

}  // namespace

/// What one call asks for.
struct Question {
  std::string path;
  std::string subject;                  // in words, for Attempts
  std::size_t most_bytes = kKibi * 64;  // of the answer
  std::string_view method = "GET";      // the others change something
  std::string body = {};                // JSON, of a change
};

struct Api::Impl {
  class Call;

  net::EventLoop& loop;
  const net::TlsTrust& trust;
  net::Url base;
  SecretString token;
  Duration patience;
  std::optional<Duration> clock_ahead = {};       // of the latest Date
  std::vector<std::unique_ptr<Call>> calls = {};  // under way

  void ask_for_guilds(Snowflake after, std::vector<GuildName> known,
                      std::function<void(Result<std::vector<GuildName>>)> done);
  void start(Question question, Done done);
  void forget(const Call* call);
};

/// One call from its first request to its end. Lives on the network thread.
class Api::Impl::Call {
 public:
  Call(Impl& api, Question question, Done done)
      : api_(api),
        path_(std::move(question.path)),
        method_(question.method),
        most_bytes_(question.most_bytes),
        body_(std::move(question.body)),
        attempts_(std::move(question.subject), api.base.host_and_port(), api.loop.now() + api.patience,
                  body_.empty() ? 200 : 204),
        done_(std::move(done)),
        retry_(api.loop, [this] { send(); }) {
    send();
  }

 private:
  void send() {
    net::HttpRequest request = body_.empty() ? get(api_.base, path_, api_.token)
                                             : change(api_.base, path_, api_.token, method_, body_);
    request.timeout = attempts_.timeout(api_.loop.now());
    request.most_body_bytes = most_bytes_;
    https_ = std::make_unique<net::HttpsCall>(
        api_.loop, api_.trust, std::move(request),
        [this](const net::HttpResponse& response) { on_response(response); });
  }

  void on_response(const net::HttpResponse& response) {
    if (const auto ahead = clock_ahead_of(response.date, std::chrono::system_clock::now())) {
      api_.clock_ahead = ahead;
    }
    Verdict verdict = attempts_.judge(response, api_.loop.now());
    if (const auto* const again = std::get_if<Again>(&verdict)) return retry_.start_at(again->at);
    const Done done = std::move(done_);
    api_.forget(this);  // destroys this call, and done may destroy the whole Api
    if (auto* const failure = std::get_if<Failure>(&verdict)) return done(std::move(*failure));
    done(std::get<std::string>(std::move(verdict)));
  }

  Impl& api_;
  const std::string path_;
  const std::string_view method_;
  const std::size_t most_bytes_;
  const std::string body_;
  Attempts attempts_;
  Done done_;
  net::Timer retry_;
  std::unique_ptr<net::HttpsCall> https_;
};

void Api::Impl::start(Question question, Done done) {
  calls.push_back(std::make_unique<Call>(*this, std::move(question), std::move(done)));
}

void Api::Impl::ask_for_guilds(Snowflake after, std::vector<GuildName> known,
                               std::function<void(Result<std::vector<GuildName>>)> done) {
  auto turn_page = [this, after, known = std::move(known), done](Result<GuildPage> answer) mutable {
    if (auto* const failure = std::get_if<Failure>(&answer)) return done(std::move(*failure));
    auto& page = std::get<GuildPage>(answer);
    Snowflake last = after;
    for (GuildName& guild : page.guilds) {
      last = std::max(last, guild.id);
      known.push_back(std::move(guild));
    }
    // Pages that lead nowhere would never end, and others only in theory.
    if (!page.full || last == after) return done(std::move(known));
    if (known.size() >= kMostGuilds) {
      return done(Failure{200, 0,
                          Error(Cause::usage, fmt::format("The bot is in more than {} guilds.", kMostGuilds),
                                Hint::name_one_guild)});
    }
    ask_for_guilds(last, std::move(known), std::move(done));
  };
  start({fmt::format("/users/@me/guilds?limit={}&after={}", kGuildsPerPage, after.str()), "the bot's guilds",
         512 * kKibi},
        reading<GuildPage>(read_guild_page, std::move(turn_page)));
}

void Api::Impl::forget(const Call* call) {
  calls.erase(std::find_if(calls.begin(), calls.end(), [&](const auto& each) { return each.get() == call; }));
}

Api::Api(net::EventLoop& loop, const net::TlsTrust& trust, net::Url base, SecretString token,
         Duration patience) {
  if (!is_printable(token.reveal())) {
    throw Error(Cause::token_refused, "The token has characters that no token has.", Hint::copy_token_again);
  }
  impl_ = std::make_unique<Impl>(Impl{loop, trust, std::move(base), std::move(token), patience});
}

Api::~Api() = default;

void Api::gateway_bot(std::function<void(Result<GatewayBot>)> done) {
  impl_->start({"/gateway/bot", "the gateway's address"}, reading(read_gateway_bot, std::move(done)));
}

void Api::channel(Snowflake id, std::function<void(Result<resources::Channel>)> done) {
  impl_->start({"/channels/" + id.str(), "channel " + id.str(), 512 * kKibi},
               reading(read_channel, std::move(done)));
}

void Api::me(std::function<void(Result<resources::User>)> done) {
  impl_->start({"/users/@me", "the bot's own account"}, reading(read_user, std::move(done)));
}

void Api::guild(Snowflake id, std::function<void(Result<resources::Guild>)> done) {
  impl_->start({"/guilds/" + id.str(), "guild " + id.str(), 2048 * kKibi},
               reading(read_guild, std::move(done)));
}

void Api::member(Snowflake guild, Snowflake user, std::function<void(Result<resources::Member>)> done) {
  impl_->start({fmt::format("/guilds/{}/members/{}", guild.str(), user.str()),
                fmt::format("member {} of guild {}", user.str(), guild.str())},
               reading(read_member, std::move(done)));
}

void Api::channels(Snowflake guild, std::function<void(Result<std::vector<resources::Channel>>)> done) {
  impl_->start({fmt::format("/guilds/{}/channels", guild.str()),
                fmt::format("the channels of guild {}", guild.str()), kMostBodyBytes},
               reading(read_channels, std::move(done)));
}

void Api::my_guilds(std::function<void(Result<std::vector<GuildName>>)> done) {
  impl_->ask_for_guilds(Snowflake{}, {}, std::move(done));
}

void Api::become_speaker(Snowflake guild, Snowflake channel,
                         std::function<void(Result<std::monostate>)> done) {
  impl_->start({.path = own_voice_state(guild),
                .subject = "the word on stage " + channel.str(),
                .method = "PATCH",
                .body = body_of_unsuppress(channel)},
               confirming(std::move(done)));
}

void Api::request_to_speak(Snowflake guild, Snowflake channel, std::string_view iso_time,
                           std::function<void(Result<std::monostate>)> done) {
  impl_->start({.path = own_voice_state(guild),
                .subject = "the word on stage " + channel.str(),
                .method = "PATCH",
                .body = body_of_request(channel, iso_time)},
               confirming(std::move(done)));
}

void Api::set_voice_status(Snowflake channel, std::string_view text,
                           std::function<void(Result<std::monostate>)> done) {
  impl_->start({.path = fmt::format("/channels/{}/voice-status", channel.str()),
                .subject = "the status of channel " + channel.str(),
                .method = "PUT",
                .body = body_of_voice_status(text)},
               confirming(std::move(done)));
}

std::optional<Duration> Api::clock_ahead() const { return impl_->clock_ahead; }

}  // namespace vcplay::rest
