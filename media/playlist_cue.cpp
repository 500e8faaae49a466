// CUE sheets: one file with many tracks in it, or many files with a track in each.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

#include "media/playlist.hpp"

namespace vcplay::media {
namespace {

// A CD's second has 75 frames.
constexpr std::int64_t kFramesPerSecond = 75;
constexpr std::int64_t kMaxMinutes = 100'000;
constexpr std::size_t kLongestName = 4096;  // of a file or of what a server is asked for

/// Takes the next word off the front; one in quotation marks may have blanks in it.
std::string_view take_word(std::string_view& line) {
  const std::size_t first = std::min(line.find_first_not_of(" \t"), line.size());
  line.remove_prefix(first);
  const bool quoted = !line.empty() && line.front() == '"';
  if (quoted) line.remove_prefix(1);
  const std::size_t end = std::min(line.find_first_of(quoted ? "\"" : " \t"), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

/// "01", or what programs write that do not know of two digits.
bool is_one(std::string_view number) {
  int value = 0;
  const auto [stop, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  return error == std::errc{} && stop == number.data() + number.size() && value == 1;
}

/// "mm:ss:ff", ff in 1/75 s. Nothing for anything else.
std::optional<Duration> read_cue_time(std::string_view text) {
  std::array<std::int64_t, 3> parts{};
  for (std::size_t i = 0; i < 3; ++i) {
    const std::size_t end = i < 2 ? text.find(':') : text.size();
    if (end == std::string_view::npos) return std::nullopt;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + end, parts[i]);
    if (error != std::errc{} || stop != text.data() + end || parts[i] < 0) return std::nullopt;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  const auto [minutes, seconds, frames] = parts;
  if (minutes > kMaxMinutes || seconds >= 60 || frames >= kFramesPerSecond) return std::nullopt;
  const std::int64_t all = (minutes * 60 + seconds) * kFramesPerSecond + frames;
  return Duration(std::chrono::nanoseconds(all * 1'000'000'000 / kFramesPerSecond));
}

/// Reads a sheet line by line.
class CueSheet {
 public:
  [[nodiscard]] bool is_full() const noexcept { return entries_.size() > kMaxPlaylistEntries; }

  void read(std::string_view line) {
    line_ += 1;
    const std::string_view command = take_word(line);
    if (same_word(command, "FILE")) {
      begin_file(line);
    } else if (same_word(command, "TRACK")) {
      begin_track(line);
    } else if (same_word(command, "INDEX")) {
      set_index(line);
    } else if (same_word(command, "TITLE")) {
      if (in_track_) track_.title = to_utf8(take_word(line));
    } else if (same_word(command, "PERFORMER")) {
      (in_track_ ? track_.artist : album_artist_) = to_utf8(take_word(line));
    }
  }

  [[nodiscard]] std::vector<PlaylistEntry> finish() {
    end_track();
    return std::move(entries_);
  }

 private:
  void begin_file(std::string_view line) {
    // It is compared and copied wherever an INDEX stands.
    const std::string_view name = take_word(line);
    if (name.size() > kLongestName)
      throw std::runtime_error(fmt::format("the name in line {} is too long", line_));
    file_ = name;
    const std::string_view type = take_word(line);
    is_cd_audio_ = same_word(type, "BINARY") || same_word(type, "MOTOROLA");
    big_endian_ = same_word(type, "MOTOROLA");
    // A track may begin (INDEX 00) in one file and have its INDEX 01 in the next: the latter counts.
  }

  void begin_track(std::string_view line) {
    end_track();
    take_word(line);  // its number
    in_track_ = true;
    is_audio_ = same_word(take_word(line), "AUDIO");
  }

  void set_index(std::string_view line) {
    const std::string_view number = take_word(line);
    const std::string_view text = take_word(line);
    const auto time = read_cue_time(text);
    if (!time) {
      throw std::runtime_error(fmt::format("\"{}\" in line {} is no time in mm:ss:ff", to_utf8(text), line_));
    }
    if (!in_track_ || !is_one(number)) return;
    track_.reference = file_;
    track_.start = time;
    track_.is_cd_audio = is_cd_audio_;
    track_.big_endian = big_endian_;
    // What lies between a track's INDEX 00 and 01 belongs to the end of the one before, as on a CD player.
    if (entries_.empty() || entries_.back().reference != file_ || *entries_.back().start >= *time) return;
    entries_.back().end = time;
  }

  void end_track() {
    const bool plays = in_track_ && is_audio_ && !track_.reference.empty();
    if (plays) {
      if (track_.artist.empty()) track_.artist = album_artist_;
      // What stands once in the sheet is kept for every track: a long name and many tracks
      // would be its square.
      names_ += track_.reference.size() + track_.artist.size() + track_.title.size();
      if (names_ > kMaxPlaylistBytes) throw std::runtime_error("its names are too long for so many tracks");
      entries_.push_back(std::move(track_));
    }
    track_ = {};
    in_track_ = false;
  }

  std::size_t line_ = 0;
  std::size_t names_ = 0;  // bytes of them in all entries
  std::vector<PlaylistEntry> entries_;
  PlaylistEntry track_;
  std::string file_;
  std::string album_artist_;
  bool in_track_ = false;
  bool is_audio_ = false;
  bool is_cd_audio_ = false;
  bool big_endian_ = false;
};

}  // namespace

std::vector<PlaylistEntry> parse_cue(std::string_view text) {
  CueSheet sheet;
  while (!text.empty() && !sheet.is_full()) sheet.read(take_line(text));
  return sheet.finish();
}

}  // namespace vcplay::media
