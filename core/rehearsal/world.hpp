// One guild of this Discord: its people, its channels and who is in voice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/snowflake.hpp"
#include "rehearsal/options.hpp"

namespace vcplay::rehearsal {

/// A member of the guild.
struct Person {
  Snowflake user;
  std::string name;
  std::string token;  // empty: a member who does not log in
  bool bot = false;
};

/// Where a member is, and under which credentials.
struct VoiceState {
  Snowflake channel;
  std::string session_id;   // of this stay in voice; not the gateway session's
  std::string voice_token;  // of the latest VOICE_SERVER_UPDATE; empty: none was sent, or it has been used
  bool self_mute = false;
  bool self_deaf = false;
  bool mute = false;             // by the server
  bool suppress = false;         // audience of a stage, or without the permission to speak
  std::string request_to_speak;  // ISO 8601, empty: none
  std::uint64_t visits = 0;      // to any channel: whoever comes back is not where it was
  std::uint64_t servers = 0;     // that it was told of: VOICE_SERVER_UPDATEs with an endpoint
  /// What it says reaches nobody.
  [[nodiscard]] bool is_silenced() const noexcept { return mute || suppress; }
};

/// What both gateways, REST and the media server have in common. Lives on the rehearsal's thread.
class World {
 public:
  /// Fills in accounts when `options` names none. Of `options.further_places` those count that are in this
  /// guild. `number` is this guild's among all, from 0 on.
  explicit World(DiscordOptions options, std::size_t number = 0);

  [[nodiscard]] const DiscordOptions& options() const noexcept { return options_; }
  [[nodiscard]] const std::vector<Person>& people() const noexcept { return people_; }
  [[nodiscard]] const Person* person(Snowflake user) const noexcept;
  [[nodiscard]] const Person* by_token(std::string_view token) const noexcept;

  [[nodiscard]] Snowflake owner() const noexcept;
  [[nodiscard]] Snowflake listener() const noexcept;
  /// Everybody who lives in this process, the listener first.
  [[nodiscard]] const std::vector<Snowflake>& listeners() const noexcept { return listeners_; }
  [[nodiscard]] std::string guild_name() const;
  /// The voice channels to play in, the main one first.
  [[nodiscard]] const std::vector<Snowflake>& places() const noexcept { return places_; }
  [[nodiscard]] bool is_place(Snowflake channel) const noexcept;
  [[nodiscard]] std::string channel_name(Snowflake channel) const;
  [[nodiscard]] Snowflake text_channel() const noexcept;
  /// A second voice channel, for moves.
  [[nodiscard]] Snowflake other_channel() const noexcept;
  [[nodiscard]] bool has_channel(Snowflake channel) const noexcept;
  [[nodiscard]] int channel_type(Snowflake channel) const noexcept;
  [[nodiscard]] int channel_bitrate(Snowflake channel) const noexcept;
  /// Where those meet who live in this process: wherever a moderator took an account.
  [[nodiscard]] Snowflake meeting_place() const noexcept { return meeting_place_; }
  void meet_in(Snowflake channel) noexcept { meeting_place_ = channel; }

  [[nodiscard]] std::uint64_t everyone_permissions() const noexcept;
  /// What every voice channel's overwrite takes from everybody.
  [[nodiscard]] std::uint64_t denied_permissions() const noexcept { return denied_permissions_; }
  /// What every bot here may do; there are no further roles or overwrites.
  [[nodiscard]] bool permits(Snowflake user, std::uint64_t permission) const noexcept;
  /// True when Discord would answer an op 4 of `user` for `channel`.
  [[nodiscard]] bool may_join(Snowflake user, Snowflake channel) const noexcept;

  [[nodiscard]] const VoiceState* voice_state(Snowflake user) const noexcept;
  [[nodiscard]] VoiceState* voice_state(Snowflake user) noexcept;
  [[nodiscard]] const std::map<Snowflake, VoiceState>& voice_states() const noexcept { return voice_; }
  VoiceState& join(Snowflake user, Snowflake channel);
  void leave(Snowflake user) { voice_.erase(user); }
  [[nodiscard]] std::size_t members_in(Snowflake channel) const noexcept;
  /// The user's credentials for the voice gateway are no longer valid.
  void retire_credentials(Snowflake user, TimePoint now);
  /// The user was away from the main gateway and hears only now that its credentials were retired.
  void hear_of_retirement(Snowflake user, TimePoint now);
  /// True for credentials that were retired so recently that a client may not have heard of it.
  [[nodiscard]] bool just_retired(Snowflake user, std::string_view session_id, std::string_view voice_token,
                                  TimePoint now) const noexcept;

  // ── what happens to the guild ──
  void delete_channel(Snowflake channel) { deleted_.insert(channel); }
  void set_bitrate(Snowflake channel, int bitrate) { bitrates_[channel] = bitrate; }
  void make_stage(Snowflake channel) { stages_.insert(channel); }
  void deny(std::uint64_t permissions) noexcept { denied_permissions_ |= permissions; }
  /// The bot is no longer a member.
  void remove_from_guild(Snowflake user) { removed_.insert(user); }
  [[nodiscard]] bool is_in_guild(Snowflake user) const noexcept { return removed_.count(user) == 0; }
  void set_available(bool available) noexcept { available_ = available; }
  [[nodiscard]] bool is_available() const noexcept { return available_; }

  std::string voice_status;  // of the voice channel

 private:
  struct Retired {
    Snowflake user;
    std::string session_id;
    std::string voice_token;
    TimePoint when;
  };

  DiscordOptions options_;
  const std::size_t number_;
  std::vector<Snowflake> places_;
  std::vector<Person> people_;
  std::vector<Snowflake> listeners_;
  std::map<Snowflake, VoiceState> voice_;
  Snowflake meeting_place_;
  std::set<Snowflake> deleted_;
  std::map<Snowflake, int> bitrates_;  // where they were changed
  std::set<Snowflake> stages_;         // that were none in the beginning
  std::uint64_t denied_permissions_ = 0;
  std::set<Snowflake> removed_;
  bool available_;  // no outage
  std::deque<Retired> retired_;
};

/// `bytes` random bytes in hexadecimal: session ids and tokens.
[[nodiscard]] std::string random_hex(std::size_t bytes);

}  // namespace vcplay::rehearsal
