// The network thread: one EventLoop and the Connection that lives on it.
#pragma once

#include <exception>
#include <optional>
#include <string>
#include <thread>

#include "base/error.hpp"
#include "base/frame_queue.hpp"
#include "net/event_loop.hpp"
#include "net/tls.hpp"
#include "voice/connection.hpp"

namespace vcplay::cli {

/// Runs a Connection on a thread of its own.
class NetworkThread {
 public:
  NetworkThread(voice::ConnectionConfig config, const std::string& ca_file, const std::string& ca_pem,
                FrameQueue& queue, voice::SenderStats& stats, voice::Pacer& pacer,
                voice::ConnectionListener& listener);
  ~NetworkThread();  // ends the connection, however far it is, and joins
  NetworkThread(const NetworkThread&) = delete;
  NetworkThread& operator=(const NetworkThread&) = delete;

  void start();
  void set_status(std::string text);  // of the channel
  void stop_playing();                // asks the connection to leave

 private:
  void run() noexcept;
  [[nodiscard]] Error in_words(const std::exception_ptr& failure) const noexcept;
  void leave_for(const std::exception_ptr& failure);

  // Made while there is memory for it.
  const Error no_memory_{Cause::unexpected, "The network thread failed: there is no memory left."};

  net::TlsTrust trust_;
  net::EventLoop loop_;
  voice::ConnectionListener& listener_;
  std::optional<voice::Connection> connection_;  // network thread
  std::thread thread_;
};

}  // namespace vcplay::cli
