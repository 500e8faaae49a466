#include "media/id3_tag.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

namespace vcplay::media {
namespace {

constexpr std::size_t kLongHead = 10;  // of a frame since version 3: name, size, flags
constexpr std::size_t kShortHead = 6;  // in version 2: name, size

// Of the tag:
constexpr std::uint8_t kUnsynchronised = 0x80;
constexpr std::uint8_t kExtended = 0x40;
constexpr std::uint8_t kFooter = 0x10;
// Of a frame, in the second byte of its flags. FFmpeg reads those of version 4 in version 3, too.
constexpr std::uint8_t kFrameCompressed = 0x08;
constexpr std::uint8_t kFrameEncrypted = 0x04;
constexpr std::uint8_t kFrameUnsynchronised = 0x02;
constexpr std::uint8_t kFrameSaysLength = 0x01;

constexpr std::uint32_t kLongestFrame = 1U << 28U;
// Of tags that FFmpeg is to read as they are:
constexpr std::uint32_t kMostHarmlessBytes = 32U << 20U;
constexpr int kMostHarmlessFrames = 1'000;
constexpr std::uint32_t kMostHarmlessText = 64U << 10U;
constexpr std::int64_t kMostPadding = 1 << 20;

/// Seven bits in each of four bytes.
std::uint32_t syncsafe(std::uint32_t number) {
  return (number & 0x7FU) | (number >> 1U & 0x3F80U) | (number >> 2U & 0x1FC000U) |
         (number >> 3U & 0xFE00000U);
}

std::string size_text(std::size_t size) {
  std::array<std::uint8_t, 4> bytes{};
  store_be32(bytes, static_cast<std::uint32_t>(size));
  return std::string(as_text(bytes));
}

/// A frame's name, or the beginning of padding, in the four bytes behind a frame.
bool may_begin_frame(std::string_view four) {
  if (four == std::string_view("\0\0\0\0", 4)) return true;
  return std::all_of(four.begin(), four.end(), [](char letter) {
    return (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9');
  });
}

std::string without_unsynchronisation(std::string_view bytes) {
  std::string plain;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    plain += bytes[i];
    if (bytes[i] == '\xFF' && i + 1 < bytes.size() && bytes[i + 1] == '\0') ++i;
  }
  return plain;
}

/// The name of version 3 for one of version 2 that is shown; empty: it is not.
std::string_view long_name(std::string_view id) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kNames = {
      {{"TT2", "TIT2"}, {"TP1", "TPE1"}, {"TAL", "TALB"}, {"TXX", "TXXX"}}};
  for (const auto& [brief, full] : kNames) {
    if (id == brief) return full;
  }
  return {};
}

bool is_text(std::string_view id) { return id.starts_with('T') || id == "COMM" || id == "USLT"; }

}  // namespace

std::optional<Id3Header> Id3Header::read(ByteView bytes) {
  const bool has_magic = as_text(bytes).starts_with(kMagic) || as_text(bytes).starts_with(kSonysMagic);
  if (bytes.size() < kBytes || !has_magic) return std::nullopt;
  if (bytes[3] == 0xFF || bytes[4] == 0xFF) return std::nullopt;
  Id3Header header;
  header.version = bytes[3];
  header.flags = bytes[5];
  for (std::size_t i = 6; i < kBytes; ++i) {
    if ((bytes[i] & 0x80U) != 0) return std::nullopt;
    header.size = header.size << 7U | bytes[i];
  }
  if (header.version == 4 && (header.flags & kFooter) != 0) header.size += kBytes;
  return header;
}

Id3Excerpt::Id3Excerpt(const Id3Header& header)
    : header_(header),
      head_bytes_(header.version == 2 ? kShortHead : kLongHead),
      missing_(header.size),
      extended_(header.version > 2 && (header.flags & kExtended) != 0),
      over_(header.version < 2 || header.version > 4 ||
            (header.version == 2 && (header.flags & kExtended) != 0)) {}

void Id3Excerpt::take(ByteView bytes) {
  bytes = bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), missing_)));
  missing_ -= bytes.size();
  while (!over_ && !bytes.empty()) {
    // What is not kept need not be looked at.
    const std::uint64_t dull = skip_ > 0 ? skip_ : (in_frame_ && !keeps_ ? left_ : 0);
    const auto step = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), dull));
    if (step == 0) {
      take_byte(bytes.front());
      bytes = bytes.subspan(1);
      continue;
    }
    (skip_ > 0 ? skip_ : left_) -= step;
    if (in_frame_ && left_ == 0 && skip_ == 0) end_frame();
    bytes = bytes.subspan(step);
  }
}

void Id3Excerpt::take_byte(std::uint8_t byte) {
  if (in_frame_) {
    text_ += static_cast<char>(byte);
    if (--left_ == 0) end_frame();
    return;
  }
  head_ += static_cast<char>(byte);
  if (head_.size() == 4 && extended_) return skip_extended_header();
  if (head_.size() == 4 && further_ > 0 && is_longer()) return;
  if (head_.size() == head_bytes_) begin_frame();
}

void Id3Excerpt::skip_extended_header() {
  extended_ = false;
  const std::uint32_t size = syncsafe(load_be32(as_bytes(head_)));
  skip_ = size - std::min<std::uint32_t>(size, header_.version == 4 ? 4 : 0);  // it counts itself
  head_.clear();
}

/// Some writers of version 4 wrote sizes as in version 3. Only what follows a frame tells: when no frame
/// begins there, the one before it was longer.
bool Id3Excerpt::is_longer() {
  const std::uint64_t further = std::exchange(further_, 0);
  if (may_begin_frame(head_)) return false;
  skip_ = further - std::min<std::uint64_t>(further, head_.size());
  head_.clear();
  return true;
}

void Id3Excerpt::begin_frame() {
  const std::size_t name_bytes = header_.version == 2 ? 3 : 4;
  id_ = head_.substr(0, name_bytes);
  const std::uint32_t four = load_be32(as_bytes(head_).subspan(head_bytes_ == kShortHead ? 2 : 4));
  std::uint64_t size = header_.version == 2 ? four & 0xFFFFFFU : four;
  if (header_.version == 4) {
    const std::uint64_t safe = syncsafe(static_cast<std::uint32_t>(size));
    further_ = size - safe;
    size = safe;
  }
  frame_flags_ = header_.version == 2 ? 0 : static_cast<std::uint8_t>(head_[9]);
  if (header_.version == 2) id_ = long_name(id_);
  head_.clear();
  if (id_.starts_with('\0') || size > kLongestFrame) {
    over_ = true;
    return;
  }
  in_frame_ = size > 0;
  left_ = size;
  text_.clear();
  keeps_ = id_.starts_with('T') && size <= kMostTextBytes && frames_ < kMostFrames &&
           (frame_flags_ & (kFrameCompressed | kFrameEncrypted)) == 0;
}

void Id3Excerpt::end_frame() {
  in_frame_ = false;
  if (!keeps_) return;
  if ((header_.flags & kUnsynchronised) != 0 || (frame_flags_ & kFrameUnsynchronised) != 0) {
    text_ = without_unsynchronisation(text_);
  }
  if ((frame_flags_ & kFrameSaysLength) != 0) text_.erase(0, 4);
  if (text_.empty()) return;
  kept_.append(id_).append(size_text(text_.size())).append(2, '\0').append(text_);
  frames_ += 1;
}

// In version 3, whose sizes nobody can mistake.
std::string Id3Excerpt::tag() const {
  if (kept_.empty()) return {};
  std::string head(Id3Header::kMagic);
  head.append({'\3', '\0', '\0'});
  for (unsigned shift = 28; shift > 0; shift -= 7) {
    head += static_cast<char>(kept_.size() >> (shift - 7) & 0x7FU);
  }
  return head + kept_;
}

void Id3Watch::see(std::int64_t position, std::span<std::uint8_t> bytes) {
  if (position != next_) count_ = 0;
  next_ = position + static_cast<std::int64_t>(bytes.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (count_ == 0) {
      const void* const first = std::memchr(bytes.data() + i, Id3Header::kMagic.front(), bytes.size() - i);
      if (first == nullptr) return;
      i = static_cast<std::size_t>(static_cast<const std::uint8_t*>(first) - bytes.data());
    }
    seen_[count_++] = bytes[i];
    if (count_ < seen_.size()) continue;
    const std::int64_t begin = next_ - static_cast<std::int64_t>(bytes.size() - i - 1 + seen_.size());
    const auto header = Id3Header::read(seen_);
    if (header && !may_be_read_(begin, *header)) {
      // A size that cannot be one: no tag, to whoever reads it.
      bytes[i] = static_cast<std::uint8_t>(bytes[i] | 0x80U);
      seen_.back() = bytes[i];
    }
    forget_first();
  }
}

/// Forgets the first byte, and those behind it that begin no tag: a tag may begin in the midst of
/// what looked like another.
void Id3Watch::forget_first() {
  auto* const end = seen_.begin() + count_;
  auto* const next = std::find(seen_.begin() + 1, end, static_cast<std::uint8_t>(Id3Header::kMagic.front()));
  count_ = static_cast<std::size_t>(std::copy(next, end, seen_.begin()) - seen_.begin());
}

namespace {

/// Whether nothing but zeros stands between `begin` and `end`, as far as the file goes.
bool is_padding(std::int64_t begin, std::int64_t end, const ReadAt& read_at) {
  while (begin < end) {
    constexpr std::int64_t kPieceBytes = 32 << 10;
    const std::string piece = read_at(begin, static_cast<std::size_t>(std::min(kPieceBytes, end - begin)));
    if (piece.find_first_not_of('\0') != std::string::npos) return false;
    if (piece.empty()) return true;
    begin += static_cast<std::int64_t>(piece.size());
  }
  return true;
}

}  // namespace

bool is_harmless(const Id3Header& header, std::int64_t position, const ReadAt& read_at) {
  if (header.size > kMostHarmlessBytes || header.version < 3 || header.version > 4) return false;
  if ((header.flags & kExtended) != 0) return false;
  std::int64_t at = position;
  const std::int64_t end = position + header.size;
  for (int frame = 0; at + static_cast<std::int64_t>(kLongHead) <= end; ++frame) {
    const std::string head = read_at(at, kLongHead);
    if (head.size() < kLongHead) return true;  // the end of it
    // FFmpeg reads on behind a few zeros: whatever follows them may be another frame.
    if (head.front() == '\0') return end - at <= kMostPadding && is_padding(at, end, read_at);
    if (frame >= kMostHarmlessFrames) return false;
    const std::string_view id = std::string_view(head).substr(0, 4);
    std::uint32_t size = load_be32(as_bytes(head).subspan(4));
    at += static_cast<std::int64_t>(kLongHead);
    if (header.version == 4 && size > 0x7F) {
      const std::uint32_t safe = syncsafe(size);
      const bool is_safe = at + size >= end || may_begin_frame(read_at(at + safe, 4));
      if (is_safe) size = safe;
    }
    if (size > kLongestFrame || (static_cast<unsigned char>(head[9]) & kFrameCompressed) != 0) return false;
    if ((is_text(id) || id == "CHAP") && size > kMostHarmlessText) return false;
    at += size;
  }
  return true;
}

}  // namespace vcplay::media
