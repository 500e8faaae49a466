// What is in a directory, in the order in which a person would list it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace vcplay::media {

/// True when `a` comes before `b`: numbers by their value ("2" before "10"), letters without regard to case.
[[nodiscard]] bool natural_less(std::string_view a, std::string_view b);

/// True for the endings of files that hold audio, alone or beside a film's pictures.
[[nodiscard]] bool has_media_ending(std::string_view name);

/// The media and the directories in `path`, in natural order, each with `path` before it. Hidden ones, files
/// of other endings and what is no file are left out, and so are playlists: they name what lies beside them.
/// Throws std::runtime_error with the system's reason, or when there are more than `most`.
[[nodiscard]] std::vector<std::string> list_directory(const std::string& path, std::size_t most);

/// All names in `path`, in no order, but at most so many; none where it cannot be read.
[[nodiscard]] std::vector<std::string> names_in(const std::string& path, std::size_t most);

}  // namespace vcplay::media
