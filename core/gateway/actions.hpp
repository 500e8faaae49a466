// What a session of the main gateway wants to be done, and what it tells.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/snowflake.hpp"
#include "resources/guild.hpp"

namespace vcplay::gateway {

// ── what the owner has to do, in order ──

struct SendText {
  std::string text;
};  // may hold the token: never log it
struct CloseSocket {
  std::uint16_t code;
  std::string reason;
};
/// HELLO came and there is no session to resume: an IDENTIFY is one of the day's thousand, so call identify()
/// when the budget allows it.
struct WantsIdentify {};

// ── what concerns every guild ──

/// READY came: this is who we are. Comes again after each IDENTIFY, and nothing of the session before holds.
struct Ready {
  Snowflake user;
  std::string session_id;
  std::string resume_url;
  std::vector<Snowflake> guilds;
};
/// RESUMED came: everything missed has been replayed.
struct Resumed {};
/// The connection is lost and another is wanted: open it after so long and call on_open(), or on_close() when
/// it cannot be opened. Of the old socket nothing is to be heard any more; a CloseSocket before this one says
/// how to close it.
struct Reconnect {
  std::string url;   // READY's resume_gateway_url; empty: the one that the first connection went to
  Duration after{};  // from now
  int attempt = 1;   // since the last READY or RESUMED
  Error reason;
};
/// The session is over for good; the sentence says why.
struct Failed {
  Error error;
};

// ── what concerns one guild of the set ──

/// READY does not name it. The session goes on for the others.
struct GuildMissing {
  Error reason;  // not_permitted, or removed where the bot was in it before
  Snowflake guild;
};
/// GUILD_CREATE: Session::guild() describes it from now on. Comes again after an outage and after READY.
struct GuildCreated {
  Snowflake guild;
};
/// GUILD_DELETE.
struct GuildDeleted {
  bool unavailable;  // an outage; else the bot is no longer in it
  Snowflake guild;
};
/// CHANNEL_CREATE or CHANNEL_UPDATE of any channel there.
struct ChannelUpdated {
  resources::Channel channel;
  Snowflake guild;
};
struct ChannelDeleted {
  Snowflake channel;
  Snowflake guild;
};
/// VOICE_STATE_UPDATE of the bot itself.
struct OwnVoiceState {
  std::optional<Snowflake> channel;  // nothing: not in a voice channel
  std::string session_id;
  bool mute = false;
  bool suppress = false;
  bool requested_to_speak = false;  // on a stage: the hand is raised
  Snowflake guild = {};
};
/// VOICE_SERVER_UPDATE.
struct VoiceServer {
  std::string token;                    // a secret of this voice session: never log it
  std::optional<std::string> endpoint;  // nothing: the server is gone, another follows
  Snowflake guild = {};
};
/// An op 4 of this guild waits: Discord bears so many messages a minute. VoiceStateSent follows, unless the
/// connection is lost before.
struct VoiceStateWaits {
  Snowflake guild;
};
/// An op 4 of this guild is sent.
struct VoiceStateSent {
  Snowflake guild;
};

using Action = std::variant<SendText, CloseSocket, WantsIdentify, Ready, Resumed, Reconnect, Failed,
                            GuildMissing, GuildCreated, GuildDeleted, ChannelUpdated, ChannelDeleted,
                            OwnVoiceState, VoiceServer, VoiceStateWaits, VoiceStateSent>;
using Actions = std::vector<Action>;

/// The guild that it concerns; nothing: all of them, or the owner alone.
[[nodiscard]] std::optional<Snowflake> guild_of(const Action& action) noexcept;

}  // namespace vcplay::gateway
