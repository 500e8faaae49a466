// The network thread: one EventLoop, and the Bot and the Fleet that live on it.
#pragma once

#include <exception>
#include <optional>
#include <string>
#include <thread>

#include "base/error.hpp"
#include "fleet/fleet.hpp"
#include "net/event_loop.hpp"
#include "net/tls.hpp"
#include "send/pacer.hpp"
#include "send/send_threads.hpp"
#include "stream/frame_log.hpp"

namespace vcplay::cli {

/// Runs a Fleet on a thread of its own.
class NetworkThread {
 public:
  NetworkThread(bot::BotConfig bot, fleet::FleetConfig fleet, const std::string& ca_file,
                const std::string& ca_pem, stream::FrameLog& log, send::Pacer& pacer,
                fleet::FleetListener& listener);
  ~NetworkThread();  // ends the channels, however far they are, and joins
  NetworkThread(const NetworkThread&) = delete;
  NetworkThread& operator=(const NetworkThread&) = delete;

  /// `first_sound`: as FleetConfig has it.
  void start(std::optional<TimePoint> first_sound = std::nullopt);
  void set_status(std::string text);  // of the channels
  void stop_playing();                // asks the bot to leave

 private:
  void run(std::optional<TimePoint> first_sound) noexcept;
  [[nodiscard]] Error in_words(const std::exception_ptr& failure) const noexcept;
  void leave_for(const std::exception_ptr& failure);

  // Made while there is memory for it.
  const Error no_memory_{Cause::unexpected, "The network thread failed: there is no memory left."};

  fleet::FleetConfig config_;  // until there is a Fleet
  net::TlsTrust trust_;
  net::EventLoop loop_;
  fleet::FleetListener& listener_;
  std::optional<send::SendThreads> senders_;  // network thread, as the following
  std::optional<bot::Bot> bot_;
  std::optional<fleet::Fleet> fleet_;
  std::thread thread_;
};

}  // namespace vcplay::cli
