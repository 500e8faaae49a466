// What servers say instead of sound.
#pragma once

#include <string>

namespace vcplay::media {

/// "404 Not Found: there is nothing by that address": an HTTP status (RFC 9110 s15, RFC 6585, RFC 7725) with
/// what it means to whoever wants to listen. Any number.
[[nodiscard]] std::string describe_http_status(int status);

}  // namespace vcplay::media
