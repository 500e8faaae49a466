// How several channels hear one stream.
#pragma once

#include "cli/options.hpp"

namespace vcplay::cli {

/// What --sync comes to once the files have been opened: channels hear each all of it where that fits into
/// the memory that is kept for it (FrameLog), and together what is longer. Takes 2 s at the most. Throws
/// Error{usage} where it does not fit, and they cannot hear it together.
[[nodiscard]] Sync settle_sync(const Options& options);

}  // namespace vcplay::cli
