#include "channel/channel.hpp"

#include <utility>

#include "channel/channel_impl.hpp"

namespace vcplay::channel {
namespace {

// A stop has 2 s in all: these three at the most, and as much as the last one for the bot to close.
constexpr Duration kQuietTimeout = 500ms;  // for 100 ms of silence packets
constexpr Duration kLeaveTimeout = 1s;
constexpr Duration kCloseTimeout = 250ms;
constexpr Duration kStatusTimeout = 400ms;  // of the second

}  // namespace

std::string_view name(Phase phase) noexcept {
  switch (phase) {
    case Phase::finding_gateway:
      return "finding-gateway";
    case Phase::opening_gateway:
      return "opening-gateway";
    case Phase::identifying:
      return "identifying";
    case Phase::waiting_for_guild:
      return "waiting-for-guild";
    case Phase::joining_channel:
      return "joining-channel";
    case Phase::opening_voice:
      return "opening-voice";
    case Phase::identifying_voice:
      return "identifying-voice";
    case Phase::discovering_address:
      return "discovering-address";
    case Phase::selecting_protocol:
      return "selecting-protocol";
    case Phase::ready:
      return "ready";
    case Phase::lingering:
      return "lingering";
    case Phase::leaving:
      return "leaving";
    case Phase::closing:
      return "closing";
    case Phase::over:
      return "over";
  }
  return "over";
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

void ChannelListener::on_notice(const Notice& notice) {
  const std::string line = notice.then.empty() ? notice.sentence : notice.sentence + ' ' + notice.then;
  log::write(notice.level, notice.place, "{}", fmt::make_format_args(line));
}

/// Once for each try: what was lost, and when it is tried again. Of the gateway, which is not its alone, the
/// shard has spoken.
void Channel::Impl::tell_retry(Recovery what, const Error& reason, Duration after, int attempt) {
  latest_trouble = reason;
  // A moment's silence is nobody's business; a longer one, or one again and again, is.
  const bool matters = what == Recovery::call && !join_deadline && (attempt > 1 || after >= 1s);
  if (what != Recovery::gateway) {
    listener.on_notice({matters ? log::Level::warning : log::Level::info, reason.what(), reason.hint(),
                        bot::retry_words(after, attempt)});
  }
  listener.on_reconnect(
      {.what = what, .reason = reason.what(), .hint = reason.hint(), .after = after, .attempt = attempt});
}

// ── start and stop ──

void Channel::Impl::start() {
  join_deadline = loop.now() + config.join_timeout;
  phase_timer.start_at(*join_deadline);
  sender.listen();
  // REST gives up a moment sooner than the join: it knows what it waited for.
  const Duration patience = config.join_timeout - config.join_timeout / 20;
  bot.attach(config.guild, *this);
  bot.open(patience);
}

void Channel::Impl::stop() {
  if (is_stopping || is_ending()) return;
  is_stopping = true;
  clear_status();
  if (sender.is_on_thread() && sender.has_stream()) {
    sender.command(send::StopPlaying{});
    phase_timer.start_at(loop.now() + kQuietTimeout);  // should the sender thread not get to run
    return;
  }
  leave();
}

void Channel::Impl::fail(Error reason) {
  if (phase == Phase::over) return;
  if (!error) error = std::move(reason);
  if (!is_ending()) leave();
}

/// As fail(), but the silence that belongs behind audio still goes out.
void Channel::Impl::give_up(Error reason) {
  if (phase == Phase::over) return;
  if (!error) error = std::move(reason);
  stop();
}

/// Ends the audio at once, then owes Discord an op 4 that says
/// so: without it the bot haunts the channel for a while.
void Channel::Impl::leave() {
  for (net::Timer* const timer : {&speaking_timer, &alone_timer, &call_timer}) timer->cancel();
  path.stop_looking();
  voice.stop();
  sender.leave_thread();
  enter(Phase::leaving);
  if (!has_asked) leave_nothing_behind();
  if (!has_asked || !owes_leave || shard() == nullptr) return close();
  phase_timer.start_at(loop.now() + kLeaveTimeout);
  clear_status();
  leave_waits_for_status = status.is_busy();
  if (!leave_waits_for_status) return leave_at_last();
  status_timer.start_at(loop.now() + kStatusTimeout);
}

/// The session lives on for other channels, and nobody will be here any more to say it: where the bot may be
/// in the channel, or its question waits for a turn, a leave waits for its own.
void Channel::Impl::leave_nothing_behind() {
  if (!owes_leave || shard() == nullptr || (!has_asked && !waits_since)) return;
  const bool is_said = farewell == Farewell::sent && shard()->is_ready();
  if (!is_said) shard()->update_voice_state(config.guild, std::nullopt);
  owes_leave = false;
}

/// The status is cleared, or there was none, or the time for it is over.
void Channel::Impl::leave_at_last() {
  leave_waits_for_status = false;
  status_timer.cancel();
  if (!shard()->is_ready()) return shard()->hurry();  // a resumed session can still say it
  say_leave();
}

void Channel::Impl::say_leave() {
  leave_waits_for_status = false;
  status_timer.cancel();
  farewell = Farewell::wanted;
  shard()->update_voice_state(config.guild, std::nullopt);
}

void Channel::Impl::close() {
  if (phase >= Phase::closing) return;
  enter(Phase::closing);
  leave_waits_for_status = false;
  status_timer.cancel();
  phase_timer.start_at(loop.now() + kCloseTimeout);
  voice.end();
  bot.detach(config.guild, *this);
  leave_nothing_behind();
  finish_if_closed();
}

void Channel::Impl::finish_if_closed() {
  if (phase != Phase::closing || !voice.is_gone()) return;
  phase_timer.cancel();
  path.close();
  sender.stop_listening();
  enter(Phase::over);
  listener.on_end(error);
}

void Channel::Impl::phase_timed_out() {
  if (phase == Phase::leaving) return close();
  if (phase == Phase::closing) {
    voice.forget_parted();
    return finish_if_closed();
  }
  if (is_stopping || phase == Phase::lingering) return leave();
  give_up_joining();
}

/// The join took too long: says at what, and what went wrong on the way.
void Channel::Impl::give_up_joining() {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(config.join_timeout).count();
  const auto give_up = [&](std::string_view what) {
    std::string sentence = fmt::format("Joining the channel took longer than {} s: {}.", seconds, what);
    if (latest_trouble) sentence += fmt::format(" {}", latest_trouble->what());
    fail(Error(Cause::network, sentence, latest_trouble ? latest_trouble->hint() : Hint::none));
  };
  const auto gateway = [&] {
    return shard() == nullptr ? "the gateway" : "the gateway at " + shard()->url().host_and_port();
  };
  const auto voice_server = [&] { return "the voice server at " + voice.url().host_and_port(); };
  switch (phase) {
    case Phase::finding_gateway:
      return give_up("Discord's REST API did not answer");
    case Phase::opening_gateway:
      return give_up(gateway() + " did not open");
    case Phase::identifying:
      return give_up(gateway() + " did not say READY");
    case Phase::waiting_for_guild:
      return give_up("Discord did not describe the guild; it may be unavailable");
    case Phase::joining_channel:
      return give_up(
          "Discord did not answer the request to join; the channel may be full or closed to the bot");
    case Phase::opening_voice:
      return give_up(voice_server() + " did not open");
    case Phase::identifying_voice:
      return give_up(voice_server() + " did not say READY");
    case Phase::discovering_address:
      return give_up("no UDP packet came back from the voice server");
    default:
      return give_up(voice_server() + " did not describe the session");
  }
}

// ── the public face ──

Channel::Channel(bot::Bot& bot, ChannelConfig config, stream::FrameLog& log,
                 std::shared_ptr<send::SenderStats> stats, send::SendThreads& threads,
                 ChannelListener& listener)
    : impl_(std::make_unique<Impl>(bot, config, log, std::move(stats), threads, listener)) {}

Channel::~Channel() {
  if (impl_->phase >= Phase::closing) return;
  try {
    bot::Bot& bot = impl_->bot;
    bot.detach(impl_->config.guild, *impl_);
    impl_->leave_nothing_behind();
  } catch (...) {  // no memory: the bot is in the channel as long as its session lives
    return;
  }
}

void Channel::start() {
  if (impl_->is_ending()) return;  // it was stopped before
  try {
    impl_->start();
  } catch (Error& reason) {
    impl_->fail(std::move(reason));
  }
}

void Channel::set_status(std::string_view text) { impl_->set_status(text); }

void Channel::stop() { impl_->stop(); }

void Channel::fail(Error reason) { impl_->fail(std::move(reason)); }

}  // namespace vcplay::channel
