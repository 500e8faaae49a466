#include "voice/connection.hpp"

#include "base/milliseconds.hpp"
#include "base/text.hpp"
#include "voice/connection_impl.hpp"

namespace vcplay::voice {
namespace {

// A stop has 2 s in all: 100 ms of silence packets, then these two at the most.
constexpr Duration kLeaveTimeout = 1s;
constexpr Duration kStatusTimeout = 400ms;  // of that second
constexpr Duration kCloseTimeout = 500ms;

}  // namespace

std::string_view name(ConnectionPhase phase) noexcept {
  switch (phase) {
    case ConnectionPhase::finding_gateway:
      return "finding-gateway";
    case ConnectionPhase::opening_gateway:
      return "opening-gateway";
    case ConnectionPhase::identifying:
      return "identifying";
    case ConnectionPhase::waiting_for_guild:
      return "waiting-for-guild";
    case ConnectionPhase::joining_channel:
      return "joining-channel";
    case ConnectionPhase::opening_voice:
      return "opening-voice";
    case ConnectionPhase::identifying_voice:
      return "identifying-voice";
    case ConnectionPhase::discovering_address:
      return "discovering-address";
    case ConnectionPhase::selecting_protocol:
      return "selecting-protocol";
    case ConnectionPhase::ready:
      return "ready";
    case ConnectionPhase::lingering:
      return "lingering";
    case ConnectionPhase::leaving:
      return "leaving";
    case ConnectionPhase::closing:
      return "closing";
    case ConnectionPhase::over:
      return "over";
  }
  return "over";
}

/// What a person needs to know of a connection that did not come about or was lost.
Error connection_error(std::string_view what, const net::Url& url, const net::CloseInfo& info) {
  const std::string where = fmt::format("{} at {}", what, url.host_and_port());
  const auto sentence = [&](std::string_view reason) {
    return Error(Cause::network, fmt::format("{}: {}.", where, reason));
  };
  const std::string detail = info.detail.empty() ? "no reason given" : display_safe(info.detail, 200);
  switch (info.kind) {
    case net::CloseKind::resolve_failed:
      return sentence("the host name can't be resolved (" + detail + ")");
    case net::CloseKind::connect_failed:
      return sentence("can't connect (" + detail + ")");
    case net::CloseKind::certificate_refused:
      return sentence("the certificate is not to be trusted (" + detail +
                      "); a proxy's own authority can be added with --ca-file");
    case net::CloseKind::tls_failed:
      return sentence("TLS failed (" + detail + ")");
    case net::CloseKind::http_refused:
      return sentence(fmt::format("refused with HTTP {}", info.http_status));
    case net::CloseKind::timed_out:
      return sentence("no answer in time");
    case net::CloseKind::lost:
    case net::CloseKind::closed_by_peer:
    case net::CloseKind::closed_by_us:
      break;
  }
  return sentence("the connection was lost (" + detail + ")");
}

std::string_view name(Recovery recovery) noexcept {
  switch (recovery) {
    case Recovery::gateway:
      return "gateway";
    case Recovery::voice:
      return "voice";
    case Recovery::call:
      return "call";
  }
  return "call";
}

// ── links ──

void Connection::Impl::link_closed(Link& link, const net::CloseInfo& info) {
  // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): `info` may go with the link
  const net::CloseInfo how = info;
  const bool is_current = link.is_current;
  const Link::To to = link.to;
  for (std::list<Link>* const links : {&gateway_link, &voice_link, &parting}) {
    links->remove_if([&](const Link& other) { return &other == &link; });
  }
  if (phase == ConnectionPhase::closing) return finish_if_closed();
  if (is_current) to == Link::To::gateway ? gateway_closed(how) : voice_closed(how);
}

/// Closes it politely where it is open, and hears no more of it. `code` 0: it is closing already.
void Connection::Impl::part_with(std::list<Link>& link, std::uint16_t code) {
  if (link.empty()) return;
  if (!link.front().is_open) return link.clear();
  link.front().is_current = false;
  if (code != 0) link.front().socket.close(code, "");
  parting.splice(parting.end(), link);
}

/// Once for each try: what was lost, and when it is tried again.
void Connection::Impl::tell_retry(Recovery what, const Error& reason, Duration after, int attempt) {
  latest_trouble = reason.what();
  const std::string when = after < 100ms ? "now" : fmt::format("in {:.1f} s", seconds(after));
  const std::string line = fmt::format("{} Trying again {} (attempt {}).", reason.what(), when, attempt);
  const bool has_joined = join_deadline == TimePoint{};
  // A moment's silence is nobody's business; a longer one, or one again and again, is.
  if (what == Recovery::call && has_joined && (attempt > 1 || after >= 1s)) {
    log::warning("{}", line);
  } else {
    log::info("{}", line);
  }
  listener.on_reconnect({.what = what, .reason = reason.what(), .after = after, .attempt = attempt});
}

// ── start and stop ──

void Connection::Impl::start() {
  join_deadline = loop.now() + config.join_timeout;
  phase_timer.start_at(join_deadline);
  report_watch.emplace(loop, inbox.report_fd(), [this] { read_reports(); });
  if (config.api_url) {
    // It gives up a moment sooner than the join: it knows what it waited for.
    const Duration patience = config.join_timeout - config.join_timeout / 20;
    api = std::make_unique<rest::Api>(loop, trust, *config.api_url, config.token.duplicate(), patience);
  }
  if (config.gateway_url) {
    const auto [id, count] = config.shard.value_or(std::pair{0, 1});
    open_gateway(*config.gateway_url, id, count);
    return;
  }
  enter(ConnectionPhase::finding_gateway);
  if (!api) {
    fail(Error(Cause::usage, "There is neither a gateway URL nor an API URL to ask for one."));
    return;
  }
  api->gateway_bot([this](rest::Result<rest::GatewayBot> result) {
    if (ending()) return;
    if (auto* failure = std::get_if<rest::Failure>(&result)) return fail(failure->error);
    const auto& found = std::get<rest::GatewayBot>(result);
    if (config.on_identify_limit) config.on_identify_limit(found);
    if (found.identifies_left < 1) {
      return fail(Error(Cause::identify_budget,
                        "This bot has used up Discord's identifies of the day; try again later."));
    }
    open_found_gateway(found);
  });
}

void Connection::Impl::stop() {
  if (stopping || ending()) return;
  stopping = true;
  clear_status();
  if (sender_thread && stream_is_started) {
    command(StopPlaying{});
    phase_timer.start_at(loop.now() + kCloseTimeout);  // should the sender thread not get to run
    return;
  }
  leave();
}

void Connection::Impl::fail(Error reason) {
  if (phase == ConnectionPhase::over) return;
  if (!error) error = std::move(reason);
  if (!ending()) leave();
}

/// Ends the audio at once, then owes Discord an op 4 that says
/// so: without it the bot haunts the channel for a while.
void Connection::Impl::leave() {
  for (net::Timer* const timer : {&speaking_timer, &discovery_timer, &path_timer, &alone_timer, &call_timer,
                                  &voice_timer, &voice_retry_timer, &identify_timer, &orders_timer}) {
    timer->cancel();
  }
  sender_thread.reset();
  enter(ConnectionPhase::leaving);
  if (!joined || !gateway) return close_sockets();
  phase_timer.start_at(loop.now() + kLeaveTimeout);
  clear_status();
  leave_waits_for_status = status.is_busy();
  if (!leave_waits_for_status) return leave_at_last();
  status_timer.start_at(loop.now() + kStatusTimeout);
}

/// The status is cleared, or there was none, or the time for it is over.
void Connection::Impl::leave_at_last() {
  leave_waits_for_status = false;
  status_timer.cancel();
  if (!gateway->is_ready()) return run(gateway->hurry(loop.now()));  // a resumed session can still say it
  say_leave();
}

void Connection::Impl::say_leave() {
  leave_is_said = true;
  leave_waits_for_status = false;
  status_timer.cancel();
  run(gateway->update_voice_state(std::nullopt, false, true));
}

void Connection::Impl::close_sockets() {
  if (phase >= ConnectionPhase::closing) return;
  enter(ConnectionPhase::closing);
  api.reset();
  leave_waits_for_status = false;
  for (net::Timer* const timer : {&gateway_timer, &gateway_retry_timer, &status_timer}) timer->cancel();
  phase_timer.start_at(loop.now() + kCloseTimeout);
  part_with(voice_link, 1000);
  part_with(gateway_link, 1000);
  finish_if_closed();
}

void Connection::Impl::finish_if_closed() {
  if (phase != ConnectionPhase::closing || !parting.empty()) return;
  phase_timer.cancel();
  udp_watch.reset();
  report_watch.reset();
  enter(ConnectionPhase::over);
  listener.on_end(error);
}

void Connection::Impl::phase_timed_out() {
  if (phase == ConnectionPhase::leaving) return close_sockets();
  if (phase == ConnectionPhase::closing) {
    parting.clear();
    return finish_if_closed();
  }
  if (stopping || phase == ConnectionPhase::lingering) return leave();
  give_up_joining();
}

/// The join took too long: says at what, and what went wrong on the way.
void Connection::Impl::give_up_joining() {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(config.join_timeout).count();
  const auto give_up = [&](std::string_view what) {
    const std::string trouble = latest_trouble.empty() ? "" : " " + latest_trouble;
    fail(Error(Cause::network,
               fmt::format("Joining the channel took longer than {} s: {}.{}", seconds, what, trouble)));
  };
  switch (phase) {
    case ConnectionPhase::finding_gateway:
      return give_up("Discord's REST API did not answer");
    case ConnectionPhase::opening_gateway:
      return give_up("the gateway at " + gateway_url.host_and_port() + " did not open");
    case ConnectionPhase::identifying:
      return give_up("the gateway at " + gateway_url.host_and_port() + " did not say READY");
    case ConnectionPhase::waiting_for_guild:
      return give_up("Discord did not describe the guild; it may be unavailable");
    case ConnectionPhase::joining_channel:
      return give_up(
          "Discord did not answer the request to join; the channel may be full or closed to the bot");
    case ConnectionPhase::opening_voice:
      return give_up("the voice server at " + voice_url.host_and_port() + " did not open");
    case ConnectionPhase::identifying_voice:
      return give_up("the voice server at " + voice_url.host_and_port() + " did not say READY");
    case ConnectionPhase::discovering_address:
      return give_up("no UDP packet came back from the voice server");
    default:
      return give_up("the voice server at " + voice_url.host_and_port() + " did not describe the session");
  }
}

// ── the public face ──

Connection::Connection(net::EventLoop& loop, const net::TlsTrust& trust, ConnectionConfig config,
                       FrameQueue& queue, SenderStats& stats, Pacer& pacer, ConnectionListener& listener)
    : impl_(std::make_unique<Impl>(loop, trust, std::move(config), queue, stats, pacer, listener)) {}

Connection::~Connection() = default;

void Connection::start() {
  try {
    impl_->start();
  } catch (Error& reason) {
    impl_->fail(std::move(reason));
  }
}

void Connection::set_status(std::string_view text) { impl_->set_status(text); }

void Connection::stop() { impl_->stop(); }

void Connection::fail(Error reason) { impl_->fail(std::move(reason)); }

}  // namespace vcplay::voice
