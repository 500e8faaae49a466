// When a gateway answers heartbeats.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "base/snowflake.hpp"

namespace vcplay::rehearsal {

/// Says of each acknowledgement whether it goes out at once, later or never, and keeps those that wait.
class Acknowledgements {
 public:
  struct Late {
    std::uint64_t connection;
    std::string text;
  };

  /// From now on the account's acknowledgements come so much later.
  void delay(Snowflake user, Duration span) { delays_[user] = span; }
  void ignore(Snowflake user, TimePoint until) { ignored_until_[user] = until; }

  /// The acknowledgement itself when it may go out now.
  [[nodiscard]] std::optional<std::string> answer(Snowflake user, std::uint64_t connection, std::string text,
                                                  TimePoint now) {
    const auto ignored = ignored_until_.find(user);
    if (ignored != ignored_until_.end() && now < ignored->second) return std::nullopt;
    const auto delay = delays_.find(user);
    if (delay == delays_.end() || delay->second <= Duration::zero()) return text;
    waiting_.emplace(now + delay->second, Late{connection, std::move(text)});
    return std::nullopt;
  }
  /// The next one whose time has come.
  [[nodiscard]] std::optional<Late> next(TimePoint now) {
    if (waiting_.empty() || waiting_.begin()->first > now) return std::nullopt;
    return std::move(waiting_.extract(waiting_.begin()).mapped());
  }
  [[nodiscard]] std::optional<TimePoint> deadline() const {
    return waiting_.empty() ? std::nullopt : std::optional(waiting_.begin()->first);
  }

 private:
  std::map<Snowflake, Duration> delays_;
  std::map<Snowflake, TimePoint> ignored_until_;
  std::multimap<TimePoint, Late> waiting_;
};

}  // namespace vcplay::rehearsal
