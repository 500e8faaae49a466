// What a line for a person must be, whoever wrote the text in it.
#pragma once

#include <cstddef>
#include <string_view>

namespace vcplay::fuzz {

/// By the JSON library, which knows nothing of ours.
[[nodiscard]] bool is_utf8(std::string_view text);

/// A sentence that holds text from outside: UTF-8, one line, nothing that moves a cursor or turns the order
/// of what is read, and no longer than a few lines of a terminal, however long that text was.
void must_be_a_sentence(std::string_view sentence);

}  // namespace vcplay::fuzz
