// What the parts of the Session share; for session*.cpp alone.
#pragma once

#include <string_view>
#include <utility>

#include "base/log.hpp"
#include "gateway/session.hpp"

namespace vcplay::gateway {

/// Behind the first attempt, which comes within a second; all of them take a quarter of an hour.
inline constexpr Backoff::Limits kWaits{.first = 1s, .longest = 60s, .most = 20};

inline Actions one(Action&& action) {
  Actions actions;
  actions.push_back(std::move(action));
  return actions;
}

inline Actions ignore(std::string_view what) {
  log::debug("gateway: ignored {}", what);
  return {};
}

}  // namespace vcplay::gateway
