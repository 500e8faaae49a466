// Which faults a script may name.
#include <fmt/format.h>

#include "rehearsal/fault_script.hpp"

namespace vcplay::rehearsal {
namespace {

using enum FaultKind;

constexpr FaultNumber kNoNumber = FaultNumber::none;
constexpr FaultTime kWanted = FaultTime::wanted;
constexpr FaultTime kOptional = FaultTime::optional;

constexpr FaultForm kForms[] = {
    {drop_gateway, false, "drop gateway", "its TCP connection ends without a word"},
    {close_gateway, false, "close gateway", "it closes with this code", FaultNumber::code},
    {reconnect_gateway, false, "reconnect gateway", "opcode 7"},
    {invalidate_gateway, false, "invalidate gateway", "opcode 9, false: the session cannot be resumed"},
    {invalidate_gateway, true, "invalidate gateway resumable", "opcode 9, true"},
    {forget_gateway, false, "forget gateway", "a RESUME of the session will be refused"},
    {refuse_gateway, false, "refuse gateway", "new connections end at once", kNoNumber, kWanted, "for"},
    {ignore_gateway_acks, false, "ignore gateway acks", "heartbeats, due every 41.25 s, stay unanswered",
     kNoNumber, kWanted, "for"},
    {drop_voice, false, "drop voice", "its TCP connection ends without a word"},
    {close_voice, false, "close voice", "it closes with this code", FaultNumber::code},
    {forget_voice, false, "forget voice", "a RESUME of the voice session will be refused with 4006"},
    {refuse_voice, false, "refuse voice", "new connections end at once", kNoNumber, kWanted, "for"},
    {ignore_voice_acks, false, "ignore voice acks", "heartbeats, due every 13.75 s, stay unanswered",
     kNoNumber, kWanted, "for"},
    {delay_acks, false, "delay acks", "both gateways answer heartbeats so much later; 0 ends it", kNoNumber,
     kWanted},
    {rekey, false, "rekey", "the voice server names a new transport key"},
    {rekey_same, false, "rekey same", "it names the same one again"},
    {rekey_first, false, "rekey first", "it names the first one again, and so do those that come after it"},
    {rekey_shared, false, "rekey shared", "it names one key, the same wherever this happens"},
    {flood_voice, false, "flood voice", "so many messages that mean nothing come at once",
     FaultNumber::count},
    {flood_keys, false, "flood keys", "the voice server names the same transport key so often at once",
     FaultNumber::count},
    {flood_transitions, false, "flood transitions",
     "it ends end-to-end encryption and takes it up again so often at once; a second later there is a new "
     "group",
     FaultNumber::count},
    {flood_proposals, false, "flood proposals", "so many proposals for the group that are none come at once",
     FaultNumber::count},
    {crowd, false, "crowd", "so many users are said to come, and at once to go again", FaultNumber::count},
    {large_voice, false, "large voice", "a message of that length that means nothing", FaultNumber::bytes},
    {flood_gateway, false, "flood gateway", "messages that mean nothing, by the main gateway",
     FaultNumber::count},
    {large_gateway, false, "large gateway",
     "a message of that length, by the main gateway; each third describes the guild at that length",
     FaultNumber::bytes},
    {migrate, false, "migrate",
     "the voice server goes away; the next one is named 500 ms later, or as it says", kNoNumber, kOptional,
     "after", 500ms},
    {migrate_at_once, false, "migrate at once",
     "the next voice server is named before the old one goes away"},
    {move, false, "move", "a moderator moves the bot there, or to the guild's other voice channel",
     FaultNumber::channel},
    {kick, false, "kick", "a moderator disconnects the bot"},
    {take_over, false, "take over", "another process of the same bot joins"},
    {mute, false, "mute", "the server mutes the bot"},
    {unmute, false, "unmute", "the server no longer mutes it"},
    {become_stage, false, "become stage",
     "that channel is called a stage from now on, or the bot's, on another voice server without encryption",
     FaultNumber::channel},
    {suppress, false, "suppress", "the bot becomes audience of the stage"},
    {invite, false, "invite", "the bot becomes a speaker of the stage"},
    {delete_channel, false, "delete channel", "the voice channel is deleted"},
    {remove_guild, false, "remove guild", "the bot is removed from the guild"},
    {guild_outage, false, "guild outage", "the guild is unavailable", kNoNumber, kWanted, "for"},
    {set_bitrate, false, "bitrate", "the channel gets this bitrate", FaultNumber::bits},
    {deny_speak, false, "deny speaking", "the permission to speak is taken away"},
    {lose_udp, false, "lose udp", "so many of the datagrams in each direction are lost; 0% ends it",
     FaultNumber::percent, kOptional, "for"},
    {block_udp,
     false,
     "block udp",
     "no datagram arrives in either direction",
     kNoNumber,
     kWanted,
     "for",
     {},
     10min},
    {stall, false, "stall", "the whole Discord does nothing", kNoNumber, kWanted, "", {}, 10s},
};

std::string_view number_name(FaultNumber number) {
  switch (number) {
    case FaultNumber::code:
      return " CODE";
    case FaultNumber::channel:
      return " [CHANNEL]";
    case FaultNumber::bits:
      return " BITS";
    case FaultNumber::percent:
      return " PERCENT";
    case FaultNumber::count:
      return " COUNT";
    case FaultNumber::bytes:
      return " BYTES";
    case FaultNumber::none:
      break;
  }
  return "";
}

}  // namespace

std::string FaultForm::pattern() const {
  std::string text = fmt::format("{}{}", words, number_name(number));
  if (time == FaultTime::none) return text;
  const std::string when = fmt::format("{}{}TIME", before_time, before_time.empty() ? "" : " ");
  return text + (time == FaultTime::optional ? fmt::format(" [{}]", when) : " " + when);
}

std::span<const FaultForm> fault_forms() noexcept { return kForms; }

}  // namespace vcplay::rehearsal
