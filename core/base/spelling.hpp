// What somebody probably meant to type.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace vcplay {

/// The known word that `typed` begins, or else is at most a third of its letters away from; nothing
/// when none is near.
[[nodiscard]] std::optional<std::string_view> nearest_spelling(std::string_view typed,
                                                               const std::vector<std::string_view>& known);

}  // namespace vcplay
