// The rooms of the loopback Discord and the doors between them, without a socket.
#pragma once

#include <array>
#include <optional>
#include <utility>

#include "base/clock.hpp"
#include "base/snowflake.hpp"
#include "rehearsal/attendance.hpp"
#include "rehearsal/audience.hpp"
#include "rehearsal/delivery_service.hpp"
#include "rehearsal/fault.hpp"
#include "rehearsal/fault_schedule.hpp"
#include "rehearsal/gateway_server.hpp"
#include "rehearsal/ledger.hpp"
#include "rehearsal/listener.hpp"
#include "rehearsal/rest_server.hpp"
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

/// A whole Discord: bytes and time go in through its rooms, and settle() ends each turn. Whoever owns it
/// gives the addresses to its rooms and connects `sfu.send`. Lives on the rehearsal's thread.
class House {
 public:
  explicit House(DiscordOptions furnishing);
  House(const House&) = delete;
  House& operator=(const House&) = delete;

  /// Those who are there from the beginning come.
  void open(TimePoint now);
  void on_time(TimePoint now);
  /// The end of a turn: members in this process come and go, and answer what they were told.
  void settle(TimePoint now);
  [[nodiscard]] std::optional<TimePoint> deadline() const;

  /// Has the fault happen to the account now. Nothing of it is held against the account.
  void inject(const Fault& fault, Snowflake user, TimePoint now);

  /// How long the owner must let nothing happen, when a stall has begun. Each stall is told once.
  [[nodiscard]] std::optional<Duration> take_stall() noexcept { return std::exchange(stall_, std::nullopt); }
  /// The owner let nothing happen for so long, and hands in times as if that had not been. Only datagrams
  /// arrive by the kernel's clock, which went on.
  void stood_still(Duration span);

  [[nodiscard]] Report report_of(Snowflake user) const;

 private:
  void join(CallMember& member, TimePoint now);
  void leave(CallMember& member, TimePoint now);
  void meet(CallMember& member, TimePoint now);
  void tell_of_parting(Snowflake user, Snowflake channel, TimePoint now);

  // house_faults.cpp
  void excuse(Snowflake user);
  [[nodiscard]] Snowflake channel_of(Snowflake user) const;
  void move(Snowflake user, Snowflake channel, TimePoint now);
  void disturb_gateways(const Fault& fault, Snowflake user, TimePoint now);
  void disturb_call(const Fault& fault, Snowflake user, TimePoint now);
  void gather_in(Snowflake channel, TimePoint now);
  void become_stage(Snowflake user, Snowflake channel, TimePoint now);
  void kick(Snowflake user, TimePoint now);
  void delete_channel_of(Snowflake user, TimePoint now);

  std::optional<Duration> stall_;
  std::optional<Snowflake> members_follow_;  // who was moved by order

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
  GatewayServer gateway;
  VoiceGatewayServer voice_gateway;
  RestServer rest;
};

}  // namespace vcplay::rehearsal
