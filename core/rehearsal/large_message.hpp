// Messages that are as large as somebody wants them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace vcplay::rehearsal {

/// `head`, then `element` again and again with commas between, then `tail`: as many as `bytes` have room for,
/// and blanks before `tail` for what is left.
[[nodiscard]] inline std::string large_message(std::string_view head, std::string_view element,
                                               std::string_view tail, std::size_t bytes) {
  std::string text(head);
  text.reserve(bytes);
  text += element;
  while (text.size() + 1 + element.size() + tail.size() <= bytes) (text += ',') += element;
  if (text.size() + tail.size() < bytes) text.append(bytes - text.size() - tail.size(), ' ');
  return text += tail;
}

}  // namespace vcplay::rehearsal
