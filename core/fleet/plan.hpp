// Which of many channels the bot is in next.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "base/snowflake.hpp"

namespace vcplay::fleet {

/// Has each target visited once, in their order: a bot can be in one channel of a guild at a time, and in
/// `max_joined` of all guilds. A target is known by its index. No clock, no socket.
class Plan {
 public:
  /// `guilds`: of each target, one after the other.
  Plan(const std::vector<Snowflake>& guilds, std::size_t max_joined);

  /// The next one to be begun now, which counts as begun then; nothing: none until another one has ended.
  [[nodiscard]] std::optional<std::size_t> take_next();
  void ended(std::size_t target);
  /// No further one is to be begun.
  void stop();

  /// All have ended that are to be begun.
  [[nodiscard]] bool is_over() const noexcept { return begun_ == 0 && ready_.empty(); }
  [[nodiscard]] std::size_t begun() const noexcept { return begun_; }  // and not ended

 private:
  std::vector<Snowflake> guilds_;
  std::size_t max_joined_;
  std::set<std::size_t> ready_;                           // of guilds where the bot is not, one of each
  std::map<Snowflake, std::deque<std::size_t>> waiting_;  // behind another one of their guild
  std::size_t begun_ = 0;
};

}  // namespace vcplay::fleet
