// The network thread: one EventLoop, and the Bot and the Channel that live on it.
#pragma once

#include <exception>
#include <optional>
#include <string>
#include <thread>

#include "base/error.hpp"
#include "channel/channel.hpp"
#include "net/event_loop.hpp"
#include "net/tls.hpp"
#include "send/send_threads.hpp"
#include "stream/frame_log.hpp"

namespace vcplay::cli {

/// Runs a Channel on a thread of its own.
class NetworkThread {
 public:
  NetworkThread(bot::BotConfig bot, const channel::ChannelConfig& channel, const std::string& ca_file,
                const std::string& ca_pem, stream::FrameLog& log, send::SenderStats& stats,
                send::Pacer& pacer, channel::ChannelListener& listener);
  ~NetworkThread();  // ends the channel, however far it is, and joins
  NetworkThread(const NetworkThread&) = delete;
  NetworkThread& operator=(const NetworkThread&) = delete;

  void start();
  void set_status(std::string text);  // of the channel
  void stop_playing();                // asks the bot to leave

 private:
  void run() noexcept;
  [[nodiscard]] Error in_words(const std::exception_ptr& failure) const noexcept;
  void leave_for(const std::exception_ptr& failure);

  // Made while there is memory for it.
  const Error no_memory_{Cause::unexpected, "The network thread failed: there is no memory left."};

  net::TlsTrust trust_;
  net::EventLoop loop_;
  send::SendThreads senders_;  // network thread
  channel::ChannelListener& listener_;
  std::optional<bot::Bot> bot_;              // network thread
  std::optional<channel::Channel> channel_;  // network thread
  std::thread thread_;
};

}  // namespace vcplay::cli
