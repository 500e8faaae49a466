#include "rehearsal/world.hpp"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "rehearsal/random.hpp"
#include "resources/guild.hpp"
#include "resources/permissions.hpp"

namespace vcplay::rehearsal {
namespace {

constexpr std::uint64_t kOwner = 80351110224678912;
constexpr std::uint64_t kListener = 82198898841029460;
constexpr std::uint64_t kFirstOccupant = 82198898841029500;
constexpr std::uint64_t kFirstFurtherListener = 82198898841040000;
constexpr std::uint64_t kFirstBot = 1121110987654321000;
constexpr std::uint64_t kTextChannel = 381870553235193001;
constexpr std::uint64_t kOtherChannel = 381870553235193002;
// Of the guilds after the first.
constexpr std::uint64_t kFirstFurtherChannel = 381870553241000000;
constexpr std::uint64_t kUsersOfAGuild = 1'000'000;
constexpr int kUsualBitrate = 64'000;
constexpr std::size_t kMostRetired = 64;
// A client may have begun with credentials that were good, and be heard of only now.
constexpr Duration kOnItsWay = 2s;
constexpr std::uint64_t kMoveMembersOrAdministrator = resources::kMoveMembers | resources::kAdministrator;

/// The shape of a bot token: the user id in base64url, two further parts.
std::string made_up_token(Snowflake user) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const std::string id = user.str();
  std::string token;
  unsigned bits = 0;
  unsigned held = 0;
  for (const char digit : id) {
    held = (held << 8) | static_cast<unsigned char>(digit);
    for (bits += 8; bits >= 6; bits -= 6) token += kAlphabet[(held >> (bits - 6)) & 63];
    held &= 255;
  }
  if (bits > 0) token += kAlphabet[(held << (6 - bits)) & 63];
  return token + "." + random_hex(3) + "." + random_hex(19);
}

std::size_t listeners_of(const DiscordOptions& options) {
  const int least = options.churn > Duration::zero() ? 2 : 1;  // somebody has to come and go
  return std::max(static_cast<std::size_t>(std::max(options.listeners, least)),
                  options.member_scripts.size());
}

bool listener_is_there(const DiscordOptions& options) {
  if (options.member_scripts.empty()) return true;
  const MemberScript& script = options.member_scripts.front();
  return script.cue == Cue::opening && script.joins_after == Duration::zero();
}

}  // namespace

void fill_random(ByteSpan bytes) {
  while (!bytes.empty()) {
    const ssize_t got = getrandom(bytes.data(), bytes.size(), 0);
    if (got <= 0) throw Error(Cause::unexpected, "the system gave no random bytes for the rehearsal's keys");
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
}

std::string random_hex(std::size_t bytes) {
  Bytes random(bytes);
  fill_random(random);
  return to_hex(random);
}

World::World(DiscordOptions options, std::size_t number)
    : options_(std::move(options)),
      number_(number),
      places_{options_.channel},
      meeting_place_(options_.channel),
      available_(!options_.guild_is_unavailable) {
  if (options_.accounts.empty()) {
    for (std::uint64_t bot = 0; bot < 4; ++bot) {
      const Snowflake user{kFirstBot + bot};
      options_.accounts.push_back({user, "rehearsal-bot-" + std::to_string(bot + 1), made_up_token(user)});
    }
  }
  for (const Place& place : options_.further_places) {
    if (place.guild == options_.guild) places_.push_back(place.channel);
  }
  const std::uint64_t first_here = number_ * kUsersOfAGuild;
  people_.push_back({Snowflake{kOwner}, "owner", "", false});
  for (std::size_t i = 0; i < listeners_of(options_); ++i) {
    const Snowflake user{first_here + (i == 0 ? kListener : kFirstFurtherListener + i)};
    people_.push_back({user, i == 0 ? "listener" : "listener-" + std::to_string(i + 1), "", false});
    listeners_.push_back(user);
  }
  for (const Account& account : options_.accounts) {
    people_.push_back({account.user, account.name, account.token, true});
  }
  for (int i = 0; i < options_.occupants; ++i) {
    const Snowflake user{first_here + (i == 0 ? kListener : kFirstOccupant + static_cast<std::uint64_t>(i))};
    if (i > 0) people_.push_back({user, "occupant-" + std::to_string(i), "", false});
    if (i > 0 || listener_is_there(options_)) join(user, options_.channel);
  }
}

const Person* World::person(Snowflake user) const noexcept {
  const auto found =
      std::find_if(people_.begin(), people_.end(), [&](const Person& p) { return p.user == user; });
  return found == people_.end() ? nullptr : &*found;
}

const Person* World::by_token(std::string_view token) const noexcept {
  if (token.empty()) return nullptr;
  const auto found =
      std::find_if(people_.begin(), people_.end(), [&](const Person& p) { return p.token == token; });
  return found == people_.end() ? nullptr : &*found;
}

Snowflake World::owner() const noexcept { return Snowflake{kOwner}; }
Snowflake World::listener() const noexcept { return Snowflake{kListener + number_ * kUsersOfAGuild}; }
Snowflake World::text_channel() const noexcept {
  return Snowflake{number_ == 0 ? kTextChannel : kFirstFurtherChannel + 2 * number_};
}
Snowflake World::other_channel() const noexcept {
  return Snowflake{number_ == 0 ? kOtherChannel : kFirstFurtherChannel + 2 * number_ + 1};
}

std::string World::guild_name() const {
  return number_ == 0 ? "Rehearsal room" : "Rehearsal room " + std::to_string(number_ + 1);
}

bool World::is_place(Snowflake channel) const noexcept {
  return std::find(places_.begin(), places_.end(), channel) != places_.end();
}

std::string World::channel_name(Snowflake channel) const {
  if (channel == text_channel()) return "text";
  const auto place = std::find(places_.begin(), places_.end(), channel);
  if (place == places_.end()) return "Elsewhere";
  const auto which = place - places_.begin();
  return which == 0 ? options_.channel_name : options_.channel_name + " " + std::to_string(which + 1);
}

bool World::has_channel(Snowflake channel) const noexcept {
  const bool was_there = is_place(channel) || channel == text_channel() || channel == other_channel();
  return was_there && deleted_.count(channel) == 0;
}

int World::channel_type(Snowflake channel) const noexcept {
  if (stages_.count(channel) != 0) return resources::kGuildStageVoice;
  if (is_place(channel)) return options_.channel_type;
  return channel == other_channel() ? resources::kGuildVoice : 0;
}

int World::channel_bitrate(Snowflake channel) const noexcept {
  const auto changed = bitrates_.find(channel);
  if (changed != bitrates_.end()) return changed->second;
  const auto own = options_.channel_bitrates.find(channel);
  if (own != options_.channel_bitrates.end()) return own->second;
  return is_place(channel) ? options_.channel_bitrate : kUsualBitrate;
}

std::uint64_t World::everyone_permissions() const noexcept {
  if (options_.everyone_permissions.empty()) {
    return resources::kViewChannel | resources::kConnect | resources::kSpeak;
  }
  std::uint64_t all = 0;
  for (const std::uint64_t permission : options_.everyone_permissions) all |= permission;
  return all;
}

bool World::permits(Snowflake user, std::uint64_t permission) const noexcept {
  if (user == owner()) return true;
  const std::uint64_t held = everyone_permissions() & ~denied_permissions_;
  return (held & resources::kAdministrator) != 0 || (held & permission) == permission;
}

bool World::may_join(Snowflake user, Snowflake channel) const noexcept {
  const int type = channel_type(channel);
  if (!available_ || !is_in_guild(user)) return false;
  if (!has_channel(channel) || (type != resources::kGuildVoice && type != resources::kGuildStageVoice))
    return false;
  if (!permits(user, resources::kViewChannel | resources::kConnect)) return false;
  const VoiceState* const state = voice_state(user);
  if (state != nullptr && state->channel == channel) return true;
  const bool has_limit = is_place(channel) && options_.user_limit > 0;
  if (!has_limit || members_in(channel) < static_cast<std::size_t>(options_.user_limit)) return true;
  return (everyone_permissions() & kMoveMembersOrAdministrator) != 0;
}

const VoiceState* World::voice_state(Snowflake user) const noexcept {
  const auto found = voice_.find(user);
  return found == voice_.end() ? nullptr : &found->second;
}

VoiceState* World::voice_state(Snowflake user) noexcept {
  const auto found = voice_.find(user);
  return found == voice_.end() ? nullptr : &found->second;
}

VoiceState& World::join(Snowflake user, Snowflake channel) {
  VoiceState& state = voice_[user];
  if (state.session_id.empty()) state.session_id = random_hex(16);
  if (state.channel != channel) {
    // A stage takes newcomers as audience.
    state.suppress =
        channel_type(channel) == resources::kGuildStageVoice || !permits(user, resources::kSpeak);
    state.request_to_speak.clear();
    ++state.visits;
  }
  state.channel = channel;
  return state;
}

std::size_t World::members_in(Snowflake channel) const noexcept {
  return static_cast<std::size_t>(std::count_if(
      voice_.begin(), voice_.end(), [&](const auto& entry) { return entry.second.channel == channel; }));
}

void World::retire_credentials(Snowflake user, TimePoint now) {
  VoiceState* const state = voice_state(user);
  if (state == nullptr) return;
  if (retired_.size() == kMostRetired) retired_.pop_front();
  retired_.push_back({user, state->session_id, std::exchange(state->voice_token, ""), now});
}

void World::hear_of_retirement(Snowflake user, TimePoint now) {
  for (Retired& one : retired_) {
    if (one.user == user) one.when = now;
  }
}

bool World::just_retired(Snowflake user, std::string_view session_id, std::string_view voice_token,
                         TimePoint now) const noexcept {
  return !voice_token.empty() && std::any_of(retired_.begin(), retired_.end(), [&](const Retired& one) {
    return one.user == user && one.session_id == session_id && one.voice_token == voice_token &&
           now - one.when <= kOnItsWay;
  });
}

}  // namespace vcplay::rehearsal
