// Where one file ends in a stream of bytes, and another one begins.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "media/file_beginning.hpp"

namespace vcplay::media {

/// Finds the end of a piece: a file that another one follows, as in `cat a.wav b.wav`, or where a program
/// writes each sentence as a WAV of its own. By the sizes in it where they are known; where they are not,
/// by how the next one begins. The links of a chained Ogg and MP3 behind MP3 are one piece: FFmpeg goes
/// on by itself there.
class PieceBorder {
 public:
  /// Looks at the bytes at `position` of the piece. So many of them are the piece's own: all, or those before
  /// the border, or those before what can be judged only together with what follows: that is to be shown
  /// again, with more behind it. What has been left out (a seek) is not asked for.
  [[nodiscard]] std::size_t see(std::uint64_t position, ByteView bytes);

  /// The first byte that is not the piece's.
  [[nodiscard]] std::optional<std::uint64_t> border() const noexcept { return border_; }
  /// The next byte that tells something; nothing once there is nothing to be learnt, or all bytes tell.
  [[nodiscard]] std::optional<std::uint64_t> next() const noexcept;
  /// Nothing more is to be learnt.
  void stop() noexcept { step_ = Step::over; }
  /// False once nothing more is to be learnt.
  [[nodiscard]] bool is_watching() const noexcept { return !border_ && step_ != Step::over; }
  /// So many bytes from next() on tell all that they can.
  static constexpr std::size_t kMostLook = 512;

 private:
  enum class Step : std::uint8_t {
    beginning,  // of the piece
    head,       // of the next part of it, or the border
    sound,      // in which another piece may begin, up to sound_end_
    over,       // nothing more is to be learnt
  };
  struct Part;

  [[nodiscard]] bool begin(ByteView bytes);
  [[nodiscard]] bool read_head(ByteView bytes);
  [[nodiscard]] std::size_t search(std::uint64_t position, ByteView bytes);
  [[nodiscard]] bool may_end_sound(FileKind next) const noexcept;
  [[nodiscard]] std::optional<Part> part_of(ByteView bytes) const;
  [[nodiscard]] std::optional<Part> chunk_of(ByteView bytes) const;
  [[nodiscard]] std::optional<std::uint64_t> behind_the_sound(ByteView bytes) const;
  void note(ByteView bytes);
  void enter(const Part& part);
  void go_to(std::uint64_t position) noexcept;

  Step step_ = Step::beginning;
  FileKind kind_ = FileKind::none;
  std::uint64_t begin_ = 0;                 // of the first head, behind tags
  std::uint64_t next_ = 0;                  // of the next head
  std::optional<std::uint64_t> sound_end_;  // nothing: it is not known
  std::uint64_t sound_begin_ = 0;
  bool is_last_ = false;                    // no block of FLAC's head follows, but sound
  bool is_pcm_ = false;                     // sound in which nothing looks like a file by chance
  std::optional<std::uint64_t> long_size_;  // of the sound, in RF64
  std::optional<std::uint64_t> border_;
};

}  // namespace vcplay::media
