// The rooms of the loopback Discord and the doors between them, without a socket.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/snowflake.hpp"
#include "rehearsal/agenda.hpp"
#include "rehearsal/common_keys.hpp"
#include "rehearsal/datagram_port.hpp"
#include "rehearsal/fault.hpp"
#include "rehearsal/gateway_server.hpp"
#include "rehearsal/hall.hpp"
#include "rehearsal/rest_server.hpp"
#include "rehearsal/voice_reception.hpp"

namespace vcplay::rehearsal {

/// A whole Discord: bytes and time go in through its rooms, and settle() ends each turn. Whoever owns it
/// gives the addresses to its rooms and takes the media server's datagrams. Lives on the rehearsal's thread.
class House {
 public:
  /// Throws Error{usage} when two places are the same one, or a fault is to happen where no place is.
  explicit House(DiscordOptions furnishing);
  House(const House&) = delete;
  House& operator=(const House&) = delete;

  using SendDatagram = std::function<void(PeerAddress to, ByteView datagram)>;
  /// The one media port of all guilds, and how datagrams leave it.
  void open_media(std::uint16_t port, const SendDatagram& send);
  /// Those who are there from the beginning come.
  void open(TimePoint now);
  void on_datagram(ByteSpan datagram, PeerAddress source, TimePoint arrival, TimePoint now);
  /// Our own socket lost so many datagrams: nobody's fault.
  void on_overruns(std::uint32_t datagrams);
  /// Datagrams that were dealt with.
  [[nodiscard]] const std::atomic<std::uint64_t>& processed() const noexcept { return processed_; }
  void on_time(TimePoint now);
  /// The end of a turn: members in this process come and go, and answer what they were told.
  void settle(TimePoint now);
  [[nodiscard]] std::optional<TimePoint> deadline();
  /// Waits for no RESUME any longer.
  void end_lost_sessions(TimePoint now);

  /// Has the fault happen to the account now, in the first place. Nothing of it is held against the account.
  void inject(const Fault& fault, Snowflake user, TimePoint now) {
    inject(fault, *halls_.front(), user, now);
  }
  void inject(const Fault& fault, Hall& hall, Snowflake user, TimePoint now);

  /// How long the owner must let nothing happen, when a stall has begun. Each stall is told once.
  [[nodiscard]] std::optional<Duration> take_stall() noexcept { return std::exchange(stall_, std::nullopt); }
  /// The owner let nothing happen for so long, and hands in times as if that had not been. Only datagrams
  /// arrive by the kernel's clock, which went on.
  void stood_still(Duration span);

  /// With accounts filled in.
  [[nodiscard]] const DiscordOptions& options() const noexcept { return options_; }
  [[nodiscard]] const std::vector<Place>& places() const noexcept { return places_; }
  /// `place` is one of places().
  [[nodiscard]] Hall& hall_of(const Place& place);
  /// nullptr: no place is there.
  [[nodiscard]] Hall* find_hall(Snowflake guild_or_channel);
  /// In the first place.
  [[nodiscard]] Report report_of(Snowflake user) const;
  [[nodiscard]] Report report_of(Snowflake user, const Place& place) const;

 private:
  using Halls = std::vector<std::unique_ptr<Hall>>;
  [[nodiscard]] static Halls build(DiscordOptions& options, CommonKeys& common, std::uint32_t first_ssrc);
  void connect(std::size_t number);
  void use(std::size_t number);
  void settle(std::size_t number, TimePoint now);
  [[nodiscard]] std::size_t addressee(ByteView datagram, PeerAddress source);

  // house_faults.cpp
  void disturb_gateway(const Fault& fault, Hall& hall, Snowflake user, TimePoint now);
  void excuse(const Hall& hall, Snowflake user);

  DiscordOptions options_;
  const std::vector<Place> places_;
  const std::uint32_t first_ssrc_;
  CommonKeys common_keys_;
  const Halls halls_;                             // one for each guild
  std::map<Snowflake, std::size_t> numbers_;      // of halls, by guild
  std::map<std::uint64_t, std::size_t> senders_;  // who discovered its address, and for which hall
  std::vector<std::size_t> used_;                 // halls in which something happened since they settled
  std::vector<bool> is_used_;
  Agenda agenda_;
  std::optional<Duration> stall_;
  std::atomic<std::uint64_t> processed_{0};

 public:
  // The first guild's.
  World& world;
  Books& books;
  Listener& listener;
  Sfu& sfu;
  GuildServer& guild;
  VoiceGatewayServer& voice_gateway;

  GatewayServer gateway;
  VoiceReception voice_reception;
  RestServer rest;
};

}  // namespace vcplay::rehearsal
