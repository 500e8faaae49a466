// What can go wrong in the middle of a play: one fault, and a script of them.
#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.hpp"
#include "base/snowflake.hpp"

namespace vcplay::rehearsal {

enum class FaultKind : std::uint8_t {
  // main gateway
  drop_gateway,         // its TCP connection ends without a word
  close_gateway,        // … with the close code `number`
  reconnect_gateway,    // opcode 7
  invalidate_gateway,   // opcode 9, `flag`: the session can be resumed
  forget_gateway,       // a RESUME of the session will be refused: opcode 9, false
  refuse_gateway,       // for `span` a new connection ends before HELLO
  ignore_gateway_acks,  // for `span` heartbeats stay unanswered
  // voice gateway
  drop_voice,
  close_voice,
  forget_voice,  // a RESUME of the session will be refused: 4006
  refuse_voice,
  ignore_voice_acks,
  delay_acks,         // from now on both gateways acknowledge `span` later
  rekey,              // SESSION_DESCRIPTION with a new key, in the middle of a session
  rekey_same,         // … with the same key again
  rekey_first,        // … with the account's first key, which later sessions get, too
  rekey_shared,       // … with one key, the same in all guilds
  flood_voice,        // `number` messages at once
  flood_keys,         // … SESSION_DESCRIPTION with the same key again
  flood_transitions,  // … opcode 21, to no encryption and back; a second later there is a new group
  flood_proposals,    // … opcode 27 with what is none
  crowd,              // `number` users are said to come (opcode 11), and to go again (opcode 13)
  large_voice,        // a message of `number` bytes, of another shape each time
  flood_gateway,
  large_gateway,
  // the account's voice state
  migrate,  // VOICE_SERVER_UPDATE without endpoint, the voice session closes (4014), `span` later one with
  migrate_at_once,  // VOICE_SERVER_UPDATE with an endpoint, and only then the old voice session closes
  move,             // by a moderator, to the channel `number` (0: the guild's other voice channel)
  kick,
  take_over,  // another process of the same bot joins with its own session
  mute,       // by the server
  unmute,
  become_stage,  // CHANNEL_UPDATE: the channel `number` is a stage (0: the account's, on another voice
                 // server)
  suppress,      // into the audience of the stage
  invite,        // … and out of it
  // the guild
  delete_channel,
  remove_guild,  // GUILD_DELETE for good
  guild_outage,  // GUILD_DELETE unavailable, `span` later GUILD_CREATE
  set_bitrate,   // CHANNEL_UPDATE with `number` bit/s
  deny_speak,    // the permission is taken away: the account's state is suppressed
  // UDP
  lose_udp,   // from now on, `number` per cent of the datagrams in each direction; for `span` if not 0
  block_udp,  // for `span` none arrives
  // the host
  stall,  // for `span` the whole Discord does nothing
};

struct Fault {
  FaultKind kind{};
  std::uint64_t number = 0;
  Duration span{};
  bool flag = false;
};

/// What a fault happens to.
enum class FaultReach : std::uint8_t {
  call,   // one guild, and the account's call there
  shard,  // the account's connection to the main gateway, and with it all guilds of one shard
  all,    // whoever there is
};
[[nodiscard]] constexpr FaultReach reach_of(FaultKind kind) noexcept {
  switch (kind) {
    case FaultKind::refuse_gateway:
    case FaultKind::stall:
      return FaultReach::all;
    case FaultKind::drop_gateway:
    case FaultKind::close_gateway:
    case FaultKind::reconnect_gateway:
    case FaultKind::invalidate_gateway:
    case FaultKind::forget_gateway:
    case FaultKind::ignore_gateway_acks:
    case FaultKind::delay_acks:
    case FaultKind::flood_gateway:
    case FaultKind::large_gateway:
      return FaultReach::shard;
    default:
      return FaultReach::call;
  }
}

/// A fault, where it happens, and its time from the first audio packet there on.
struct ScriptedFault {
  Duration at{};
  Fault fault;
  Snowflake in = {};        // a guild or the channel to play in; 0: in the first place
  bool everywhere = false;  // in each place, at its own time
};
using FaultScript = std::vector<ScriptedFault>;

}  // namespace vcplay::rehearsal
