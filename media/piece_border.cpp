#include "media/piece_border.hpp"

#include <algorithm>
#include <numeric>
#include <string_view>

#include "media/ebml.hpp"
#include "media/guessed_size.hpp"
#include "media/piece_form.hpp"

namespace vcplay::media {
namespace {

constexpr std::uint64_t kEmptyWave64Data = 24;  // bytes of a chunk that has no samples
constexpr std::uint64_t kEmptyAsfData = 50;     // bytes of an object that has no packets
constexpr std::size_t kId3v1Bytes = 128;
constexpr std::size_t kApeHeadBytes = 32;
constexpr std::uint64_t kWave64Align = 8;
// A size that is smaller is none that anybody counted, where more sound follows: that of a head, say.
constexpr std::uint64_t kLeastSound = 256;  // bytes
// What FFmpeg takes for sound without an end.
constexpr std::uint64_t kEndless = 0xFFFFFFFF;
constexpr std::uint64_t kEndlessAiff = 0x7FFFFFFF;
constexpr std::uint64_t kEndlessLong = 1ULL << 62U;  // and it may still be added to

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

}  // namespace

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
      promised_samples_ = samples_by_xing(bytes);
      enter({0, std::nullopt, true});
      return true;
    case FileKind::au: {
      const std::uint64_t head = number(bytes, 4, 4, true);
      const std::uint64_t size = number(bytes, 8, 4, true);
      const bool is_unknown = is_guess(size, next_ + head);
      is_pcm_ = true;
      // FFmpeg refuses what is negative to it, and plays up to the end anyway.
      if (is_unknown || size > INT32_MAX) patches_.add(next_ + 8, kEndless, 4, true);
      enter({static_cast<std::size_t>(head), is_unknown ? std::nullopt : std::optional(size), true});
      return true;
    }
    case FileKind::flac:
      next_ += kFlacMagic;
      break;
    default:
      if (kind_ == FileKind::wave64) patches_.add(next_ + 16, kEndlessLong, 8, false);
      if (kind_ == FileKind::iff && begins(bytes.subspan(8), "AIF")) {
        const std::uint64_t size = number(bytes, 4, 4, true);
        if (size <= kLeastSound || is_guess(size, next_)) patches_.add(next_ + 4, kEndlessAiff, 4, true);
      }
      if (const Form* const form = form_of(kind_)) next_ += form->first;
      is_pcm_ = kind_ == FileKind::iff && bytes[11] != 'C';
  }
  step_ = Step::head;
  return true;
}

/// False: it takes more bytes to tell.
bool PieceBorder::read_head(ByteView bytes) {
  constexpr std::string_view kPage = "OggS";
  is_amid_head_ = kind_ == FileKind::ogg && bytes.size() < head_bytes(kind_, bytes) &&
                  begins(bytes, kPage.substr(0, bytes.size()));
  if (next_ > begin_ && kind_ != FileKind::flac) {  // whose blocks have no names
    const FileBeginning here = file_beginning(bytes);
    const bool goes_on = kind_ == FileKind::ogg && here.kind == FileKind::ogg;
    if ((here.kind != FileKind::none && !goes_on) || is_mpeg_frame(bytes)) {
      border_ = next_;
      return true;
    }
    if (here.may_be) return false;
    if (const auto length = behind_the_sound(bytes)) {
      hide_rest();
      next_ += *length;
      return *length > 0;
    }
  }
  if (bytes.size() < head_bytes(kind_, bytes)) return false;
  auto part = part_of(bytes);
  if (!part) {
    hide_rest();
    if (is_behind_sound() && form_of(kind_) != nullptr) unknown_ = next_;
    step_ = Step::over;
    return true;
  }
  if (part->is_sound && part->size) {
    const auto goes_on = goes_on_behind(bytes, *part);
    if (!goes_on) return false;
    if (*goes_on) part->size.reset();
  }
  note(bytes);
  if (part->is_sound && !part->size) hide_guess();
  enter(*part);
  return true;
}

/// FFmpeg refuses Wave64 with anything behind it.
void PieceBorder::hide_rest() {
  if (kind_ == FileKind::wave64 && is_behind_sound() && !hidden_) hidden_ = next_;
}

/// True for a size that its writer did not know. One that ends within the medium is right.
bool PieceBorder::is_guess(std::uint64_t size, std::uint64_t begin) const noexcept {
  const bool ends_within = size > 0 && end_ && *end_ >= begin && *end_ - begin >= size;
  return is_guessed_size(size) && !ends_within;
}

/// True where there is more sound than hardly any, which the head promises; nothing where it takes more bytes
/// to tell.
std::optional<bool> PieceBorder::goes_on_behind(ByteView bytes, const Part& part) const {
  if (*part.size > kLeastSound || kind_ == FileKind::asf) return false;
  const auto sound_end = part.head + static_cast<std::size_t>(*part.size);
  if (end_ && next_ + sound_end + kMostBeginning >= *end_) return false;
  if (bytes.size() < sound_end + 1 + kMostBeginning) return std::nullopt;
  const std::size_t padded = sound_end + (may_be_padded(kind_) ? sound_end % 2 : 0);
  return !is_chunk(bytes.subspan(sound_end), next_ + sound_end) &&
         !is_chunk(bytes.subspan(padded), next_ + padded);
}

/// True for a chunk that may stand behind the sound, or a file of its own.
bool PieceBorder::is_chunk(ByteView bytes, std::uint64_t position) const {
  const FileBeginning here = file_beginning(bytes);
  if (here.kind != FileKind::none || here.may_be || is_mpeg_frame(bytes)) return true;
  const Form& form = *form_of(kind_);
  if (kind_ == FileKind::wave64) return is_wave64_id(bytes);
  const std::uint64_t size = number(bytes, form.id_bytes, form.size_bytes, form.is_big_endian);
  return is_name(bytes.first(4)) && (!end_ || size <= *end_ - position);
}

/// FFmpeg is to play the part of sound whose head this is up to the end of the medium.
void PieceBorder::hide_guess() {
  switch (kind_) {
    case FileKind::riff:
    case FileKind::rifx:
      return patches_.add(next_ + 4, kEndless, 4, kind_ == FileKind::rifx);
    case FileKind::iff:
      return patches_.add(next_ + 4, kEndlessAiff, 4, true);
    case FileKind::caf:
      return patches_.add(next_ + 4, UINT64_MAX, 8, true);
    case FileKind::wave64:  // it is wound on by this in a file
      return patches_.add(next_ + 16, end_ ? *end_ - next_ : kEndlessLong, 8, false);
    default:  // RF64 says it before, and of others FFmpeg finds the end by itself
      return;
  }
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
  const bool is_empty = (kind_ == FileKind::asf && size <= kEmptyAsfData) ||
                        (kind_ == FileKind::wave64 && size <= kEmptyWave64Data);
  if (part.is_sound && (is_empty || is_guess(size, next_ + part.head))) return part;
  const bool is_too_long = kind_ == FileKind::wave64 && end_ && size > *end_ - std::min(*end_, next_);
  if (is_too_long && !part.is_sound && sound_begin_ > 0) return std::nullopt;
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
  if (kind_ == FileKind::rf64 && begins(bytes, "ds64")) {
    long_size_ = number(bytes, 16, 8, false);
    if (*long_size_ > kLeastSound && !is_guess(*long_size_, next_)) return;
    long_size_ = 0;
    patches_.add(next_ + 16, kEndlessLong, 8, false);
    patches_.add(next_ + 24, 0, 8, false);  // the number of samples
  }
  if (kind_ == FileKind::ogg) {
    const std::size_t segments = bytes[kOggHead - 1];
    const bool is_last_page = (bytes[5] & 4) != 0;
    is_amid_packet_ = !is_last_page && segments > 0 && bytes[kOggHead + segments - 1] == 255;
  }
}

void PieceBorder::enter(const Part& part) {
  constexpr std::uint64_t kFarthest = 1ULL << 62U;
  const std::uint64_t begin = next_ + part.head;
  if (part.size && *part.size > kFarthest - begin) {
    step_ = Step::over;
    return;
  }
  const auto end = part.size ? std::optional(begin + *part.size) : std::nullopt;
  if ((part.is_sound || kind_ == FileKind::ogg) && part.size && !is_round_size(*part.size)) {
    promised_end_ = end;
  }
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
