#include "gateway/guilds.hpp"

#include <algorithm>
#include <utility>

namespace vcplay::gateway {
namespace {

// Discord gives a shard 2,500 guilds at the most, a guild 500 channels, a channel 1,000 overwrites ("JSON
// Error Codes", 30013 and 30060) and a name of 100 characters. What is more than this is none of Discord's;
// it is not kept.
constexpr std::size_t kMostJoined = 200'000;
constexpr std::size_t kMostChannels = 2'000;
constexpr std::size_t kMostOverwrites = 2'000;
constexpr std::size_t kMostNameBytes = 1'000;
constexpr std::size_t kMostPresences = 20'000;

/// Of a channel without a voice only that it is there, and what it is called.
void keep_what_counts(resources::Channel& channel) {
  if (channel.name.size() > kMostNameBytes) channel.name.resize(kMostNameBytes);
  if (!channel.has_voice()) channel.overwrites = std::vector<resources::Overwrite>();
  if (channel.overwrites.size() > kMostOverwrites) channel.overwrites.resize(kMostOverwrites);
}

}  // namespace

void Guilds::add(Snowflake guild) {
  const auto [entry, is_new] = wanted_.try_emplace(guild);
  if (is_new) entry->second.was_joined = is_joined(guild);
}

std::vector<Snowflake> Guilds::begin(std::vector<Snowflake> joined) {
  joined_ = std::move(joined);
  std::sort(joined_.begin(), joined_.end());
  std::vector<Snowflake> missing;
  for (auto& [guild, wanted] : wanted_) {
    wanted.is_described = false;
    if (is_joined(guild)) {
      wanted.was_joined = true;
    } else {
      wanted.latest.reset();
      missing.push_back(guild);
    }
  }
  return missing;
}

void Guilds::joined(Snowflake guild) {
  const auto place = std::lower_bound(joined_.begin(), joined_.end(), guild);
  if (place != joined_.end() && *place == guild) return;
  if (joined_.size() < kMostJoined) joined_.insert(place, guild);
}

void Guilds::describe(resources::Guild guild) {
  const auto found = wanted_.find(guild.id);
  if (found == wanted_.end()) return;
  if (guild.channels.size() > kMostChannels) guild.channels.resize(kMostChannels);
  if (guild.voice.size() > kMostPresences) guild.voice.resize(kMostPresences);
  std::for_each(guild.channels.begin(), guild.channels.end(), keep_what_counts);
  guild.channels.shrink_to_fit();
  found->second = {.was_joined = true, .is_described = true, .latest = std::move(guild)};
}

void Guilds::deleted(Snowflake guild, bool unavailable) {
  const auto found = wanted_.find(guild);
  if (found != wanted_.end()) {
    found->second.is_described = false;
    if (!unavailable) found->second.latest.reset();
  }
  if (unavailable) return;
  const auto place = std::lower_bound(joined_.begin(), joined_.end(), guild);
  if (place != joined_.end() && *place == guild) joined_.erase(place);
}

void Guilds::channel_updated(Snowflake guild, const resources::Channel& channel) {
  resources::Guild* const there = kept(guild);
  if (there == nullptr) return;
  auto& channels = there->channels;
  auto known = std::find_if(channels.begin(), channels.end(),
                            [&](const resources::Channel& other) { return other.id == channel.id; });
  if (known == channels.end()) {
    if (channels.size() >= kMostChannels) return;
    known = channels.insert(known, channel);
  } else {
    *known = channel;
  }
  keep_what_counts(*known);
}

void Guilds::channel_deleted(Snowflake guild, Snowflake channel) {
  resources::Guild* const there = kept(guild);
  if (there == nullptr) return;
  std::erase_if(there->channels, [&](const resources::Channel& each) { return each.id == channel; });
}

void Guilds::is_in(Snowflake guild, Snowflake user, std::optional<Snowflake> channel) {
  resources::Guild* const there = kept(guild);
  if (there == nullptr) return;
  std::erase_if(there->voice, [&](const resources::VoicePresence& each) { return each.user == user; });
  if (channel && there->voice.size() < kMostPresences) there->voice.push_back({user, *channel});
}

bool Guilds::is_joined(Snowflake guild) const noexcept {
  return std::binary_search(joined_.begin(), joined_.end(), guild);
}

bool Guilds::was_joined(Snowflake guild) const noexcept {
  const auto found = wanted_.find(guild);
  return found != wanted_.end() && found->second.was_joined;
}

const resources::Guild* Guilds::latest(Snowflake guild) const noexcept {
  const auto found = wanted_.find(guild);
  return found == wanted_.end() || !found->second.latest ? nullptr : &*found->second.latest;
}

bool Guilds::is_described(Snowflake guild) const noexcept {
  const auto found = wanted_.find(guild);
  return found != wanted_.end() && found->second.is_described;
}

resources::Guild* Guilds::kept(Snowflake guild) {
  const auto found = wanted_.find(guild);
  return found == wanted_.end() || !found->second.latest ? nullptr : &*found->second.latest;
}

}  // namespace vcplay::gateway
