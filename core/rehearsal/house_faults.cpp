// What goes wrong in the middle of a play, by order.
#include "rehearsal/fault.hpp"
#include "rehearsal/fault_script.hpp"
#include "rehearsal/house.hpp"

namespace vcplay::rehearsal {

void House::inject(const Fault& fault, Snowflake user, TimePoint now) {
  books.of(user).suffers(to_text(fault), now);
  switch (fault.kind) {
    // ── main gateway ──
    case FaultKind::drop_gateway:
      sfu.excuse(user);
      gateway.drop(user);
      return;
    case FaultKind::close_gateway:
    case FaultKind::reconnect_gateway:
    case FaultKind::invalidate_gateway:
    case FaultKind::forget_gateway:
    case FaultKind::refuse_gateway:
      return;
    case FaultKind::ignore_gateway_acks:
      gateway.acknowledgements.ignore(user, now + fault.span);
      return;
    // ── voice gateway ──
    case FaultKind::drop_voice:
      voice_gateway.drop_all_of(user);
      return;
    case FaultKind::close_voice:
      voice_gateway.close_all_of(user, static_cast<std::uint16_t>(fault.number), now);
      return;
    case FaultKind::forget_voice:
    case FaultKind::refuse_voice:
      return;
    case FaultKind::ignore_voice_acks:
      voice_gateway.acknowledgements.ignore(user, now + fault.span);
      return;
    case FaultKind::delay_acks:
      gateway.acknowledgements.delay(user, fault.span);
      voice_gateway.acknowledgements.delay(user, fault.span);
      return;
    // ── the account's voice state ──
    case FaultKind::migrate:
    case FaultKind::migrate_at_once:
    case FaultKind::move:
      return;
    case FaultKind::kick:
      gateway.remove_from_voice(user, now);
      voice_gateway.close_all_of(user, 4014, now);
      return;
    case FaultKind::take_over:
    case FaultKind::mute:
    case FaultKind::unmute:
    case FaultKind::suppress:
    case FaultKind::invite:
      return;
    // ── the guild ──
    case FaultKind::delete_channel:
    case FaultKind::remove_guild:
    case FaultKind::guild_outage:
    case FaultKind::set_bitrate:
    case FaultKind::deny_speak:
      return;
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
  }
}

}  // namespace vcplay::rehearsal
