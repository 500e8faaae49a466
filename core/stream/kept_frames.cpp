#include "stream/kept_frames.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace vcplay::stream {

KeptFrames::~KeptFrames() {
  while (first_) first_ = std::move(first_->next);  // one by one: a thousand destructors are no recursion
}

std::uint64_t KeptFrames::room_for(std::size_t opus_bytes) noexcept {
  const std::uint64_t in_chunk = sizeof(Chunk::bytes) / space_for(std::min(opus_bytes, kMaxOpusBytes));
  return kMostChunks * in_chunk;
}

bool KeptFrames::append(const OpusFrame& frame) noexcept {
  const std::size_t space = space_for(frame.size);
  if ((last_ == nullptr || !has_room(*last_, end_, space)) && !add_chunk()) return false;
  const Record record{frame.track_frame, frame.track, frame.size, 0};
  std::memcpy(last_->bytes.data() + end_, &record, sizeof record);
  std::memcpy(last_->bytes.data() + end_ + sizeof record, frame.bytes.data(), frame.size);
  end_ += space;
  return true;
}

bool KeptFrames::add_chunk() noexcept {
  if (chunks_ == kMostChunks) return false;
  std::unique_ptr<Chunk> chunk(new (std::nothrow) Chunk);
  if (!chunk) return false;
  Chunk* const added = chunk.get();
  if (last_ == nullptr) {
    first_ = std::move(chunk);
  } else {
    const Record go_on{0, 0, kGoOn, 0};
    if (has_room(*last_, end_, sizeof go_on)) {
      std::memcpy(last_->bytes.data() + end_, &go_on, sizeof go_on);
    }
    last_->next = std::move(chunk);
  }
  last_ = added;
  end_ = 0;
  ++chunks_;
  return true;
}

KeptFrames::Record KeptFrames::record_at(const Chunk& chunk, std::size_t offset) noexcept {
  Record record{};
  std::memcpy(&record, chunk.bytes.data() + offset, sizeof record);
  return record;
}

void KeptFrames::read(Place& place, OpusFrame& frame) const noexcept {
  if (place.chunk_ == nullptr) place.chunk_ = first_.get();
  const bool go_on = !has_room(*place.chunk_, place.offset_, sizeof(Record)) ||
                     record_at(*place.chunk_, place.offset_).size == kGoOn;
  if (go_on) {
    place.chunk_ = place.chunk_->next.get();
    place.offset_ = 0;
  }
  const Record record = record_at(*place.chunk_, place.offset_);
  frame.size = record.size;
  frame.track = record.track;
  frame.track_frame = record.track_frame;
  std::memcpy(frame.bytes.data(), place.chunk_->bytes.data() + place.offset_ + sizeof record, record.size);
}

void KeptFrames::advance(Place& place) noexcept {
  place.offset_ += space_for(record_at(*place.chunk_, place.offset_).size);
}

}  // namespace vcplay::stream
