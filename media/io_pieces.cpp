// Several files that follow each other in one file, in one pipe or on one server.
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/log.hpp"
#include "media/io.hpp"
#include "media/remote.hpp"

namespace vcplay::media {
namespace {

// Parts of a file that are looked at ahead; behind these the bytes are looked at as they are read.
constexpr int kMostPartsAhead = 4'096;
// Of an index or a picture; more of it is sound that a demuxer gave up on.
constexpr std::size_t kMostBehindSound = 1U << 20U;
constexpr std::size_t kMostOfOneRefused = 128U << 20U;

}  // namespace

/// What follows is a file of its own for FFmpeg.
void Access::begin_piece() {
  front_.clear();
  cut_ = 0;
  position_ = 0;
  head_size_ = 0;
  riff_ = {};
  further_tags_ = watch_for_tags();
  opening_ = true;
  border_ = {};
  came_whole_ = false;
  if (const std::int64_t end = seekable_ ? size() : -1; end >= 0)
    border_.bound(static_cast<std::uint64_t>(end));
  own_ = border_.see(0, as_bytes(held_));
  if (regular_ && seekable_) look_for_border();
  cut_tags();
  attach_reader();
}

/// In a file one can look ahead.
void Access::look_for_border() {
  std::array<std::uint8_t, PieceBorder::kMostLook> bytes{};
  for (int part = 0; part < kMostPartsAhead; ++part) {
    const auto next = border_.next();
    if (!next) return;
    const ssize_t got = ::pread(fd_, bytes.data(), bytes.size(), static_cast<off_t>(piece_begin_ + *next));
    if (got <= 0) return;
    (void)border_.see(*next, {bytes.data(), static_cast<std::size_t>(got)});
    if (border_.next() == next) return;  // there are no more bytes that would tell
  }
}

/// The next bytes of the piece, but for those that may be the next one's already.
int Access::read_piece(std::uint8_t* buffer, int size) {
  if (const auto hidden = border_.hidden(); hidden && seekable_) {
    if (at_ >= *hidden) return AVERROR_EOF;
    size = static_cast<int>(std::min<std::uint64_t>(static_cast<std::uint64_t>(size), *hidden - at_));
  }
  for (;;) {
    if (own_ > 0) {
      const std::size_t count = std::min(own_, static_cast<std::size_t>(size));
      std::copy_n(held_.begin(), count, buffer);
      held_.erase(0, count);
      own_ -= count;
      return give(buffer, count);
    }
    if (const auto border = border_.border(); border && at_ >= *border) return AVERROR_EOF;
    const int got = read_bytes(buffer, size);
    came_whole_ = came_whole_ || (got == AVERROR_EOF && is_pipe() && !has_seen_enough());
    if (held_.empty()) {
      if (got <= 0) return got;
      const ByteView bytes(buffer, static_cast<std::size_t>(got));
      const std::size_t own = border_.see(at_, bytes);
      held_.assign(bytes.begin() + static_cast<std::ptrdiff_t>(own), bytes.end());
      if (own > 0) return give(buffer, own);
    } else if (got > 0) {
      held_.append(buffer, buffer + got);
      own_ = border_.see(at_, as_bytes(held_));
    } else if (got == AVERROR_EOF && !has_seen_enough()) {
      own_ = held_.size();  // nothing follows that would tell
    } else {
      return got;
    }
  }
}

int Access::give(std::uint8_t* bytes, std::size_t count) noexcept {
  border_.patches().apply(at_, {bytes, count});
  at_ += count;
  if (is_pipe() && opening_) riff_.watch({bytes, count});
  return static_cast<int>(count);
}

int Access::read_bytes(std::uint8_t* buffer, int size) noexcept {
  return remote_ != nullptr ? remote_->read(buffer, size) : read_some(buffer, size);
}

bool Access::has_next_piece(bool was_opened) {
  opening_ = false;
  if (world_.over() || allowance_.is_spent() || !fault().empty()) return false;
  if (border_.border() && seekable_) return true;
  // A demuxer need not read its file to the end, and one that refused it has hardly begun.
  const std::size_t most = was_opened ? kMostBehindSound : kMostOfOneRefused;
  std::array<std::uint8_t, 4'096> rest{};
  for (std::size_t left_out = 0; !seekable_;) {
    const auto border = border_.border();
    const bool tells = border_.is_watching() || border_.unknown();
    if (border ? at_ >= *border : !tells || left_out > most) break;
    const int got = read_piece(rest.data(), static_cast<int>(rest.size()));
    if (got <= 0) break;
    allowance_.take(got);
    left_out += static_cast<std::size_t>(got);
  }
  return border_.border() == at_;
}

void Access::go_to_next_piece() {
  const std::uint64_t border = *border_.border();
  if (at_ != border && go_to(static_cast<std::int64_t>(border)) < 0) give_up("it cannot be wound on");
  piece_begin_ += border;
  at_ = 0;
  begin_piece();
}

void Access::tell(const std::string& sentence) {
  constexpr int kMost = 5;
  if (told_ > kMost || !world_.is_news(sentence)) return;
  if (++told_ > kMost) {
    log::warning("{}: there is more to say of that kind, which is left out", named(location_));
  } else {
    log::warning("{}", sentence);
  }
}

}  // namespace vcplay::media
