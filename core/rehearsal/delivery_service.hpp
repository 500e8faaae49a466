// DAVE's delivery service: the voice server's side of end-to-end encryption.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "mls/ciphersuite.hpp"
#include "rehearsal/dave_message.hpp"
#include "rehearsal/ledger.hpp"
#include "rehearsal/world.hpp"

namespace vcplay::rehearsal {

class DeliveryCall;

/// DAVE's delivery service for every voice channel of this Discord. Messages and time in, messages out; it
/// holds no key of any group. Every breach by a member becomes a finding. Lives on the rehearsal's thread.
class DeliveryService {
 public:
  DeliveryService(World& world, Books& books);
  ~DeliveryService();
  DeliveryService(const DeliveryService&) = delete;
  DeliveryService& operator=(const DeliveryService&) = delete;

  /// Must not call back into the service: members in this process queue what they answer.
  SendDave send = [](const DaveMessage&, TimePoint) {};
  /// True for somebody whose connection is lost and may come back: nobody waits for an answer from there.
  std::function<bool(Snowflake user)> is_away = [](Snowflake) { return false; };

  /// True for channels whose audio is encrypted from end to end: voice channels, but no stages.
  [[nodiscard]] bool serves(Snowflake channel) const;
  /// For SESSION_DESCRIPTION, when a client offers up to version `offered`.
  [[nodiscard]] int version(Snowflake channel, int offered) const;

  /// SESSION_DESCRIPTION is about to go out to somebody who offered DAVE.
  void before_join(Snowflake channel, Snowflake user, TimePoint now);
  /// SESSION_DESCRIPTION is out.
  void join(Snowflake channel, Snowflake user, TimePoint now);
  /// Disconnected. Opcode 13 has gone to the others.
  void leave(Snowflake user, TimePoint now);
  /// u8 opcode | body: opcodes 26 and 28.
  void on_binary(Snowflake user, ByteView message, TimePoint now);
  /// Opcodes 23 and 31.
  void on_text(Snowflake user, std::int64_t opcode, const nlohmann::json& data, TimePoint now);
  void on_time(TimePoint now);
  [[nodiscard]] std::optional<TimePoint> deadline() const;

  /// What was ordered for the middle of playing happens now in the user's call.
  void disturb(Snowflake user, TimePoint now);
  /// So many changes of the version are announced at once in the user's call, to none and back.
  void flood_with_transitions(Snowflake user, std::uint64_t changes, TimePoint now);

 private:
  [[nodiscard]] DeliveryCall& call(Snowflake channel);
  [[nodiscard]] DeliveryCall* call_of(Snowflake user);
  void out_of_place(Snowflake user, std::int64_t opcode);

  World& world_;
  Books& books_;
  const mls::PrivateKey key_;
  std::map<Snowflake, std::unique_ptr<DeliveryCall>> calls_;
  std::map<Snowflake, Snowflake> places_;  // each member's channel
};

}  // namespace vcplay::rehearsal
