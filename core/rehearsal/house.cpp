#include "rehearsal/house.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "base/deadline.hpp"
#include "base/error.hpp"
#include "rehearsal/datagram_kinds.hpp"
#include "rehearsal/random.hpp"

namespace vcplay::rehearsal {
namespace {

constexpr std::uint32_t kSsrcsOfAGuild = 1 << 16;  // more voice sessions than any rehearsal has in one
constexpr std::size_t kMostSenders = 1 << 16;

std::uint32_t random_ssrc() {
  std::array<std::uint8_t, 4> random{};
  fill_random(random);
  return 1 + (load_be32(random) >> 2);
}

std::uint64_t number_of(PeerAddress address) { return std::uint64_t{address.ipv4} << 16 | address.port; }

void check_places(const std::vector<Place>& places) {
  std::set<Snowflake> channels;
  for (const Place& place : places) {
    if (channels.insert(place.channel).second) continue;
    throw Error(Cause::usage, fmt::format("The rehearsal has the channel {} twice.", place.channel.str()));
  }
  if (places.size() > kMostPlaces)
    throw Error(Cause::usage, fmt::format("A rehearsal has {} channels at most.", kMostPlaces));
}

bool is_in(const ScriptedFault& fault, const Place& place) {
  return fault.in == place.guild || fault.in == place.channel;
}

/// Faults that say nothing happen in the first place.
bool happens_in(const ScriptedFault& fault, const std::vector<Place>& places, bool is_first) {
  if (fault.everywhere || (fault.in == Snowflake{} && is_first)) return true;
  return std::any_of(places.begin(), places.end(), [&](const Place& place) { return is_in(fault, place); });
}

void check_script(const FaultScript& script, const std::vector<Place>& places) {
  for (const ScriptedFault& fault : script) {
    if (fault.in == Snowflake{} || happens_in(fault, places, true)) continue;
    throw Error(
        Cause::usage,
        fmt::format("The script has a fault in {}, which is no guild and no channel of this rehearsal.",
                    fault.in.str()));
  }
}

/// How the guild of `places`, the `number`th, is furnished.
DiscordOptions options_of(const DiscordOptions& all, const std::vector<Place>& places, std::size_t number) {
  DiscordOptions options = all;
  options.guild = places.front().guild;
  options.channel = places.front().channel;
  options.further_places.assign(places.begin() + 1, places.end());
  options.churn_seed += static_cast<std::uint32_t>(number);
  options.fault_seed += static_cast<std::uint32_t>(number);
  std::erase_if(options.script, [&](const auto& fault) { return !happens_in(fault, places, number == 0); });
  return options;
}

/// In the order in which their first places come.
std::vector<std::vector<Place>> by_guild(const std::vector<Place>& places) {
  std::vector<std::vector<Place>> guilds;
  std::map<Snowflake, std::size_t> numbers;
  for (const Place& place : places) {
    const auto [known, is_new] = numbers.try_emplace(place.guild, guilds.size());
    if (is_new) guilds.emplace_back();
    guilds[known->second].push_back(place);
  }
  return guilds;
}

}  // namespace

/// The accounts that the first guild makes up are members of all.
House::Halls House::build(DiscordOptions& options, CommonKeys& common_keys, std::uint32_t first_ssrc) {
  const std::vector<Place> places = places_of(options);
  check_places(places);
  check_script(options.script, places);
  DiscordOptions common = options;
  common.further_places.clear();
  Halls halls;
  for (const std::vector<Place>& of_guild : by_guild(places)) {
    const std::size_t number = halls.size();
    const auto ssrc = first_ssrc + static_cast<std::uint32_t>(number) * kSsrcsOfAGuild;
    halls.push_back(std::make_unique<Hall>(options_of(common, of_guild, number), number, common_keys, ssrc));
    if (number == 0) options.accounts = common.accounts = halls.front()->world.options().accounts;
  }
  return halls;
}

House::House(DiscordOptions furnishing)
    : options_(std::move(furnishing)),
      places_(places_of(options_)),
      first_ssrc_(random_ssrc()),
      halls_(build(options_, common_keys_, first_ssrc_)),
      is_used_(halls_.size()),
      world(halls_.front()->world),
      books(halls_.front()->books),
      listener(halls_.front()->listener),
      sfu(halls_.front()->sfu),
      guild(halls_.front()->guild),
      voice_gateway(halls_.front()->voice_gateway),
      gateway(world, books),
      rest(world, books, gateway) {
  for (std::size_t number = 0; number < halls_.size(); ++number) connect(number);
  voice_reception.on_use = [this](std::size_t number) { use(number); };
}

void House::connect(std::size_t number) {
  Hall& hall = *halls_[number];
  numbers_[hall.guild.id()] = number;
  gateway.add(hall.guild);
  voice_reception.add(hall.guild.id(), hall.voice_gateway);
  hall.on_use = [this, number] { use(number); };
  hall.is_connected = [this, &hall](Snowflake user) { return gateway.is_connected(user, hall.guild); };
}

void House::open_media(std::uint16_t port, const SendDatagram& send) {
  for (const auto& hall : halls_) {
    hall->voice_gateway.set_media_port(port);
    hall->sfu.send = send;
  }
}

// ── datagrams ──

void House::on_datagram(ByteSpan datagram, PeerAddress source, TimePoint arrival, TimePoint now) {
  const std::size_t number = addressee(datagram, source);
  use(number);
  halls_[number]->sfu.on_datagram(datagram, source, arrival, now);
  processed_.fetch_add(1, std::memory_order_release);
}

/// By the SSRC, or else by who sent it; what belongs to nobody is the first hall's.
std::size_t House::addressee(ByteView datagram, PeerAddress source) {
  if (halls_.size() == 1) return 0;
  const std::optional<std::uint32_t> ssrc = named_ssrc(datagram);
  const std::size_t number = ssrc ? (*ssrc - first_ssrc_) / kSsrcsOfAGuild : halls_.size();
  const auto sender = senders_.find(number_of(source));
  if (number >= halls_.size()) return sender == senders_.end() ? 0 : sender->second;
  if (!is_discovery(datagram)) return number;
  if (sender == senders_.end() && senders_.size() == kMostSenders) senders_.clear();
  senders_[number_of(source)] = number;
  return number;
}

void House::on_overruns(std::uint32_t datagrams) {
  for (const auto& hall : halls_) hall->sfu.on_overruns(datagrams);
}

// ── turns ──

void House::use(std::size_t number) {
  if (is_used_[number]) return;
  is_used_[number] = true;
  used_.push_back(number);
}

void House::open(TimePoint now) {
  for (std::size_t number = 0; number < halls_.size(); ++number) {
    halls_[number]->open(now);
    use(number);
  }
  settle(now);
}

void House::on_time(TimePoint now) {
  gateway.on_time(now);
  use(0);
  for (const std::size_t number : agenda_.due_by(now)) use(number);
  for (std::size_t i = 0; i < used_.size(); ++i) halls_[used_[i]]->on_time(now);
}

void House::settle(TimePoint now) {
  use(0);  // whoever owns the house may have spoken to its rooms directly
  for (std::size_t i = 0; i < used_.size(); ++i) {
    settle(used_[i], now);
    is_used_[used_[i]] = false;  // what happens elsewhere from now on may bring it here again
  }
  used_.clear();
}

void House::settle(std::size_t number, TimePoint now) {
  Hall& hall = *halls_[number];
  while (const auto fault = hall.schedule.next(now)) inject(*fault, hall, *hall.schedule.target(), now);
  hall.settle(now);
  agenda_.plan(number, hall.deadline());
}

std::optional<TimePoint> House::deadline() {
  use(0);
  for (const std::size_t number : used_) agenda_.plan(number, halls_[number]->deadline());
  return earlier(gateway.deadline(), agenda_.deadline());
}

void House::end_lost_sessions(TimePoint now) {
  gateway.end_lost_sessions(now);
  for (const auto& hall : halls_) hall->voice_gateway.end_lost_sessions(now);
}

void House::stood_still(Duration span) {
  for (const auto& hall : halls_) hall->stood_still(span);
}

// ── places ──

Hall& House::hall_of(const Place& place) { return *halls_[numbers_.at(place.guild)]; }

Hall* House::find_hall(Snowflake guild_or_channel) {
  const auto place = std::find_if(places_.begin(), places_.end(), [&](const Place& one) {
    return one.guild == guild_or_channel || one.channel == guild_or_channel;
  });
  return place == places_.end() ? nullptr : &hall_of(*place);
}

Report House::report_of(Snowflake user) const { return report_of(user, places_.front()); }

Report House::report_of(Snowflake user, const Place& place) const {
  return halls_[numbers_.at(place.guild)]->report_of(user, place.channel);
}

}  // namespace vcplay::rehearsal
