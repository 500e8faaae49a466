// The network thread: one EventLoop, and the Bot and the Channel that live on it.
#pragma once

#include <exception>
#include <optional>
#include <string>
#include <thread>
#include <utility>

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
  /// Tells the listener all of it, and of the end when the bot has closed, too.
  class Ending final : public channel::ChannelListener {
   public:
    explicit Ending(NetworkThread& thread) noexcept : self_(thread) {}
    void on_phase(channel::Phase phase, TimePoint now) override { self_.listener_.on_phase(phase, now); }
    void on_channel(const channel::ChannelFacts& facts) override { self_.listener_.on_channel(facts); }
    void on_session(const channel::SessionFacts& facts) override { self_.listener_.on_session(facts); }
    void on_encryption(const channel::EncryptionFacts& facts) override {
      self_.listener_.on_encryption(facts);
    }
    void on_underrun(bool began) override { self_.listener_.on_underrun(began); }
    void on_reconnect(const channel::ReconnectFacts& facts) override { self_.listener_.on_reconnect(facts); }
    void on_end(std::optional<Error> error) noexcept override { self_.close_bot(std::move(error)); }

   private:
    NetworkThread& self_;
  };

  void run() noexcept;
  void close_bot(std::optional<Error> error) noexcept;
  void tell_end(std::optional<Error> error) noexcept;
  [[nodiscard]] Error in_words(const std::exception_ptr& failure) const noexcept;
  void leave_for(const std::exception_ptr& failure);

  // Made while there is memory for it.
  const Error no_memory_{Cause::unexpected, "The network thread failed: there is no memory left."};

  net::TlsTrust trust_;
  net::EventLoop loop_;
  send::SendThreads senders_;  // network thread
  channel::ChannelListener& listener_;
  Ending ending_{*this};                     // network thread
  std::optional<Error> why_ended_;           // network thread
  bool has_told_end_ = false;                // network thread
  std::optional<bot::Bot> bot_;              // network thread
  std::optional<channel::Channel> channel_;  // network thread
  std::thread thread_;
};

}  // namespace vcplay::cli
