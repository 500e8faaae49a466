// Bytes as digits that people can read to each other (DAVE, "Displayable Codes").
#pragma once

#include <string>

#include "base/bytes.hpp"

namespace vcplay::dave {

/// `length` digits in groups of `group_size`, without spaces. `length` is a multiple of `group_size`, which
/// is below 8, and `data` has at least `length` bytes.
[[nodiscard]] std::string displayable_code(ByteView data, std::size_t length, std::size_t group_size);

/// The 30 digits that are the same for everybody in the call unless somebody listens in: of the group's epoch
/// authenticator, 32 bytes.
[[nodiscard]] std::string privacy_code(ByteView epoch_authenticator);

/// `code` with a space after every fifth digit.
[[nodiscard]] std::string in_groups(std::string_view code);

}  // namespace vcplay::dave
