// What goes wrong by order in one guild: on its voice gateway, with the account's voice state, with the guild
// and on the account's way to the media server.
#include "base/log.hpp"
#include "rehearsal/fault.hpp"
#include "rehearsal/hall.hpp"
#include "resources/permissions.hpp"

namespace vcplay::rehearsal {

void Hall::disturb(const Fault& fault, Snowflake user, TimePoint now) {
  on_use();
  if (fault.kind < FaultKind::flood_gateway) return disturb_voice(fault, user, now);
  disturb_guild(fault, user, now);
}

void Hall::excuse(Snowflake user) {
  books.of(user).excused = true;
  sfu.excuse(user);
}

void Hall::disturb_voice(const Fault& fault, Snowflake user, TimePoint now) {
  switch (fault.kind) {
    case FaultKind::drop_voice:
      return voice_gateway.drop_all_of(user);
    case FaultKind::close_voice:
      return voice_gateway.close_all_of(user, static_cast<std::uint16_t>(fault.number), now);
    case FaultKind::forget_voice:
      return voice_gateway.forget(user);
    case FaultKind::refuse_voice:
      sfu.excuse(user);
      return voice_gateway.refuse_until(now + fault.span);
    case FaultKind::ignore_voice_acks:
      sfu.excuse(user);
      return voice_gateway.acknowledgements().ignore(user, now + fault.span);
    // ── what no honest server does ──
    case FaultKind::rekey:
      return voice_gateway.rekey(user, Rekeying::anew, now);
    case FaultKind::rekey_same:
      return voice_gateway.rekey(user, Rekeying::same, now);
    case FaultKind::rekey_first:
      return voice_gateway.rekey(user, Rekeying::first, now);
    case FaultKind::rekey_shared:
      return voice_gateway.rekey(user, Rekeying::shared, now);
    case FaultKind::flood_voice:
      return voice_gateway.flood(user, fault.number, now);
    case FaultKind::flood_keys:
      return voice_gateway.flood_with_keys(user, fault.number, now);
    case FaultKind::flood_transitions:
      return delivery.flood_with_transitions(user, fault.number, now);
    case FaultKind::flood_proposals:
      return voice_gateway.flood_with_proposals(user, fault.number, now);
    case FaultKind::crowd:
      return voice_gateway.crowd(user, fault.number, now);
    case FaultKind::large_voice:
      return voice_gateway.send_large(user, fault.number);
    default:
      return;
  }
}

void Hall::disturb_guild(const Fault& fault, Snowflake user, TimePoint now) {
  switch (fault.kind) {
    // ── the account's voice state ──
    case FaultKind::migrate:
      return guild.migrate(user, fault.span, now);
    case FaultKind::migrate_at_once:
      return guild.migrate(user, std::nullopt, now);
    case FaultKind::move:
      return move(user, Snowflake{fault.number}, now);
    case FaultKind::kick:
      return kick(user, now);
    case FaultKind::take_over:
      return guild.take_over(user, now);
    case FaultKind::mute:
    case FaultKind::unmute:
      return guild.mute(user, fault.kind == FaultKind::mute, now);
    case FaultKind::become_stage:
      return become_stage(user, Snowflake{fault.number}, now);
    case FaultKind::suppress:
    case FaultKind::invite:
      return guild.suppress(user, fault.kind == FaultKind::suppress, now);
    // ── the guild ──
    case FaultKind::delete_channel:
      return delete_channel_of(user, now);
    case FaultKind::remove_guild:
      return guild.remove_from_guild(user, now);
    case FaultKind::guild_outage:
      return guild.black_out(fault.span, now);
    case FaultKind::set_bitrate:
      world.set_bitrate(channel_of(user), static_cast<int>(fault.number));
      return guild.announce_channel(channel_of(user), now);
    case FaultKind::deny_speak:
      world.deny(resources::kSpeak);
      guild.announce_channel(channel_of(user), now);
      return guild.suppress(user, true, now);
    // ── UDP ──
    case FaultKind::lose_udp:
      return sfu.faults.lose(user, fault.number,
                             fault.span == Duration::zero() ? TimePoint::max() : now + fault.span);
    case FaultKind::block_udp:
      return sfu.faults.block(user, now + fault.span);
    default:
      return;
  }
}

/// Where the account is, or would be.
Snowflake Hall::channel_of(Snowflake user) const {
  const VoiceState* const state = world.voice_state(user);
  return state == nullptr ? world.meeting_place() : state->channel;
}

/// `channel` 0: the other one.
void Hall::move(Snowflake user, Snowflake channel, TimePoint now) {
  const Snowflake main = world.options().channel;
  if (channel == Snowflake{}) channel = channel_of(user) == main ? world.other_channel() : main;
  if (!world.has_channel(channel)) {
    return log::warning("nobody can be moved to channel {}: the guild has no such channel", channel.str());
  }
  guild.move(user, channel, now);
  members_follow_ = user;
  gather_in(channel, now);
}

/// `channel` 0: the one that the account is in, which then gets another voice server.
void Hall::become_stage(Snowflake user, Snowflake channel, TimePoint now) {
  const bool is_there = channel == Snowflake{} || channel == channel_of(user);
  if (is_there) channel = channel_of(user);
  world.make_stage(channel);
  guild.announce_channel(channel, now);
  if (is_there) guild.migrate(user, std::nullopt, now);
}

void Hall::kick(Snowflake user, TimePoint now) {
  // Whoever is kicked while alone sees the call end.
  const bool was_alone = world.members_in(channel_of(user)) < 2;
  guild.remove_from_voice(user, now);
  voice_gateway.close_all_of(user, was_alone ? 4022 : 4014, now);
}

void Hall::delete_channel_of(Snowflake user, TimePoint now) {
  const Snowflake channel = channel_of(user);
  guild.delete_channel(channel, now);
  for (const Snowflake who : world.listeners()) {
    CallMember& member = *audience.member(who);
    if (!member.is_in(channel)) continue;
    member.leave();
    tell_of_parting(who, channel, now);
  }
}

}  // namespace vcplay::rehearsal
