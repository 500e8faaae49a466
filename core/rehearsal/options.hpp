// How the loopback Discord is furnished and where it misbehaves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/snowflake.hpp"
#include "rehearsal/fault.hpp"
#include "rtp/transport_cipher.hpp"

namespace vcplay::rehearsal {

/// A voice channel to play in, and its guild.
struct Place {
  Snowflake guild;
  Snowflake channel;
  friend bool operator==(const Place&, const Place&) = default;
};

/// Somebody who may log in.
struct Account {
  Snowflake user;
  std::string name;
  std::string token;
};

/// An answer that replaces the true one for the first so many matching requests.
struct RestFault {
  std::string path_end;  // "/gateway/bot"; empty matches every path
  int status = 502;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers = {};
  int times = 1;
};

/// What a scripted member's times count from.
enum class Cue : std::uint8_t {
  opening,  // everything listens
  session,  // the first account got its SESSION_DESCRIPTION
  audio,    // the first audio packet came
};

/// What a scripted member does with its own Commits.
enum class Committing : std::uint8_t {
  at_once,  // before any account can
  late,     // so that somebody else's wins, unless nobody else is there
  never,
  broken,  // what it sends is no Commit
  forged,  // the first one has a wrong signature, which only the other members can see
};

/// How one of the members behaves who live in this process.
struct MemberScript {
  Cue cue = Cue::opening;
  Duration joins_after{};
  std::optional<Duration> leaves_after = {};  // of the cue, too
  Duration flaps{};  // leaves and comes back every so often until it leaves; 0: it does not
  Committing commits = Committing::at_once;
  bool says_ready = true;  // opcode 23
};

/// What may happen to a call in the middle of playing.
enum class DaveDisturbance : std::uint8_t {
  other_external_sender,   // opcode 25 with another key, although the group exists
  stranger_added,          // an Add for a user whom opcode 11 never named
  user_added_twice,        // an Add with another key for somebody who is in the group; revoked after 1 s
  unknown_transition,      // opcode 22 for a transition that was never prepared
  new_group_twice,         // opcode 24 with epoch 1, twice
  version_without_group,   // version 0 by transition; after 1 s back to version 1 with a new group
  version_with_same_group  // opcode 24 with the current epoch, then a transition
};

/// Where DAVE's delivery service misbehaves, or does what is rare. The defaults are the usual.
struct DaveFaults {
  bool early_external_sender = false;     // opcode 25 before SESSION_DESCRIPTION instead of behind it
  int corrupted_commits = 0;              // of so many Commits everybody but the committer gets a bad copy
  int corrupted_welcomes = 0;             // so many Welcomes cannot be decrypted
  int revoked_adds = 0;                   // so many Adds to a group are revoked and made again 500 ms later
  Duration batch{0};                      // proposals are held for so long, then sent together
  bool never_executes = false;            // no opcode 22
  bool hides_members = false;             // opcodes 11, 13, 18 and 20 go to nobody
  bool alone_is_plain = false;            // whoever is left alone is told version 0 instead of a new group
  std::vector<DaveDisturbance> mid_play;  // once the account is in mid play (House)
};

/// How this Discord is furnished and where it misbehaves. The defaults are a well-behaved one.
struct DiscordOptions {
  Snowflake guild{81384788765712384};
  Snowflake channel{381870553235193857};
  std::vector<Place> further_places = {};  // with the first, in this order; the bots are in all guilds
  std::string channel_name = "Rehearsal";
  int channel_type = 2;                            // resources::kGuildVoice
  int channel_bitrate = 128'000;                   // bit/s
  std::map<Snowflake, int> channel_bitrates = {};  // of those that have another one
  int user_limit = 0;
  int occupants = 1;  // members already in the channel, the listener included
  int listeners = 1;  // members who live in this process: the first measures, all count what they hear
  std::vector<MemberScript> member_scripts = {};  // of the listener and those after it, in order
  Duration churn{};              // while audio flows, one of the further listeners leaves or comes back each
  std::uint32_t churn_seed = 1;  // … time; which one is drawn from here. 0: they stay
  std::vector<std::uint64_t> everyone_permissions =
      {};                                    // empty: VIEW_CHANNEL, CONNECT and SPEAK; else their OR
  std::vector<Account> accounts;             // empty: four made-up bots; the first is vcplay's
  std::string listen_address = "127.0.0.1";  // IPv4, of everything
  std::string url_host = {};                 // what its URLs name; empty: listen_address
  std::string resume_host = {};              // what READY names for a resume; empty: url_host, or localhost
  std::vector<std::string> certificate_names = {};  // empty: listen_address, url_host and localhost
  std::vector<rtp::TransportMode> modes = {rtp::TransportMode::aes256_gcm_rtpsize,
                                           rtp::TransportMode::xchacha20_poly1305_rtpsize};
  FaultScript script = {};       // happens to the account that plays first in each fault's place
  std::uint32_t fault_seed = 1;  // which datagrams are lost is drawn from here
  bool unthrottled = false;      // `--fast`: arrival times mean nothing
  Duration heartbeat_interval = std::chrono::milliseconds(41'250);
  Duration gateway_resume_window = std::chrono::seconds(60);  // for so long a lost session can be resumed
  Duration identify_spacing{};  // between two IDENTIFYs of an account in one bucket; 0: they are not spaced
  int max_concurrency = 1;      // buckets: shard_id % max_concurrency
  double voice_heartbeat_interval_ms = 13'750;  // sent as it is: Discord's may be fractional
  std::uint16_t voice_first_sequence = 1;       // of the first numbered message of each voice session
  Duration voice_resume_window = std::chrono::seconds(60);  // for so long a lost voice session can be resumed
  int dave_version = 1;                                     // the greatest that the voice server speaks
  bool requires_dave = true;  // clients without DAVE are refused in voice channels (4017)
  DaveFaults dave_faults;
  Duration speaking_grace = std::chrono::milliseconds(60);  // UDP may overtake the websocket by so much

  std::optional<int> demanded_shards;  // IDENTIFY must name a guild's shard of so many (4010, 4011 otherwise)
  bool server_update_first = false;    // VOICE_SERVER_UPDATE before VOICE_STATE_UPDATE
  bool ignores_join = false;           // op 4 is never answered
  bool ignores_heartbeats = false;     // no acknowledgement on the main gateway
  bool voice_ignores_heartbeats = false;                   // … nor on the voice gateway
  std::optional<std::uint16_t> identify_close_code;        // main gateway closes on IDENTIFY
  std::optional<std::uint16_t> voice_identify_close_code;  // voice gateway closes on IDENTIFY
  int lost_discovery_packets = 0;                          // the first so many requests stay unanswered
  int wrong_discovery_answers = 0;                         // the first so many answers carry another ssrc
  bool never_answers_discovery = false;
  bool says_nothing_on_connect = false;  // no HELLO on the main gateway
  bool voice_says_nothing = false;       // no HELLO and no READY on the voice gateway
  bool never_describes_session = false;  // SELECT_PROTOCOL is not answered
  std::vector<RestFault> rest_faults;
  int identifies_left = 999;                     // of the day's thousand, as /gateway/bot says
  Duration clock_ahead{};                        // of the Date in REST's answers
  bool channel_is_afk = false;                   // the guild sends those there who have fallen silent
  std::vector<std::string> extra_gateway_texts;  // sent right after READY: malformed, unknown, huge …
  std::vector<std::string> extra_voice_texts;    // sent right after the voice READY
  std::string voice_endpoint = {};               // host:port in VOICE_SERVER_UPDATE; empty: where it is
  bool guild_is_unavailable = false;             // from the beginning: an outage
};

/// The most that a Discord has.
inline constexpr std::size_t kMostPlaces = 20'000;

/// The first place, then the further ones.
[[nodiscard]] std::vector<Place> places_of(const DiscordOptions& options);
/// So many further places, each in a guild of its own: whatever the number of shards, one guild after the
/// other is on the next shard.
[[nodiscard]] std::vector<Place> made_up_places(const Place& first, std::size_t count);

}  // namespace vcplay::rehearsal
