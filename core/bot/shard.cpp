#include "bot/shard.hpp"

#include <utility>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/milliseconds.hpp"
#include "base/overloaded.hpp"
#include "base/text.hpp"

namespace vcplay::bot {
namespace {

// Each channel looks at the network once a second: what one has noticed they all have after so long.
constexpr Duration kSameNews = 3s;

constexpr net::WebSocketLimits kLimits{.incoming = gateway::kMessageLimits.bytes, .outgoing = kMostWaiting};

/// The path of the main gateway: exactly one '/' before the query.
net::Url with_query(net::Url url) {
  const auto query = url.path.find('?');
  if (query != std::string::npos) url.path.resize(query);
  if (url.path.empty() || url.path.back() != '/') url.path += '/';
  url.path += "?v=10&encoding=json";
  return url;
}

}  // namespace

Shard::Shard(net::EventLoop& loop, const net::TlsTrust& trust, ShardConfig config)
    : loop_(loop),
      config_(std::move(config)),
      session_(std::move(config_.session)),
      link_(loop, trust, kLimits, *this) {
  config_.url = url_ = with_query(config_.url);
  link_.open(url_);
}

void Shard::attach(Snowflake guild, ShardListener& listener) {
  session_.add_guild(guild);
  listeners_.attach(guild, listener, loop_.now());
  if (is_idle_) ask_to_identify();
}

void Shard::update_voice_state(Snowflake guild, std::optional<Snowflake> channel) {
  take(session_.update_voice_state({.guild = guild, .channel = channel}, loop_.now()));
}

void Shard::hurry() { take(session_.hurry(loop_.now())); }

void Shard::reopen(Snowflake guild, std::string_view why) {
  const TimePoint now = loop_.now();
  if (reopened_ && reopened_->by != guild && now - reopened_->at < kSameNews) return;
  reopened_ = {guild, now};
  if (!link_.is_open()) return hurry();
  link_.drop();
  on_link_closed({.kind = net::CloseKind::lost, .code = {}, .detail = std::string(why)});
}

void Shard::close() {
  if (std::exchange(is_closing_, true)) return;
  for (net::Timer* const timer : {&session_timer_, &retry_timer_, &identify_timer_}) timer->cancel();
  link_.part(1000);
}

// ── its socket ──

void Shard::on_link_open() {
  was_open_ = true;
  listeners_.opened();
  take(session_.on_open(loop_.now()));
}

void Shard::on_link_closed(const net::CloseInfo& info) {
  if (is_closing_) return;
  session_timer_.cancel();
  if (!was_open_) return listeners_.hear(gateway::Failed{link_error("Discord's gateway", url_, info)});
  take(session_.on_close(info.code, info.detail, loop_.now()));
}

void Shard::on_links_gone() {
  if (is_closing_ && config_.on_closed) config_.on_closed();
}

// ── what the session wants ──

void Shard::take(gateway::Actions actions) {
  actions_.add_all(std::move(actions));
  actions_.drain([this](gateway::Action& action) { carry_out(action); }, [this] { settle(); });
}

void Shard::settle() {
  const auto next = session_.deadline();
  if (next && !is_closing_) {
    session_timer_.start_at(*next);
  } else {
    session_timer_.cancel();
  }
}

void Shard::carry_out(gateway::Action& action) {
  if (is_closing_) return;
  std::visit(Overloaded{
                 [&](gateway::SendText& send) { link_.send_text(send.text); },
                 [&](gateway::CloseSocket& close) { link_.close(close.code, close.reason); },
                 [&](gateway::WantsIdentify&) { ask_to_identify(); },
                 [&](gateway::Reconnect& again) { is_lost(again); },
                 [&](auto& event) { tell(std::move(event)); },
             },
             action);
}

void Shard::tell(gateway::Action event) {
  if (std::holds_alternative<gateway::Ready>(event) && std::exchange(was_ready_, true)) {
    log::info("Discord's gateway: a new session.");
  }
  if (std::holds_alternative<gateway::Resumed>(event)) {
    log::info("Discord's gateway: the session is resumed.");
  }
  if (std::holds_alternative<gateway::GuildCreated>(event) ||
      std::holds_alternative<gateway::GuildMissing>(event) ||
      std::holds_alternative<gateway::ChannelUpdated>(event)) {
    const Snowflake guild = gateway::guild_of(event).value();
    if (config_.on_guild) config_.on_guild(guild, session_.guild(guild));
  }
  listeners_.hear(std::move(event));
}

/// The budget of a day is shared with other runs of this bot: it may say "not yet", or never. Where nobody
/// plays any more, a new session would only be left again.
void Shard::ask_to_identify() {
  if (is_closing_) return;
  is_idle_ = !listeners_.need_session();
  if (is_idle_) return;
  try {
    const Duration wait = config_.may_identify ? config_.may_identify() : Duration::zero();
    if (wait <= Duration::zero()) return take(session_.identify(loop_.now()));
    if (wait >= 1s) log::info("Waiting {:.1f} s for this bot's turn to identify.", seconds(wait));
    identify_timer_.start_at(loop_.now() + wait);
    listeners_.wait_for_turn(wait, loop_.now());
  } catch (const Error& refused) {
    listeners_.refuse(refused);
  }
}

void Shard::is_lost(const gateway::Reconnect& again) {
  identify_timer_.cancel();
  is_idle_ = false;
  link_.part(0);
  url_ = resume_url(again.url).value_or(config_.url);
  retry_timer_.start_at(loop_.now() + again.after);
  if (listeners_.need_session()) {
    log::info("{} {}", again.reason.what(), retry_words(again.after, again.attempt));
  }
  listeners_.hear(again);
}

/// Nothing: the first URL will have to do.
std::optional<net::Url> Shard::resume_url(const std::string& text) const {
  if (text.empty()) return std::nullopt;
  auto url = net::Url::parse(text);
  if (!url || url->scheme != "wss") return std::nullopt;
  if (config_.may_speak_to(*url)) return with_query(std::move(*url));
  log::warning(
      "Discord's gateway named {} for a resume, which is no server of Discord's: it is asked again itself.",
      display_safe(url->host, 100));
  return std::nullopt;
}

}  // namespace vcplay::bot
