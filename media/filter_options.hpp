// What libavfilter made of the options of one filter.
#pragma once

namespace vcplay::media {

// `filter` is an AVFilterContext's priv, and has an AVClass.

/// True when an option that names a file is set. In a graph it may stand where only its place
/// tells what it is.
[[nodiscard]] bool names_a_file(void* filter);

/// Before 7.0 FFmpeg copies a whole frame of dynaudnorm's out of a track's last, short one, and
/// reads megabytes that are not there. It does not where its frames overlap, be it by next to
/// nothing, and so they do.
void keep_in_bounds(void* dynaudnorm);

}  // namespace vcplay::media
