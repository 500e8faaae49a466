// Reading the fields of messages that may be anything.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/snowflake.hpp"

namespace vcplay::rehearsal {

/// The field, or nothing when `object` is no object or does not have it.
[[nodiscard]] inline const nlohmann::json* field(const nlohmann::json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

[[nodiscard]] inline std::optional<std::string> text_in(const nlohmann::json& object, const char* name) {
  const nlohmann::json* const value = field(object, name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return value->get<std::string>();
}

[[nodiscard]] inline std::optional<Snowflake> id_in(const nlohmann::json& object, const char* name) {
  const std::optional<std::string> text = text_in(object, name);
  return text ? Snowflake::parse(*text) : std::nullopt;
}

/// A whole number of 63 bits.
[[nodiscard]] inline std::optional<std::int64_t> integer_of(const nlohmann::json& value) {
  if (value.is_number_unsigned()) {
    const auto number = value.get<std::uint64_t>();
    if (number > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
    return static_cast<std::int64_t>(number);
  }
  if (value.is_number_integer()) return value.get<std::int64_t>();
  return std::nullopt;
}

[[nodiscard]] inline std::optional<std::int64_t> integer_in(const nlohmann::json& object, const char* name) {
  const nlohmann::json* const value = field(object, name);
  return value == nullptr ? std::nullopt : integer_of(*value);
}

[[nodiscard]] inline std::optional<bool> flag_in(const nlohmann::json& object, const char* name) {
  const nlohmann::json* const value = field(object, name);
  if (value == nullptr || !value->is_boolean()) return std::nullopt;
  return value->get<bool>();
}

}  // namespace vcplay::rehearsal
