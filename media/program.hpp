// Which tracks there are, found out while they are played.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "media/excursion.hpp"
#include "media/io.hpp"
#include "media/nearby.hpp"
#include "media/pipeline.hpp"
#include "media/playlist.hpp"

namespace vcplay::media {

/// An open file that is closed again.
class File {
 public:
  /// Never waits, not even for a named pipe's writer.
  explicit File(const std::string& path);
  ~File();
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  /// Up to `most` further bytes; what cannot be read is left to whoever opens the file next,
  /// who names the reason.
  [[nodiscard]] std::string read(std::size_t most) const;

 private:
  int fd_;
};

/// What is said of a medium in which a thread was left behind.
[[nodiscard]] std::string left_out(const std::string& location);

/// Leads from the MEDIA words to tracks: into directories and playlists, round after round, in order or
/// shuffled. A list is opened when its turn has come, each round anew. Lives on the media thread.
class Program {
 public:
  /// A track to be played, or the sentence that says why there is none.
  struct Item {
    Media media;
    std::string failure;       // empty: play it
    std::uint32_t tracks = 0;  // how many there are, as far as lists have been opened; 0: nobody knows
    bool may_tarry = false;    // it comes when somebody writes it
  };

  Program(std::vector<Media> words, const ProgramOptions& options, World world);

  /// The next one; nothing after the last, after a stop, and after a round in which nothing played. Its
  /// thread may be left behind by `excursion` while the kernel is asked about a file: whoever asks next then
  /// gets that file, with the sentence that it is left out.
  [[nodiscard]] std::optional<Item> next(Excursion* excursion = nullptr);
  /// Some that come before and after the item that came last, as they stand in its list, and its place there.
  struct Neighbours {
    std::vector<Media> media;
    std::size_t place = 0;
    bool one_list = false;  // all of one playlist or directory
  };
  [[nodiscard]] Neighbours neighbours() const;
  /// The item that came last turned out to be a playlist: what it names takes its place.
  void expand(const Media& list, PlaylistKind kind);
  /// The item that came last has given audio.
  void note_played() noexcept { round_played_ = true; }

 private:
  struct Entry {
    Media media;
    std::string failure;
  };
  /// A list that is being worked through.
  struct Level {
    std::vector<Entry> entries;
    std::size_t at = 0;
    std::string identity;       // of the file or URL that it is; empty: the command line
    std::string list;           // the path of the playlist that it is, where it is a file
    bool is_sheet = false;      // which is a CUE sheet
    bool has_one_file = false;  // of which all tracks are parts
    bool is_playlist = false;
    bool remote = false;
    bool has_tracks_only = false;  // each entry has been looked into
  };

  [[nodiscard]] Item given(Entry entry);
  [[nodiscard]] Item nothing_found();
  void begin_round();
  void gather();
  void narrow(Entry& entry) const;
  [[nodiscard]] std::optional<Entry> next_track();
  [[nodiscard]] std::optional<Entry> take();
  [[nodiscard]] std::string reason_against(const Media& media) const;
  // What they learn of its format is kept in it.
  [[nodiscard]] bool open(Media& media);
  [[nodiscard]] bool open_file(Media& media);
  [[nodiscard]] std::optional<std::string> find_instead(const std::string& path);
  [[nodiscard]] const FolderNames& folder(const std::string& path);
  [[nodiscard]] bool open_address(Media& media, PlaylistKind kind);
  void open_directory(const Media& media, std::string identity);
  void open_playlist(const Media& media, PlaylistKind kind, const std::string& text, Level level);
  void count_list(const std::string& location, std::uint64_t bytes);
  [[nodiscard]] bool is_inside(const std::string& identity) const;
  void push(Level level);
  [[nodiscard]] bool is_remote() const noexcept { return !levels_.empty() && levels_.back().remote; }
  [[nodiscard]] std::uint32_t known_tracks() const noexcept;

  const std::vector<Media> words_;
  const ProgramOptions options_;
  const World world_;
  std::mt19937_64 random_;
  std::vector<Level> levels_;                   // the innermost last
  std::uint32_t rounds_ = 0;                    // begun
  std::size_t entries_ = 0;                     // of this round's lists
  std::uint64_t list_bytes_ = 0;                // likewise
  std::uint32_t given_ = 0;                     // in this round
  Excursion* excursion_ = nullptr;              // of the thread that asks
  std::optional<Entry> looked_into_;            // by a thread that is under way, or does not come back
  std::optional<std::vector<Entry>> gathered_;  // of a round that is to be shuffled
  std::optional<Entry> fifo_;                   // with --reopen: it is played for ever
  std::optional<File> keeper_;                  // so that a writer between two tracks finds a reader
  std::map<std::string, FolderNames> folders_;  // in which something was looked for that is not there
  bool round_played_ = false;                   // something of it gave audio
};

}  // namespace vcplay::media
