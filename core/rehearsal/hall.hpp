// One guild of the loopback Discord, with all that happens in its calls.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>

#include "base/clock.hpp"
#include "base/snowflake.hpp"
#include "rehearsal/attendance.hpp"
#include "rehearsal/audience.hpp"
#include "rehearsal/common_keys.hpp"
#include "rehearsal/delivery_service.hpp"
#include "rehearsal/fault.hpp"
#include "rehearsal/fault_schedule.hpp"
#include "rehearsal/guild_server.hpp"
#include "rehearsal/ledger.hpp"
#include "rehearsal/listener.hpp"
#include "rehearsal/sfu.hpp"
#include "rehearsal/voice_gateway_server.hpp"
#include "rehearsal/world.hpp"
#include "rtp/transport_cipher.hpp"

namespace vcplay::rehearsal {

/// One key for both ends of the line to the listener.
struct ListenerLine {
  std::array<std::uint8_t, rtp::kTransportKeyBytes> key{};
  rtp::TransportMode mode{};

  explicit ListenerLine(const DiscordOptions& options);
};

/// The rooms that every guild has for itself, and the doors between them. Lives on the rehearsal's thread.
class Hall {
 public:
  /// `number` is this guild's among all, from 0 on; its media sessions get SSRCs from `first_ssrc` on.
  /// `common` outlives it.
  Hall(DiscordOptions furnishing, std::size_t number, CommonKeys& common, std::uint32_t first_ssrc);
  Hall(const Hall&) = delete;
  Hall& operator=(const Hall&) = delete;

  /// Something happens here: there may be more to do, and sooner, than there was.
  std::function<void()> on_use = [] {};
  /// Whether the account could say that it leaves.
  std::function<bool(Snowflake user)> is_connected = [](Snowflake) { return false; };

  /// Those who are there from the beginning come.
  void open(TimePoint now);
  void on_time(TimePoint now);
  /// Members in this process come and go, and answer what they were told.
  void settle(TimePoint now);
  [[nodiscard]] std::optional<TimePoint> deadline() const;

  /// A fault of FaultReach::call happens to the account.
  void disturb(const Fault& fault, Snowflake user, TimePoint now);
  /// The account may not be able to leave in order.
  void excuse(Snowflake user);
  void stood_still(Duration span);

  [[nodiscard]] Report report_of(Snowflake user) const;
  /// Of the account's stay in one of the guild's places; for all but the first account there is one report.
  [[nodiscard]] Report report_of(Snowflake user, Snowflake place) const;

 private:
  void connect_doors();
  void join(CallMember& member, TimePoint now);
  void leave(CallMember& member, TimePoint now);
  void meet(CallMember& member, TimePoint now);
  void tell_of_parting(Snowflake user, Snowflake channel, TimePoint now);
  void gather_in(Snowflake channel, TimePoint now);
  void receive(Snowflake user, Snowflake channel, TimePoint now);

  // hall_faults.cpp
  void disturb_voice(const Fault& fault, Snowflake user, TimePoint now);
  void disturb_guild(const Fault& fault, Snowflake user, TimePoint now);
  [[nodiscard]] Snowflake channel_of(Snowflake user) const;
  void move(Snowflake user, Snowflake channel, TimePoint now);
  void become_stage(Snowflake user, Snowflake channel, TimePoint now);
  void kick(Snowflake user, TimePoint now);
  void delete_channel_of(Snowflake user, TimePoint now);

  std::optional<Snowflake> members_follow_;  // who was moved by order
  Snowflake place_;                          // the one that the books are about
  std::map<Snowflake, Report> earlier_;      // of the places before it

 public:
  World world;
  Books books;
  ListenerLine line;
  Listener listener;
  Audience audience;
  Attendance attendance;
  FaultSchedule schedule;
  DeliveryService delivery;
  Sfu sfu;
  GuildServer guild;
  VoiceGatewayServer voice_gateway;
};

}  // namespace vcplay::rehearsal
