// The op 4s that wait for their turn.
#pragma once

#include <algorithm>
#include <deque>
#include <optional>

#include "base/snowflake.hpp"

namespace vcplay::gateway {

/// Op 4: joins a channel, moves to it, or leaves.
struct VoiceStateUpdate {
  Snowflake guild;
  std::optional<Snowflake> channel;  // nothing: leave
  bool self_mute = false;
  bool self_deaf = true;
};

/// One op 4 for each guild at the most: a newer one takes the place of the older one in the line. Leaves go
/// ahead of joins, lest the bot sits in channels where nobody plays any more.
class VoiceStateQueue {
 public:
  void put(const VoiceStateUpdate& update) {
    const auto older = find(update.guild);
    if (older != waiting_.end() && update.channel) {
      *older = update;
      return;
    }
    if (older != waiting_.end()) waiting_.erase(older);
    const auto place =
        update.channel ? waiting_.end() : std::find_if(waiting_.begin(), waiting_.end(), is_join);
    waiting_.insert(place, update);
  }
  [[nodiscard]] const VoiceStateUpdate* next() const noexcept {
    return waiting_.empty() ? nullptr : &waiting_.front();
  }
  void take_next() noexcept { waiting_.pop_front(); }
  [[nodiscard]] bool has(Snowflake guild) noexcept { return find(guild) != waiting_.end(); }
  /// Whoever wanted to join will ask again; who wanted to leave may be gone.
  void keep_leaves() { std::erase_if(waiting_, is_join); }
  void clear() noexcept { waiting_.clear(); }

 private:
  std::deque<VoiceStateUpdate>::iterator find(Snowflake guild) noexcept {
    return std::find_if(waiting_.begin(), waiting_.end(),
                        [&](const VoiceStateUpdate& each) { return each.guild == guild; });
  }
  static bool is_join(const VoiceStateUpdate& update) noexcept { return update.channel.has_value(); }

  std::deque<VoiceStateUpdate> waiting_;
};

}  // namespace vcplay::gateway
