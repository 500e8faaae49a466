// What FFmpeg's muxers write through.
#pragma once

#include <cstdint>

#include "media/ffmpeg.hpp"

namespace vcplay::media {

/// Writes to an open descriptor, which it does not close. One thread at a time.
class FileWriter {
 public:
  enum class Seeking : std::uint8_t { possible, impossible };

  FileWriter(int fd, Seeking seeking);
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  /// For AVFormatContext::pb; it dies with the FileWriter.
  [[nodiscard]] AVIOContext* context() const noexcept { return context_.get(); }
  /// The errno of the first write that failed; 0: none has.
  [[nodiscard]] int failure() const noexcept { return failure_; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }  // written so far

 private:
  template <typename Byte>
  static int on_write(void* self, Byte* bytes, int size) noexcept;
  static std::int64_t on_seek(void* self, std::int64_t offset, int whence) noexcept;

  const int fd_;
  int failure_ = 0;
  std::uint64_t bytes_ = 0;
  ReaderPtr context_;
};

}  // namespace vcplay::media
