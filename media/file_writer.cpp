#include "media/file_writer.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstddef>

namespace vcplay::media {
namespace {

constexpr int kWriteBytes = 64 * 1024;

}  // namespace

// FFmpeg 7 made what is to be written const: `Byte` is what this FFmpeg hands over.
template <typename Byte>
int FileWriter::on_write(void* self, Byte* bytes, int size) noexcept {
  auto& file = *static_cast<FileWriter*>(self);
  int done = 0;
  while (done < size) {
    const ssize_t written = ::write(file.fd_, bytes + done, static_cast<std::size_t>(size - done));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      if (file.failure_ == 0) file.failure_ = errno;
      return AVERROR(errno);
    }
    done += static_cast<int>(written);
  }
  file.bytes_ += static_cast<std::uint64_t>(size);
  return size;
}

std::int64_t FileWriter::on_seek(void* self, std::int64_t offset, int whence) noexcept {
  if ((whence & AVSEEK_SIZE) != 0) return AVERROR(ENOSYS);
  const off_t reached = ::lseek(static_cast<const FileWriter*>(self)->fd_, offset, whence & ~AVSEEK_FORCE);
  return reached < 0 ? AVERROR(errno) : reached;
}

FileWriter::FileWriter(int fd, Seeking seeking) : fd_(fd) {
  auto* const buffer = made(static_cast<std::uint8_t*>(av_malloc(kWriteBytes)));
  AVIOContext* const io = avio_alloc_context(buffer, kWriteBytes, 1, this, nullptr, on_write,
                                             seeking == Seeking::possible ? on_seek : nullptr);
  if (io == nullptr) av_free(buffer);
  context_.reset(made(io));
}

}  // namespace vcplay::media
