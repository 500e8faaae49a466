#include "base/spelling.hpp"

#include <algorithm>
#include <cstddef>

namespace vcplay {
namespace {

constexpr std::size_t kLongestWord = 64;

std::string_view without_dashes(std::string_view word) {
  return word.substr(std::min(word.find_first_not_of('-'), word.size()));
}

/// Letters to insert, delete, replace or swap with their neighbour to get from one word to the other.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, replace});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

std::optional<std::string_view> nearest_spelling(std::string_view typed,
                                                 const std::vector<std::string_view>& known) {
  const std::string_view word = without_dashes(typed);
  if (word.size() < 3 || word.size() > kLongestWord) return std::nullopt;
  for (const std::string_view candidate : known) {
    if (without_dashes(candidate).substr(0, word.size()) == word) return candidate;
  }
  std::optional<std::string_view> nearest;
  std::size_t limit = std::max<std::size_t>(1, word.size() / 3);
  for (const std::string_view candidate : known) {
    const std::size_t far = distance(word, without_dashes(candidate));
    if (far > limit || (nearest && far == limit)) continue;
    nearest = candidate;
    limit = far;
  }
  return nearest;
}

}  // namespace vcplay
