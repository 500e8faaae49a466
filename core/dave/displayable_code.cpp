#include "dave/displayable_code.hpp"

#include <fmt/format.h>

#include "base/error.hpp"

namespace vcplay::dave {

std::string displayable_code(ByteView data, std::size_t length, std::size_t group_size) {
  if (group_size == 0 || group_size >= 8 || length % group_size != 0 || data.size() < length) {
    throw Error(Cause::unexpected, "a displayable code needs a byte for each digit and whole groups");
  }
  std::uint64_t modulus = 1;
  for (std::size_t i = 0; i < group_size; ++i) modulus *= 10;
  std::string code;
  for (std::size_t at = 0; at < length; at += group_size) {
    std::uint64_t number = 0;
    for (const std::uint8_t byte : data.subspan(at, group_size)) number = (number << 8) | byte;
    code += fmt::format("{:0{}}", number % modulus, group_size);
  }
  return code;
}

std::string privacy_code(ByteView epoch_authenticator) {
  return displayable_code(epoch_authenticator, 30, 5);
}

std::string in_groups(std::string_view code) {
  std::string grouped;
  for (std::size_t i = 0; i < code.size(); ++i) {
    if (i > 0 && i % 5 == 0) grouped += ' ';
    grouped += code[i];
  }
  return grouped;
}

}  // namespace vcplay::dave
