// Which tracks there are, found out while they are played.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "media/io.hpp"
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

  /// Up to `most` further bytes; what cannot be read is left
  /// to whoever opens the file next, who names the reason.
  [[nodiscard]] std::string read(std::size_t most) const;

 private:
  int fd_;
};

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

  /// The next one; nothing after the last, after a stop, and after a round in which nothing played.
  [[nodiscard]] std::optional<Item> next();
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
    std::string identity;  // of the file or URL that it is; empty: the command line
    bool is_playlist = false;
    bool remote = false;
    bool has_tracks_only = false;  // each entry has been looked into
  };

  [[nodiscard]] Item given(Entry entry);
  [[nodiscard]] Item nothing_found();
  void begin_round();
  void narrow(Entry& entry) const;
  [[nodiscard]] std::optional<Entry> next_track();
  [[nodiscard]] std::optional<Entry> take();
  [[nodiscard]] bool open(Media& media);
  [[nodiscard]] bool open_file(Media& media);
  [[nodiscard]] bool open_address(const Media& media, PlaylistKind kind);
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
  std::vector<Level> levels_;     // the innermost last
  std::uint32_t rounds_ = 0;      // begun
  std::size_t entries_ = 0;       // of this round's lists
  std::uint64_t list_bytes_ = 0;  // likewise
  std::uint32_t given_ = 0;       // in this round
  std::optional<Entry> fifo_;     // with --reopen: it is played for ever
  std::optional<File> keeper_;    // so that a writer between two tracks finds a reader
  bool round_played_ = false;     // something of it gave audio
};

}  // namespace vcplay::media
