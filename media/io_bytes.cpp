// How FFmpeg gets a medium's bytes: one after the other, or from where it asks for them.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "media/io.hpp"
#include "media/remote.hpp"

namespace vcplay::media {
namespace {

// A text of gigabytes that is called music: it is no use to look for a sample behind this.
constexpr std::uint64_t kMostWithoutSound = 128U << 20U;
// Bytes between two looks at what the medium costs. An index is read while it is opened.
constexpr int kMostAtOnce = 1 << 20;
constexpr int kMostOfAnIndex = 1 << 10;
constexpr std::uint64_t kSpdifProbeBytes = 2048;

}  // namespace

int Access::on_read(void* self, std::uint8_t* buffer, int size) noexcept {
  auto& access = *static_cast<Access*>(self);
  if (!access.heard_ && access.given_ > kMostWithoutSound) return AVERROR_EOF;
  if (access.world_.over() || access.allowance_.is_spent()) return AVERROR_EXIT;
  const int got = access.read_on(buffer, std::min(size, access.opening_ ? kMostOfAnIndex : kMostAtOnce));
  if (got > 0) {
    access.keep_head({buffer, static_cast<std::size_t>(got)});
    access.given_ += static_cast<std::uint64_t>(got);
    access.allowance_.take(got);
    access.position_ += got;
  }
  return got;
}

/// What FFmpeg takes for the next bytes of the medium.
int Access::read_on(std::uint8_t* buffer, int size) noexcept {
  const auto front = static_cast<std::int64_t>(front_.size());
  if (position_ < front) {
    const auto count = static_cast<std::size_t>(std::min<std::int64_t>(size, front - position_));
    std::copy_n(front_.begin() + position_, count, buffer);
    return static_cast<int>(count);
  }
  try {
    const int got = read_piece(buffer, size);
    if (position_ == front) see_border();
    if (got > 0) further_tags_.see(position_, {buffer, static_cast<std::size_t>(got)});
    return got;
  } catch (...) {
    return AVERROR(ENOMEM);
  }
}

/// They stand at `position_`.
void Access::keep_head(ByteView bytes) noexcept {
  if (position_ != static_cast<std::int64_t>(head_size_)) return;
  const ByteView kept = bytes.first(std::min(bytes.size(), head_.size() - head_size_));
  std::copy(kept.begin(), kept.end(), head_.begin() + static_cast<std::ptrdiff_t>(head_size_));
  head_size_ += kept.size();
}

/// A tag may begin in `front_` and end behind it.
void Access::see_border() {
  std::string last = front_.substr(front_.size() - std::min(front_.size(), Id3Header::kBytes - 1));
  const std::int64_t position = position_ - static_cast<std::int64_t>(last.size());
  further_tags_.see(position, {reinterpret_cast<std::uint8_t*>(last.data()), last.size()});
}

/// Of a file or a pipe.
int Access::read_some(std::uint8_t* buffer, int size) noexcept {
  // A named pipe's writer may have been gone before we opened it. poll() would not tell
  // that, but read() does.
  bool may_wait = !regular_ && !(fifo_ && gave_anything());
  for (;;) {
    if (world_.over()) return AVERROR_EXIT;
    if (has_seen_enough()) return AVERROR_EOF;
    if (may_wait && !wait_for_bytes()) return AVERROR_EXIT;
    const ssize_t got = ::read(fd_, buffer, static_cast<std::size_t>(size));
    if (got > 0) return static_cast<int>(got);
    if (got == 0) return AVERROR_EOF;
    if (errno != EINTR && errno != EAGAIN) return AVERROR(errno);
    may_wait = !regular_;
  }
}

/// False after a stop.
bool Access::wait_for_bytes() noexcept {
  const Progress::Wait wait(world_.progress, Progress::Awaits::pipe);
  for (;;) {
    switch (world_.stop.wait_until_readable(fd_, patience_)) {
      case Event::Wake::readable:
        return true;
      case Event::Wake::raised:
        return false;
      case Event::Wake::late:
        if (!call_home()) return false;
    }
  }
}

/// False: nobody is there any more.
bool Access::call_home() noexcept {
  Excursion* const excursion = world_.excursion;
  if (excursion != nullptr && !excursion->come_back()) return false;
  on_silence_();
  if (excursion != nullptr) excursion->depart();
  return true;
}

// To find out whether 16-bit samples in a WAV are S/PDIF in disguise FFmpeg reads 64 KiB of them before it
// plays any: seconds, when somebody speaks into a telephone. It makes do with less when we call it the end,
// rewinds, and goes on.
bool Access::has_seen_enough() const noexcept {
  return opening_ && is_pipe() && riff_.data() && at_ >= *riff_.data() + kSpdifProbeBytes;
}

std::int64_t Access::on_seek(void* self, std::int64_t offset, int whence) noexcept {
  auto& access = *static_cast<Access*>(self);
  const bool asks_size = (whence & AVSEEK_SIZE) != 0;
  if (asks_size || (whence & ~AVSEEK_FORCE) == SEEK_END) {
    const std::int64_t size = access.size();
    if (size < 0) return size;
    const std::int64_t seen = std::max<std::int64_t>(0, size - access.cut_);
    if (asks_size) return seen;
    return access.remote_ == nullptr ? on_seek(self, seen + offset, SEEK_SET) : AVERROR(ENOSYS);
  }
  if ((whence & ~AVSEEK_FORCE) != SEEK_SET || offset < 0) return AVERROR(ENOSYS);
  const auto front = static_cast<std::int64_t>(access.front_.size());
  const std::int64_t result = access.go_to(std::max(offset, front) + access.cut_);
  if (result < 0) return result;
  access.position_ = offset;
  return offset;
}

/// Of the piece, in bytes, or an AVERROR.
std::int64_t Access::size() const noexcept {
  const auto end = border_.hidden() ? border_.hidden() : border_.border();
  if (end) return static_cast<std::int64_t>(*end);
  std::int64_t whole = 0;
  if (remote_ != nullptr) {
    whole = remote_->seek(0, AVSEEK_SIZE);
  } else {
    struct stat about {};
    if (::fstat(fd_, &about) != 0) return AVERROR(errno);
    whole = regular_ ? about.st_size : device_size();
  }
  return whole < 0 ? whole : whole - static_cast<std::int64_t>(piece_begin_);
}

/// The size of a device, such as a disk. Finding it out moves the reading position, which is then put back.
std::int64_t Access::device_size() const noexcept {
  const off_t end = seekable_ ? ::lseek(fd_, 0, SEEK_END) : -1;
  if (end < 0) return AVERROR(ENOSYS);
  ::lseek(fd_, static_cast<off_t>(piece_begin_ + at_ + held_.size()), SEEK_SET);
  return end;
}

/// `position` is of the piece.
std::int64_t Access::go_to(std::int64_t position) noexcept {
  const std::int64_t place = position + static_cast<std::int64_t>(piece_begin_);
  std::int64_t reached = 0;
  if (remote_ != nullptr) {
    reached = remote_->seek(place, SEEK_SET);
    if (reached < 0) return reached;
  } else {
    reached = ::lseek(fd_, place, SEEK_SET);
    if (reached < 0) return AVERROR(errno);
  }
  held_.clear();
  own_ = 0;
  at_ = static_cast<std::uint64_t>(position);
  return position;
}

}  // namespace vcplay::media
