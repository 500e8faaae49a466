#include "media/source.hpp"

#include <utility>

#include "base/error.hpp"
#include "base/milliseconds.hpp"
#include "media/clock_time.hpp"

namespace vcplay::media {

Source::Source(const Media& media, std::uint32_t track, World world)
    : media_(media), world_(world), range_(media.start, media.end), access_(media, world) {
  const RuledConnections ruled(access_.connections());
  piece_.emplace(media_, access_, world_, range_, end_);
  info_ = piece_->info();
  info_.track = track;
  if (access_.knows_next_piece()) info_.duration.reset();  // it is that of the first one
}

const AVFrame* Source::next() {
  return in_library([this] { return next_in_range(); });
}

const AVFrame* Source::next_in_range() {
  if (!std::exchange(began_, true)) piece_->approach_start();
  while (!over_) {
    AVFrame* const frame = piece_->next();
    if (frame == nullptr) {
      go_on();
      continue;
    }
    switch (range_.cut(*frame)) {
      case Range::Verdict::keep:
        gave_ = true;
        return frame;
      case Range::Verdict::drop:
        break;
      case Range::Verdict::over:
        over_ = true;
    }
  }
  return nullptr;
}

std::optional<Source::Packet> Source::next_packet() {
  return in_library([this] { return read_packet(); });
}

std::optional<Source::Packet> Source::read_packet() {
  while (!over_) {
    if (!piece_->opus()) return std::nullopt;
    if (auto packet = piece_->next_packet()) {
      packet->padding = std::exchange(padding_, 0);
      packet->begins_link |= std::exchange(begins_piece_, false);
      return packet;
    }
    padding_ = piece_->padding();
    go_on();
  }
  return std::nullopt;
}

/// The piece is over: on to the next one, or to the end.
void Source::go_on() {
  over_ = !access_.has_next_piece(true);
  piece_->conclude(!over_);
  end_ = piece_->end();
  if (!over_) return open_next_piece();
  if (!gave_ && began_ && range_.start() && !world_.over()) throw Error(Cause::no_media, too_short());
}

void Source::open_next_piece() {
  std::string failure;
  do {
    piece_.reset();
    try {
      access_.go_to_next_piece();
      piece_.emplace(media_, access_, world_, range_, end_);
      const TrackInfo& info = piece_->info();
      if (!info.title.empty()) title_ = info.artist.empty() ? info.title : info.artist + " - " + info.title;
      begins_piece_ = true;
      if (end_ == 0 && !failure.empty()) access_.tell(failure + "; that part is left out");
      return;
    } catch (const Error& error) {
      if (world_.over()) break;
      if (access_.is_only_tags()) continue;
      failure = error.what();
      if (end_ > 0) access_.tell("From " + clock_time(end_) + " on " + failure + "; that part is left out");
    }
  } while (access_.has_next_piece(false));
  over_ = true;
  if (end_ > 0 || world_.over()) return;
  throw Error(Cause::no_media, failure.empty() ? named(info_.location) + Piece::kNoSound : failure);
}

std::optional<std::string> Source::take_title() {
  if (title_) return std::exchange(title_, std::nullopt);
  if (piece_) {
    if (auto title = piece_->take_title()) return title;
  }
  return access_.take_title();
}

std::string Source::tagged(const char* name) const { return piece_ ? piece_->tagged(name) : std::string(); }

std::optional<OpusStream> Source::opus() const { return piece_ ? piece_->opus() : std::nullopt; }

bool Source::is_at_hand() const { return !access_.is_pipe() && !is_address(info_.location); }

std::string Source::too_short() const {
  const std::string& written = media_.start_as_written;
  return named(info_.location) + " is over at " + clock_time(end_) + "; it was to begin at " +
         (written.empty() ? clock_time(seconds(*range_.start())) : written);
}

}  // namespace vcplay::media
