// Keeps the state folder small.
#pragma once

#include "host/state_folder.hpp"
#include "host/wall_time.hpp"

namespace vcplay::host {

/// Removes files of ours that nobody has written for two days, or for an hour when they belong to a server on
/// this machine: what they say has expired. None that is in use goes. This process must have no LockedFile of
/// the folder: a look at it here would give it up.
void prune(const StateFolder& folder, WallTime now) noexcept;

}  // namespace vcplay::host
