// How one MEDIA went, for reports.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "media/pipeline.hpp"

namespace vcplay::cli {

[[nodiscard]] nlohmann::ordered_json to_json(const media::TrackResult& track);
/// "  song.opus: passthrough", or why not, as a line; nothing for one that failed.
[[nodiscard]] std::string to_text(const media::TrackResult& track);

}  // namespace vcplay::cli
