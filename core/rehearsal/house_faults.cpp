// What goes wrong by order with what all guilds share: the main gateway and the host.
#include "rehearsal/fault.hpp"
#include "rehearsal/fault_script.hpp"
#include "rehearsal/house.hpp"

namespace vcplay::rehearsal {

void House::inject(const Fault& fault, Hall& hall, Snowflake user, TimePoint now) {
  hall.on_use();
  hall.books.of(user).suffers(to_text(fault), now);
  if (reach_of(fault.kind) == FaultReach::call) return hall.disturb(fault, user, now);
  disturb_gateway(fault, hall, user, now);
}

void House::disturb_gateway(const Fault& fault, Hall& hall, Snowflake user, TimePoint now) {
  switch (fault.kind) {
    case FaultKind::drop_gateway:
      excuse(hall, user);
      return gateway.drop(user, hall.guild);
    case FaultKind::close_gateway:
      excuse(hall, user);
      return gateway.close(user, hall.guild, static_cast<std::uint16_t>(fault.number));
    case FaultKind::reconnect_gateway:
      excuse(hall, user);
      return gateway.ask_to_reconnect(user, hall.guild);
    case FaultKind::invalidate_gateway:
      excuse(hall, user);
      return gateway.invalidate(user, hall.guild, fault.flag, now);
    case FaultKind::forget_gateway:
      return gateway.forget(user);
    case FaultKind::refuse_gateway:
      excuse(hall, user);
      return gateway.refuse_until(now + fault.span);
    case FaultKind::ignore_gateway_acks:
      excuse(hall, user);
      return gateway.acknowledgements().ignore(user, now + fault.span);
    case FaultKind::delay_acks:
      gateway.acknowledgements().delay(user, fault.span);
      return hall.voice_gateway.acknowledgements().delay(user, fault.span);
    case FaultKind::flood_gateway:
      return gateway.flood(user, hall.guild, fault.number, now);
    case FaultKind::large_gateway:
      return gateway.send_large(user, hall.guild, fault.number);
    case FaultKind::stall:
      stall_ = fault.span;
      return;
    default:
      return;
  }
}

/// In all guilds of which the same session of the account is told.
void House::excuse(const Hall& hall, Snowflake user) {
  const std::optional<Shard> shard = gateway.shard_of(user, hall.guild);
  for (const auto& other : halls_) {
    if (other.get() == &hall || !shard || shard->holds(other->guild.id())) other->excuse(user);
  }
}

}  // namespace vcplay::rehearsal
