// What the parts of the Connection share; for connection*.cpp alone.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/log.hpp"
#include "base/overloaded.hpp"
#include "gateway/session.hpp"
#include "net/udp_socket.hpp"
#include "net/websocket.hpp"
#include "rest/api.hpp"
#include "voice/channel_status.hpp"
#include "voice/connection.hpp"
#include "voice/ip_discovery.hpp"
#include "voice/messages.hpp"
#include "voice/path_watch.hpp"
#include "voice/sender_orders.hpp"
#include "voice/session.hpp"

namespace vcplay::voice {

/// What a gateway can make us keep. What waits for it to read is short: we send little, and seldom.
inline constexpr std::size_t kMostWaiting = 1024 * 1024;
inline constexpr net::WebSocketLimits kGatewayLimits{.incoming = gateway::kMessageLimits.bytes,
                                                     .outgoing = kMostWaiting};
inline constexpr net::WebSocketLimits kVoiceLimits{.incoming = kMostMessageBytes, .outgoing = kMostWaiting};

/// What a person needs to know of a connection that did not come about or was lost.
[[nodiscard]] Error connection_error(std::string_view what, const net::Url& url, const net::CloseInfo& info);

[[nodiscard]] double random_fraction();
/// The time as Discord writes it: "2026-11-21T12:00:00", in UTC.
[[nodiscard]] std::string utc_now();

struct Connection::Impl {
  Impl(net::EventLoop& event_loop, const net::TlsTrust& tls_trust, ConnectionConfig connection_config,
       FrameQueue& frame_queue, SenderStats& sender_stats, Pacer& sender_pacer, ConnectionListener& events)
      : loop(event_loop),
        trust(tls_trust),
        config(std::move(connection_config)),
        pacer(sender_pacer),
        listener(events),
        call({.channel = config.channel,
              .on_move = config.on_move,
              .on_kick = config.on_kick,
              .random = random_fraction}),
        sender(frame_queue, inbox, sender_stats, {.lead_in_packets = config.lead_in_packets}) {}

  /// One websocket to one of the gateways. What an earlier one still says is not heard.
  struct Link final : net::WebSocketHandler {
    enum class To : std::uint8_t { gateway, voice };
    Link(Impl& owner, To gateway, const net::Url& url, Duration timeout)
        : self(owner),
          to(gateway),
          socket(owner.loop, owner.trust, *this, url, timeout,
                 gateway == To::gateway ? kGatewayLimits : kVoiceLimits) {}
    void on_open() override {
      is_open = true;
      if (is_current) to == To::gateway ? self.gateway_opened() : self.voice_opened();
    }
    void on_text(std::string_view text) override {
      if (is_current) to == To::gateway ? self.gateway_said(text) : self.voice_said(text);
    }
    void on_binary(ByteView bytes) override {
      // From the main gateway we never ask for compression or ETF.
      if (is_current && to == To::voice) self.voice_said(bytes);
    }
    void on_close(const net::CloseInfo& info) override { self.link_closed(*this, info); }
    Impl& self;
    To to;
    bool is_current = true;
    bool is_open = false;
    net::WebSocket socket;
  };

  // ── the outside world ──
  net::EventLoop& loop;
  const net::TlsTrust& trust;
  ConnectionConfig config;
  Pacer& pacer;
  ConnectionListener& listener;

  // ── where we are ──
  ConnectionPhase phase = ConnectionPhase::finding_gateway;
  std::optional<Error> error;  // why it ends, the first reason that came up
  std::string latest_trouble;  // that was tried to be mended since the join began
  TimePoint join_deadline{};
  bool joined = false;         // op 4 was sent: leaving is owed
  bool leave_is_said = false;  // … and done
  std::list<Link> parting;     // closing, and not to be heard any more

  // ── main gateway ──
  std::unique_ptr<rest::Api> api;
  net::Url first_gateway_url;
  net::Url gateway_url;
  std::optional<gateway::Session> gateway;
  std::list<Link> gateway_link;  // one or none
  bool rejoin_is_due = false;    // READY came anew: the guild is to follow
  Snowflake user;
  std::optional<resources::Guild> guild;

  // ── where the bot is ──
  Call call;
  bool is_muted = false;        // by the server
  bool is_suppressed = false;   // in the audience of a stage, or without the permission to speak
  bool asked_to_speak = false;  // since the latest join

  ChannelStatus status;  // of the channel
  bool leave_waits_for_status = false;

  // ── voice gateway ──
  net::Url voice_url;
  mls::PrivateKey signature_key =
      mls::PrivateKey::generate();  // one, so that others' verification of us lasts
  std::optional<Session> voice;
  std::list<Link> voice_link;       // one or none
  unsigned voice_generation = 0;    // of `voice`
  bool speaking_is_wanted = false;  // by the sender, of a session that could not say so yet

  // ── media ──
  std::string media_address;
  std::uint16_t media_port = 0;
  std::shared_ptr<net::UdpSocket> udp;
  std::optional<net::FdWatch> udp_watch;
  std::optional<IpDiscovery> discovery;
  std::optional<PathWatch> path;
  std::optional<TimePoint> no_network_since;
  std::uint32_t ssrc = 0;
  SenderInbox inbox;
  SenderOrders orders{inbox};
  Sender sender;
  std::optional<net::FdWatch> report_watch;
  std::optional<SenderThread> sender_thread;
  bool stream_is_started = false;  // the sender has this voice session's stream
  bool stopping = false;           // stop() was called: no linger

  // ── end-to-end encryption ──
  EncryptionFacts encryption;
  bool was_encrypted = false;        // a call of this run was: from then on plain audio is refused
  bool stage_was_mentioned = false;  // that it has no encryption
  bool alone = false;                // as the sender was told last
  bool alone_is_sure = false;        // the server has had its time to name who is there

  // ── time ──
  net::Timer phase_timer{loop, [this] { phase_timed_out(); }};
  net::Timer gateway_timer{loop, [this] { run(gateway->on_time(loop.now())); }};
  net::Timer gateway_retry_timer{loop, [this] { open_gateway_link(); }};
  net::Timer identify_timer{loop, [this] { ask_to_identify(); }};
  net::Timer call_timer{loop, [this] { run(call.on_time(loop.now())); }};
  net::Timer voice_timer{loop, [this] { run(voice->on_time(loop.now())); }};
  net::Timer voice_retry_timer{loop, [this] { open_voice_link(); }};
  net::Timer discovery_timer{loop, [this] { discover(); }};
  net::Timer path_timer{loop, [this] { look_at_path(); }};
  net::Timer speaking_timer{loop, [this] { speaking_is_on(); }};
  net::Timer alone_timer{loop, [this] { nobody_came(); }};
  net::Timer orders_timer{loop, [this] { post_waiting_orders(); }};
  net::Timer status_timer{loop, [this] { leave_at_last(); }};

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
  void leave_at_last();
  void say_leave();
  void close_sockets();
  void finish_if_closed();
  void phase_timed_out();
  void give_up_joining();

  void link_closed(Link& link, const net::CloseInfo& info);
  void part_with(std::list<Link>& link, std::uint16_t code);
  void tell_retry(Recovery what, const Error& reason, Duration after, int attempt);

  // connection_gateway.cpp
  /// The token and the voice token go to Discord alone, unless the user named another server.
  [[nodiscard]] bool may_speak_to(const net::Url& url) const;
  void open_found_gateway(const rest::GatewayBot& found);
  void open_gateway(const net::Url& url, int shard_id, int shard_count);
  [[nodiscard]] std::optional<net::Url> resume_url(const std::string& text) const;
  void open_gateway_link();
  void gateway_opened();
  void gateway_said(std::string_view text) { run(gateway->on_text(text, loop.now())); }
  void gateway_closed(const net::CloseInfo& info);
  void run(gateway::Actions actions);
  void handle(gateway::Action& action);
  void ask_to_identify();
  void gateway_is_ready(const gateway::Ready& ready);
  void gateway_is_resumed();
  void gateway_is_lost(gateway::Reconnect& again);
  void guild_arrived(resources::Guild created);
  [[nodiscard]] bool may_play_there();
  void explain_unknown_channel();
  void channel_updated(const resources::Channel& channel);
  void tell_channel(const resources::Channel& channel);

  // connection_call.cpp
  void run(call::Actions actions);
  void handle(call::Action& action);
  void ask_for(std::optional<Snowflake> channel);
  void open_voice(call::OpenVoice& order);
  void close_voice();
  void moved_to(Snowflake channel);
  void own_voice_state(const gateway::OwnVoiceState& state);
  void mute_changed(bool muted);
  void suppression_changed(bool suppressed);
  void look_at_audience();
  void seek_permission_to_speak();
  void raise_hand();
  void stays_suppressed(std::string_view why);

  // connection_status.cpp
  void set_status(std::string_view text);
  void clear_status();
  void put_status();
  void status_failed(const ChannelStatus::Put& put, std::string_view why, ChannelStatus::Answer answer);
  void status_is_settled(ChannelStatus::Answer answer);

  // connection_voice.cpp
  void open_voice_link();
  void voice_opened();
  void voice_said(std::string_view text) { run(voice->on_text(text, loop.now())); }
  void voice_said(ByteView bytes) { run(voice->on_binary(bytes, loop.now())); }
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
  void start_stream(std::unique_ptr<rtp::TransportCipher> cipher);

  // connection_path.cpp
  void watch_path();
  [[nodiscard]] std::optional<std::string> route_to_media() const;
  void look_at_path();
  void look_for_network(bool there_is_one);
  void judge_path(const std::optional<std::string>& route);
  void path_is_lost(std::string_view why);
  void reopen_gateway(std::string_view why);
  void path_never_opened(Error reason);

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
  void let_sender_speak();
  void hold_sender(Hold hold);
  void mention_plain_audio();
  void command(SenderCommand&& order);
  void post_waiting_orders();

  void read_reports();
  void on_report(SenderReport report);
  void say_speaking();
  void speaking_is_on();
};

}  // namespace vcplay::voice
