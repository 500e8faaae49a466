// Any stream, as it comes in: in one piece or in many, a file in it ends at the same byte.
#include "media/piece_border.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "target.hpp"

namespace vcplay::fuzz {
namespace {

using media::PieceBorder;

/// Shows `at_once` more bytes at a time: what cannot be judged yet is shown again.
std::optional<std::uint64_t> border_of(ByteView bytes, std::size_t at_once, bool is_file) {
  PieceBorder border;
  if (is_file) border.bound(bytes.size());
  std::size_t at = 0;
  std::size_t shown = 0;
  while (shown < bytes.size() && !border.border()) {
    shown = std::min(bytes.size(), shown + at_once);
    const ByteView there = bytes.subspan(at, shown - at);
    const std::size_t own = border.see(at, there);
    must_hold(own <= there.size(), "what is not shown is nobody's");
    must_hold(there.size() - own <= PieceBorder::kMostLook || border.border(), "little is kept back");
    Bytes given(there.begin(), there.begin() + static_cast<std::ptrdiff_t>(own));
    border.patches().apply(at, given);
    at += own;
  }
  must_hold(!border.border() || *border.border() == at,
            "all before the border is the piece's own, and no more");
  return border.border();
}

/// As in a file: only what tells something is read.
std::optional<std::uint64_t> border_by_looks(ByteView bytes) {
  PieceBorder border;
  for (int look = 0; look < 1'000; ++look) {
    const auto next = border.next();
    if (!next || *next >= bytes.size()) break;
    const ByteView rest = bytes.subspan(static_cast<std::size_t>(*next));
    (void)border.see(*next, rest.first(std::min(rest.size(), PieceBorder::kMostLook)));
    if (border.next() == next) break;
  }
  return border.border();
}

}  // namespace

std::vector<Seed> seeds() {
  using std::string_literals::operator""s;
  const auto input = [](const std::string& text) {
    Bytes bytes = {3};
    bytes.insert(bytes.end(), text.begin(), text.end());
    return bytes;
  };
  const std::string wav =
      "RIFF\x2C\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x80\xBB\0\0\0\x77\1\0\2\0\x10\0data\x08\0\0\0abcdefgh"s;
  std::string streamed = wav;
  streamed.replace(40, 4, "\xFF\xFF\xFF\xFF");
  const std::string aiff =
      "FORM\0\0\0\x2E"
      "AIFFCOMM\0\0\0\x12\0\1\0\0\0\4\0\x10\x40\x0E\xBB\x80\0\0\0\0\0\0SSND\0\0\0\x0C\0\0\0\0\0\0\0\0abcd"s;
  const std::string caf = "caff\0\1\0\0desc\0\0\0\0\0\0\0\x20\x40\xE7\x70\0\0\0\0\0lpcm"s +
                          std::string(20, '\1') + "data\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0\0\0\0abcd"s;
  const std::string webm =
      "\x1A\x45\xDF\xA3\x84\x42\x86\x81\x01\x18\x53\x80\x67\x84"
      "abcd"s;
  const std::string mp4 =
      "\0\0\0\x10"
      "ftypM4A \0\0\0\0\0\0\0\x0Cmdatabcd"s;
  const std::string ogg = "OggS\0\2"s + std::string(20, '\0') + "\1\4abcd"s;
  const std::string flac = "fLaC\x80\0\0\x22"s + std::string(34, 'a') + "\xFF\xF8"s;
  const std::string wavpack = "wvpk\x1C\0\0\0\x10\4\0\0\x64\0\0\0\0\0\0\0\x64\0\0\0\0\x18\0\0\0\0\0\0abcd"s;
  const std::string mp3 = "ID3\4\0\0\0\0\0\x0CTIT2\0\0\0\2\0\0\3a\xFF\xFB\x90\x64"s;
  return {
      {"wav", input(wav + wav)}, {"streamed", input(streamed + mp3)}, {"aiff", input(aiff + aiff)},
      {"caf", input(caf + caf)}, {"webm", input(webm + webm)},        {"mp4", input(mp4 + mp4)},
      {"ogg", input(ogg + wav)}, {"flac", input(flac + flac)},        {"wavpack", input(wavpack + wavpack)},
      {"mp3", input(mp3 + wav)}};
}

}  // namespace vcplay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vcplay;
  fuzz::Input input({data, size});
  const std::size_t at_once = std::size_t{input.u8()} + 1;
  const ByteView rest = input.rest();
  Bytes stream(rest.begin(), rest.end());
  stream.resize(stream.size() + media::kMostBeginning, 0x55);  // what takes more bytes to tell gets them
  const auto border = fuzz::border_of(stream, stream.size() + 1, false);
  fuzz::must_hold(border == fuzz::border_of(stream, at_once, false), "pieces make no difference");
  fuzz::must_hold(fuzz::border_of(stream, stream.size() + 1, true) == fuzz::border_of(stream, at_once, true),
                  "nor in a file");
  const auto by_looks = fuzz::border_by_looks(stream);
  fuzz::must_hold(!by_looks || (border && *border <= *by_looks), "who reads all misses none");
  return 0;
}
