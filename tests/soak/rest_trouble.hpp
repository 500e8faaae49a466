// What REST answers at the beginning of a storm instead of what it should.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "rehearsal/options.hpp"

namespace vcplay::soak {

/// Up to three answers, as Discord's edge, a proxy or a liar gives them: so few that a join is patient
/// enough. A 429 that names no time of its own is not among them: that is the edge's, and means minutes.
[[nodiscard]] inline std::vector<rehearsal::RestFault> trouble_with_rest(std::mt19937_64& random) {
  const std::vector<rehearsal::RestFault> kinds = {
      {.path_end = "", .status = 429, .body = R"({"retry_after":0.3})"},
      {.path_end = "", .status = 429, .body = R"({"retry_after":-1})"},
      {.path_end = "", .status = 429, .body = R"({"retry_after":0})", .headers = {{"Retry-After", "NaN"}}},
      {.path_end = "", .status = 502, .body = std::string(100'000, '<')},
      {.path_end = "", .status = 500, .body = std::string(5'000, '[')}};
  std::vector<rehearsal::RestFault> drawn;
  for (auto left = random() % 4; left > 0; --left) drawn.push_back(kinds[random() % kinds.size()]);
  return drawn;
}

}  // namespace vcplay::soak
