// The Connection's way through the voice gateway to the sender thread.
#include <sys/eventfd.h>

#include <array>
#include <random>

#include "base/text.hpp"
#include "voice/connection_impl.hpp"

namespace vcplay::voice {
namespace {

// TCP and TLS to the voice server.
constexpr Duration kOpenTimeout = 10s;
// SPEAKING goes by TCP and audio by UDP: the first gets a head start, or listeners drop the first packets.
constexpr Duration kSpeakingHeadStart = 5ms;
// Listeners buffer some tens of milliseconds, bad networks
// a few hundred: leaving earlier would cut the last word.
constexpr Duration kLinger = 400ms;

/// Lets the sender thread send on a socket that the network thread goes on receiving from.
class SocketSink final : public PacketSink {
 public:
  explicit SocketSink(std::shared_ptr<net::UdpSocket> socket) noexcept : socket_(std::move(socket)) {}
  [[nodiscard]] SendResult send(ByteView packet) noexcept override { return socket_->send(packet); }

 private:
  std::shared_ptr<net::UdpSocket> socket_;
};

}  // namespace

void Connection::Impl::open_voice_link() {
  voice_link.emplace_back(*this, Link::To::voice, voice_url, kOpenTimeout);
}

void Connection::Impl::voice_opened() {
  if (ending()) return;
  if (phase == ConnectionPhase::opening_voice) enter(ConnectionPhase::identifying_voice);
  run(voice->on_open(loop.now()));
}

void Connection::Impl::voice_closed(const net::CloseInfo& info) {
  if (ending() || !voice) return;
  voice_timer.cancel();
  const bool is_first_join = join_deadline != TimePoint{};
  if (phase == ConnectionPhase::opening_voice && is_first_join) {
    return fail(connection_error("The voice server", voice_url, info));
  }
  run(voice->on_close(info.code, info.detail, loop.now()));
}

void Connection::Impl::run(Actions actions) {
  const unsigned generation = voice_generation;
  for (Action& action : actions) {
    if (ending() || generation != voice_generation) return;
    handle(action);
  }
  if (ending() || !voice || generation != voice_generation) return;
  look_who_is_there();
  say_speaking();
  if (const auto next = voice->deadline()) {
    voice_timer.start_at(*next);
  } else {
    voice_timer.cancel();
  }
}

void Connection::Impl::handle(Action& action) {
  std::visit([this](auto& order) { handle(order); }, action);
}

void Connection::Impl::handle(SendText& send) {
  if (!voice_link.empty()) voice_link.front().socket.send_text(send.text);
}

void Connection::Impl::handle(SendBinary& send) {
  if (!voice_link.empty()) voice_link.front().socket.send_binary(send.bytes);
}

void Connection::Impl::handle(CloseSocket& close) {
  if (!voice_link.empty()) voice_link.front().socket.close(close.code, close.reason);
}

/// UDP knows nothing of the websocket: audio flows on.
void Connection::Impl::handle(Reconnect& again) {
  part_with(voice_link, 0);
  tell_retry(Recovery::voice, again.reason, again.after, again.attempt);
  voice_retry_timer.start_at(loop.now() + again.after);
}

void Connection::Impl::handle(Resumed& /*resumed*/) {
  log::info("The voice gateway: the session is resumed.");
}

void Connection::Impl::handle(Over& over) {
  Over what = std::move(over);
  part_with(voice_link, 0);
  run(call.voice_is_over(std::move(what), loop.now()));
  close_voice();  // the call may have known already
}

void Connection::Impl::handle(MediaServer& server) {
  if (udp) return;
  enter(ConnectionPhase::discovering_address);
  ssrc = server.ssrc;
  media_address = server.address;
  media_port = server.port;
  try {
    udp = std::make_shared<net::UdpSocket>(net::UdpSocket::connect_to(media_address, media_port));
    udp_watch.emplace(loop, udp->fd(), [this] { drain_udp(); });
  } catch (Error& reason) {
    return path_never_opened(std::move(reason));
  }
  discovery.emplace(server.ssrc);
  discover();
}

void Connection::Impl::discover() {
  const TimePoint now = loop.now();
  if (discovery->exhausted(now)) {
    return path_never_opened(Error(
        Cause::network,
        "No UDP packet came back from the voice server: UDP is blocked on the way, by a firewall perhaps."));
  }
  if (discovery->due(now)) static_cast<void>(udp->send(discovery->request()));
  discovery_timer.start_at(discovery->deadline());
}

/// The socket is always drained: discovery answers, keepalive replies, RTCP, strays.
void Connection::Impl::drain_udp() {
  std::array<std::uint8_t, 2048> buffer{};
  while (const auto size = udp->receive(buffer)) {
    if (phase != ConnectionPhase::discovering_address) continue;
    const auto address = discovery->answer(ByteView(buffer).first(*size));
    if (!address) continue;
    discovery_timer.cancel();
    enter(ConnectionPhase::selecting_protocol);
    run(voice->select_protocol(address->address, address->port));
  }
}

void Connection::Impl::handle(SessionReady& session) {
  auto cipher = std::make_unique<rtp::TransportCipher>(session.mode, std::move(session.key));
  if (stream_is_started) return command(SwapCipher{std::move(cipher)});
  start_stream(std::move(cipher));
  watch_path();
  phase_timer.cancel();
  join_deadline = {};
  was_encrypted = was_encrypted || session.dave_version > 0;
  encryption.version = session.dave_version;
  listener.on_session({.user = user, .mode = session.mode, .dave_version = session.dave_version});
  enter(ConnectionPhase::ready);
  run(call.voice_is_live(loop.now()));
  if (!sender_thread) sender_thread.emplace(sender, pacer);
  seek_permission_to_speak();
  status.enter(call.channel());
  put_status();
}

void Connection::Impl::start_stream(std::unique_ptr<rtp::TransportCipher> cipher) {
  StartStream stream;
  stream.sink = std::make_unique<SocketSink>(udp);
  stream.cipher = std::move(cipher);
  // Until end-to-end encryption says what may be sent.
  stream.transform = std::make_unique<dave::SilenceOnly>();
  stream.hold = Hold::pause;
  // RFC 3550 s5.1: sequence and timestamp start at random.
  std::random_device random;
  stream.first = {.sequence = static_cast<std::uint16_t>(random()), .timestamp = random(), .ssrc = ssrc};
  stream_is_started = true;
  command(std::move(stream));
}

// ── sender ──

void Connection::Impl::read_reports() {
  eventfd_t count = 0;
  static_cast<void>(eventfd_read(inbox.report_fd(), &count));
  inbox.destroy_retired();
  while (const auto report = inbox.take_report()) {
    if (!ending()) on_report(*report);
  }
}

void Connection::Impl::on_report(SenderReport report) {
  const auto say_quiet = [this] {
    speaking_is_wanted = false;
    if (voice) run(voice->speaking(kNotSpeaking));
  };
  switch (report) {
    case SenderReport::wants_speaking:
      speaking_is_wanted = stream_is_started;
      return say_speaking();
    case SenderReport::went_quiet:
      say_quiet();
      return listener.on_underrun(true);
    case SenderReport::held:
      return say_quiet();
    case SenderReport::finished:
      say_quiet();
      if (ending()) return;
      if (stopping) return leave();
      enter(ConnectionPhase::lingering);
      clear_status();
      phase_timer.start_at(loop.now() + kLinger);
      return;
  }
}

/// SPEAKING goes ahead of the audio; where it cannot be said, audio waits.
void Connection::Impl::say_speaking() {
  if (!speaking_is_wanted || !voice || !voice->is_live()) return;
  speaking_is_wanted = false;
  run(voice->speaking(config.speaking_flags));
  speaking_timer.start_at(loop.now() + kSpeakingHeadStart);
}

void Connection::Impl::speaking_is_on() {
  command(SpeakingIsOn{});
  listener.on_underrun(false);
}

}  // namespace vcplay::voice
