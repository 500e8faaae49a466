// Holds the group's roster against those whom the voice server has named as being in the call.
#include <algorithm>
#include <string>
#include <utility>

#include "dave/session.hpp"

namespace vcplay::dave {
namespace {

constexpr int kMostRefusedRosters = 2;  // in a row: a server that was late once may be on time

}  // namespace

/// Somebody who would hear us, and whom the voice server has not named or has named as gone.
std::optional<Snowflake> Session::stranger() const {
  if (group() == nullptr) return std::nullopt;
  const auto found = std::find_if(roster_.begin(), roster_.end(),
                                  [&](Snowflake member) { return users_.count(member) == 0; });
  return found == roster_.end() ? std::nullopt : std::optional(*found);
}

void Session::watch_roster(TimePoint now) {
  if (over_) return roster_due_.reset();
  if (stranger()) {
    if (!roster_due_) roster_due_ = now + (withheld_ ? kAnnouncementTime : kRemovalTime);
    return;
  }
  roster_due_.reset();
  if (withheld_) use_withheld_key();
}

void Session::use_withheld_key() {
  const Withheld withheld = *std::exchange(withheld_, std::nullopt);
  rosters_refused_ = 0;
  if (!withheld.executed) return ready(withheld.transition, group_version_);
  transitions_.prepare(withheld.transition, group_version_);
  execute(withheld.transition);
}

void Session::refuse_roster() {
  const std::uint64_t who = stranger()->value;
  roster_due_.reset();
  if (!withheld_) {
    logger_.warning("End-to-end encryption: user {} has left the call, but not its group; joining again.",
                    who);
    transitions_.forget_group();
    transitions_.drop_key();
    has_key_ = false;
    return recover();
  }
  if (++rosters_refused_ == kMostRefusedRosters) {
    return fail(
        "User " + std::to_string(who) +
        " is in the group that the call is encrypted for, but the voice server does not name that user "
        "as being in the call: somebody unknown would listen.");
  }
  logger_.warning(
      "End-to-end encryption: user {} is in the group, but the voice server has not named that user; "
      "joining again.",
      who);
  last_transition_ = withheld_->transition;
  recover();
}

}  // namespace vcplay::dave
