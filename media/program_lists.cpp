// How a directory or a playlist is opened: what it names becomes another level of the program.
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "base/error.hpp"
#include "base/log.hpp"
#include "media/directory.hpp"
#include "media/nearby.hpp"
#include "media/program.hpp"
#include "media/reference.hpp"

namespace vcplay::media {
namespace {

constexpr std::size_t kMaxEntries = 100'000;          // of all lists in a round
constexpr std::ptrdiff_t kMaxPlaylists = 8;           // within each other
constexpr std::uint64_t kMaxListBytes = 128U << 20U;  // of all playlists in a round: one may be named often
constexpr std::size_t kMaxLevels = 64;                // directories included
constexpr std::size_t kMaxFolders = 8;                // whose names are kept
constexpr std::size_t kHeadBytes = 512;               // enough to know a playlist by

[[noreturn]] void refuse(const std::string& location, const std::string& why) {
  throw Error(Cause::no_media, named(location) + ' ' + why);
}

std::string identity_of(const struct stat& about) { return fmt::format("{}:{}", about.st_dev, about.st_ino); }

Media made_of(const PlaylistEntry& entry, std::string location, const Media& list) {
  Media media = list;
  media.location = std::move(location);
  media.start = entry.start.value_or(Duration::zero()) > Duration::zero() ? entry.start : std::nullopt;
  media.end = entry.end;
  media.title = entry.title;
  media.artist = entry.artist;
  if (!entry.is_cd_audio) return media;
  media.format = entry.big_endian ? "s16be" : "s16le";
  media.rate = 44'100;
  media.channels = 2;
  return media;
}

}  // namespace

File::File(const std::string& path)
    : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)) {}

File::~File() {
  if (fd_ >= 0) ::close(fd_);
}

std::string File::read(std::size_t most) const {
  std::string bytes;
  std::array<char, 16'384> piece{};
  while (fd_ >= 0 && bytes.size() < most) {
    const ssize_t got = ::read(fd_, piece.data(), std::min(piece.size(), most - bytes.size()));
    if (got <= 0) break;
    bytes.append(piece.data(), static_cast<std::size_t>(got));
  }
  return bytes;
}

namespace {

/// A file as the kernel shows it, which may take for ever where it lies on a server.
class Sight {
 public:
  void look(const std::string& path) { is_there_ = ::stat(path.c_str(), &about_) == 0; }
  void read(const std::string& path, std::size_t most) {
    if (!file_) file_.emplace(path);
    text_ += file_->read(most - text_.size());
  }
  [[nodiscard]] bool is_there() const noexcept { return is_there_; }
  [[nodiscard]] const struct stat& about() const noexcept { return about_; }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }  // as far as it was read

 private:
  struct stat about_ {};
  bool is_there_ = false;
  std::optional<File> file_;
  std::string text_;
};

}  // namespace

/// False: it is a track itself.
bool Program::open(Media& media) {
  if (media.location == "-") return false;
  if (!is_address(media.location)) return open_file(media);
  const auto kind = playlist_by_name(media.location);
  return kind && media.format.empty() && open_address(media, *kind);
}

bool Program::open_file(Media& media) {
  // Where the thread may be left behind it touches nothing but what stands on its own stack: these two.
  std::string path = media.location;
  Sight sight;
  abroad(excursion_, [&] { sight.look(path); });
  if (!sight.is_there()) {
    const auto instead = find_instead(path);
    if (!instead) return false;  // whoever opens it will say why
    log::info("{} is not there: {} is played instead", named(path), named(*instead));
    media.location = path = *instead;
    abroad(excursion_, [&] { sight.look(path); });
    if (!sight.is_there()) return false;
  }
  const struct stat& about = sight.about();
  if (S_ISDIR(about.st_mode)) {
    open_directory(media, identity_of(about));
    return true;
  }
  if (S_ISREG(about.st_mode) && media.format == "hls") media.nature = Media::Nature::local_hls;
  if (!S_ISREG(about.st_mode) || !media.format.empty()) return false;
  abroad(excursion_, [&] { sight.read(path, kHeadBytes); });
  const std::string& text = sight.text();
  auto kind = playlist_by_content(text);
  if (!kind) kind = playlist_by_name(media.location);
  if (!kind || !is_text(text) || text.empty()) return false;
  if (static_cast<std::uint64_t>(about.st_size) > kMaxPlaylistBytes) {
    refuse(media.location,
           fmt::format("is longer than a playlist may be ({} MiB)", kMaxPlaylistBytes >> 20U));
  }
  count_list(media.location, static_cast<std::uint64_t>(about.st_size));
  abroad(excursion_, [&] { sight.read(path, kMaxPlaylistBytes); });
  if (*kind == PlaylistKind::m3u && is_hls(text)) {
    media.nature = Media::Nature::local_hls;
    media.format = "hls";
    return false;
  }
  Level level;
  level.identity = identity_of(about);
  open_playlist(media, *kind, text, std::move(level));
  return true;
}

std::optional<std::string> Program::find_instead(const std::string& path) {
  if (levels_.empty() || levels_.back().list.empty()) return std::nullopt;
  const Level& level = levels_.back();
  return find_nearby({path, level.list, level.is_sheet, level.has_one_file},
                     [this](const std::string& of) -> const FolderNames& { return folder(of); });
}

const FolderNames& Program::folder(const std::string& path) {
  if (const auto known = folders_.find(path); known != folders_.end()) return known->second;
  if (folders_.size() >= kMaxFolders) folders_.clear();
  const std::string name = path.empty() ? "." : path;
  const auto names = abroad(excursion_, [&name] { return names_in(name, kMaxEntries); });
  return folders_.emplace(path, names).first->second;
}

bool Program::open_address(Media& media, PlaylistKind kind) {
  count_list(media.location, 0);
  const Fetched list = fetch(media.location, kMaxPlaylistBytes, world_, is_text);
  list_bytes_ += list.body.size();
  if (!is_text(list.body)) return false;
  if (kind == PlaylistKind::m3u && is_hls(list.body)) {
    media.format = "hls";
    return false;
  }
  Level level;
  level.identity = media.location;
  level.remote = true;
  Media there = media;
  there.location = list.location;
  open_playlist(there, kind, list.body, std::move(level));
  return true;
}

void Program::open_directory(const Media& media, std::string identity) {
  if (is_inside(identity)) {
    log::info("{} leads back to itself: it is left out", named(media.location));
    return;
  }
  Level level;
  level.identity = std::move(identity);
  level.remote = is_remote();
  try {
    const std::string path = media.location;
    for (std::string& name : abroad(excursion_, [&path] { return list_directory(path, kMaxEntries); })) {
      Media file = media;
      file.location = std::move(name);
      file.title.clear();
      file.artist.clear();
      level.entries.push_back({std::move(file), {}});
    }
  } catch (const std::runtime_error& failure) {
    refuse(media.location, failure.what());
  }
  // An empty directory within another one is nobody's fault.
  if (level.entries.empty() && levels_.size() == 1)
    refuse(media.location, "is a directory without audio files");
  if (!level.entries.empty()) push(std::move(level));
}

void Program::open_playlist(const Media& media, PlaylistKind kind, const std::string& text, Level level) {
  level.is_playlist = true;
  level.remote = level.remote || is_remote();
  if (is_inside(level.identity)) refuse(media.location, "is left out: it contains itself");
  const auto outer =
      std::count_if(levels_.begin(), levels_.end(), [](const Level& one) { return one.is_playlist; });
  if (outer >= kMaxPlaylists) {
    refuse(media.location, fmt::format("is left out: playlists may be nested {} deep", kMaxPlaylists));
  }
  const PlaylistPlace place{media.location, level.remote};
  std::vector<PlaylistEntry> named_tracks;
  try {
    named_tracks = parse_playlist(kind, text);
  } catch (const std::runtime_error& failure) {
    refuse(media.location, std::string("is a playlist that cannot be read: ") + failure.what());
  }
  if (named_tracks.empty()) refuse(media.location, "is a playlist that names nothing");
  if (!level.remote) level.list = media.location;
  level.is_sheet = kind == PlaylistKind::cue;
  level.has_one_file = std::all_of(named_tracks.begin(), named_tracks.end(), [&](const PlaylistEntry& one) {
    return one.reference == named_tracks.front().reference;
  });
  for (const PlaylistEntry& entry : named_tracks) {
    Entry track{made_of(entry, entry.reference, media), {}};
    try {
      track.media.location = abroad(excursion_, [&] { return resolve(entry, place); });
    } catch (const std::runtime_error& failure) {
      track.media.location = shortened(entry.reference);
      track.failure = fmt::format("{} names \"{}\", {}", named(media.location), shortened(entry.reference),
                                  failure.what());
    }
    level.entries.push_back(std::move(track));
    if (level.entries.size() > kMaxEntries) break;
  }
  push(std::move(level));
}

void Program::count_list(const std::string& location, std::uint64_t bytes) {
  list_bytes_ += bytes;
  if (list_bytes_ <= kMaxListBytes) return;
  refuse(location,
         fmt::format("is left out: all playlists together are longer than {} MiB", kMaxListBytes >> 20U));
}

bool Program::is_inside(const std::string& identity) const {
  return std::any_of(levels_.begin(), levels_.end(),
                     [&](const Level& one) { return one.identity == identity; });
}

void Program::push(Level level) {
  if (levels_.size() >= kMaxLevels) {
    throw Error(Cause::no_media,
                fmt::format("{} and what else lies so deep is left out: {} lists in each other are enough",
                            named(level.entries.front().media.location), kMaxLevels));
  }
  if (entries_ + level.entries.size() > kMaxEntries) {
    const std::string where = level.entries.front().media.location;
    level.entries.resize(kMaxEntries - std::min(entries_, kMaxEntries));
    level.entries.push_back(
        {{where, {}, 0, 0},
         fmt::format("The lists name more than {} tracks; the rest is left out", kMaxEntries)});
  }
  entries_ += level.entries.size();
  levels_.push_back(std::move(level));
}

}  // namespace vcplay::media
