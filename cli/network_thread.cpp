#include "cli/network_thread.hpp"

#include <fmt/core.h>
#include <pthread.h>
#include <sys/resource.h>

#include <algorithm>
#include <new>
#include <utility>

namespace vcplay::cli {
namespace {

// What the loop watches: a voice gateway, a UDP socket and the sender's reports.
constexpr unsigned kWatchedPerCall = 3;
// Two of these are watched as duplicates.
constexpr unsigned kOpenPerCall = 5;
constexpr rlim_t kOpenBesides = 100;

/// As many as the system lets one process have, once it is asked to let it have all that it may.
std::size_t most_calls() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1;
  constexpr rlim_t kEnough = 65'536;
  const rlim_t wanted = std::min(limit.rlim_max, kEnough);
  if (limit.rlim_cur < wanted) {
    limit.rlim_cur = wanted;
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) ::getrlimit(RLIMIT_NOFILE, &limit);
  }
  const rlim_t open = std::min(limit.rlim_cur, kEnough);
  return open <= kOpenBesides + kOpenPerCall ? 1 : (open - kOpenBesides) / kOpenPerCall;
}

/// Where there is more than one call, raises the limit of open files as far as the system allows. Its default
/// is low, for the sake of select() alone.
fleet::FleetConfig within_limits(fleet::FleetConfig fleet) {
  if (fleet.max_joined == 0) fleet.max_joined = fleet.targets.size();
  if (fleet.max_joined > 1) fleet.max_joined = std::min(fleet.max_joined, most_calls());
  return fleet;
}

unsigned descriptors_for(const fleet::FleetConfig& fleet) {
  return net::EventLoop::kUsualDescriptors + kWatchedPerCall * static_cast<unsigned>(fleet.max_joined);
}

}  // namespace

NetworkThread::NetworkThread(bot::BotConfig bot, fleet::FleetConfig fleet, const std::string& ca_file,
                             const std::string& ca_pem, stream::FrameLog& log, send::Pacer& pacer,
                             fleet::FleetListener& listener)
    : config_(within_limits(std::move(fleet))), loop_(descriptors_for(config_)), listener_(listener) {
  if (!ca_file.empty()) trust_.add_anchors_from_file(ca_file);
  if (!ca_pem.empty()) trust_.add_anchors(ca_pem);
  senders_.emplace(pacer);
  bot_.emplace(loop_, trust_, std::move(bot));
  fleet_.emplace(*bot_, std::move(config_), log, *senders_, listener);
}

NetworkThread::~NetworkThread() {
  if (!thread_.joinable()) return;
  try {
    loop_.post([this] {
      fleet_.reset();
      bot_.reset();
      senders_.reset();
    });
    loop_.post([this] { loop_.stop(); });
  } catch (...) {  // no memory: they go when their thread has gone
    loop_.stop();
  }
  thread_.join();
}

void NetworkThread::start(std::optional<TimePoint> first_sound) {
  loop_.on_failure([this](const std::exception_ptr& failure) { leave_for(failure); });
  thread_ = std::thread([this, first_sound] { run(first_sound); });
}

void NetworkThread::run(std::optional<TimePoint> first_sound) noexcept {
  pthread_setname_np(pthread_self(), "network");
  try {
    loop_.post([this, first_sound] { fleet_->start(first_sound); });
    loop_.run();
  } catch (...) {
    listener_.on_fleet_end(in_words(std::current_exception()));
  }
}

/// What a person needs to know of it. The main thread waits for these words, also where there is
/// no memory for them.
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

/// Something went wrong that nobody thought of. The bot still leaves its channels.
void NetworkThread::leave_for(const std::exception_ptr& failure) { fleet_->fail(in_words(failure)); }

void NetworkThread::set_status(std::string text) {
  loop_.post([this, text = std::move(text)] { fleet_->set_status(text); });
}

void NetworkThread::stop_playing() {
  loop_.post([this] { fleet_->stop(); });
}

}  // namespace vcplay::cli
