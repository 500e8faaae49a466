#include "media/vorbis_comments.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "base/bytes.hpp"

namespace vcplay::media {
namespace {

using Four = std::array<std::uint8_t, 4>;

/// A length or a count, which begin with the lowest byte.
std::string little_endian(std::size_t value) {
  Four bytes{};
  store_be32(bytes, static_cast<std::uint32_t>(value));
  std::reverse(bytes.begin(), bytes.end());
  return std::string(as_text(bytes));
}

/// Takes a text and its length before it off the front; empty when there is not all of it.
std::string_view take_text(std::string_view& block) {
  if (block.size() < 4) return std::exchange(block, {}).substr(0, 0);
  Four size{};
  std::reverse_copy(block.begin(), block.begin() + 4, size.begin());
  const std::size_t length = load_be32(size);
  block.remove_prefix(4);
  if (length > block.size()) return std::exchange(block, {}).substr(0, 0);
  const std::string_view text = block.substr(0, length);
  block.remove_prefix(length);
  return text;
}

}  // namespace

std::string few_comments(std::string_view block) {
  static_cast<void>(take_text(block));  // who wrote it
  block.remove_prefix(std::min<std::size_t>(4, block.size()));
  std::string comments;
  std::size_t count = 0;
  while (!block.empty() && count < kMostComments) {
    const std::string_view comment = take_text(block);
    if (comment.empty() || comment.size() > kMostCommentBytes) continue;
    comments.append(little_endian(comment.size())).append(comment);
    ++count;
  }
  return little_endian(0) + little_endian(count) + comments;
}

}  // namespace vcplay::media
