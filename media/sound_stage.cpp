#include "media/sound_stage.hpp"

namespace vcplay::media {

SoundStage::SoundStage(const SoundOptions& options, PcmFifo& out, Event& stop, Progress& progress)
    : out_(out) {
  if (options.normalize != Normalize::off) {
    normalizer_ = std::make_unique<Normalizer>(options, stop, progress);
  }
}

void SoundStage::begin_track(std::span<const Media> all, std::size_t index, const Source& source) {
  if (normalizer_) normalizer_->begin_track(all, index, source);
}

void SoundStage::pass_on() {
  if (normalizer_) {
    const auto fresh = static_cast<std::size_t>(out_.end() - done_);
    normalizer_->apply(out_.look(out_.size() - fresh, fresh));
  }
  done_ = out_.end();
}

}  // namespace vcplay::media
