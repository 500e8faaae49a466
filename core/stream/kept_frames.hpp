// All frames of a stream from its beginning, as far as there is room for them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/opus_frame.hpp"

namespace vcplay::stream {

/// Frames one behind the other in chunks of memory, at most kMostBytes of it. Nothing is ever moved,
/// overwritten or given back before the end, so that readers need no permission. How far they may read is not
/// said here: whoever appends tells them, and that orders the memory for both.
class KeptFrames {
  struct Chunk;

 public:
  static constexpr std::size_t kMostBytes = std::size_t{64} << 20U;  // an hour at 128 kb/s

  /// Where a reader is. Its first frame is number 0.
  class Place {
    friend class KeptFrames;
    const Chunk* chunk_ = nullptr;  // null: at the beginning
    std::size_t offset_ = 0;
  };

  KeptFrames() = default;
  ~KeptFrames();
  KeptFrames(const KeptFrames&) = delete;
  KeptFrames& operator=(const KeptFrames&) = delete;

  /// How many frames with so many bytes of Opus each have room.
  [[nodiscard]] static std::uint64_t room_for(std::size_t opus_bytes) noexcept;

  /// The writer alone; allocates. False when there is no room: then nothing more may be appended.
  [[nodiscard]] bool append(const OpusFrame& frame) noexcept;
  /// Any thread: a copy of the frame at `place`, which has been appended.
  void read(Place& place, OpusFrame& frame) const noexcept;
  /// On to the next frame; this one has been read.
  static void advance(Place& place) noexcept;

 private:
  /// Before the bytes of each frame, which are padded to a multiple of its size's alignment.
  struct Record {
    std::uint64_t track_frame;
    std::uint32_t track;
    std::uint16_t size;  // bytes of Opus; kGoOn: the next frame is in the next chunk
    std::uint16_t unused;
  };
  static constexpr std::uint16_t kGoOn = 0xFFFF;
  static constexpr std::size_t kChunkBytes = std::size_t{64} << 10U;
  struct Chunk {
    std::unique_ptr<Chunk> next;
    alignas(Record) std::array<std::byte, kChunkBytes - 2 * sizeof(Record)> bytes;
  };
  static constexpr std::size_t kMostChunks = kMostBytes / kChunkBytes;

  [[nodiscard]] static constexpr std::size_t space_for(std::size_t opus_bytes) noexcept {
    return (sizeof(Record) + opus_bytes + alignof(Record) - 1) / alignof(Record) * alignof(Record);
  }
  [[nodiscard]] static bool has_room(const Chunk& chunk, std::size_t offset, std::size_t space) noexcept {
    return offset + space <= chunk.bytes.size();
  }
  [[nodiscard]] static Record record_at(const Chunk& chunk, std::size_t offset) noexcept;
  [[nodiscard]] bool add_chunk() noexcept;

  std::unique_ptr<Chunk> first_;
  Chunk* last_ = nullptr;  // of the writer
  std::size_t end_ = 0;    // of what is used in it
  std::size_t chunks_ = 0;
};

}  // namespace vcplay::stream
