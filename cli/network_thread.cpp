#include "cli/network_thread.hpp"

#include <pthread.h>

#include "base/error.hpp"

namespace vcplay::cli {

NetworkThread::NetworkThread(voice::ConnectionConfig config, const std::string& ca_file,
                             const std::string& ca_pem, FrameQueue& queue, voice::SenderStats& stats,
                             voice::Pacer& pacer, voice::ConnectionListener& listener)
    : listener_(listener) {
  if (!ca_file.empty()) trust_.add_anchors_from_file(ca_file);
  if (!ca_pem.empty()) trust_.add_anchors(ca_pem);
  connection_.emplace(loop_, trust_, std::move(config), queue, stats, pacer, listener);
}

NetworkThread::~NetworkThread() {
  if (!thread_.joinable()) return;
  loop_.post([this] { connection_.reset(); });
  loop_.post([this] { loop_.stop(); });
  thread_.join();
}

void NetworkThread::start() {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "network");
    try {
      loop_.post([this] { connection_->start(); });
      loop_.run();
    } catch (const Error& error) {  // the system has run out of something
      listener_.on_end(error);
    }
  });
}

void NetworkThread::set_status(std::string text) {
  loop_.post([this, text = std::move(text)] { connection_->set_status(text); });
}

void NetworkThread::stop_playing() {
  loop_.post([this] { connection_->stop(); });
}

}  // namespace vcplay::cli
