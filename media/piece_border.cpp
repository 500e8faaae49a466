#include "media/piece_border.hpp"

#include <algorithm>
#include <numeric>
#include <string_view>

#include "media/ebml.hpp"
#include "media/guessed_size.hpp"

namespace vcplay::media {
namespace {

using std::string_view_literals::operator""sv;

// The identifiers of the objects in ASF and of the chunks in Wave64 that hold the sound.
constexpr std::string_view kAsfData = "\x36\x26\xB2\x75\x8E\x66\xCF\x11\xA6\xD9\x00\xAA\x00\x62\xCE\x6C"sv;
constexpr std::string_view kWave64Data = "data\xF3\xAC\xD3\x11\x8C\xD1\x00\xC0\x4F\x8E\xDB\x8A"sv;
constexpr std::uint64_t kEmptyAsfData = 50;  // bytes of an object that has no packets
constexpr std::size_t kId3v1Bytes = 128;
constexpr std::size_t kApeHeadBytes = 32;
constexpr std::uint64_t kWave64Align = 8;

std::uint64_t number(ByteView bytes, std::size_t at, std::size_t count, bool is_big_endian) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t place = is_big_endian ? i : count - 1 - i;
    value = value << 8U | bytes[at + place];
  }
  return value;
}

bool begins(ByteView bytes, std::string_view with) {
  return bytes.size() >= with.size() &&
         std::equal(with.begin(), with.end(), bytes.begin(),
                    [](char a, auto b) { return static_cast<std::uint8_t>(a) == b; });
}

bool is_name(ByteView bytes) {
  return std::all_of(bytes.begin(), bytes.end(),
                     [](std::uint8_t letter) { return letter >= 0x20 && letter < 0x7F; });
}

/// How the parts of a file are written that is made of them.
struct Form {
  std::size_t first;       // byte of the first part
  std::size_t id_bytes;    //
  std::size_t size_bytes;  //
  bool is_big_endian;
  bool counts_head;  // the size is that of the head, too
  std::string_view sound;
};

constexpr std::size_t kMostPartHead = 24;
constexpr std::size_t kOggHead = 27;  // and as many bytes more as the last of these says
constexpr std::size_t kFlacMagic = 4;
constexpr std::size_t kFlacBlockHead = 4;

/// Bytes that it takes to read the head of a part.
std::size_t head_bytes(FileKind kind, ByteView bytes) {
  if (kind == FileKind::flac) return kFlacBlockHead;
  if (kind != FileKind::ogg) return kMostPartHead;
  return bytes.size() < kOggHead ? kOggHead : kOggHead + bytes[kOggHead - 1];
}

/// Of an ID3v2 tag, all of it (id3.org, ID3v2.4 s3.1).
std::uint64_t id3_bytes(ByteView bytes) {
  constexpr std::uint64_t kHead = 10;
  std::uint64_t size = kHead;
  for (std::size_t i = 6; i < 10; ++i) size += std::uint64_t{bytes[i] & 0x7FU} << (7 * (9 - i));
  return (bytes[5] & 0x10U) != 0 ? size + kHead : size;  // a foot
}

bool may_be_padded(FileKind kind) {
  return kind == FileKind::riff || kind == FileKind::rifx || kind == FileKind::rf64 || kind == FileKind::iff;
}

const Form* form_of(FileKind kind) {
  static constexpr Form kRiff{12, 4, 4, false, false, "data"};
  static constexpr Form kRifx{12, 4, 4, true, false, "data"};
  static constexpr Form kAiff{12, 4, 4, true, false, "SSND"};
  static constexpr Form kCaf{8, 4, 8, true, false, "data"};
  static constexpr Form kAsf{0, 16, 8, false, true, kAsfData};
  static constexpr Form kWave64{40, 16, 8, false, true, kWave64Data};
  static constexpr Form kWavpack{0, 4, 4, false, false, {}};
  switch (kind) {
    case FileKind::riff:
    case FileKind::rf64:
      return &kRiff;
    case FileKind::rifx:
      return &kRifx;
    case FileKind::iff:
      return &kAiff;
    case FileKind::caf:
      return &kCaf;
    case FileKind::asf:
      return &kAsf;
    case FileKind::wave64:
      return &kWave64;
    case FileKind::wavpack:
      return &kWavpack;
    default:
      return nullptr;
  }
}

}  // namespace

/// A chunk, an object, a block, an element or a box, whose head begins at next_.
struct PieceBorder::Part {
  std::size_t head = 0;               // bytes
  std::optional<std::uint64_t> size;  // of what follows the head; nothing: up to the end
  bool is_sound = false;
};

std::optional<std::uint64_t> PieceBorder::next() const noexcept {
  if (border_ || step_ == Step::over || (step_ == Step::sound && !sound_end_)) return std::nullopt;
  return step_ == Step::sound ? *sound_end_ : next_;
}

std::size_t PieceBorder::see(std::uint64_t position, ByteView bytes) {
  const std::uint64_t end = position + bytes.size();
  const auto up_to = [&](std::uint64_t place) {
    return static_cast<std::size_t>(std::clamp(place, position, end) - position);
  };
  while (!border_ && step_ != Step::over) {
    if (step_ == Step::sound) {
      const std::size_t own = search(position, bytes);
      if (border_ || !sound_end_ || *sound_end_ >= std::min(end, position + own + 1)) return own;
      go_to(*sound_end_);
    }
    if (next_ < position || next_ >= end) return bytes.size();
    const ByteView there = bytes.subspan(static_cast<std::size_t>(next_ - position));
    const bool is_told = step_ == Step::beginning ? begin(there) : read_head(there);
    if (!is_told) return up_to(next_);
  }
  return border_ ? up_to(*border_) : bytes.size();
}

/// False: it takes more bytes to tell.
bool PieceBorder::begin(ByteView bytes) {
  const FileBeginning beginning = file_beginning(bytes);
  if (beginning.may_be) return false;
  kind_ = beginning.kind;
  begin_ = next_;
  if (begins(bytes, "ID3")) {  // what it is stands behind that
    next_ += id3_bytes(bytes);
    return true;
  }
  if (kind_ == FileKind::none && is_mpeg_frame(bytes)) kind_ = FileKind::mpeg;
  switch (kind_) {
    case FileKind::none:
      step_ = Step::over;
      return true;
    case FileKind::mpeg:
      enter({0, std::nullopt, true});
      return true;
    case FileKind::au: {
      const std::uint64_t size = number(bytes, 8, 4, true);
      is_pcm_ = true;
      enter({static_cast<std::size_t>(number(bytes, 4, 4, true)),
             is_guessed_size(size) ? std::nullopt : std::optional(size), true});
      return true;
    }
    case FileKind::flac:
      next_ += kFlacMagic;
      break;
    default:
      if (const Form* const form = form_of(kind_)) next_ += form->first;
      is_pcm_ = kind_ == FileKind::iff && bytes[11] != 'C';
  }
  step_ = Step::head;
  return true;
}

/// False: it takes more bytes to tell.
bool PieceBorder::read_head(ByteView bytes) {
  if (next_ > begin_ && kind_ != FileKind::flac) {  // whose blocks have no names
    const FileBeginning here = file_beginning(bytes);
    const bool goes_on = kind_ == FileKind::ogg && here.kind == FileKind::ogg;
    if ((here.kind != FileKind::none && !goes_on) || is_mpeg_frame(bytes)) {
      border_ = next_;
      return true;
    }
    if (here.may_be) return false;
    if (const auto length = behind_the_sound(bytes)) {
      next_ += *length;
      return *length > 0;
    }
  }
  if (bytes.size() < head_bytes(kind_, bytes)) return false;
  const auto part = part_of(bytes);
  if (!part) {
    step_ = Step::over;
    return true;
  }
  note(bytes);
  enter(*part);
  return true;
}

/// The length of a tag or of padding, as they stand behind the sound; 0 where it takes more bytes to tell.
std::optional<std::uint64_t> PieceBorder::behind_the_sound(ByteView bytes) const {
  if (begins(bytes, "TAG")) return kId3v1Bytes;
  if (begins(bytes, "APETAGEX")) {
    if (bytes.size() < kApeHeadBytes) return 0;
    return kApeHeadBytes + number(bytes, 12, 4, false);  // its head is not counted, its foot is
  }
  // Not all who write parts of an odd size pad them, and some write zeros up to the next sector.
  if (next_ % 2 != 0 && may_be_padded(kind_) && !is_name(bytes.first(1))) return 1;
  const bool is_zero = bytes[0] == 0 && kind_ != FileKind::mp4 && kind_ != FileKind::asf;
  return is_zero ? std::optional<std::uint64_t>(1) : std::nullopt;
}

std::optional<PieceBorder::Part> PieceBorder::part_of(ByteView bytes) const {
  Part part;
  if (kind_ == FileKind::matroska) {
    const auto element = read_ebml_element(bytes);
    if (!element) return std::nullopt;
    part.head = element->head;
    part.size = element->size;
    part.is_sound = element->id == kEbmlSegment && !element->size;
    return part.size || part.is_sound ? std::optional(part) : std::nullopt;
  }
  if (kind_ == FileKind::mp4) {  // ISO/IEC 14496-12 s4.2
    const std::uint64_t size = number(bytes, 0, 4, true);
    part.head = size == 1 ? 16 : 8;
    const std::uint64_t whole = size == 1 ? number(bytes, 8, 8, true) : size;
    if (!is_name(bytes.subspan(4, 4)) || whole < part.head) return std::nullopt;
    part.size = whole - part.head;
    return part;
  }
  if (kind_ == FileKind::ogg) {  // RFC 3533 s6
    if (!begins(bytes, "OggS")) return std::nullopt;
    const ByteView lacing = bytes.subspan(kOggHead, bytes[kOggHead - 1]);
    part.head = kOggHead + lacing.size();
    part.size = std::accumulate(lacing.begin(), lacing.end(), std::uint64_t{0});
    return part;
  }
  if (kind_ == FileKind::flac) {  // RFC 9639 s8.1
    part.head = kFlacBlockHead;
    part.size = number(bytes, 1, 3, true);
    return part;
  }
  return form_of(kind_) == nullptr ? std::nullopt : chunk_of(bytes);
}

std::optional<PieceBorder::Part> PieceBorder::chunk_of(ByteView bytes) const {
  Part part;
  const Form& form = *form_of(kind_);
  const ByteView id = bytes.first(form.id_bytes);
  if (form.id_bytes == 4 && !is_name(id)) return std::nullopt;
  if (kind_ == FileKind::wavpack && !begins(id, "wvpk")) return std::nullopt;
  part.head = form.id_bytes + form.size_bytes;
  part.is_sound = !form.sound.empty() && begins(id, form.sound);
  if (kind_ == FileKind::iff && begins(id, "BODY")) part.is_sound = true;  // of 8SVX
  std::uint64_t size = number(bytes, form.id_bytes, form.size_bytes, form.is_big_endian);
  if (part.is_sound && kind_ == FileKind::rf64 && long_size_) size = *long_size_;
  const bool is_unknown = is_guessed_size(size) || (kind_ == FileKind::asf && size <= kEmptyAsfData);
  if (part.is_sound && is_unknown) return part;
  if (form.counts_head && size < part.head) return std::nullopt;
  part.size = form.counts_head ? size - part.head : size;
  return part;
}

/// What the head of a part, and what follows it, says of other parts.
void PieceBorder::note(ByteView bytes) {
  if (kind_ == FileKind::flac && (bytes[0] & 0x80) != 0) is_last_ = true;
  const bool is_riff = kind_ == FileKind::riff || kind_ == FileKind::rf64;
  if ((is_riff || kind_ == FileKind::rifx) && begins(bytes, "fmt ")) {
    const std::uint64_t tag = number(bytes, 8, 2, !is_riff);
    is_pcm_ = tag == 1 || tag == 3 || tag == 6 || tag == 7 || tag == 0xFFFE;
  }
  if (kind_ == FileKind::caf && begins(bytes, "desc")) is_pcm_ = begins(bytes.subspan(20), "lpcm");
  if (kind_ == FileKind::rf64 && begins(bytes, "ds64")) long_size_ = number(bytes, 16, 8, false);
}

void PieceBorder::enter(const Part& part) {
  constexpr std::uint64_t kFarthest = 1ULL << 62U;
  const std::uint64_t begin = next_ + part.head;
  if (part.size && *part.size > kFarthest - begin) {
    step_ = Step::over;
    return;
  }
  const auto end = part.size ? std::optional(begin + *part.size) : std::nullopt;
  if (!part.is_sound && !is_last_) return go_to(*end);
  step_ = Step::sound;
  sound_end_ = is_last_ ? std::nullopt : end;
  sound_begin_ = is_last_ ? *end : begin;
}

/// The next part, where the one before it ends.
void PieceBorder::go_to(std::uint64_t position) noexcept {
  step_ = Step::head;
  next_ = position;
  if (kind_ == FileKind::wave64) next_ = (position + kWave64Align - 1) / kWave64Align * kWave64Align;
}

bool PieceBorder::may_end_sound(FileKind next) const noexcept {
  if (next == FileKind::none) return false;
  if (kind_ == FileKind::mpeg) return next != FileKind::mpeg;
  return next == kind_ || kind_ == FileKind::flac || (is_pcm_ && !sound_end_);
}

/// Another piece may begin where the sound is shorter than somebody said, or of a length that nobody said.
std::size_t PieceBorder::search(std::uint64_t position, ByteView bytes) {
  const std::uint64_t end = std::min(position + bytes.size(), sound_end_.value_or(UINT64_MAX));
  for (std::uint64_t place = std::max(position, sound_begin_); place < end; ++place) {
    const FileBeginning here = file_beginning(bytes.subspan(static_cast<std::size_t>(place - position)));
    if (may_end_sound(here.kind)) border_ = place;
    if (border_ || here.may_be) return static_cast<std::size_t>(place - position);
  }
  return bytes.size();
}

}  // namespace vcplay::media
