#include "cli/track_report.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include "base/text.hpp"

namespace vcplay::cli {
namespace {

constexpr std::size_t kNameColumns = 200;

nlohmann::ordered_json text_or_null(const std::string& words) {
  if (words.empty()) return nullptr;
  return display_safe(words, kNameColumns);
}

}  // namespace

nlohmann::ordered_json to_json(const media::TrackResult& track) {
  return {{"track", track.track + 1},
          {"media", display_safe(track.location, kNameColumns)},
          {"title", text_or_null(track.title)},
          {"frames", track.frames},
          {"passed", track.passed},
          {"reencoded", text_or_null(track.reencoded)},
          {"error", text_or_null(track.error)}};
}

std::string to_text(const media::TrackResult& track) {
  if (!track.error.empty()) return {};
  const bool whole = track.reencoded.empty();
  const std::string title = track.title.empty() ? "" : fmt::format(" ({})", display_safe(track.title, 60));
  return fmt::format("  {}{}: {}{}\n", display_safe(track.location, 60), title,
                     whole ? "passthrough" : "re-encoded: ", display_safe(track.reencoded, 100));
}

}  // namespace vcplay::cli
