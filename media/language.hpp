// Names of languages, as files and people write them.
#pragma once

#include <string_view>

namespace vcplay::media {

/// True when both mean one language: "de", "deu" and "ger" are German (ISO 639-1, 639-2/T and /B). What
/// follows a '-' (a region or a script, RFC 5646) counts only where both name it.
[[nodiscard]] bool same_language(std::string_view a, std::string_view b);

}  // namespace vcplay::media
