#include "media/ogg_head.hpp"

#include <algorithm>
#include <utility>

#include "media/vorbis_comments.hpp"

namespace vcplay::media {
namespace {

using namespace std::string_view_literals;

// RFC 3533 s6: where what stands in a page's head.
constexpr std::size_t kFlagsAt = 5;
constexpr std::size_t kGranuleAt = 6;
constexpr std::size_t kSerialAt = 14;
constexpr std::size_t kNumberAt = 18;
constexpr std::size_t kChecksumAt = 22;
constexpr std::size_t kSegmentsAt = 26;
constexpr unsigned kContinues = 1;
constexpr unsigned kBegins = 2;
constexpr std::size_t kFullSegment = 255;  // after which the packet goes on

constexpr std::size_t kMostStreams = 16;
constexpr std::size_t kMostKept = 1U << 20U;       // bytes of pages
constexpr std::size_t kMostOfAPacket = 1U << 20U;  // what follows is left out
constexpr unsigned kVorbisComment = 4;             // RFC 9639 s8.1
constexpr char kFlacFrame = '\xFF';                // begins what is no metadata

unsigned byte_at(std::string_view bytes, std::size_t at) { return static_cast<unsigned char>(bytes[at]); }

std::uint32_t little_endian_at(std::string_view bytes, std::size_t at) {
  return byte_at(bytes, at) | byte_at(bytes, at + 1) << 8U | byte_at(bytes, at + 2) << 16U |
         byte_at(bytes, at + 3) << 24U;
}

void put_little_endian(std::string& bytes, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i, value >>= 8U) bytes[at + i] = static_cast<char>(value & 0xFFU);
}

/// RFC 3533 s6, field 7: of a page whose field for it is zero.
std::uint32_t checksum(std::string_view page) {
  constexpr std::uint32_t kPolynomial = 0x04C11DB7;
  std::uint32_t sum = 0;
  for (std::size_t at = 0; at < page.size(); ++at) {
    sum ^= byte_at(page, at) << 24U;
    for (int bit = 0; bit < 8; ++bit) sum = sum << 1U ^ (sum >> 31U != 0 ? kPolynomial : 0);
  }
  return sum;
}

/// A page of these segments. What `like` says of position and stream holds for it, too.
std::string page_of(std::string_view like, unsigned flags, std::uint32_t number, std::string_view segments,
                    std::string_view body) {
  std::string page(like.substr(0, OggHead::kPageHeadBytes));
  page[kFlagsAt] = static_cast<char>(flags);
  put_little_endian(page, kNumberAt, number);
  put_little_endian(page, kChecksumAt, 0);
  page[kSegmentsAt] = static_cast<char>(segments.size());
  page.append(segments).append(body);
  put_little_endian(page, kChecksumAt, checksum(page));
  return page;
}

/// The packet in pages of its own, from number `number` on.
std::string pages_of(std::string_view like, std::uint32_t& number, std::string_view packet) {
  constexpr std::size_t kMostSegments = 255;
  std::string segments(packet.size() / kFullSegment, '\xFF');
  segments += static_cast<char>(packet.size() % kFullSegment);
  std::string head(like.substr(0, OggHead::kPageHeadBytes));
  std::string pages;
  for (std::size_t first = 0; first < segments.size(); first += kMostSegments) {
    const std::string_view some = std::string_view(segments).substr(first, kMostSegments);
    const bool is_last = first + some.size() == segments.size();
    const std::string_view body =
        packet.substr(first * kFullSegment, is_last ? packet.npos : some.size() * kFullSegment);
    // Of headers, or of no packet that ends there.
    std::fill_n(head.begin() + kGranuleAt, 8, is_last ? '\0' : '\xFF');
    pages += page_of(head, first == 0 ? 0 : kContinues, number++, some, body);
  }
  return pages;
}

}  // namespace

void OggHead::take(ByteView bytes) {
  taken_ += bytes.size();
  missing_ -= bytes.size();
  page_ += as_text(bytes);
  if (missing_ > 0) return;
  // Head, table of segments, and what these add up to.
  if (!page_.starts_with(kMagic)) return;  // out of step: FFmpeg finds the next page
  const std::size_t table = kPageHeadBytes + byte_at(page_, kSegmentsAt);
  if (page_.size() < table) {
    missing_ = table - page_.size();
    return;
  }
  std::size_t size = table;
  for (std::size_t at = kPageHeadBytes; at < table; ++at) size += byte_at(page_, at);
  if (page_.size() < size) {
    missing_ = size - page_.size();
    return;
  }
  end_page();
}

void OggHead::end_page() {
  const std::uint32_t serial = little_endian_at(page_, kSerialAt);
  if ((byte_at(page_, kFlagsAt) & kBegins) != 0) {
    begin_stream(serial);
    kept_ += page_;
  } else {
    has_begun_ = true;
    const auto stream = streams_.find(serial);
    if (stream != streams_.end() && stream->second.next != Next::anything) {
      read_headers(stream->second);
    } else {
      kept_ += page_;
    }
  }
  page_.clear();
  too_much_ = kept_.size() > kMostKept || streams_.size() > kMostStreams;
  missing_ = is_over() ? 0 : kPageHeadBytes;
}

bool OggHead::is_over() const {
  const auto is_known = [](const auto& entry) { return entry.second.next == Next::anything; };
  return too_much_ || (has_begun_ && std::all_of(streams_.begin(), streams_.end(), is_known));
}

void OggHead::begin_stream(std::uint32_t serial) {
  struct Codec {
    std::string_view magic;
    Next next;
    std::size_t prefix;
  };
  static constexpr Codec kCodecs[] = {{"\1vorbis"sv, Next::comments, 7},
                                      {"\x80theora"sv, Next::comments, 7},
                                      {"OpusHead"sv, Next::comments, 8},
                                      {"Speex   "sv, Next::comments, 0},
                                      {"\x7F"
                                       "FLAC"sv,
                                       Next::flac_metadata, 4}};
  Stream& stream = streams_[serial];
  stream = {};
  stream.number = little_endian_at(page_, kNumberAt) + 1;
  const std::string_view body = std::string_view(page_).substr(kPageHeadBytes + byte_at(page_, kSegmentsAt));
  for (const Codec& codec : kCodecs) {
    if (!body.starts_with(codec.magic)) continue;
    stream.next = codec.next;
    stream.prefix = codec.prefix;
  }
}

void OggHead::read_headers(Stream& stream) {
  const std::string_view page = page_;
  const std::string_view segments = page.substr(kPageHeadBytes, byte_at(page, kSegmentsAt));
  std::string_view body = page.substr(kPageHeadBytes + segments.size());
  bool is_changed = stream.size > 0;  // what came before it is not kept yet
  std::string pages;
  std::size_t at = 0;
  for (; at < segments.size() && stream.next != Next::anything; ++at) {
    if (stream.next == Next::flac_metadata && stream.size == 0 && body.starts_with(kFlacFrame)) {
      stream.next = Next::anything;
      break;
    }
    const std::size_t size = byte_at(segments, at);
    stream.packet +=
        body.substr(0, std::min(size, kMostOfAPacket - std::min(kMostOfAPacket, stream.packet.size())));
    stream.size += size;
    body.remove_prefix(size);
    if (size == kFullSegment) continue;
    const std::string before = stream.packet;
    const std::string left = end_packet(stream);
    is_changed = is_changed || left != before;
    if (!left.empty()) pages += pages_of(page, stream.number, left);
  }
  if (!is_changed && stream.size == 0) {
    kept_ += page_;
    stream.number = little_endian_at(page_, kNumberAt) + 1;
    return;
  }
  kept_ += pages;
  if (at == segments.size()) return;
  kept_ += page_of(page, byte_at(page, kFlagsAt) & ~kContinues, stream.number++, segments.substr(at), body);
}

std::string OggHead::end_packet(Stream& stream) {
  std::string packet = std::exchange(stream.packet, {});
  const std::size_t size = std::exchange(stream.size, 0);
  const bool is_first = !std::exchange(stream.has_comments, true);
  if (stream.next == Next::comments) {
    stream.next = Next::anything;
    if (size <= kSmallBytes) return packet;
    if (packet.size() < stream.prefix) return {};
    const std::string comments = few_comments(std::string_view(packet).substr(stream.prefix));
    // Vorbis has a bit behind them that says that they are whole; to others it is padding.
    return packet.substr(0, stream.prefix) + comments + '\1';
  }
  const bool is_comments = !packet.empty() && (byte_at(packet, 0) & 0x7FU) == kVorbisComment;
  const bool is_small = size <= kSmallBytes;
  if (is_small && (is_first || !is_comments)) return packet;
  if (!is_comments || packet.size() < stream.prefix) return {};  // a picture, or nobody knows what
  const std::string comments = few_comments(std::string_view(packet).substr(stream.prefix));
  std::string head = packet.substr(0, stream.prefix);
  for (std::size_t i = 0; i < 3; ++i)
    head[1 + i] = static_cast<char>(comments.size() >> (16 - 8 * i) & 0xFFU);
  return head + comments;
}

}  // namespace vcplay::media
