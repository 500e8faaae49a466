#include "rehearsal/libraries.hpp"

#include <ebur128.h>

namespace vcplay::rehearsal {

std::vector<std::string> library_versions() {
  int major = 0;
  int minor = 0;
  int patch = 0;
  ebur128_get_version(&major, &minor, &patch);
  return {"libebur128 " + std::to_string(major) + '.' + std::to_string(minor) + '.' + std::to_string(patch)};
}

}  // namespace vcplay::rehearsal
