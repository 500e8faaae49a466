// Reading JSON that others wrote: what is missing or of the wrong type is simply not
// there, and nothing throws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/snowflake.hpp"

namespace vcplay::json {

/// Deeper than anything that Discord sends.
inline constexpr int kMaxDepth = 64;

/// The most that is taken of a text, decided before anything is kept. A value that is kept costs about a
/// hundred bytes and its text.
struct Limits {
  std::size_t bytes = 1024 * 1024;
  std::size_t values = 20'000;  // kept ones; lists and objects count as well
};

/// What lies behind a name that is read.
enum class Behind : std::uint8_t {
  value,    // a text, a number, true, false or null; of a list or an object nothing but that it is one
  values,   // a list of them
  objects,  // an object, or a list of objects
};

/// A member of an object that is read. What is not named is passed over and costs no memory.
struct Field {
  std::string_view name;
  Behind behind = Behind::value;
  std::span<const Field> inside = {};  // of objects
};
[[nodiscard]] constexpr Field plain_list(std::string_view name) { return {name, Behind::values, {}}; }
[[nodiscard]] constexpr Field objects(std::string_view name, std::span<const Field> inside) {
  return {name, Behind::objects, inside};
}

/// Says whether an object stays that has just been read, as an element of the list of that name.
using Wanted = std::function<bool(std::string_view list, const nlohmann::json& element)>;

/// The value that `text` spells; the "discarded" value, in which nothing is found, when it is no JSON, nested
/// too deep or beyond the limits.
[[nodiscard]] nlohmann::json parse(std::string_view text, Limits limits = {});
/// The same, but of the object, or of each object of the list, only these members are kept.
[[nodiscard]] nlohmann::json parse(std::string_view text, Limits limits, std::span<const Field> fields,
                                   const Wanted& wanted = {});

/// The member of that name; a null value when `object` is no object or has no such member.
[[nodiscard]] const nlohmann::json& field(const nlohmann::json& object, const char* name) noexcept;
/// The same, and the null value also when the member is no array: safe to iterate.
[[nodiscard]] const nlohmann::json& list(const nlohmann::json& object, const char* name) noexcept;

// Each reads one member of `object`.
[[nodiscard]] std::optional<std::string> text(const nlohmann::json& object, const char* name);
/// A whole number; 3.0 is one, 3.5 and what 64 signed bits cannot hold are none.
[[nodiscard]] std::optional<std::int64_t> integer(const nlohmann::json& object, const char* name) noexcept;
[[nodiscard]] std::optional<std::int64_t> integer_in(const nlohmann::json& object, const char* name,
                                                     std::int64_t least, std::int64_t most) noexcept;
[[nodiscard]] std::optional<double> number(const nlohmann::json& object, const char* name) noexcept;
[[nodiscard]] std::optional<bool> flag(const nlohmann::json& object, const char* name) noexcept;
/// An id: a string of digits as Discord writes it, or a number.
[[nodiscard]] std::optional<Snowflake> id(const nlohmann::json& object, const char* name);

/// The same readings of a value itself.
[[nodiscard]] std::optional<std::int64_t> as_integer(const nlohmann::json& value) noexcept;
[[nodiscard]] std::optional<Snowflake> as_id(const nlohmann::json& value);

/// `value` on one line; bytes that are no UTF-8 become U+FFFD.
[[nodiscard]] std::string dump(const nlohmann::json& value);

}  // namespace vcplay::json
