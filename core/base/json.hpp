// Reading JSON that others wrote: what is missing or of the
// wrong type is simply not there, and nothing throws.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/snowflake.hpp"

namespace vcplay::json {

/// Deeper than anything that Discord sends; it bounds the memory that a hostile text can claim per byte.
inline constexpr int kMaxDepth = 64;

/// The value that `text` spells; the "discarded" value, in which nothing is found, when it is no JSON or
/// nested too deep.
[[nodiscard]] nlohmann::json parse(std::string_view text);

/// The member of that name; a null value when `object` is no object or has no such member.
[[nodiscard]] const nlohmann::json& field(const nlohmann::json& object, const char* name) noexcept;
/// The same, and the null value also when the member is no array: safe to iterate.
[[nodiscard]] const nlohmann::json& list(const nlohmann::json& object, const char* name) noexcept;

// Each reads one member of `object`.
[[nodiscard]] std::optional<std::string> text(const nlohmann::json& object, const char* name);
/// A whole number; 3.0 is one, 3.5 and what 64 signed bits can't hold are none.
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
