// Which servers media may come from.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vcplay::media {

/// Who chose what is played.
enum class Origin : std::uint8_t {
  trusted,    // the user: files, pipes, and any server
  untrusted,  // strangers: servers of the public internet on ports 80 and 443, with smaller budgets
};

/// What a pipeline may ask of whom.
struct WebRules {
  Origin origin = Origin::trusted;
  /// Beside those of the public internet, as address_text() writes them: tests have
  /// their servers on loopback.
  std::vector<std::string> further_addresses = {};
};

}  // namespace vcplay::media
