// The line under a voice channel's name, which says what is playing.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/snowflake.hpp"

namespace vcplay::channel {

/// As the endpoint takes it: one harmless line of at most 500 characters.
[[nodiscard]] std::string as_channel_status(std::string_view text);

/// Decides which text is put where, one call after the other: of texts that follow each other faster than
/// Discord answers, only the latest is said. Lives on the network thread.
class ChannelStatus {
 public:
  struct Put {
    Snowflake channel;
    std::string text;  // empty: clear it
  };

  /// What the status is to be from now on; empty: none of ours.
  void want(std::string text) { wanted_ = std::move(text); }
  /// The bot is in this channel. What stood in another one stays behind: its status is not ours
  /// to change any more.
  void enter(Snowflake channel);

  /// The call to make now. After each comes answered(), and only then the next.
  [[nodiscard]] std::optional<Put> next();
  /// Refused for good: nothing more is put into this channel.
  enum class Answer { done, failed, refused };
  void answered(Answer answer);

  [[nodiscard]] bool is_busy() const noexcept { return asking_.has_value(); }

 private:
  std::optional<Snowflake> channel_;
  std::string wanted_;
  std::string shown_;
  std::optional<Put> asking_;
  bool refused_ = false;
};

}  // namespace vcplay::channel
