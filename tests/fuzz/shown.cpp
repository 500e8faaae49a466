#include "shown.hpp"

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "target.hpp"

namespace vcplay::fuzz {
namespace {

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

bool has_controls(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7F) return true;
    // C1: U+0080 to U+009F, among them CSI.
    if (byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) return true;
  }
  return false;
}

/// U+202A to U+202E and U+2066 to U+2069; and U+2028 and U+2029, which break lines.
bool turns_the_order(std::string_view text) {
  for (const char* const sign : {"\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067",
                                 "\u2068", "\u2069", "\u2028", "\u2029"}) {
    if (has(text, sign)) return true;
  }
  return false;
}

}  // namespace

bool is_utf8(std::string_view text) {
  try {
    return nlohmann::json(text).dump().size() >= text.size();
  } catch (const nlohmann::json::exception&) {
    return false;
  }
}

void must_be_a_sentence(std::string_view sentence) {
  constexpr std::size_t kMostColumns = 600;
  constexpr std::size_t kMostBytes = 6000;  // a column may hold a letter and some marks on it
  must_hold(!sentence.empty(), "a sentence says something");
  must_hold(is_utf8(sentence), "a sentence is UTF-8");
  must_hold(!has_controls(sentence), "no control character is shown");
  must_hold(!turns_the_order(sentence), "a sentence is read in the order in which it is written");
  must_hold(sentence.size() <= kMostBytes, "a sentence is short");
  must_hold(display_width(sentence) <= kMostColumns, "a sentence is not wide");
}

}  // namespace vcplay::fuzz
