#include "rest/api.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "net/https_client.hpp"
#include "rest/attempts.hpp"

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

/// What goes into a header line must not end it.
bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

}  // namespace

struct Api::Impl {
  class Call;

  net::EventLoop& loop;
  const net::TlsTrust& trust;
  net::Url base;
  SecretString token;
  Duration patience;
  std::vector<std::unique_ptr<Call>> calls;  // under way

  void start(std::string path, std::string subject, Done done);
  void forget(const Call* call);
};

/// One call from its first request to its end. Lives on the network thread.
class Api::Impl::Call {
 public:
  Call(Impl& api, std::string path, std::string subject, Done done)
      : api_(api),
        path_(std::move(path)),
        attempts_(std::move(subject), api.base.host_and_port(), api.loop.now() + api.patience),
        done_(std::move(done)),
        retry_(api.loop, [this] { send(); }) {
    send();
  }

 private:
  void send() {
    net::HttpRequest request = get(api_.base, path_, api_.token);
    request.timeout = attempts_.timeout(api_.loop.now());
    https_ = std::make_unique<net::HttpsCall>(
        api_.loop, api_.trust, std::move(request),
        [this](const net::HttpResponse& response) { on_response(response); });
  }

  void on_response(const net::HttpResponse& response) {
    Verdict verdict = attempts_.judge(response, api_.loop.now());
    if (const auto* const again = std::get_if<Again>(&verdict)) return retry_.start_at(again->at);
    const Done done = std::move(done_);
    api_.forget(this);  // destroys this call, and done may destroy the whole Api
    if (auto* const failure = std::get_if<Failure>(&verdict)) return done(std::move(*failure));
    done(std::get<std::string>(std::move(verdict)));
  }

  Impl& api_;
  const std::string path_;
  Attempts attempts_;
  Done done_;
  net::Timer retry_;
  std::unique_ptr<net::HttpsCall> https_;
};

void Api::Impl::start(std::string path, std::string subject, Done done) {
  calls.push_back(std::make_unique<Call>(*this, std::move(path), std::move(subject), std::move(done)));
}

void Api::Impl::forget(const Call* call) {
  calls.erase(std::find_if(calls.begin(), calls.end(), [&](const auto& each) { return each.get() == call; }));
}

Api::Api(net::EventLoop& loop, const net::TlsTrust& trust, net::Url base, SecretString token,
         Duration patience) {
  if (!is_printable(token.reveal())) {
    throw Error(Cause::token_refused,
                "The token has characters that no token has: check DISCORD_TOKEN or the token file.");
  }
  impl_ = std::make_unique<Impl>(Impl{loop, trust, std::move(base), std::move(token), patience, {}});
}

Api::~Api() = default;

void Api::gateway_bot(std::function<void(Result<GatewayBot>)> done) {
  impl_->start("/gateway/bot", "the gateway's address", reading(read_gateway_bot, std::move(done)));
}

void Api::channel(Snowflake id, std::function<void(Result<resources::Channel>)> done) {
  impl_->start(fmt::format("/channels/{}", id.str()), fmt::format("channel {}", id.str()),
               reading(read_channel, std::move(done)));
}

}  // namespace vcplay::rest
