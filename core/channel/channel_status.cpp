#include "channel/channel_status.hpp"

#include <utility>

#include "base/text.hpp"

namespace vcplay::channel {

std::string as_channel_status(std::string_view text) {
  constexpr std::size_t kMostCharacters = 500;
  std::string safe = display_safe(text, kMostCharacters);
  // Combining marks take no column, but are characters.
  std::size_t characters = 0;
  for (std::size_t i = 0; i < safe.size(); ++i) {
    const bool begins_character = (static_cast<unsigned char>(safe[i]) & 0xC0) != 0x80;
    if (begins_character && ++characters > kMostCharacters) safe.resize(i);
  }
  return safe;
}

void ChannelStatus::enter(Snowflake channel) {
  if (channel_ == channel) return;
  channel_ = channel;
  shown_.clear();
  refused_ = false;
}

std::optional<ChannelStatus::Put> ChannelStatus::next() {
  if (!channel_ || asking_ || refused_ || wanted_ == shown_) return std::nullopt;
  asking_ = Put{*channel_, wanted_};
  return asking_;
}

void ChannelStatus::answered(Answer answer) {
  const Put asked = std::exchange(asking_, std::nullopt).value();
  if (asked.channel != channel_) return;
  refused_ = answer == Answer::refused;
  // A text that did not get through is not tried again and again: the next one has its chance.
  if (answer != Answer::refused) shown_ = asked.text;
}

}  // namespace vcplay::channel
