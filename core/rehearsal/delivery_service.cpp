#include "rehearsal/delivery_service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/deadline.hpp"
#include "dave/messages.hpp"
#include "dave/session.hpp"
#include "rehearsal/delivery_call.hpp"
#include "rehearsal/fields.hpp"
#include "resources/guild.hpp"

namespace vcplay::rehearsal {

DeliveryService::DeliveryService(World& world, Books& books)
    : world_(world), books_(books), key_(mls::PrivateKey::generate()) {}

DeliveryService::~DeliveryService() = default;

bool DeliveryService::serves(Snowflake channel) const {
  return world_.options().dave_version > 0 && world_.channel_type(channel) == resources::kGuildVoice;
}

int DeliveryService::version(Snowflake channel, int offered) const {
  if (!serves(channel)) return 0;
  const auto found = calls_.find(channel);
  const int spoken = found == calls_.end() ? dave::kMaxVersion : found->second->version_for_newcomers();
  return std::min({offered, world_.options().dave_version, spoken});
}

void DeliveryService::before_join(Snowflake channel, Snowflake user, TimePoint now) {
  if (serves(channel)) call(channel).before_join(user, now);
}

void DeliveryService::join(Snowflake channel, Snowflake user, TimePoint now) {
  if (!serves(channel)) return;
  leave(user, now);  // one call at a time
  places_[user] = channel;
  call(channel).join(user, now);
}

void DeliveryService::leave(Snowflake user, TimePoint now) {
  DeliveryCall* const left = call_of(user);
  if (left == nullptr) return;
  left->leave(user, now);
  const Snowflake channel = places_.at(user);
  places_.erase(user);
  if (left->is_empty()) calls_.erase(channel);
}

void DeliveryService::on_binary(Snowflake user, ByteView message, TimePoint now) {
  if (message.empty()) {
    return books_.of(user).breach(Rule::dave_fields, "an empty binary message came on the voice gateway");
  }
  const ByteView body = message.subspan(1);
  DeliveryCall* const here = call_of(user);
  if (here == nullptr) return out_of_place(user, message.front());
  switch (static_cast<dave::Opcode>(message.front())) {
    case dave::Opcode::key_package:
      return here->on_key_package(user, body, now);
    case dave::Opcode::commit_welcome:
      return here->on_commit(user, body, now);
    default:
      books_.of(user).breach(Rule::dave_fields,
                             fmt::format("opcode {} is none that a client sends in binary", message.front()));
  }
}

void DeliveryService::on_text(Snowflake user, std::int64_t opcode, const nlohmann::json& data,
                              TimePoint now) {
  DeliveryCall* const here = call_of(user);
  if (here == nullptr) return out_of_place(user, opcode);
  const std::optional<std::int64_t> id = integer_in(data, "transition_id");
  if (!id || *id < 0 || *id > UINT16_MAX) {
    return books_.of(user).breach(Rule::dave_fields,
                                  fmt::format("opcode {} lacks an integer transition_id of 16 bits", opcode));
  }
  const auto transition = static_cast<dave::TransitionId>(*id);
  if (opcode == static_cast<std::int64_t>(dave::Opcode::transition_ready)) {
    here->on_ready(user, transition, now);
  } else {
    here->on_invalid(user, transition, now);
  }
}

void DeliveryService::on_time(TimePoint now) {
  for (const auto& [channel, one] : calls_) one->on_time(now);
}

std::optional<TimePoint> DeliveryService::deadline() const {
  std::optional<TimePoint> earliest;
  for (const auto& [channel, one] : calls_) earliest = earlier(earliest, one->deadline());
  return earliest;
}

void DeliveryService::disturb(Snowflake user, TimePoint now) {
  DeliveryCall* const here = call_of(user);
  if (here == nullptr) return;
  for (const DaveDisturbance disturbance : world_.options().dave_faults.mid_play)
    here->disturb(disturbance, now);
}

void DeliveryService::flood_with_transitions(Snowflake user, std::uint64_t changes, TimePoint now) {
  if (DeliveryCall* const here = call_of(user)) here->flood_with_transitions(changes, now);
}

DeliveryCall& DeliveryService::call(Snowflake channel) {
  std::unique_ptr<DeliveryCall>& place = calls_[channel];
  if (!place)
    place =
        std::make_unique<DeliveryCall>(channel, DeliveryDesk{world_.options(), books_, key_, send, is_away});
  return *place;
}

DeliveryCall* DeliveryService::call_of(Snowflake user) {
  const auto place = places_.find(user);
  return place == places_.end() ? nullptr : calls_.at(place->second).get();
}

void DeliveryService::out_of_place(Snowflake user, std::int64_t opcode) {
  books_.of(user).breach(Rule::dave_opcode_order,
                         fmt::format("opcode {} came before SESSION_DESCRIPTION", opcode));
}

}  // namespace vcplay::rehearsal
