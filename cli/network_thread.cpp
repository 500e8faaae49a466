#include "cli/network_thread.hpp"

#include <fmt/core.h>
#include <pthread.h>

#include <memory>
#include <new>
#include <utility>

namespace vcplay::cli {

NetworkThread::NetworkThread(bot::BotConfig bot, const channel::ChannelConfig& channel,
                             const std::string& ca_file, const std::string& ca_pem, stream::FrameLog& log,
                             send::SenderStats& stats, send::Pacer& pacer, channel::ChannelListener& listener)
    : senders_(pacer), listener_(listener) {
  if (!ca_file.empty()) trust_.add_anchors_from_file(ca_file);
  if (!ca_pem.empty()) trust_.add_anchors(ca_pem);
  bot_.emplace(loop_, trust_, std::move(bot));
  // They outlive the thread.
  const std::shared_ptr<send::SenderStats> counts(std::shared_ptr<void>(), &stats);
  channel_.emplace(*bot_, channel, log, counts, senders_, ending_);
}

NetworkThread::~NetworkThread() {
  if (!thread_.joinable()) return;
  try {
    loop_.post([this] {
      channel_.reset();
      bot_.reset();
    });
    loop_.post([this] { loop_.stop(); });
  } catch (...) {  // no memory: they go when their thread has gone
    loop_.stop();
  }
  thread_.join();
}

void NetworkThread::start() {
  loop_.on_failure([this](const std::exception_ptr& failure) { leave_for(failure); });
  thread_ = std::thread([this] { run(); });
}

void NetworkThread::run() noexcept {
  pthread_setname_np(pthread_self(), "network");
  try {
    loop_.post([this] { channel_->start(); });
    loop_.run();
  } catch (...) {
    tell_end(in_words(std::current_exception()));
  }
}

/// The channel is over; what is left is the bot's session, which closes politely.
void NetworkThread::close_bot(std::optional<Error> error) noexcept {
  why_ended_ = std::move(error);
  try {
    bot_->close([this] { tell_end(std::move(why_ended_)); });
  } catch (...) {  // no memory
    tell_end(std::move(why_ended_));
  }
}

void NetworkThread::tell_end(std::optional<Error> error) noexcept {
  if (!std::exchange(has_told_end_, true)) listener_.on_end(std::move(error));
}

/// What a person needs to know of it. The main thread waits for these words, also where there is no memory
/// for them.
Error NetworkThread::in_words(const std::exception_ptr& failure) const noexcept {
  try {
    try {
      std::rethrow_exception(failure);
    } catch (const Error& error) {  // the system has run out of something
      return error;
    } catch (const std::bad_alloc&) {
      return no_memory_;
    } catch (const std::exception& error) {
      return {Cause::unexpected, fmt::format("The network thread failed: {}.", error.what())};
    } catch (...) {
      return {Cause::unexpected, "The network thread failed."};
    }
  } catch (...) {
    return no_memory_;
  }
}

/// Something went wrong that nobody thought of. The bot still leaves the channel.
void NetworkThread::leave_for(const std::exception_ptr& failure) { channel_->fail(in_words(failure)); }

void NetworkThread::set_status(std::string text) {
  loop_.post([this, text = std::move(text)] { channel_->set_status(text); });
}

void NetworkThread::stop_playing() {
  loop_.post([this] { channel_->stop(); });
}

}  // namespace vcplay::cli
