// What goes wrong in the middle of a play, by order.
#include "base/log.hpp"
#include "rehearsal/fault.hpp"
#include "rehearsal/fault_script.hpp"
#include "rehearsal/house.hpp"
#include "resources/permissions.hpp"

namespace vcplay::rehearsal {

void House::inject(const Fault& fault, Snowflake user, TimePoint now) {
  books.of(user).suffers(to_text(fault), now);
  if (fault.kind <= FaultKind::flood_gateway) return disturb_gateways(fault, user, now);
  disturb_call(fault, user, now);
}

/// What happens to the connections.
void House::disturb_gateways(const Fault& fault, Snowflake user, TimePoint now) {
  switch (fault.kind) {
    // ── main gateway ──
    case FaultKind::drop_gateway:
      excuse(user);
      return gateway.drop(user);
    case FaultKind::close_gateway:
      excuse(user);
      return gateway.close(user, static_cast<std::uint16_t>(fault.number));
    case FaultKind::reconnect_gateway:
      excuse(user);
      return gateway.ask_to_reconnect(user);
    case FaultKind::invalidate_gateway:
      excuse(user);
      return gateway.invalidate(user, fault.flag, now);
    case FaultKind::forget_gateway:
      return gateway.forget(user);
    case FaultKind::refuse_gateway:
      excuse(user);
      return gateway.refuse_until(now + fault.span);
    case FaultKind::ignore_gateway_acks:
      excuse(user);
      gateway.acknowledgements().ignore(user, now + fault.span);
      return;
    // ── voice gateway ──
    case FaultKind::drop_voice:
      voice_gateway.drop_all_of(user);
      return;
    case FaultKind::close_voice:
      voice_gateway.close_all_of(user, static_cast<std::uint16_t>(fault.number), now);
      return;
    case FaultKind::forget_voice:
      return voice_gateway.forget(user);
    case FaultKind::refuse_voice:
      sfu.excuse(user);
      return voice_gateway.refuse_until(now + fault.span);
    case FaultKind::ignore_voice_acks:
      sfu.excuse(user);
      voice_gateway.acknowledgements().ignore(user, now + fault.span);
      return;
    case FaultKind::delay_acks:
      gateway.acknowledgements().delay(user, fault.span);
      voice_gateway.acknowledgements().delay(user, fault.span);
      return;
    // ── what no honest server does ──
    case FaultKind::rekey:
      return voice_gateway.rekey(user, Rekeying::anew, now);
    case FaultKind::rekey_same:
      return voice_gateway.rekey(user, Rekeying::same, now);
    case FaultKind::rekey_first:
      return voice_gateway.rekey(user, Rekeying::first, now);
    case FaultKind::flood_voice:
      return voice_gateway.flood(user, fault.number, now);
    case FaultKind::flood_keys:
      return voice_gateway.flood_with_keys(user, fault.number, now);
    case FaultKind::flood_transitions:
      return delivery.flood_with_transitions(user, fault.number, now);
    case FaultKind::flood_gateway:
      return gateway.flood(user, fault.number, now);
    default:
      return;
  }
}

/// What happens to the account, its guild, its datagrams and the host.
void House::disturb_call(const Fault& fault, Snowflake user, TimePoint now) {
  switch (fault.kind) {
    // ── the account's voice state ──
    case FaultKind::migrate:
      return gateway.migrate(user, fault.span, now);
    case FaultKind::migrate_at_once:
      return gateway.migrate(user, std::nullopt, now);
    case FaultKind::move:
      return move(user, Snowflake{fault.number}, now);
    case FaultKind::kick:
      return kick(user, now);
    case FaultKind::take_over:
      return gateway.take_over(user, now);
    case FaultKind::mute:
    case FaultKind::unmute:
      return gateway.mute(user, fault.kind == FaultKind::mute, now);
    case FaultKind::become_stage:
      return become_stage(user, Snowflake{fault.number}, now);
    case FaultKind::suppress:
    case FaultKind::invite:
      return gateway.suppress(user, fault.kind == FaultKind::suppress, now);
    // ── the guild ──
    case FaultKind::delete_channel:
      return delete_channel_of(user, now);
    case FaultKind::remove_guild:
      return gateway.remove_from_guild(user, now);
    case FaultKind::guild_outage:
      return gateway.black_out(fault.span, now);
    case FaultKind::set_bitrate:
      world.set_bitrate(channel_of(user), static_cast<int>(fault.number));
      return gateway.announce_channel(channel_of(user), now);
    case FaultKind::deny_speak:
      world.deny(resources::kSpeak);
      gateway.announce_channel(channel_of(user), now);
      return gateway.suppress(user, true, now);
    // ── UDP and the host ──
    case FaultKind::lose_udp:
      sfu.faults.lose(user, fault.number,
                      fault.span == Duration::zero() ? TimePoint::max() : now + fault.span);
      return;
    case FaultKind::block_udp:
      sfu.faults.block(user, now + fault.span);
      return;
    case FaultKind::stall:
      stall_ = fault.span;
      return;
    default:
      return;
  }
}

/// It may not be able to leave in order.
void House::excuse(Snowflake user) {
  books.of(user).excused = true;
  sfu.excuse(user);
}

/// Where the account is, or would be.
Snowflake House::channel_of(Snowflake user) const {
  const VoiceState* const state = world.voice_state(user);
  return state == nullptr ? world.meeting_place() : state->channel;
}

/// `channel` 0: the other one.
void House::move(Snowflake user, Snowflake channel, TimePoint now) {
  const Snowflake main = world.options().channel;
  if (channel == Snowflake{}) channel = channel_of(user) == main ? world.other_channel() : main;
  if (!world.has_channel(channel)) {
    return log::warning("nobody can be moved to channel {}: the guild has no such channel", channel.str());
  }
  gateway.move(user, channel, now);
  members_follow_ = user;
  gather_in(channel, now);
}

/// Those who live here follow at once, so that the account is heard where it goes.
void House::gather_in(Snowflake channel, TimePoint now) {
  world.meet_in(channel);
  for (const Snowflake who : world.listeners()) {
    CallMember& member = *audience.member(who);
    if (!member.is_in_a_call() || member.is_in(channel)) continue;
    const Snowflake before = world.voice_state(who)->channel;
    member.leave();
    tell_of_parting(who, before, now);
    meet(member, now);
  }
}

/// `channel` 0: the one that the account is in, which then gets another voice server.
void House::become_stage(Snowflake user, Snowflake channel, TimePoint now) {
  const bool is_there = channel == Snowflake{} || channel == channel_of(user);
  if (is_there) channel = channel_of(user);
  world.make_stage(channel);
  gateway.announce_channel(channel, now);
  if (is_there) gateway.migrate(user, std::nullopt, now);
}

void House::kick(Snowflake user, TimePoint now) {
  // Whoever is kicked while alone sees the call end.
  const bool was_alone = world.members_in(channel_of(user)) < 2;
  gateway.remove_from_voice(user, now);
  voice_gateway.close_all_of(user, was_alone ? 4022 : 4014, now);
}

void House::delete_channel_of(Snowflake user, TimePoint now) {
  const Snowflake channel = channel_of(user);
  gateway.delete_channel(channel, now);
  for (const Snowflake who : world.listeners()) {
    CallMember& member = *audience.member(who);
    if (!member.is_in(channel)) continue;
    member.leave();
    tell_of_parting(who, channel, now);
  }
}

}  // namespace vcplay::rehearsal
