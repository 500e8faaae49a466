// Every message that is almost, but not quite, the right one.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace vcplay::test {

inline void collect_places(const nlohmann::json& value, const nlohmann::json::json_pointer& here,
                           std::vector<nlohmann::json::json_pointer>& places) {
  places.push_back(here);
  if (value.is_object()) {
    for (const auto& [name, member] : value.items()) collect_places(member, here / name, places);
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) collect_places(value[i], here / i, places);
  }
}

/// `message` with each of its values, the containers included, replaced by each of these or left out, and cut
/// at each length.
inline std::vector<std::string> mutations(const nlohmann::json& message) {
  const std::vector<nlohmann::json> replacements = {
      nullptr,
      true,
      0,
      -1,
      3.5,
      1e300,
      -1e300,
      18446744073709551615ULL,
      -9223372036854775807LL - 1,
      "",
      "text",
      "18446744073709551615",
      "99999999999999999999999999",
      nlohmann::json::array(),
      nlohmann::json::array({nullptr, 1, "x", nlohmann::json::array(), nlohmann::json::object()}),
      nlohmann::json::object(),
      nlohmann::json{{"id", nlohmann::json::array()}},
  };
  std::vector<nlohmann::json::json_pointer> places;
  collect_places(message, nlohmann::json::json_pointer(), places);
  std::vector<std::string> texts;
  for (const auto& place : places) {
    for (const nlohmann::json& replacement : replacements) {
      nlohmann::json mutant = message;
      mutant[place] = replacement;
      texts.push_back(mutant.dump());
    }
    if (place.empty()) continue;
    nlohmann::json mutant = message;
    nlohmann::json& parent = mutant[place.parent_pointer()];
    if (parent.is_object()) {
      parent.erase(place.back());
      texts.push_back(mutant.dump());
    }
  }
  const std::string whole = message.dump();
  for (std::size_t length = 0; length < whole.size(); ++length) texts.push_back(whole.substr(0, length));
  return texts;
}

}  // namespace vcplay::test
