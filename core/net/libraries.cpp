#include "net/libraries.hpp"

#include <libwebsockets.h>

namespace vcplay::net {

std::vector<std::string> library_versions() {
  return {std::string("libwebsockets ") + lws_get_library_version()};
}

}  // namespace vcplay::net
