#include "rehearsal/discord.hpp"

#include <fmt/chrono.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <semaphore>
#include <string_view>
#include <thread>
#include <utility>

#include "base/error.hpp"
#include "base/thread_annotations.hpp"
#include "net/event_loop.hpp"
#include "net/server.hpp"
#include "rehearsal/datagram_port.hpp"
#include "rehearsal/house.hpp"

namespace vcplay::rehearsal {
namespace {

constexpr Duration kLinger = 250ms;

const std::string& url_host(const DiscordOptions& options) {
  return options.url_host.empty() ? options.listen_address : options.url_host;
}

std::vector<std::string> certificate_names(const DiscordOptions& options) {
  if (!options.certificate_names.empty()) return options.certificate_names;
  return {options.listen_address, url_host(options), "localhost"};
}

/// Another name than the front door's, where there is one and the certificate has it.
std::string resume_host(const DiscordOptions& options) {
  if (!options.resume_host.empty()) return options.resume_host;
  const bool has_another = options.certificate_names.empty() && url_host(options) == "127.0.0.1";
  return has_another ? "localhost" : url_host(options);
}

/// RFC 9110 s5.6.7.
std::string http_date(Duration ahead) {
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() + ahead);
  return fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(now));
}

Error in_words(const std::exception_ptr& reason) {
  constexpr std::string_view kWhat = "The rehearsal's Discord broke down";
  try {
    std::rethrow_exception(reason);
  } catch (const Error& error) {
    return error;
  } catch (const std::exception& error) {
    return {Cause::unexpected, fmt::format("{}: {}.", kWhat, error.what())};
  } catch (...) {
    return {Cause::unexpected, fmt::format("{}.", kWhat)};
  }
}

}  // namespace

struct Discord::Impl {
  explicit Impl(DiscordOptions options) : house(std::move(options)) {}

  class Turn;
  class MainDoor;
  class VoiceDoor;
  struct Doors;

  void drain(TimePoint now) REQUIRES(mutex);
  void settle(TimePoint now) noexcept REQUIRES(mutex);
  void rearm() REQUIRES(mutex);
  [[nodiscard]] TimePoint now() const { return loop->now() - behind; }
  void on_websocket_closed();
  void stand_still(Duration span);
  void begin_to_stop();
  void run() noexcept;
  void break_down(const std::exception_ptr& reason) noexcept;

  mutable Mutex failure_mutex;
  std::optional<Error> failure GUARDED_BY(failure_mutex);  // the first
  mutable Mutex mutex;                                     // between the loop's turns and report()
  House house GUARDED_BY(mutex);
  std::string ca_pem;
  std::string front_door;  // host and port
  std::unique_ptr<net::EventLoop> loop;
  std::unique_ptr<Doors> doors;
  std::thread thread;
  // On the loop's thread.
  std::size_t open_websockets = 0;
  bool stopping = false;
  bool is_ticking = false;  // a timer has run out, and what it is for is about to be done
  Duration behind{};        // the house's clock, after stalls

  std::binary_semaphore hurry{0};  // no stall any more
};

/// One event of the loop: what came over UDP is dealt with first, so that a word on a websocket finds every
/// packet that was sent before it. Afterwards the members in this process answer, and the timer is right.
class SCOPED_CAPABILITY Discord::Impl::Turn {
 public:
  explicit Turn(Impl& impl) ACQUIRE(impl.mutex) : impl_(impl), lock_(impl.mutex.native()), now_(impl.now()) {
    impl_.drain(now_);
  }
  ~Turn() RELEASE() { impl_.settle(now_); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  [[nodiscard]] TimePoint now() const noexcept { return now_; }

 private:
  Impl& impl_;
  const std::lock_guard<std::mutex> lock_;
  const TimePoint now_;
};

class Discord::Impl::MainDoor final : public net::ServerHandler {
 public:
  MainDoor(Impl& impl, GatewayDoor which) : impl_(impl), which_(which) {}

  net::ServerReply on_request(const net::ServerRequest& request) override {
    const Turn turn(impl_);
    net::ServerReply reply = impl_.house.rest.answer(request, turn.now());
    reply.headers.emplace_back("Date", http_date(impl_.house.options().clock_ahead));
    return reply;
  }
  int on_upgrade(std::string_view path, std::string_view) override { return path == "/" ? 101 : 404; }
  void on_websocket(net::ServerSocket& socket, std::string_view, std::string_view query) override {
    ++impl_.open_websockets;
    const Turn turn(impl_);
    impl_.house.gateway.on_open(socket, query, turn.now(), which_);
  }
  void on_text(net::ServerSocket& socket, std::string_view text) override {
    const Turn turn(impl_);
    impl_.house.gateway.on_text(socket, text, turn.now());
  }
  void on_binary(net::ServerSocket& socket, ByteView) override {
    const Turn turn(impl_);
    impl_.house.gateway.on_binary(socket, turn.now());
  }
  void on_websocket_closed(net::ServerSocket& socket, std::uint16_t code) override {
    {
      const Turn turn(impl_);
      impl_.house.gateway.on_closed(socket, code, turn.now());
    }
    impl_.on_websocket_closed();
  }

 private:
  Impl& impl_;
  const GatewayDoor which_;
};

class Discord::Impl::VoiceDoor final : public net::ServerHandler {
 public:
  explicit VoiceDoor(Impl& impl) : impl_(impl) {}

  net::ServerReply on_request(const net::ServerRequest&) override { return {404, "", {}}; }
  int on_upgrade(std::string_view path, std::string_view) override { return path == "/" ? 101 : 404; }
  void on_websocket(net::ServerSocket& socket, std::string_view, std::string_view query) override {
    ++impl_.open_websockets;
    const Turn turn(impl_);
    impl_.house.voice_reception.on_open(socket, query, turn.now());
  }
  void on_text(net::ServerSocket& socket, std::string_view text) override {
    const Turn turn(impl_);
    impl_.house.voice_reception.on_text(socket, text, turn.now());
  }
  void on_binary(net::ServerSocket& socket, ByteView bytes) override {
    const Turn turn(impl_);
    impl_.house.voice_reception.on_binary(socket, bytes, turn.now());
  }
  void on_websocket_closed(net::ServerSocket& socket, std::uint16_t code) override {
    {
      const Turn turn(impl_);
      impl_.house.voice_reception.on_closed(socket, code, turn.now());
    }
    impl_.on_websocket_closed();
  }

 private:
  Impl& impl_;
};

/// Everything that lives on the loop.
struct Discord::Impl::Doors {
  Doors(Impl& impl, const net::ServerIdentity& identity, const std::string& listen_address)
      : media(listen_address),
        gateway_door(impl, GatewayDoor::front),
        resume_door(impl, GatewayDoor::resume),
        voice_door(impl),
        gateway(*impl.loop, identity, gateway_door, 0, listen_address),
        resume_gateway(*impl.loop, identity, resume_door, 0, listen_address),
        voice(*impl.loop, identity, voice_door, 0, listen_address),
        media_watch(*impl.loop, media.fd(), [&impl] { const Turn turn(impl); }),
        timer(*impl.loop, [&impl] { tick(impl); }),
        linger(*impl.loop, [&impl] { impl.loop->stop(); }) {}

  /// What a client owes by now may wait to be read: first the loop looks at all its sockets once, for which
  /// two turns of its mailbox are enough.
  static void tick(Impl& impl) {
    if (std::exchange(impl.is_ticking, true)) return;
    const auto judge = [&impl, at = impl.now()] {
      const Turn turn(impl);
      impl.is_ticking = false;
      impl.house.on_time(std::min(at, turn.now()));
    };
    impl.loop->post([&impl, judge] { impl.loop->post(judge); });
  }

  DatagramPort media;
  MainDoor gateway_door;
  MainDoor resume_door;
  VoiceDoor voice_door;
  net::Server gateway;
  net::Server resume_gateway;
  net::Server voice;
  net::FdWatch media_watch;
  net::Timer timer;
  net::Timer linger;
  std::optional<TimePoint> armed;
};

void Discord::Impl::drain(TimePoint now) {
  doors->media.drain([&](ByteSpan datagram, PeerAddress source, TimePoint arrival) REQUIRES(mutex) {
    if (const std::uint32_t lost = doors->media.take_overruns(); lost > 0) house.on_overruns(lost);
    house.on_datagram(datagram, source, arrival, now);
  });
}

void Discord::Impl::settle(TimePoint now) noexcept {
  try {
    house.settle(now);
    rearm();
  } catch (...) {
    break_down(std::current_exception());
  }
}

/// The loop ends; whoever plays here is told by failure().
void Discord::Impl::break_down(const std::exception_ptr& reason) noexcept {
  try {
    const Lock lock(failure_mutex);
    if (!failure) failure = in_words(reason);
  } catch (...) {  // no memory for a sentence: the loop ends all the same
  }
  loop->stop();
}

void Discord::Impl::rearm() {
  if (const auto stall = house.take_stall()) loop->post([this, span = *stall] { stand_still(span); });
  const std::optional<TimePoint> due = house.deadline();
  if (due == doors->armed && due > now()) return;
  doors->armed = due;
  due ? doors->timer.start_at(*due + behind) : doors->timer.cancel();
}

void Discord::Impl::on_websocket_closed() {
  --open_websockets;
  if (stopping && open_websockets == 0) loop->stop();
}

/// Nothing is read and no timer runs out. For the house no time passes, so that whatever waited comes in
/// time: only the datagrams tell when they really came.
void Discord::Impl::stand_still(Duration span) {
  const TimePoint begin = loop->now();
  if (hurry.try_acquire_for(span)) hurry.release();
  const Duration stood = loop->now() - begin;
  const Lock lock(mutex);
  behind += stood;
  house.stood_still(stood);
  doors->armed.reset();
  rearm();
}

void Discord::Impl::begin_to_stop() {
  stopping = true;
  {
    const Turn turn(*this);
    house.end_lost_sessions(turn.now());
  }
  if (open_websockets == 0) {
    loop->stop();
  } else {
    doors->linger.start_at(loop->now() + kLinger);
  }
}

void Discord::Impl::run() noexcept {
  try {
    loop->run();
  } catch (...) {
    break_down(std::current_exception());
  }
}

Discord::Discord(DiscordOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}

Discord::~Discord() { stop(); }

void Discord::start() {
  Impl& impl = *impl_;
  const Lock lock(impl.mutex);
  House& house = impl.house;
  const DiscordOptions& options = house.options();
  const net::ServerIdentity identity = net::ServerIdentity::make(certificate_names(options));
  impl.ca_pem = identity.ca_pem;
  impl.loop = std::make_unique<net::EventLoop>();
  impl.doors = std::make_unique<Impl::Doors>(impl, identity, options.listen_address);
  Impl::Doors& doors = *impl.doors;
  const std::string own_endpoint = options.listen_address + ":" + std::to_string(doors.voice.port());
  impl.front_door = url_host(options) + ":" + std::to_string(doors.gateway.port());
  house.gateway.set_addresses(gateway_url(),
                              options.voice_endpoint.empty() ? own_endpoint : options.voice_endpoint);
  house.gateway.set_resume_url("wss://" + resume_host(options) + ":" +
                               std::to_string(doors.resume_gateway.port()));
  house.rest.set_gateway_url(gateway_url());
  house.open_media(doors.media.port(),
                   [&media = doors.media](PeerAddress to, ByteView datagram) { media.send(to, datagram); });
  house.open(impl.loop->now());
  impl.rearm();
  impl.thread = std::thread([&impl] { impl.run(); });
}

std::optional<Error> Discord::failure() const {
  const Lock lock(impl_->failure_mutex);
  return impl_->failure;
}

void Discord::stop() {
  Impl& impl = *impl_;
  if (!impl.thread.joinable()) return;
  impl.hurry.release();
  impl.loop->post([&impl] { impl.begin_to_stop(); });
  impl.thread.join();
  impl.doors.reset();
  impl.loop.reset();
}

void Discord::inject(const Fault& fault) {
  impl_->loop->post([&impl = *impl_, fault] {
    const Impl::Turn turn(impl);
    impl.house.inject(fault, impl.house.options().accounts.front().user, turn.now());
  });
}

void Discord::inject(const Fault& fault, const Place& place) {
  impl_->loop->post([&impl = *impl_, fault, place] {
    const Impl::Turn turn(impl);
    House& house = impl.house;
    house.inject(fault, house.hall_of(place), house.options().accounts.front().user, turn.now());
  });
}

std::string Discord::api_url() const { return "https://" + impl_->front_door + "/api/v10"; }

std::string Discord::gateway_url() const { return "wss://" + impl_->front_door; }

const std::string& Discord::ca_pem() const { return impl_->ca_pem; }

const DiscordOptions& Discord::options() const {
  const Lock lock(impl_->mutex);
  return impl_->house.options();  // never changes
}

void Discord::set_listener_sink(ListenerSink sink) {
  const Lock lock(impl_->mutex);
  const auto& accounts = impl_->house.options().accounts;
  impl_->house.listener.set_sink(accounts.front().user, std::move(sink));
}

void Discord::set_listener_sink(const Place& place, ListenerSink sink) {
  const Lock lock(impl_->mutex);
  House& house = impl_->house;
  house.hall_of(place).listener.set_sink(house.options().accounts.front().user, std::move(sink));
}

const std::atomic<std::uint64_t>& Discord::packets_processed() const {
  const Lock lock(impl_->mutex);
  return impl_->house.processed();
}

Report Discord::report() const { return report_of(options().accounts.front().user); }

Report Discord::report_of(Snowflake user) const {
  const Lock lock(impl_->mutex);
  return impl_->house.report_of(user);
}

std::vector<PlaceReport> Discord::reports() const {
  const Lock lock(impl_->mutex);
  const Snowflake user = impl_->house.options().accounts.front().user;
  std::vector<PlaceReport> reports;
  for (const Place& place : impl_->house.places()) {
    reports.push_back({place, impl_->house.report_of(user, place)});
  }
  return reports;
}

}  // namespace vcplay::rehearsal
