// What one check found out, as a line for a person and as an object for a program.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/snowflake.hpp"
#include "cli/status_text.hpp"
#include "media/pipeline.hpp"

namespace vcplay::cli {

enum class Mark : std::uint8_t {
  good,
  warning,  // it may play, but look at it
  failed,   // it will not play
  skipped,  // it could not be looked at
};
[[nodiscard]] std::string_view word(Mark mark) noexcept;  // "ok", "warning", "failed", "skipped": stable

/// The answer to one question about a play that has not begun.
struct Finding {
  std::string check;  // "token", "speak", …: a stable word
  Mark mark = Mark::good;
  std::string sentence;                        // what was found and what to do; harmless text
  Cause cause = Cause::unexpected;             // of a failed one: decides the exit status
  std::optional<media::TrackInfo> track = {};  // of a MEDIA that can be played
  std::optional<Snowflake> channel = {};       // of several, the one that it is about
};

/// "✓", or in ASCII "ok": always as wide as another mark's.
[[nodiscard]] std::string sign(Mark mark, Style style);
[[nodiscard]] std::string to_line(const Finding& finding, Style style);  // with a newline

/// What the findings come to: nothing when none failed, else an Error of the first failed one's cause.
[[nodiscard]] std::optional<Error> verdict(const std::vector<Finding>& findings);

/// All of them as one object on one line, with a newline.
[[nodiscard]] std::string to_json_line(const std::vector<Finding>& findings);

}  // namespace vcplay::cli
