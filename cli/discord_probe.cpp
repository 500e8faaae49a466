#include "cli/discord_probe.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/json.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "net/hosts.hpp"
#include "net/udp_socket.hpp"

namespace vcplay::cli {
namespace {

// REST is asked twice, each time with a last second for the last try; the gateway needs time
// to say hello, too.
constexpr Duration kPatienceWithRest = DiscordProbe::kPatience / 3;
constexpr int kHello = 10;
constexpr json::Field kMessage[] = {{"op"}};
constexpr net::WebSocketLimits kLimits{.incoming = 64 * 1024, .outgoing = 64 * 1024};  // a word or two
constexpr std::uint16_t kAnyPort = 50'000;  // nothing is sent there

/// Voice servers have IPv4 addresses.
std::string best_for_voice(const std::vector<std::string>& addresses) {
  const auto found = std::find_if(addresses.begin(), addresses.end(), [](const std::string& address) {
    return address.find(':') == std::string::npos;
  });
  return found == addresses.end() ? addresses.front() : *found;
}

/// As a play opens it.
net::Url with_gateway_query(net::Url url) {
  url.path.resize(std::min(url.path.find('?'), url.path.size()));
  if (url.path.empty() || url.path.back() != '/') url.path += '/';
  url.path += "?v=10&encoding=json";
  return url;
}

}  // namespace

void DiscordProbe::start(net::EventLoop& loop, const net::TlsTrust& trust, std::function<void()> done) {
  loop_ = &loop;
  trust_ = &trust;
  done_ = std::move(done);
  deadline_ = loop.now() + patience_;
  timer_ = std::make_unique<net::Timer>(loop, [this] { time_is_up(); });
  timer_->start_at(deadline_);
  if (bot_.gateway_url && scope_ == Scope::everything) approach_gateway(*bot_.gateway_url);
  if (bot_.api_url) {
    api_ = std::make_unique<rest::Api>(loop, trust, *bot_.api_url, bot_.token.duplicate(), kPatienceWithRest);
    ++open_questions_;
    api_->me([this](rest::Result<resources::User> answer) { know_me(std::move(answer)); });
  }
}

void DiscordProbe::stop() {
  timer_.reset();
  resolution_.reset();
  socket_.reset();
  api_.reset();
}

void DiscordProbe::know_me(rest::Result<resources::User> answer) {
  --open_questions_;
  facts_.me = std::move(answer);
  if (const auto* const me = std::get_if<resources::User>(&*facts_.me)) ask_the_rest(me->id);
  settle();
}

void DiscordProbe::ask_the_rest(Snowflake me) {
  api_->guild(guild_, into(facts_.guild));
  api_->member(guild_, me, into(facts_.member));
  api_->channel(channel_, into(facts_.channel));
  if (scope_ == Scope::place) return;
  ++open_questions_;
  api_->gateway_bot([this](rest::Result<rest::GatewayBot> answer) {
    facts_.gateway_bot = std::move(answer);
    const auto* const gateway = std::get_if<rest::GatewayBot>(&*facts_.gateway_bot);
    if (gateway != nullptr && !bot_.gateway_url) approach_found_gateway(gateway->url);
    --open_questions_;
    settle();
  });
}

/// Where a play would not go there is nothing to look at.
void DiscordProbe::approach_found_gateway(const net::Url& url) {
  if (net::is_discords(bot_.api_url->host) && !net::is_discords(url.host)) {
    facts_.gateway_hello = Error(
        Cause::network, fmt::format("Discord's API named {} as its gateway, which is no server of Discord's.",
                                    display_safe(url.host, 100)));
    return;
  }
  approach_gateway(url);
}

void DiscordProbe::approach_gateway(const net::Url& url) {
  gateway_ = with_gateway_query(url);
  ++open_questions_;
  log::info("Calling the gateway at {}", gateway_.host_and_port());
  auto& handler = static_cast<net::WebSocketHandler&>(*this);
  socket_ =
      std::make_unique<net::WebSocket>(*loop_, *trust_, handler, gateway_, deadline_ - loop_->now(), kLimits);
  find_route(url);
}

void DiscordProbe::find_route(const net::Url& url) {
  ++open_questions_;
  const auto take = [this](const net::Addresses& addresses) {
    --open_questions_;
    try {
      if (!addresses.numeric.empty()) {
        const auto socket = net::UdpSocket::connect_to(best_for_voice(addresses.numeric), kAnyPort);
        facts_.udp_route = socket.local_address();
      }
    } catch (const Error& error) {
      facts_.udp_route = error;
    }
    settle();
  };
  resolution_ = std::make_unique<net::Resolution>(*loop_, url.host, take);
}

void DiscordProbe::on_text(std::string_view text) {
  if (facts_.gateway_hello || json::integer(json::parse(text, {}, kMessage), "op") != kHello) return;
  facts_.gateway_hello = gateway_.host_and_port();
  socket_->close(1000, "");
  --open_questions_;
  settle();
}

void DiscordProbe::on_close(const net::CloseInfo& info) {
  if (facts_.gateway_hello) return;  // we closed it
  facts_.gateway_hello = Error(Cause::network, fmt::format("Discord's gateway at {} cannot be reached: {}.",
                                                           gateway_.host_and_port(), net::in_words(info)));
  --open_questions_;
  settle();
}

void DiscordProbe::time_is_up() {
  if (socket_ && !facts_.gateway_hello) {
    facts_.gateway_hello = Error(Cause::network, fmt::format("Discord's gateway at {} said nothing for {} s.",
                                                             gateway_.host_and_port(), patience_ / 1s));
  }
  open_questions_ = 0;
  settle();
}

void DiscordProbe::settle() {
  if (open_questions_ > 0 || !done_) return;
  if (api_) facts_.clock_ahead = api_->clock_ahead();
  std::exchange(done_, nullptr)();
}

}  // namespace vcplay::cli
