// Which filters a person may name.
#pragma once

#include <string>
#include <vector>

namespace vcplay::media {

/// Why `graph` cannot be a graph of ours, by the names of its filters alone: one clear sentence, or nothing.
/// libavfilter opens files while it reads a graph, so this has to be asked first.
[[nodiscard]] std::string reason_against_filters(const std::string& graph);

/// The filters of `graph` in their order, without the names of their instances.
[[nodiscard]] std::vector<std::string> filters_named_in(const std::string& graph);

}  // namespace vcplay::media
