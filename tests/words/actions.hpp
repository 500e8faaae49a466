// Words for what a protocol machine wants done.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

namespace vcplay::test {

template <typename T, typename Actions>
std::size_t count(const Actions& actions) {
  return static_cast<std::size_t>(std::count_if(
      actions.begin(), actions.end(), [](const auto& action) { return std::holds_alternative<T>(action); }));
}

/// The one T among `actions`; the test ends where there is none or more than one.
template <typename T, typename Actions>
const T& only(const Actions& actions) {
  if (count<T>(actions) != 1) throw std::logic_error("there is not exactly one such action");
  return std::get<T>(*std::find_if(actions.begin(), actions.end(),
                                   [](const auto& action) { return std::holds_alternative<T>(action); }));
}

/// The one message that is to be sent, read back.
template <typename SendText, typename Actions>
nlohmann::json sent(const Actions& actions) {
  return nlohmann::json::parse(only<SendText>(actions).text);
}

}  // namespace vcplay::test
