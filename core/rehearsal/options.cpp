#include "rehearsal/options.hpp"

namespace vcplay::rehearsal {
namespace {

// Discord, "API Reference", "Snowflakes": the bits below are a worker's and a count; those
// above decide the shard.
constexpr unsigned kShardBits = 22;
constexpr std::uint64_t kFirstMadeUpChannel = 381870553240000000;

}  // namespace

std::vector<Place> places_of(const DiscordOptions& options) {
  std::vector<Place> places = {{options.guild, options.channel}};
  places.insert(places.end(), options.further_places.begin(), options.further_places.end());
  return places;
}

std::vector<Place> made_up_places(const Place& first, std::size_t count) {
  std::vector<Place> places;
  for (std::uint64_t i = 1; i <= count; ++i) {
    places.push_back({Snowflake{first.guild.value + (i << kShardBits)}, Snowflake{kFirstMadeUpChannel + i}});
  }
  return places;
}

}  // namespace vcplay::rehearsal
