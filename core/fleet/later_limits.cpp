#include "fleet/later_limits.hpp"

#include <algorithm>

namespace vcplay::fleet {

void LaterLimits::add(std::size_t target, Snowflake guild, Snowflake channel) {
  waiting_[guild].emplace(target, channel);
  undescribed_.insert(guild);
}

void LaterLimits::begun(std::size_t target, Snowflake guild) {
  const auto found = waiting_.find(guild);
  if (found == waiting_.end() || found->second.erase(target) == 0 || !found->second.empty()) return;
  waiting_.erase(found);
  undescribed_.erase(guild);
}

bool LaterLimits::describe(Snowflake id, const resources::Guild* guild) {
  const auto found = waiting_.find(id);
  if (found == waiting_.end()) return false;
  bool is_news = undescribed_.erase(id) > 0 && undescribed_.empty();
  if (guild == nullptr) return is_news;
  for (const auto& [target, wanted] : found->second) {
    const resources::Channel* const channel = guild->channel(wanted);
    if (channel == nullptr || (least_ && *least_ <= channel->bitrate)) continue;
    least_ = channel->bitrate;
    is_news = true;
  }
  return is_news;
}

}  // namespace vcplay::fleet
