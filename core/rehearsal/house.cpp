#include "rehearsal/house.hpp"

#include <set>
#include <string>
#include <utility>

#include "base/deadline.hpp"
#include "dave/session.hpp"
#include "rehearsal/random.hpp"

namespace vcplay::rehearsal {
namespace {

constexpr std::uint64_t kMidPlay = 25;  // audio packets: from then on the account is in the middle of playing

}  // namespace

ListenerLine::ListenerLine(const DiscordOptions& options)
    : mode(options.modes.empty() ? rtp::TransportMode::xchacha20_poly1305_rtpsize : options.modes.front()) {
  fill_random(key);
}

House::House(DiscordOptions furnishing)
    : world(std::move(furnishing)),
      line(world.options()),
      listener(line.mode, rtp::TransportKey(line.key), books),
      audience(world, books),
      attendance(world),
      schedule(world.options().script),
      delivery(world, books),
      sfu(world, books, audience, listener, rtp::TransportCipher(line.mode, rtp::TransportKey(line.key))),
      gateway(world, books),
      voice_gateway(world, books, sfu, delivery),
      rest(world, books, gateway) {
  gateway.on_voice_session_over = [this](const VoiceOver& over, TimePoint now) {
    voice_gateway.end_session(over, now);
  };
  gateway.on_renewal = [this](Snowflake user) { sfu.excuse(user); };
  gateway.on_resumed = [this](Snowflake user) { voice_gateway.expect(user); };
  voice_gateway.on_introduced = [this](Snowflake user, Snowflake channel, TimePoint now) {
    if (user == members_follow_ && channel != world.meeting_place()) gather_in(channel, now);
    audience.meet(user, channel, now);
  };
  voice_gateway.on_described = [this](Snowflake user, int dave_version, TimePoint now) {
    audience.begin_session(user, dave_version);
    attendance.give(Cue::session, now);
  };
  voice_gateway.on_gone = [this](Snowflake user, Snowflake channel, TimePoint now) {
    audience.part(user, channel, now);
  };
  voice_gateway.on_resumed = [this](Snowflake user) {
    if (gateway.is_connected(user)) books.of(user).excused = false;
  };
  delivery.send = [this](const DaveMessage& message, TimePoint now) {
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

void House::open(TimePoint now) {
  attendance.give(Cue::opening, now);
  settle(now);
}

void House::on_time(TimePoint now) {
  gateway.on_time(now);
  voice_gateway.on_time(now);
  sfu.on_time(now);
  delivery.on_time(now);
}

void House::settle(TimePoint now) {
  while (const auto fault = schedule.next(now)) inject(*fault, *schedule.target(), now);
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

void House::join(CallMember& member, TimePoint now) {
  if (!member.is_in_a_call() && world.has_channel(world.meeting_place())) meet(member, now);
}

void House::leave(CallMember& member, TimePoint now) {
  if (!member.is_in_a_call()) return;
  const Snowflake user = member.user();
  const std::string session = world.voice_state(user)->session_id;
  const Snowflake channel = world.voice_state(user)->channel;
  member.leave();
  world.leave(user);
  gateway.announce_voice_state(user, session, now);
  tell_of_parting(user, channel, now);
}

/// A member comes, or comes along, to where they meet.
void House::meet(CallMember& member, TimePoint now) {
  const Snowflake user = member.user();
  const Snowflake channel = world.meeting_place();
  const std::string session = world.join(user, channel).session_id;
  std::set<Snowflake> present;
  for (const auto& [other, state] : world.voice_states()) {
    if (state.channel == channel && other != user) present.insert(other);
  }
  member.enter(channel, present, now);
  gateway.announce_voice_state(user, session, now);
  audience.meet(user, channel, now);
  voice_gateway.member_joined(user, channel, now);
  delivery.before_join(channel, user, now);
  member.begin(delivery.version(channel, dave::kMaxVersion), now);
  delivery.join(channel, user, now);
}

void House::tell_of_parting(Snowflake user, Snowflake channel, TimePoint now) {
  audience.part(user, channel, now);
  voice_gateway.member_left(user, channel, now);
  delivery.leave(user, now);
}

std::optional<TimePoint> House::deadline() const {
  std::optional<TimePoint> earliest;
  for (const auto& due : {gateway.deadline(), voice_gateway.deadline(), sfu.deadline(), delivery.deadline(),
                          audience.deadline(), attendance.deadline(), schedule.deadline()}) {
    earliest = earlier(earliest, due);
  }
  return earliest;
}

void House::stood_still(Duration span) {
  books.stood_still(span);
  schedule.stood_still(span);
}

Report House::report_of(Snowflake user) const {
  Report report = books.report_of(user);
  listener.measure(user, report);
  audience.measure(user, report);
  return report;
}

}  // namespace vcplay::rehearsal
