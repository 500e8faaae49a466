// What the parts of the Channel share; for channel*.cpp alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/action_queue.hpp"
#include "base/lifetime.hpp"
#include "base/logger.hpp"
#include "base/overloaded.hpp"
#include "channel/channel.hpp"
#include "channel/channel_status.hpp"
#include "channel/media_path.hpp"
#include "channel/sender_link.hpp"
#include "channel/voice_link.hpp"

namespace vcplay::channel {

/// The time as Discord writes it: "2026-11-21T12:00:00", in UTC.
[[nodiscard]] std::string utc_now();

// ── what is to be done, in order ──

/// The voice session with this number wants it.
struct FromVoice {
  unsigned generation = 0;
  voice::Action action;
};
/// What the bot's own voice state says besides where it is.
struct Seated {
  gateway::OwnVoiceState state;
};
using Action = std::variant<gateway::Action, call::Action, FromVoice, Seated>;

struct Channel::Impl final : bot::ShardListener, VoiceLinkOwner, MediaPathOwner, SenderLinkOwner {
  Impl(bot::Bot& owner, ChannelConfig channel_config, stream::FrameLog& log,
       std::shared_ptr<send::SenderStats> stats, send::SendThreads& threads, ChannelListener& events)
      : bot(owner),
        loop(owner.loop()),
        config(channel_config),
        listener(events),
        call({.channel = config.channel,
              .on_move = config.on_move,
              .on_kick = config.on_kick,
              .random = bot::random_fraction}),
        sender(loop, log, std::move(stats), threads, {.lead_in_packets = config.lead_in_packets}, *this) {
    bot.expect(config.guild);
  }
  ~Impl() override = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  bot::Bot& bot;
  net::EventLoop& loop;
  ChannelConfig config;
  ChannelListener& listener;
  /// Of what is about this channel alone.
  const log::Logger logger{[this](log::Level level, log::Place place, const std::string& line) {
    listener.on_notice({level, line, Hint::none, {}, place});
  }};

  // ── how far it has come ──
  Phase phase = Phase::finding_gateway;
  std::optional<Error> error;              // why it ends, the first reason that came up
  std::optional<Error> latest_trouble;     // that was tried to be mended since the join began
  std::optional<TimePoint> join_deadline;  // of the first join; nothing once it has succeeded
  bool is_stopping = false;                // stop() was called: no linger
  ActionQueue<Action> actions;

  // ── where the bot is ──
  Call call;
  Snowflake user;                        // the bot
  bool knows_guild = false;              // the gateway has described it
  bool rejoin_is_due = false;            // READY came anew: the guild is to follow
  bool has_asked = false;                // an op 4 of ours was sent
  bool owes_leave = false;               // it may be asked to let the bot in, and can be told
  std::optional<TimePoint> waits_since;  // an op 4 of ours, for its turn
  struct Seat {
    bool is_muted = false;        // by the server
    bool is_suppressed = false;   // in the audience of a stage, or without the permission to speak
    bool asked_to_speak = false;  // since the latest join
  };
  Seat seat;
  ChannelStatus status;
  bool leave_waits_for_status = false;
  enum class Farewell : std::uint8_t { none, wanted, sent } farewell = Farewell::none;  // the last op 4

  // ── the ways in ──
  VoiceLink voice{bot, *this};
  const bot::TransportKeys::Holder keys = bot.transport_keys().new_holder();
  MediaPath path{loop, logger, *this};
  std::uint32_t ssrc = 0;
  SenderLink sender;
  bool speaking_is_wanted = false;  // by the sender, of a session that could not say so yet

  // ── may audio flow ──
  SendPermit permit{config.when_alone};
  EncryptionFacts encryption;
  bool was_encrypted = false;        // a call of this run was: from then on plain audio is refused
  bool stage_was_mentioned = false;  // that it has no encryption

  // ── time ──
  net::Timer phase_timer{loop, [this] { phase_timed_out(); }};
  net::Timer call_timer{loop, [this] { act(call.on_time(loop.now())); }};
  net::Timer speaking_timer{loop, [this] { speaking_is_on(); }};
  net::Timer alone_timer{loop, [this] { nobody_came(); }};
  net::Timer status_timer{loop, [this] { leave_at_last(); }};

  /// REST's answers come later, or too late.
  Lifetime lifetime;

  /// Of its guild; null before the gateway was found.
  [[nodiscard]] bot::Shard* shard() const { return bot.shard(config.guild); }
  /// As it is now; null: the gateway has not described it, or the bot is no longer in it.
  [[nodiscard]] const resources::Guild* guild() const {
    return shard() == nullptr ? nullptr : shard()->guild(config.guild);
  }
  [[nodiscard]] const resources::Channel* channel_there(Snowflake channel) const {
    return guild() == nullptr ? nullptr : guild()->channel(channel);
  }
  /// What the bot may do there; nothing: nobody can tell.
  [[nodiscard]] std::optional<std::uint64_t> permissions_in(const resources::Channel* channel) const;

  void enter(Phase next) {
    phase = next;
    logger.debug("phase {}", name(next));
    listener.on_phase(next, loop.now());
  }
  [[nodiscard]] bool is_ending() const { return phase >= Phase::leaving; }

  // channel.cpp
  void start();
  void stop();
  void fail(Error reason);
  void give_up(Error reason);
  void leave();
  void leave_nothing_behind();
  void leave_at_last();
  void say_leave();
  void close();
  void finish_if_closed();
  void phase_timed_out();
  void give_up_joining();
  void tell_retry(Recovery what, const Error& reason, Duration after, int attempt);

  // channel_actions.cpp: the only place where actions are carried out. Inside of one, act()
  // only adds to them.
  template <class Some>
  void act(std::vector<Some> some) {
    actions.add_all(std::move(some));
    act();
  }
  void act(voice::Actions wanted);
  void act();
  void settle();
  void carry_out(Action& action);
  void carry_out(gateway::Action& action);
  void carry_out(call::Action& action);
  void carry_out(voice::Action& action);

  // channel_gateway.cpp: the main gateway
  void on_search_for_gateway() override { enter(Phase::finding_gateway); }
  void on_gateway_found() override { enter(Phase::opening_gateway); }
  void on_gateway_open() override;
  void on_gateway(gateway::Action action) override;
  void on_wait_for_turn(Duration wait) override;
  void on_identify_refused(Error reason) override { fail(std::move(reason)); }
  [[nodiscard]] bool needs_session() const override { return !is_ending(); }
  void gateway_is_ready(const gateway::Ready& ready);
  void gateway_is_resumed();
  void gateway_is_lost(const gateway::Reconnect& again);
  void gateway_has_failed(Error reason);
  void question_waits();
  void question_is_sent();
  void question_waits_no_more();
  void guild_arrived();
  [[nodiscard]] bool may_play_there();
  void explain_unknown_channel();
  void channel_updated(const resources::Channel& channel);
  void tell_channel(const resources::Channel& channel);

  // channel_call.cpp: the call, and the bot's seat in it
  void ask_for(std::optional<Snowflake> channel);
  void open_voice(call::OpenVoice& order);
  void close_voice();
  void moved_to(Snowflake channel);
  void own_voice_state(const gateway::OwnVoiceState& state);
  void take_seat(const gateway::OwnVoiceState& state);
  void mute_changed(bool muted);
  void suppression_changed(bool suppressed);
  [[nodiscard]] bool is_on_stage() const;
  void seek_permission_to_speak();
  void raise_hand();
  void stays_suppressed(std::string_view why, Hint hint = Hint::none);

  // channel_voice.cpp: the voice gateway, the media path and the sender
  void on_voice_open() override;
  void on_voice(voice::Actions wanted) override { act(std::move(wanted)); }
  [[nodiscard]] bool on_voice_unreachable(Error reason) override;
  void on_voice_gone() override { finish_if_closed(); }
  void voice_is_lost(const voice::Reconnect& again);
  void voice_is_over(voice::Over& over);
  void find_address(const voice::MediaServer& server);
  void session_is_ready(voice::SessionReady& session);
  void on_address(const voice::IpDiscovery::Address& address) override;
  void on_path_never_opened(Error reason) override;
  void on_path_lost(std::string_view why) override;
  void on_address_changed(std::string_view why) override;
  void on_network_back(std::string_view why) override;
  void on_report(send::SenderReport report) override;
  void on_sender_stuck() override;
  void has_gone_quiet();
  void has_finished();
  void say_speaking();
  void speaking_is_on();

  // channel_permit.cpp: end-to-end encryption, and who is there
  void use_encryptor(dave::UseEncryptor& use);
  void send_plain();
  void hold_audio(dave::HoldAudio& hold);
  void epoch_began(dave::NewEpoch& epoch);
  void line_is(LineState line);
  void tell_line();
  void look_who_is_there();
  void nobody_came();
  /// `change` something of the permit: the sender is told, and company waited for, where
  /// that makes a difference.
  template <class Change>
  void change_permit(Change&& change) {
    const Permit before = permit.permit();
    change();
    if (permit.permit() != before) permit_changed();
  }
  void permit_changed();
  void mention_plain_audio();

  // channel_status_calls.cpp: the line under the channel's name
  void set_status(std::string_view text);
  void clear_status();
  void put_status();
  void status_failed(const ChannelStatus::Put& put, const Error& why, ChannelStatus::Answer answer);
  void status_is_settled(ChannelStatus::Answer answer);
};

}  // namespace vcplay::channel
