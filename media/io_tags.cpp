// The tags at a medium's beginning and in its midst, as far as FFmpeg gets to see them.
#include <unistd.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "media/flac_head.hpp"
#include "media/id3_tag.hpp"
#include "media/io.hpp"
#include "media/ogg_head.hpp"
#include "media/remote.hpp"

namespace vcplay::media {
namespace {

// Several tags may follow each other. Their pictures are megabytes, not more.
constexpr std::uint64_t kMostTagBytes = 64U << 20U;
constexpr std::size_t kMostTagsKept = 4;
constexpr std::size_t kPieceBytes = 32U << 10U;

}  // namespace

/// The next bytes, up to `most` of them; nothing at the end.
std::string Access::next_bytes(std::size_t most) {
  std::string bytes(std::min(most, kPieceBytes), '\0');
  auto* const to = reinterpret_cast<std::uint8_t*>(bytes.data());
  const auto size = static_cast<int>(bytes.size());
  const int got = read_piece(to, size);
  bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);  // whoever reads next learns why
  allowance_.take(static_cast<std::int64_t>(bytes.size()));
  return bytes;
}

/// As many of the next bytes as it takes to know whether they begin what is cut.
std::string Access::first_bytes() {
  std::string bytes;
  const auto may_be = [&bytes](std::string_view magic) {
    return magic.substr(0, bytes.size()) == std::string_view(bytes).substr(0, magic.size());
  };
  const auto may_be_cut = [&may_be] {
    return may_be(Id3Header::kMagic) || may_be(Id3Header::kSonysMagic) || may_be(FlacHead::kMagic) ||
           may_be(OggHead::kMagic);
  };
  while (bytes.size() < Id3Header::kBytes && may_be_cut()) {
    const std::string piece = next_bytes(Id3Header::kBytes - bytes.size());
    if (piece.empty()) break;
    bytes += piece;
  }
  return bytes;
}

/// In place of the tags that begin the medium FFmpeg gets short ones: a tag may be of any size, a compressed
/// frame of it a thousand times larger, and FFmpeg compares each text in it with each.
void Access::cut_tags() {
  std::uint64_t taken = 0;
  for (std::size_t tag = 0;; ++tag) {
    const std::string head = first_bytes();
    const auto header = Id3Header::read(as_bytes(head));
    if (!header) return cut_flac(head);
    taken += head.size() + header->size;
    if (taken > kMostTagBytes) refuse_long_tags();
    Id3Excerpt excerpt(*header);
    while (excerpt.missing() > 0 && !world_.over() && !allowance_.is_spent()) {
      const std::string piece = next_bytes(static_cast<std::size_t>(excerpt.missing()));
      if (piece.empty()) break;
      excerpt.take(as_bytes(piece));
    }
    present(tag < kMostTagsKept ? excerpt.tag() : std::string(),
            head.size() + header->size - excerpt.missing());
  }
}

/// `head`: what begins the medium behind its tags.
void Access::cut_flac(const std::string& head) {
  // Has `cut` take what follows until nothing is missing; returns what was read and not taken.
  const auto pass_through = [this](auto& cut, std::string ahead) {
    std::size_t at = 0;
    while (cut.missing() > 0) {
      if (at == ahead.size()) {
        if (cut.taken() > kMostTagBytes) refuse_long_tags();
        if (world_.over() || allowance_.is_spent()) break;
        ahead = next_bytes(kPieceBytes);
        at = 0;
        if (ahead.empty()) break;
      }
      const std::string_view piece = std::string_view(ahead).substr(at, cut.missing());
      cut.take(as_bytes(piece));
      at += piece.size();
    }
    return ahead.substr(at);
  };
  constexpr std::size_t kMagicBytes = FlacHead::kMagic.size();
  if (head.size() < Id3Header::kBytes) return keep_ahead(head);
  if (head.starts_with(FlacHead::kMagic)) {
    FlacHead flac;
    const std::string ahead = pass_through(flac, head.substr(kMagicBytes));
    present(flac.head(), kMagicBytes + flac.taken());
    return keep_ahead(ahead);  // the first bytes of the sound
  }
  if (!head.starts_with(OggHead::kMagic)) return keep_ahead(head);
  OggHead ogg;
  const std::string ahead = pass_through(ogg, head);
  if (ogg.is_too_much()) {
    throw Error(Cause::no_media, named(location_) + " begins with more streams or pages than any music has");
  }
  present(ogg.head(), ogg.taken());
  keep_ahead(ahead);
}

/// FFmpeg gets `bytes`, which were read to see what they are, like those that follow them.
void Access::keep_ahead(std::string bytes) {
  const auto position = static_cast<std::int64_t>(front_.size());
  further_tags_.see(position, {reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
  front_ += bytes;
}

/// FFmpeg is to see `instead` in place of the `taken` bytes that were read last.
void Access::present(const std::string& instead, std::uint64_t taken) {
  front_ += instead;
  cut_ += static_cast<std::int64_t>(taken) - static_cast<std::int64_t>(instead.size());
}

void Access::refuse_long_tags() const {
  throw Error(Cause::no_media, named(location_) + " begins with tags of more than 64 MiB");
}

Id3Watch Access::watch_for_tags() {
  return Id3Watch(
      [this](std::int64_t position, const Id3Header& header) { return may_read_tag(position, header); });
}

/// FFmpeg finds tags elsewhere, too. In a file one can look ahead; what comes from elsewhere does without.
bool Access::may_read_tag(std::int64_t position, const Id3Header& header) const {
  if (!regular_ || !seekable_) return false;
  const ReadAt read_at = [this](std::int64_t at, std::size_t size) {
    std::string bytes(size, '\0');
    const ssize_t got = ::pread(fd_, bytes.data(), bytes.size(), static_cast<off_t>(at));
    bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return bytes;
  };
  const auto begin = static_cast<std::int64_t>(piece_begin_ + Id3Header::kBytes) + position + cut_;
  return is_harmless(header, begin, read_at);
}

}  // namespace vcplay::media
