// Which filters a person may name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vcplay::media {

/// True for the filters that turn sound into sound and touch nothing else: no file, no clock, no server.
[[nodiscard]] bool is_allowed_filter(std::string_view name);

/// Why `graph` cannot be a graph of ours, by the names of its filters alone: one clear sentence, or nothing.
/// libavfilter opens files while it reads a graph, so this has to be asked first.
[[nodiscard]] std::string reason_against_filters(const std::string& graph);

/// The filters of `graph` in their order, without the names of their instances.
[[nodiscard]] std::vector<std::string> filters_named_in(const std::string& graph);

}  // namespace vcplay::media
