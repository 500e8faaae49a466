// What libavfilter made of the options of one filter.
#pragma once

namespace vcplay::media {

// `filter` is an AVFilterContext's priv, and has an AVClass.

/// True when an option that names a file is set. The text of a graph does not always show that: it may give
/// an option's value by its place, without the name.
[[nodiscard]] bool names_a_file(void* filter);

/// Makes the frames of this dynaudnorm overlap, by next to nothing where they do not. Where they do
/// not, FFmpeg before 7.0 copies a whole frame out of a track's last, short one, and reads megabytes
/// that are not there.
void keep_in_bounds(void* dynaudnorm);

}  // namespace vcplay::media
