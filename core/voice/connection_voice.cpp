// The Connection's way through the voice gateway to the sender thread.
#include <sys/eventfd.h>

#include <array>
#include <random>

#include "base/text.hpp"
#include "voice/connection_impl.hpp"

namespace vcplay::voice {
namespace {

// SPEAKING goes by TCP and audio by UDP: the first gets a head start, or listeners drop the first packets.
constexpr Duration kSpeakingHeadStart = 5ms;
// Listeners buffer some tens of milliseconds, bad networks a few hundred: leaving earlier would cut the last
// word.
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

/// VOICE_STATE_UPDATE and VOICE_SERVER_UPDATE come in either order; both are needed.
void Connection::Impl::open_voice_when_complete() {
  if (!voice_session_id || !voice_server || voice) return;
  const auto url = net::Url::from_voice_endpoint(*voice_server->endpoint);
  if (!url) {
    return fail(Error(Cause::network, "Discord named a voice server that is no host name: " +
                                          display_safe(*voice_server->endpoint, 100)));
  }
  enter(ConnectionPhase::opening_voice);
  voice_url = *url;
  voice_url.path = fmt::format("/?v={}", kGatewayVersion);
  const bool may_be_plain = is_on_stage() || config.allow_plaintext;
  voice.emplace(Config{.server = config.guild,
                       .user = user,
                       .session_id = *voice_session_id,
                       .token = SecretString(voice_server->token),
                       .channel = config.channel,
                       .signature_key = signature_key.duplicate(),
                       .plaintext = may_be_plain ? dave::Plaintext::allowed : dave::Plaintext::refused});
  voice_socket = std::make_unique<net::WebSocket>(loop, trust, voice_handler, voice_url, config.join_timeout);
}

void Connection::Impl::voice_opened() {
  if (ending()) return;
  enter(ConnectionPhase::identifying_voice);
  run(voice->on_open(loop.now()));
}

void Connection::Impl::voice_closed(const net::CloseInfo& info) {
  voice_timer.cancel();
  voice_socket.reset();
  if (phase == ConnectionPhase::leaving) return;
  if (phase == ConnectionPhase::closing) return finish_if_closed();
  if (phase == ConnectionPhase::opening_voice)
    return fail(connection_error("The voice server", voice_url, info));
  run(voice->on_close(info.code, info.detail, loop.now()));
}

void Connection::Impl::run(Actions actions) {
  for (Action& action : actions) {
    if (ending()) return;
    handle(action);
  }
  if (ending() || !voice) return;
  look_who_is_there();
  if (const auto next = voice->deadline()) voice_timer.start_at(*next);
}

void Connection::Impl::handle(Action& action) {
  std::visit([this](auto& order) { handle(order); }, action);
}

void Connection::Impl::handle(SendText& send) {
  if (voice_socket) voice_socket->send_text(send.text);
}

void Connection::Impl::handle(SendBinary& send) {
  if (voice_socket) voice_socket->send_binary(send.bytes);
}

void Connection::Impl::handle(CloseSocket& close) {
  if (voice_socket) voice_socket->close(close.code, close.reason);
}

void Connection::Impl::handle(Reconnect& again) { fail(std::move(again.reason)); }

void Connection::Impl::handle(Resumed& /*resumed*/) {}

void Connection::Impl::handle(Over& over) { fail(std::move(over.reason)); }

void Connection::Impl::handle(MediaServer& server) {
  if (udp) return;
  enter(ConnectionPhase::discovering_address);
  ssrc = server.ssrc;
  try {
    udp = std::make_shared<net::UdpSocket>(net::UdpSocket::connect_to(server.address, server.port));
    udp_watch.emplace(loop, udp->fd(), [this] { drain_udp(); });
  } catch (Error& reason) {
    return fail(std::move(reason));
  }
  discovery.emplace(server.ssrc);
  discover();
}

void Connection::Impl::discover() {
  const TimePoint now = loop.now();
  if (discovery->exhausted(now)) {
    return fail(
        Error(Cause::network,
              "No UDP packet came back from the voice server; UDP to it seems to be blocked by a firewall."));
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
  if (sender_thread) return command(SwapCipher{std::move(cipher)});
  StartStream stream;
  stream.sink = std::make_unique<SocketSink>(udp);
  stream.cipher = std::move(cipher);
  // Until end-to-end encryption says what may be sent.
  stream.transform = std::make_unique<dave::SilenceOnly>();
  stream.hold = Hold::pause;
  // RFC 3550 s5.1: sequence and timestamp start at random.
  std::random_device random;
  stream.first = {.sequence = static_cast<std::uint16_t>(random()), .timestamp = random(), .ssrc = ssrc};
  command(std::move(stream));
  phase_timer.cancel();
  encryption.version = session.dave_version;
  listener.on_session({.user = user, .mode = session.mode, .dave_version = session.dave_version});
  enter(ConnectionPhase::ready);
  sender_thread.emplace(sender, pacer);
}

// ── sender ──

void Connection::Impl::read_reports() {
  eventfd_t count = 0;
  static_cast<void>(eventfd_read(inbox.report_fd(), &count));
  inbox.destroy_retired();
  while (const auto report = inbox.take_report()) {
    if (phase != ConnectionPhase::ready) continue;
    switch (*report) {
      case SenderReport::wants_speaking:
        run(voice->speaking(config.speaking_flags));
        speaking_timer.start_at(loop.now() + kSpeakingHeadStart);
        break;
      case SenderReport::went_quiet:
        run(voice->speaking(kNotSpeaking));
        listener.on_underrun(true);
        break;
      case SenderReport::held:
        run(voice->speaking(kNotSpeaking));
        break;
      case SenderReport::finished:
        run(voice->speaking(kNotSpeaking));
        if (stopping) return leave();
        enter(ConnectionPhase::lingering);
        phase_timer.start_at(loop.now() + kLinger);
        break;
    }
  }
}

void Connection::Impl::speaking_is_on() {
  static_cast<void>(inbox.post(SpeakingIsOn{}));
  listener.on_underrun(false);
}

}  // namespace vcplay::voice
