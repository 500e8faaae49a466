// Whom a name belongs to.
#pragma once

#include <string_view>

namespace vcplay::net {

/// True for a name of Discord's: discord.com, discord.gg and discord.media, where its voice servers are, and
/// all names below them. An address is nobody's.
[[nodiscard]] bool is_discords(std::string_view host) noexcept;

}  // namespace vcplay::net
