// How long everything is that will be played, found out before it is.
#pragma once

#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "media/pipeline.hpp"

namespace vcplay::media {

/// The files that MEDIA lead to, opened one after the other on a thread of its own: what their containers
/// say, every round of them. One that cannot be opened counts for nothing.
///
/// Nothing: one of them does not say, is no file, or all are not known before `patience` is over; a thread
/// that hangs in a read is left behind. Once they are longer than `most`, the rest is not opened.
[[nodiscard]] std::optional<Duration> total_length(const std::vector<Media>& media,
                                                   const ProgramOptions& options, Duration most,
                                                   Duration patience);

}  // namespace vcplay::media
