#include "media/packets_ahead.hpp"

#include <algorithm>
#include <utility>

#include "base/opus_frame.hpp"

namespace vcplay::media {
namespace {

// Files are looked at for a second before their first packet goes out: enough to see their bitrate.
constexpr std::size_t kLook = kSampleRate;
constexpr std::size_t kMostBytes = 256 * 1024;

}  // namespace

void PacketsAhead::read_from(Source& source) {
  source_ = &source;
  packets_.clear();
  samples_ = bytes_ = 0;
  ended_ = false;
}

void PacketsAhead::fill(std::size_t samples) {
  while (!ended_ && !stop_.raised() && samples_ < samples && bytes_ < kMostBytes) {
    if (const auto packet = source_->next_packet()) {
      hold(*packet);
    } else {
      ended_ = true;
      cut_end(source_->padding());
    }
  }
}

void PacketsAhead::look() {
  fill(1);
  if (empty()) return;
  const std::size_t head = front().skip + kSamplesPerFrame;
  fill(source_->is_at_hand() ? std::max(head, kLook) : head);
}

PacketsAhead::Packet PacketsAhead::take() {
  Packet packet = std::move(packets_.front());
  packets_.pop_front();
  samples_ -= packet.samples;
  bytes_ -= packet.bytes.size();
  return packet;
}

void PacketsAhead::hold(const Source::Packet& packet) {
  cut_end(packet.padding);
  packets_.push_back({{packet.bytes.begin(), packet.bytes.end()},
                      packet.samples,
                      packet.skip,
                      packet.discard,
                      packet.begins_link,
                      source_->take_title(),
                      packet.begins_link ? source_->opus() : std::nullopt});
  samples_ += packet.samples;
  bytes_ += packet.bytes.size();
}

void PacketsAhead::cut_end(std::size_t padding) {
  for (auto packet = packets_.rbegin(); packet != packets_.rend() && padding > 0; ++packet) {
    const std::size_t cut = std::min(padding, packet->samples - packet->discard);
    packet->discard += cut;
    padding -= cut;
  }
}

}  // namespace vcplay::media
