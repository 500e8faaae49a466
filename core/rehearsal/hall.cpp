#include "rehearsal/hall.hpp"

#include <set>
#include <string>
#include <utility>

#include "base/deadline.hpp"
#include "dave/session.hpp"
#include "rehearsal/random.hpp"

namespace vcplay::rehearsal {
namespace {

constexpr std::uint64_t kMidPlay = 25;  // audio packets: from then on the account is in the middle of playing

/// What happens in the place: in the first one also what is said to happen in the guild, or nowhere.
FaultScript script_at(const World& world, Snowflake place) {
  FaultScript script = world.options().script;
  const bool is_first = place == world.options().channel;
  std::erase_if(script, [&](const ScriptedFault& fault) {
    const bool is_elsewhere = fault.in != place && (!is_first || world.is_place(fault.in));
    return !fault.everywhere && is_elsewhere;
  });
  return script;
}

}  // namespace

ListenerLine::ListenerLine(const DiscordOptions& options)
    : mode(options.modes.empty() ? rtp::TransportMode::xchacha20_poly1305_rtpsize : options.modes.front()) {
  fill_random(key);
}

// What one guild hears, all hear: the first one's listener measures it.
Hall::Hall(DiscordOptions furnishing, std::size_t number, CommonKeys& common, std::uint32_t first_ssrc)
    : place_(furnishing.channel),
      world(std::move(furnishing), number),
      line(world.options()),
      listener(line.mode, rtp::TransportKey(line.key), books, number == 0),
      audience(world, books),
      attendance(world),
      schedule(script_at(world, place_)),
      delivery(world, books),
      sfu(world, books, audience, listener, rtp::TransportCipher(line.mode, rtp::TransportKey(line.key)),
          common, first_ssrc),
      guild(world, books),
      voice_gateway(world, books, sfu, delivery) {
  connect_doors();
}

void Hall::connect_doors() {
  guild.on_voice_session_over = [this](const VoiceOver& over, TimePoint now) {
    on_use();
    voice_gateway.end_session(over, now);
  };
  guild.on_renewal = [this](Snowflake user) { sfu.excuse(user); };
  guild.on_resumed = [this](Snowflake user) { voice_gateway.expect(user); };
  guild.on_coming = [this](Snowflake user, Snowflake channel, TimePoint now) { receive(user, channel, now); };
  voice_gateway.on_introduced = [this](Snowflake user, Snowflake channel, TimePoint now) {
    if (user == members_follow_ && channel != world.meeting_place()) gather_in(channel, now);
    audience.meet(user, channel, now);
  };
  voice_gateway.on_described = [this](Snowflake user, int dave_version, TimePoint now) {
    audience.begin_session(user, dave_version);
    attendance.give(Cue::session, now);
  };
  voice_gateway.on_gone = [this](Snowflake user, Snowflake channel, TimePoint now) {
    on_use();
    audience.part(user, channel, now);
  };
  voice_gateway.on_resumed = [this](Snowflake user) {
    if (is_connected(user)) books.of(user).excused = false;
  };
  delivery.send = [this](const DaveMessage& message, TimePoint now) {
    on_use();
    if (!audience.on_message(message, now)) voice_gateway.send_dave(message, now);
  };
  delivery.is_away = audience.is_away = [this](Snowflake user) { return voice_gateway.has_lost(user); };
  sfu.on_audio = [this](Snowflake user, TimePoint now) {
    attendance.give(Cue::audio, now);
    attendance.on_audio(user, now);
    schedule.on_audio(user, now);
    if (books.of(user).facts.audio_packets == kMidPlay) delivery.disturb(user, now);
  };
}

void Hall::open(TimePoint now) {
  attendance.give(Cue::opening, now);
  settle(now);
}

void Hall::on_time(TimePoint now) {
  voice_gateway.on_time(now);
  sfu.on_time(now);
  delivery.on_time(now);
}

void Hall::settle(TimePoint now) {
  while (const auto move = attendance.next(now)) {
    CallMember& member = *audience.member(move->user);
    if (move->joins) {
      join(member, now);
    } else {
      leave(member, now);
    }
  }
  audience.answer(delivery, now);
}

// ── members who live here ──

void Hall::join(CallMember& member, TimePoint now) {
  if (!member.is_in_a_call() && world.has_channel(world.meeting_place())) meet(member, now);
}

void Hall::leave(CallMember& member, TimePoint now) {
  if (!member.is_in_a_call()) return;
  const Snowflake user = member.user();
  const std::string session = world.voice_state(user)->session_id;
  const Snowflake channel = world.voice_state(user)->channel;
  member.leave();
  world.leave(user);
  guild.announce_voice_state(user, session, now);
  tell_of_parting(user, channel, now);
}

/// A member comes, or comes along, to where they meet.
void Hall::meet(CallMember& member, TimePoint now) {
  const Snowflake user = member.user();
  const Snowflake channel = world.meeting_place();
  const std::string session = world.join(user, channel).session_id;
  std::set<Snowflake> present;
  for (const auto& [other, state] : world.voice_states()) {
    if (state.channel == channel && other != user) present.insert(other);
  }
  member.enter(channel, present, now);
  guild.announce_voice_state(user, session, now);
  audience.meet(user, channel, now);
  voice_gateway.member_joined(user, channel, now);
  delivery.before_join(channel, user, now);
  member.begin(delivery.version(channel, dave::kMaxVersion), now);
  delivery.join(channel, user, now);
}

void Hall::tell_of_parting(Snowflake user, Snowflake channel, TimePoint now) {
  audience.part(user, channel, now);
  voice_gateway.member_left(user, channel, now);
  delivery.leave(user, now);
}

/// Those who live here follow at once, so that the account is heard where it goes.
void Hall::gather_in(Snowflake channel, TimePoint now) {
  world.meet_in(channel);
  for (const Snowflake who : world.listeners()) {
    CallMember& member = *audience.member(who);
    if (!member.is_in_a_call() || member.is_in(channel)) continue;
    const Snowflake before = world.voice_state(who)->channel;
    member.leave();
    tell_of_parting(who, before, now);
    meet(member, now);
  }
}

// ── places ──

/// The first account goes from place to place: in each it is heard, and each has a report of its own.
void Hall::receive(Snowflake user, Snowflake channel, TimePoint now) {
  on_use();
  const bool is_ours = user == world.options().accounts.front().user && world.is_place(channel);
  if (!is_ours || channel == place_) return;
  earlier_[place_] = report_of(user);
  books.begin_anew(user);
  audience.begin_anew(user);
  place_ = channel;
  schedule = FaultSchedule(script_at(world, channel));
  gather_in(channel, now);
}

Report Hall::report_of(Snowflake user) const {
  Report report = books.report_of(user);
  listener.measure(user, report);
  audience.measure(user, report);
  return report;
}

Report Hall::report_of(Snowflake user, Snowflake place) const {
  if (place == place_ || user != world.options().accounts.front().user) return report_of(user);
  const auto found = earlier_.find(place);
  return found == earlier_.end() ? Report{} : found->second;
}

// ── time ──

std::optional<TimePoint> Hall::deadline() const {
  std::optional<TimePoint> earliest;
  for (const auto& due : {voice_gateway.deadline(), sfu.deadline(), delivery.deadline(), audience.deadline(),
                          attendance.deadline(), schedule.deadline()}) {
    earliest = earlier(earliest, due);
  }
  return earliest;
}

void Hall::stood_still(Duration span) {
  on_use();
  books.stood_still(span);
  schedule.stood_still(span);
}

}  // namespace vcplay::rehearsal
