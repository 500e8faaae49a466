// Who asks Discord by REST in a test, and for how long.
#pragma once

#include "base/clock.hpp"
#include "net/url.hpp"

namespace vcplay::rest::test {

inline constexpr Duration kPatience = 15s;
inline constexpr const char* kToken = "MTAwMDAw.GxAbCd.not-a-real-one";

inline net::Url url(const char* text) { return net::Url::parse(text).value(); }

}  // namespace vcplay::rest::test
