// What the parts of the Connection share; for connection*.cpp alone.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/log.hpp"
#include "base/overloaded.hpp"
#include "gateway/session.hpp"
#include "net/udp_socket.hpp"
#include "net/websocket.hpp"
#include "rest/api.hpp"
#include "voice/connection.hpp"
#include "voice/ip_discovery.hpp"
#include "voice/session.hpp"

namespace vcplay::voice {

/// What a person needs to know of a connection that did not come about or was lost.
[[nodiscard]] Error connection_error(std::string_view what, const net::Url& url, const net::CloseInfo& info);

struct Connection::Impl {
  Impl(net::EventLoop& event_loop, const net::TlsTrust& tls_trust, ConnectionConfig connection_config,
       FrameQueue& frame_queue, SenderStats& sender_stats, Pacer& sender_pacer, ConnectionListener& events)
      : loop(event_loop),
        trust(tls_trust),
        config(std::move(connection_config)),
        pacer(sender_pacer),
        listener(events),
        sender(frame_queue, inbox, sender_stats, {.lead_in_packets = config.lead_in_packets}) {}

  // ── the outside world ──
  net::EventLoop& loop;
  const net::TlsTrust& trust;
  ConnectionConfig config;
  Pacer& pacer;
  ConnectionListener& listener;

  // ── where we are ──
  ConnectionPhase phase = ConnectionPhase::finding_gateway;
  std::optional<Error> error;  // why it ends, the first reason that came up
  bool joined = false;         // op 4 was sent: leaving is owed

  // ── main gateway ──
  struct GatewayHandler final : net::WebSocketHandler {
    explicit GatewayHandler(Impl& owner) : self(owner) {}
    void on_open() override { self.gateway_opened(); }
    void on_text(std::string_view text) override { self.run(self.gateway->on_text(text, self.loop.now())); }
    void on_binary(ByteView) override {}  // we never ask for compression or ETF
    void on_close(const net::CloseInfo& info) override { self.gateway_closed(info); }
    Impl& self;
  } gateway_handler{*this};
  std::unique_ptr<rest::Api> api;
  net::Url gateway_url;
  std::optional<gateway::Session> gateway;
  std::unique_ptr<net::WebSocket> gateway_socket;
  Snowflake user;
  std::optional<resources::Guild> guild;
  std::optional<std::string> voice_session_id;  // of our own voice state, newer than op 4
  std::optional<gateway::VoiceServer> voice_server;

  // ── voice gateway ──
  struct VoiceHandler final : net::WebSocketHandler {
    explicit VoiceHandler(Impl& owner) : self(owner) {}
    void on_open() override { self.voice_opened(); }
    void on_text(std::string_view text) override { self.run(self.voice->on_text(text, self.loop.now())); }
    void on_binary(ByteView bytes) override { self.run(self.voice->on_binary(bytes, self.loop.now())); }
    void on_close(const net::CloseInfo& info) override { self.voice_closed(info); }
    Impl& self;
  } voice_handler{*this};
  net::Url voice_url;
  mls::PrivateKey signature_key =
      mls::PrivateKey::generate();  // one, so that others' verification of us lasts
  std::optional<Session> voice;
  std::unique_ptr<net::WebSocket> voice_socket;

  // ── media ──
  std::shared_ptr<net::UdpSocket> udp;
  std::optional<net::FdWatch> udp_watch;
  std::optional<IpDiscovery> discovery;
  std::uint32_t ssrc = 0;
  SenderInbox inbox;
  Sender sender;
  std::optional<net::FdWatch> report_watch;
  std::optional<SenderThread> sender_thread;
  bool stopping = false;  // stop() was called: no linger

  // ── end-to-end encryption ──
  EncryptionFacts encryption;
  bool alone = false;          // as the sender was told last
  bool alone_is_sure = false;  // the server has had its time to name who is there

  // ── time ──
  net::Timer phase_timer{loop, [this] { phase_timed_out(); }};
  net::Timer gateway_timer{loop, [this] { run(gateway->on_time(loop.now())); }};
  net::Timer voice_timer{loop, [this] { run(voice->on_time(loop.now())); }};
  net::Timer discovery_timer{loop, [this] { discover(); }};
  net::Timer speaking_timer{loop, [this] { speaking_is_on(); }};
  net::Timer alone_timer{loop, [this] { nobody_came(); }};

  void enter(ConnectionPhase next) {
    phase = next;
    log::debug("phase {}", name(next));
    listener.on_phase(next, loop.now());
  }
  [[nodiscard]] bool ending() const { return phase >= ConnectionPhase::leaving; }
  [[nodiscard]] bool joining() const { return phase < ConnectionPhase::ready; }

  void start();
  void stop();
  void fail(Error reason);
  void leave();
  void close_sockets();
  void finish_if_closed();
  void phase_timed_out();

  void open_gateway(const net::Url& url, int shard_id, int shard_count);
  void gateway_opened();
  void gateway_closed(const net::CloseInfo& info);
  void run(gateway::Actions actions);
  void handle(gateway::Action& action);
  void guild_arrived(resources::Guild created);
  void explain_unknown_channel();
  void join();
  void own_voice_state(const gateway::OwnVoiceState& state);
  void voice_server_update(gateway::VoiceServer server);
  void channel_updated(const resources::Channel& channel);
  void tell_channel(const resources::Channel& channel);

  void open_voice_when_complete();
  void voice_opened();
  void voice_closed(const net::CloseInfo& info);
  void run(Actions actions);
  void handle(Action& action);
  void handle(SendText& send);
  void handle(SendBinary& send);
  void handle(CloseSocket& close);
  void handle(Reconnect& again);
  void handle(Resumed& resumed);
  void handle(Over& over);
  void handle(MediaServer& server);
  void discover();
  void drain_udp();
  void handle(SessionReady& session);

  // connection_encryption.cpp
  void handle(dave::UseEncryptor& use);
  void handle(dave::SendPlain& plain);
  void handle(dave::HoldAudio& hold);
  void handle(dave::NewEpoch& epoch);
  [[nodiscard]] bool is_on_stage() const;
  void line_is(LineState line);
  void be_alone();
  void nobody_came();
  void look_who_is_there();
  void hold_sender(Hold hold);
  void command(SenderCommand&& order);

  void read_reports();
  void speaking_is_on();
};

}  // namespace vcplay::voice
