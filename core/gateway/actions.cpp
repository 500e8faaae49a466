#include "gateway/actions.hpp"

namespace vcplay::gateway {

std::optional<Snowflake> guild_of(const Action& action) noexcept {
  return std::visit(
      [](const auto& each) -> std::optional<Snowflake> {
        if constexpr (requires { each.guild; }) {
          return each.guild;
        } else {
          return std::nullopt;
        }
      },
      action);
}

}  // namespace vcplay::gateway
