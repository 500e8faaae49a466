// Tags that anybody may write, at a file's beginning and in its midst: little is kept of them, in whatever
// pieces they come, and what FFmpeg gets to read costs little.
#include "media/id3_tag.hpp"

#include <algorithm>
#include <string>

#include "target.hpp"

namespace vcplay::fuzz {
namespace {

using media::Id3Excerpt;
using media::Id3Header;
using media::Id3Watch;

constexpr std::size_t kFrameHead = 10;
constexpr std::uint32_t kTwoOfSize = 0x7F;  // the most that is the same number with and without gaps
constexpr std::uint16_t kCompressed = 0x0008;
constexpr std::uint16_t kEncrypted = 0x0004;

std::string excerpt(const Id3Header& header, ByteView body, std::size_t piece) {
  Id3Excerpt reader(header);
  Input rest(body);
  while (!rest.done()) {
    const std::uint64_t before = reader.missing();
    const ByteView next = rest.take(piece);
    reader.take(next);
    must_hold(before - reader.missing() == std::min<std::uint64_t>(before, next.size()),
              "what is missing is what did not come");
  }
  return reader.tag();
}

media::ReadAt reading(ByteView file) {
  return [file](std::int64_t at, std::size_t size) {
    must_hold(at >= 0, "nobody reads before the beginning");
    const std::size_t begin = std::min<std::size_t>(file.size(), static_cast<std::size_t>(at));
    return std::string(as_text(file.subspan(begin, std::min(size, file.size() - begin))));
  };
}

bool is_harmless(const Id3Header& header, ByteView file) {
  return media::is_harmless(header, Id3Header::kBytes, reading(file));
}

// ── how FFmpeg reads a tag (libavformat/id3v2.c), from its frames on ──

std::uint32_t syncsafe(std::uint32_t number) {
  std::uint32_t size = 0;
  for (unsigned shift = 32; shift > 0; shift -= 8) size = size << 7U | (number >> (shift - 8) & 0x7FU);
  return size;
}

bool is_frame(ByteView file, std::uint64_t at) {
  if (at + 4 > file.size()) return false;
  const std::string_view id = as_text(file).substr(static_cast<std::size_t>(at), 4);
  return id == std::string_view("\0\0\0\0", 4) || std::all_of(id.begin(), id.end(), [](char letter) {
           return (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9');
         });
}

/// The size of the frame whose head ends at `at`, with `left` bytes of the tag left from its head on; nothing
/// where FFmpeg gives up.
std::optional<std::uint32_t> frame_size(const Id3Header& header, ByteView file, std::uint64_t at,
                                        std::uint64_t left) {
  const std::uint32_t plain = load_be32(file.subspan(static_cast<std::size_t>(at) - 6));
  if (header.version == 3 || plain <= kTwoOfSize) return plain;
  const std::uint32_t safe = syncsafe(plain);
  if (plain >= left || is_frame(file, at + safe)) return safe;
  return is_frame(file, at + plain) ? std::optional(plain) : std::nullopt;
}

void must_cost_little(ByteView frame, std::uint32_t size) {
  const std::string_view id = as_text(frame).substr(0, 4);
  const std::uint16_t flags = load_be16(frame.subspan(8));
  const bool is_text = id.starts_with('T') || id == "USLT" || id == "COMM" || id == "CHAP";
  const bool is_looked_at = is_text || id == "APIC" || id == "GEOB" || id == "PRIV";
  if (!is_looked_at || (flags & kEncrypted) != 0) return;
  must_hold((flags & kCompressed) == 0, "FFmpeg unpacks nothing");
  must_hold(!is_text || size <= 64U << 10U, "FFmpeg reads no long texts");
}

void read_as_ffmpeg_does(const Id3Header& header, ByteView file) {
  std::uint64_t left = header.size;
  std::uint64_t at = Id3Header::kBytes;
  for (int frames = 0; left >= kFrameHead && at + kFrameHead <= file.size();) {
    const ByteView head = file.subspan(static_cast<std::size_t>(at), kFrameHead);
    const auto size = frame_size(header, file, at + kFrameHead, left);
    if (!size || *size > 1U << 28U || kFrameHead + *size > left) return;
    left -= kFrameHead + *size;
    at += kFrameHead + *size;
    if (*size == 0) continue;
    if (head[0] == 0 && (load_be16(head.subspan(8)) & kEncrypted) == 0) return;
    must_hold(++frames <= 1'000, "FFmpeg reads few frames");
    must_cost_little(head, *size);
  }
}

// ── what must hold ──

/// `tag` begins with `header`.
void cut(const Id3Header& header, ByteView tag, std::size_t piece) {
  const ByteView body = tag.subspan(Id3Header::kBytes);
  const std::string kept = excerpt(header, body, body.size());
  must_hold(kept == excerpt(header, body, piece), "pieces make no difference");
  if (kept.empty()) return;
  constexpr std::size_t kMostBytes =
      Id3Header::kBytes + Id3Excerpt::kMostFrames * (kFrameHead + Id3Excerpt::kMostTextBytes);
  must_hold(kept.size() <= kMostBytes, "little is kept");
  const auto again = Id3Header::read(as_bytes(kept));
  must_hold(again && again->version == 3 && again->flags == 0, "what is kept is a tag");
  must_hold(again->size == kept.size() - Id3Header::kBytes, "as long as it says");
  must_hold(excerpt(*again, as_bytes(kept).subspan(Id3Header::kBytes), kept.size()) == kept,
            "whose frames are all kept");
  must_hold(is_harmless(*again, as_bytes(kept)), "and harmless");
}

void judge(const Id3Header& header, ByteView tag) {
  if (is_harmless(header, tag)) read_as_ffmpeg_does(header, tag);
}

/// Reads `file` in pieces and lets no tag of it be read, or all of them.
Bytes watched(ByteView file, std::size_t piece, bool may_be_read) {
  Bytes seen(file.begin(), file.end());
  Id3Watch watch([may_be_read](std::int64_t, const Id3Header&) { return may_be_read; });
  for (std::size_t at = 0; at < seen.size(); at += piece) {
    watch.see(static_cast<std::int64_t>(at), ByteSpan(seen).subspan(at, std::min(piece, seen.size() - at)));
  }
  return seen;
}

void watch(ByteView file, std::size_t piece) {
  const Bytes left = watched(file, piece, false);
  for (std::size_t at = 0; at + Id3Header::kBytes <= left.size(); ++at) {
    const bool may_be = left[at] == static_cast<std::uint8_t>(Id3Header::kMagic.front());
    must_hold(!may_be || !Id3Header::read(ByteView(left).subspan(at, Id3Header::kBytes)), "no tag is left");
  }
  must_hold(left == watched(file, file.size() + 1, false), "pieces make no difference to what is left");
  const Bytes all = watched(file, piece, true);
  must_hold(std::equal(all.begin(), all.end(), file.begin(), file.end()), "what may be read is not touched");
}

std::string number(std::size_t value, unsigned bits) {
  std::string text;
  for (unsigned i = 4; i-- > 0;) text += static_cast<char>(value >> (bits * i) & ((1U << bits) - 1));
  return text;
}

std::string frame(int version, const std::string& id, const std::string& text, char flags = '\0') {
  return id + number(text.size(), version == 4 ? 7 : 8) + '\0' + flags + text;
}

std::string tag(int version, const std::string& frames, char flags = '\0') {
  return std::string("ID3") + static_cast<char>(version) + '\0' + flags + number(frames.size(), 7) + frames;
}

}  // namespace

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  const auto add = [&all](const char* name, std::string_view file, std::uint8_t zeros = 0) {
    Bytes input = {6, 0, 28, zeros, 7};  // in pieces of seven, with zeros in the first frame, if any
    input.insert(input.end(), file.begin(), file.end());
    all.push_back({name, std::move(input)});
  };
  const std::string title = "\3A title";
  for (const int version : {3, 4}) {
    const std::string texts = frame(version, "TIT2", title) + frame(version, "TXXX", "\3k\xFF");
    const std::string more = frame(version, "APIC", "\3image/png") + frame(version, "COMM", "\3eng");
    add(version == 3 ? "version_3" : "version_4", tag(version, texts + more + std::string(30, '\0')));
    add(version == 3 ? "long_3" : "long_4", tag(version, texts + more), 200);
  }
  add("version_2", tag(2, std::string("TT2\0\0\4\3abcTP1\0\0\3\3de", 19)));
  add("unsynchronised",
      tag(4, frame(4, "TIT2", number(4, 8) + std::string("\1\xFF\0\xFE", 4), '\3'), '\x80'));
  add("extended", tag(4, number(6, 7) + std::string("\1\0", 2) + frame(4, "TIT2", title), '\x40'));
  add("packed", tag(3, std::string(10, '\0') + frame(3, "TIT2", title, '\x08')));
  add("not_syncsafe", tag(4, "APIC" + number(200, 8) + std::string(202, '\0') + frame(4, "TIT2", title)));
  add("sonys", "ea3" + tag(3, frame(3, "TIT2", title)).substr(3));
  add("in_each_other", "ID3 " + number(0x1280, 8) + tag(4, frame(4, "TIT2", title)));
  std::string many;
  for (int i = 0; i < 140; ++i) many += frame(3, "TXXX", "k");
  add("many", tag(3, many));
  return all;
}

}  // namespace vcplay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vcplay;
  fuzz::Input input({data, size});
  const std::size_t piece = input.u8() + std::size_t{1};
  const Bytes file = fuzz::widened(input);
  if (const auto header = media::Id3Header::read(file)) {
    fuzz::cut(*header, file, piece);
    fuzz::judge(*header, file);
  }
  fuzz::watch(file, piece);
  return 0;
}
