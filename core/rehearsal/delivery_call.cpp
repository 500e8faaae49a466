#include "rehearsal/delivery_call.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "dave/policy.hpp"
#include "mls/refusal.hpp"

namespace vcplay::rehearsal {
namespace {

// For a client to make and send a key package, even on a machine that does much else.
constexpr Duration kKeyPackageTimeout = 5s;

// Public delivery services have to keep to DAVE's own rules for key packages too (DAVE, "Key Packages",
// "Validation" and "MLS Parameters").
void check_key_package(const mls::KeyPackage& key_package, Snowflake user) {
  mls::validate_key_package(key_package);
  const auto require = [](bool holds, const char* sentence) {
    if (!holds) throw dave::Refusal("Key Packages", sentence);
  };
  const mls::LeafNode& leaf = key_package.leaf_node;
  require(dave::user_of(leaf.credential.identity) == user, "a key package names another user");
  require(leaf.source == mls::LeafNodeSource(mls::Lifetime{}), "a key package does not last for ever");
  require(leaf.capabilities == mls::Capabilities{}, "a key package lists other capabilities than DAVE's");
  require(leaf.extensions.list.empty() && key_package.extensions.list.empty(),
          "a key package has extensions");
}

// The whitepaper wraps key packages in an MLSMessage; the clients that there are do not.
mls::KeyPackage read_key_package(ByteView body) {
  mls::Reader in(body);
  const bool wrapped = in.u16() == mls::kMls10 && in.u16() == 5;
  if (!wrapped) return mls::decoded<mls::KeyPackage>(body);
  return *mls::decoded<mls::MlsMessage>(body).get<mls::KeyPackage>();
}

}  // namespace

DeliveryCall::DeliveryCall(Snowflake channel, const DeliveryDesk& desk)
    : channel_(channel),
      desk_(desk),
      commits_to_corrupt_(desk.options.dave_faults.corrupted_commits),
      welcomes_to_corrupt_(desk.options.dave_faults.corrupted_welcomes),
      adds_to_revoke_(desk.options.dave_faults.revoked_adds) {}

// ── who comes and goes ──

void DeliveryCall::before_join(Snowflake user, TimePoint now) {
  now_ = now;
  if (desk_.options.dave_faults.early_external_sender) introduce_external_sender(user);
}

void DeliveryCall::join(Snowflake user, TimePoint now) {
  now_ = now;
  if (alone_in_plain_) upgrade();  // the others: the newcomer has been told already
  Seat& seat = seats_[user];
  if (!desk_.options.dave_faults.early_external_sender) introduce_external_sender(user);
  if (version_ > 0) ask_for_key_package(seat);
}

void DeliveryCall::leave(Snowflake user, TimePoint now) {
  now_ = now;
  if (seats_.erase(user) == 0) return;
  std::erase_if(late_, [&](const auto& entry) { return entry.first == user; });
  no_longer_in_transitions(user);
  if (seats_.empty()) return forget_group();
  if (group_ && seats_.size() == 1) return reset_sole_member();
  reconcile();
}

void DeliveryCall::introduce_external_sender(Snowflake user) {
  send_binary(user, dave::Opcode::external_sender, mls::encoded(external_sender()));
}

void DeliveryCall::ask_for_key_package(Seat& seat, int times) {
  seat.established = false;
  seat.key_package.reset();
  seat.told.clear();
  seat.owed += times;
  seat.key_package_due = now_ + kKeyPackageTimeout;
}

void DeliveryCall::give_up_waiting_for_key_packages() {
  for (auto& [user, seat] : seats_) {
    if (now_ < seat.key_package_due) continue;
    if (desk_.is_away(user)) {
      seat.key_package_due = now_ + kKeyPackageTimeout;
      continue;
    }
    breach(user, Rule::dave_key_package_missing,
           fmt::format("{} of the key packages (opcode 26) that were asked for did not come within 5 s",
                       seat.owed));
    seat.key_package_due = TimePoint::max();
    seat.owed = 0;
  }
  reconcile();
}

void DeliveryCall::on_key_package(Snowflake user, ByteView body, TimePoint now) {
  now_ = now;
  Seat& seat = seats_.at(user);
  const bool expected = seat.owed > 0 || seat.key_package;  // one that waits may be replaced
  if (seat.owed > 0 && --seat.owed == 0) seat.key_package_due = TimePoint::max();
  if (version_ == 0 && now_ < old_group_until_) return;  // it was on its way
  if (!expected || version_ == 0) {
    return breach(user, Rule::dave_opcode_order,
                  "a key package (opcode 26) came although none was asked for");
  }
  try {
    mls::KeyPackage key_package = read_key_package(body);
    check_key_package(key_package, user);
    if (!seat.key_packages_seen.insert(key_package.ref()).second) {
      throw dave::Refusal("Key Packages", "a key package was sent before");
    }
    seat.key_package = std::move(key_package);
    seat.told.clear();  // with a new group of its own
  } catch (const Error& refusal) {
    breach(user, Rule::dave_key_package, fmt::format("opcode 26 is not valid: {}", refusal.what()));
  }
  reconcile();
}

// DAVE, "Recovery from Invalid Commit or Welcome": the member is pending again, and its leaf has to go.
void DeliveryCall::on_invalid(Snowflake user, dave::TransitionId transition, TimePoint now) {
  now_ = now;
  Seat& seat = seats_.at(user);
  if (seat.announced.count(transition) == 0) {
    breach(
        user, Rule::dave_refused,
        fmt::format("opcode 31 names transition {}, which brought it no Commit and no Welcome", transition));
  } else if (seat.spoiled.count(transition) == 0) {
    breach(
        user, Rule::dave_refused,
        fmt::format("opcode 31 refuses the Commit or Welcome of transition {}, which was good", transition));
  }
  if (version_ == 0) return;
  no_longer_in_transitions(user);
  ask_for_key_package(seat);
  reconcile();
}

// ── time ──

void DeliveryCall::on_time(TimePoint now) {
  now_ = now;
  if (upgrade_at_ <= now) upgrade();
  if (revoke_baits_at_ <= now) revoke_baits();
  time_out_transitions();
  if (commit_due_ <= now) complain_about_missing_commits();
  give_up_waiting_for_key_packages();
  if (tell_at_ <= now) tell_proposals();
}

std::optional<TimePoint> DeliveryCall::deadline() const {
  TimePoint earliest = std::min({tell_at_, commit_due_, upgrade_at_, revoke_baits_at_});
  for (const auto& [id, transition] : transitions_) earliest = std::min(earliest, transition.due);
  for (const auto& [user, seat] : seats_) {
    earliest = std::min(earliest, seat.key_package_due);
    if (seat.add_after > now_) earliest = std::min(earliest, seat.add_after);
  }
  if (earliest == TimePoint::max()) return std::nullopt;
  return earliest;
}

// ── small things ──

std::size_t DeliveryCall::established() const {
  return static_cast<std::size_t>(std::count_if(seats_.begin(), seats_.end(),
                                                [](const auto& entry) { return entry.second.established; }));
}

void DeliveryCall::breach(Snowflake user, Rule rule, std::string detail) const {
  desk_.books.of(user).breach(rule, std::move(detail));
}

void DeliveryCall::send_text(Snowflake to, dave::Opcode opcode, const nlohmann::json& data) const {
  desk_.send({to, opcode, data.dump(), {}}, now_);
}

void DeliveryCall::send_binary(Snowflake to, dave::Opcode opcode, Bytes body) const {
  desk_.send({to, opcode, {}, std::move(body)}, now_);
}

mls::ExternalSender DeliveryCall::external_sender() const {
  constexpr std::string_view kName = "rehearsal";
  return {mls::public_key_of(desk_.key), {Bytes(kName.begin(), kName.end())}};
}

mls::Extensions DeliveryCall::group_extensions() const {
  return {{mls::external_senders_extension({external_sender()})}};
}

}  // namespace vcplay::rehearsal
