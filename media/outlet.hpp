// The media thread's only hold on what belongs to others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/thread_annotations.hpp"
#include "media/encode_anew.hpp"
#include "media/pipeline.hpp"
#include "media/soft_end.hpp"
#include "stream/frame_log.hpp"

namespace vcplay::media {

/// Lends the queue and the listener to the media thread, until their owner takes them back.
/// A media thread that hangs in a read outlives its Pipeline; it must then find nothing left to touch.
class Outlet {
 public:
  Outlet(stream::FrameLog& queue, PipelineListener& listener) : queue_(&queue), listener_(&listener) {}

  struct Room {
    std::size_t free = 0;
    std::size_t capacity = 0;
    bool taken = false;  // somebody has begun to take frames
  };
  /// Media thread: how many frames the queue could take now.
  [[nodiscard]] Room room() {
    const Lock lock(mutex_);
    if (queue_ == nullptr) return {};
    const std::size_t waiting = queue_->size();
    return {queue_->capacity() - waiting, queue_->capacity(), put_ > waiting};
  }
  /// Media thread: `fill` makes a frame in the queue's next slot, which room() has found free.
  template <typename Fill>
  void put(Fill&& fill) {
    const Lock lock(mutex_);
    OpusFrame* const slot = queue_ == nullptr ? nullptr : queue_->claim();
    if (slot == nullptr) return;
    std::forward<Fill>(fill)(*slot);
    queue_->publish();
    ++put_;
  }
  /// Media thread: true once after each time that the sender had nothing to send.
  [[nodiscard]] bool ran_dry() {
    const Lock lock(mutex_);
    const std::uint32_t underruns = queue_ == nullptr ? seen_underruns_ : queue_->underruns();
    return std::exchange(seen_underruns_, underruns) != underruns;
  }
  /// Media thread.
  template <typename Tell>
  void tell(Tell&& tell) {
    const Lock lock(mutex_);
    if (listener_ != nullptr) std::forward<Tell>(tell)(*listener_);
  }
  /// Media thread, or anybody after its end: what waits in the queue ends in silence soon, instead of
  /// whenever it is thrown away.
  void end_softly() {
    const Lock lock(mutex_);
    if (queue_ != nullptr) media::end_softly(*queue_);
  }
  /// Likewise: what waits in the queue is to take no more than `bitrate`.
  void fit(int bitrate, const EncoderOptions& options) {
    const Lock lock(mutex_);
    if (queue_ != nullptr) encode_anew(*queue_, bitrate, options);
  }
  /// Media thread: no frame comes any more.
  void finish() {
    const Lock lock(mutex_);
    if (queue_ != nullptr) queue_->finish();
  }

  /// The owner, in place of a media thread that hangs: finishes the queue and takes everything back.
  void cut() {
    const Lock lock(mutex_);
    if (queue_ != nullptr) queue_->finish();
    queue_ = nullptr;
    listener_ = nullptr;
  }

 private:
  Mutex mutex_;
  stream::FrameLog* queue_ GUARDED_BY(mutex_);
  PipelineListener* listener_ GUARDED_BY(mutex_);
  std::uint64_t put_ GUARDED_BY(mutex_) = 0;  // frames
  std::uint32_t seen_underruns_ GUARDED_BY(mutex_) = 0;
};

}  // namespace vcplay::media
