#include "base/json.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

namespace vcplay::json {
namespace {

const nlohmann::json kNothing;

}  // namespace

const nlohmann::json& field(const nlohmann::json& object, const char* name) noexcept {
  if (!object.is_object()) return kNothing;
  const auto found = object.find(name);
  return found == object.end() ? kNothing : *found;
}

const nlohmann::json& list(const nlohmann::json& object, const char* name) noexcept {
  const nlohmann::json& value = field(object, name);
  return value.is_array() ? value : kNothing;
}

std::optional<std::string> text(const nlohmann::json& object, const char* name) {
  const auto* const value = field(object, name).get_ptr<const std::string*>();
  return value == nullptr ? std::nullopt : std::optional(*value);
}

std::optional<std::int64_t> as_integer(const nlohmann::json& value) noexcept {
  if (value.is_number_unsigned()) {
    const auto whole = value.get<std::uint64_t>();
    if (whole > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
    return static_cast<std::int64_t>(whole);
  }
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (value.is_number_float()) {
    const auto real = value.get<double>();
    // 2^53: beyond it a double no longer says which integer was meant.
    if (std::abs(real) <= 9'007'199'254'740'992.0 && std::trunc(real) == real)
      return static_cast<std::int64_t>(real);
  }
  return std::nullopt;
}

std::optional<std::int64_t> integer(const nlohmann::json& object, const char* name) noexcept {
  return as_integer(field(object, name));
}

std::optional<std::int64_t> integer_in(const nlohmann::json& object, const char* name, std::int64_t least,
                                       std::int64_t most) noexcept {
  const auto value = integer(object, name);
  return value && *value >= least && *value <= most ? value : std::nullopt;
}

std::optional<double> number(const nlohmann::json& object, const char* name) noexcept {
  const nlohmann::json& value = field(object, name);
  return value.is_number() ? std::optional(value.get<double>()) : std::nullopt;
}

std::optional<bool> flag(const nlohmann::json& object, const char* name) noexcept {
  const nlohmann::json& value = field(object, name);
  return value.is_boolean() ? std::optional(value.get<bool>()) : std::nullopt;
}

std::optional<Snowflake> as_id(const nlohmann::json& value) {
  if (const auto* const digits = value.get_ptr<const std::string*>()) return Snowflake::parse(*digits);
  if (value.is_number_unsigned()) return Snowflake::parse(std::to_string(value.get<std::uint64_t>()));
  return std::nullopt;
}

std::optional<Snowflake> id(const nlohmann::json& object, const char* name) {
  return as_id(field(object, name));
}

std::string dump(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace vcplay::json
