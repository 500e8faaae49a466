// What the lines between mls_peer and a test are made of: hexadecimal bytes, ids as digits.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/snowflake.hpp"
#include "mls/proposals.hpp"

namespace vcplay::peer {

using nlohmann::json;

// These throw when a field is missing, which is a mistake in the test; the program then ends.

[[nodiscard]] inline Bytes bytes_of(const json& hex) { return from_hex(hex.get<std::string>()).value(); }
[[nodiscard]] inline Bytes bytes_in(const json& line, const char* name) { return bytes_of(line.at(name)); }
[[nodiscard]] inline Snowflake id_in(const json& line, const char* name) {
  return Snowflake::parse(line.at(name).get<std::string>()).value();
}
template <typename T>
[[nodiscard]] T message_in(const json& line, const char* name) {
  return mls::decoded<T>(bytes_in(line, name));
}
/// remove: leaves, add: key packages; in this order.
[[nodiscard]] inline std::vector<mls::Proposal> proposals_in(const json& line) {
  std::vector<mls::Proposal> proposals;
  for (const json& leaf : line.at("remove")) proposals.push_back({mls::Remove{{leaf.get<std::uint32_t>()}}});
  for (const json& package : line.at("add")) {
    proposals.push_back({mls::Add{mls::decoded<mls::KeyPackage>(bytes_of(package))}});
  }
  return proposals;
}
template <typename T>
[[nodiscard]] std::string hex_of(const T& message) {
  return to_hex(mls::encoded(message));
}

}  // namespace vcplay::peer
