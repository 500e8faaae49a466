// Where one file ends in a stream of bytes, and another one begins.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "media/file_beginning.hpp"
#include "media/size_patches.hpp"

namespace vcplay::media {

/// Finds the end of a piece: a file that another one follows, as in `cat a.wav b.wav`, or where a program
/// writes each sentence as a WAV of its own. By the sizes in it where they are known; where they are not,
/// by how the next one begins. The links of a chained Ogg and MP3 behind MP3 are one piece: FFmpeg goes
/// on by itself there.
class PieceBorder {
 public:
  /// The medium ends there, counted from where the piece begins: a size that ends before it is believed,
  /// however odd it looks.
  void bound(std::uint64_t end) noexcept { end_ = end; }

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

  // What the sizes in it say:
  /// What FFmpeg is to see in place of those that nobody counted: for bytes of which see() has said whose
  /// they are.
  [[nodiscard]] const SizePatches& patches() const noexcept { return patches_; }
  /// The sound, or the last page of an Ogg that began, goes up to here; nothing where they do not say.
  [[nodiscard]] std::optional<std::uint64_t> promised_end() const noexcept { return promised_end_; }
  /// So many samples there are by an MP3's own count; nothing where there is none.
  [[nodiscard]] std::optional<std::uint64_t> promised_samples() const noexcept { return promised_samples_; }
  /// True where the last page of an Ogg that began ends in the middle of a packet.
  [[nodiscard]] bool is_amid_packet() const noexcept { return is_amid_packet_; }
  /// True where a page of Ogg has begun whose head has not been seen whole.
  [[nodiscard]] bool is_amid_head() const noexcept { return is_amid_head_; }
  [[nodiscard]] bool is_ogg() const noexcept { return kind_ == FileKind::ogg; }
  /// From here on there is neither sound nor anything else that is known, but no file of its own either.
  [[nodiscard]] std::optional<std::uint64_t> unknown() const noexcept { return unknown_; }
  /// FFmpeg is to see the end here, since it refuses files with what stands behind; nothing: it does not.
  [[nodiscard]] std::optional<std::uint64_t> hidden() const noexcept { return hidden_; }

  /// So many bytes from next() on tell all that they can.
  static constexpr std::size_t kMostLook = 512;

 private:
  enum class Step : std::uint8_t {
    beginning,  // of the piece
    head,       // of the next part of it, or the border
    sound,      // in which another piece may begin, up to sound_end_
    over,       // nothing more is to be learnt
  };
  /// A chunk, an object, a block, an element or a box, whose head begins at next_.
  struct Part {
    std::size_t head = 0;               // bytes
    std::optional<std::uint64_t> size;  // of what follows the head; nothing: up to the end
    bool is_sound = false;
  };

  [[nodiscard]] bool begin(ByteView bytes);
  [[nodiscard]] bool read_head(ByteView bytes);
  [[nodiscard]] std::size_t search(std::uint64_t position, ByteView bytes);
  [[nodiscard]] bool may_end_sound(FileKind next) const noexcept;
  [[nodiscard]] std::optional<Part> part_of(ByteView bytes) const;
  [[nodiscard]] std::optional<Part> chunk_of(ByteView bytes) const;
  [[nodiscard]] bool is_guess(std::uint64_t size, std::uint64_t begin) const noexcept;
  [[nodiscard]] std::optional<bool> goes_on_behind(ByteView bytes, const Part& part) const;
  [[nodiscard]] bool is_chunk(ByteView bytes, std::uint64_t position) const;
  void hide_guess();
  void hide_rest();
  [[nodiscard]] bool is_behind_sound() const noexcept { return sound_begin_ > 0; }
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
  std::optional<std::uint64_t> end_;  // of the medium
  std::optional<std::uint64_t> promised_end_;
  std::optional<std::uint64_t> promised_samples_;
  bool is_amid_packet_ = false;
  bool is_amid_head_ = false;
  std::optional<std::uint64_t> unknown_;
  std::optional<std::uint64_t> hidden_;
  SizePatches patches_;
};

}  // namespace vcplay::media
