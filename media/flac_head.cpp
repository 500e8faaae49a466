#include "media/flac_head.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace vcplay::media {
namespace {

constexpr std::size_t kHeadBytes = 4;  // of a block: last flag and type, size
constexpr std::uint32_t kLast = 1U << 31U;
// RFC 9639 s8.1
constexpr std::uint32_t kStreamInfo = 0;
constexpr std::uint32_t kSeekTable = 3;
constexpr std::uint32_t kVorbisComment = 4;
// A seek point in each second of sixteen hours; and as many comments as anybody writes, a picture among them.
constexpr std::size_t kMostBytes = 1U << 20U;

using Four = std::array<std::uint8_t, 4>;

}  // namespace

void FlacHead::take(ByteView bytes) {
  taken_ += bytes.size();
  missing_ -= bytes.size();
  const std::size_t room = most_ - std::min(most_, bytes_.size());
  const ByteView wanted = bytes.first(std::min(room, bytes.size()));
  bytes_.append(reinterpret_cast<const char*>(wanted.data()), wanted.size());
  if (missing_ > 0) return;
  if (!in_block_) begin_block();
  if (missing_ == 0) end_block();
}

void FlacHead::begin_block() {
  const std::uint32_t head = load_be32(as_bytes(bytes_));
  last_ = (head & kLast) != 0;
  type_ = (head & ~kLast) >> 24U;
  missing_ = head & 0xFFFFFFU;
  const bool is_wanted = type_ == kStreamInfo || type_ == kSeekTable || type_ == kVorbisComment;
  most_ = is_wanted ? std::min(missing_, kMostBytes) : 0;
  bytes_.clear();
  in_block_ = true;
}

void FlacHead::end_block() {
  if (type_ == kStreamInfo || type_ == kSeekTable) keep(std::move(bytes_));
  if (type_ == kVorbisComment) keep(few_comments(bytes_));
  bytes_.clear();
  in_block_ = false;
  most_ = kHeadBytes;
  missing_ = last_ ? 0 : kHeadBytes;
}

void FlacHead::keep(std::string body) {
  if (body.empty() || kept_.size() > 4 * kMostBytes) return;
  last_kept_ = kept_.size();
  Four head{};
  store_be32(head, type_ << 24U | static_cast<std::uint32_t>(body.size()));
  kept_.append(as_text(head)).append(body);
}

std::string FlacHead::head() const {
  std::string blocks = kept_;
  if (!blocks.empty()) blocks[last_kept_] = static_cast<char>(blocks[last_kept_] | '\x80');
  return std::string(kMagic) + blocks;
}

}  // namespace vcplay::media
