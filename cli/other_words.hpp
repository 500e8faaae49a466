// What people type who know mpv, ffmpeg or mpc.
#pragma once

#include <optional>
#include <string_view>

namespace vcplay::cli {

/// What vcplay calls the option that other programs call `name` (with its dashes): "--start" for "-ss".
/// Nothing where it is no name of theirs.
[[nodiscard]] std::optional<std::string_view> option_elsewhere(std::string_view name) noexcept;

/// The verb that does what other programs call `word`: "channels" for "ls".
[[nodiscard]] std::optional<std::string_view> verb_elsewhere(std::string_view word) noexcept;

/// True for what is rather the name of a medium than a verb: a file with an ending, a path,
/// an address, or "-".
[[nodiscard]] bool looks_like_media(std::string_view word) noexcept;

}  // namespace vcplay::cli
