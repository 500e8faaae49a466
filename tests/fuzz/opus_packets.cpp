// Packets that call themselves Opus, regrouped into 20 ms: every frame goes out once, in order and untouched.
#include "media/opus_packets.hpp"

#include <opus/opus.h>

#include <algorithm>
#include <array>

#include "base/opus_frame.hpp"
#include "target.hpp"

namespace vcplay::fuzz {
namespace {

using media::OpusPiece;

/// A frame with the coding that its packet's first byte tells, as libopus takes it out of there; a packet
/// that it does not take is one "frame" without coding.
struct Frame {
  int coding = -1;
  Bytes bytes;
  bool operator==(const Frame&) const = default;
};

std::vector<Frame> frames_of(ByteView packet) {
  std::array<const unsigned char*, 48> places{};
  std::array<opus_int16, 48> sizes{};
  const auto size = static_cast<opus_int32>(packet.size());
  const int count =
      packet.empty() ? 0
                     : opus_packet_parse(packet.data(), size, nullptr, places.data(), sizes.data(), nullptr);
  const bool is_sound = count > 0 && opus_packet_get_nb_samples(packet.data(), size, kSampleRate) > 0;
  if (!is_sound) return {Frame{}};
  std::vector<Frame> frames;
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    frames.push_back({packet[0] & 0xFC, Bytes(places[i], places[i] + sizes[i])});
  }
  return frames;
}

class Listener {
 public:
  void told(ByteView packet) {
    for (Frame& frame : frames_of(packet)) told_.push_back(std::move(frame));
  }

  void hears(const OpusPiece& piece) {
    std::vector<Frame> frames = frames_of(piece.bytes);
    const bool is_damage = frames.front().coding < 0;
    const int samples =
        is_damage ? static_cast<int>(kSamplesPerFrame)
                  : opus_packet_get_nb_samples(piece.bytes.data(),
                                               static_cast<opus_int32>(piece.bytes.size()), kSampleRate);
    must_hold(!is_damage || (piece.bytes.empty() && !piece.trouble.empty()), "what goes out is Opus");
    must_hold(piece.samples == static_cast<std::size_t>(samples), "a piece is as long as it says");
    if (piece.trouble.empty()) {
      must_hold(piece.samples == kSamplesPerFrame, "a piece without trouble has 20 ms");
      must_hold(piece.bytes.size() <= kMaxOpusBytes, "a piece without trouble fits a frame of the queue");
    }
    for (Frame& frame : frames) heard_.push_back(std::move(frame));
    must_hold(heard_.size() <= told_.size() && std::equal(heard_.begin(), heard_.end(), told_.begin()),
              "frames go out in order, each as it came");
  }

  void ends() const { must_hold(heard_.size() == told_.size(), "no frame stays behind"); }

 private:
  std::vector<Frame> told_;
  std::vector<Frame> heard_;
};

void regroup(Input input) {
  media::OpusRegrouper regrouper;
  Listener listener;
  while (!input.done()) {
    const ByteView packet = input.take(input.u16() % 4096);
    const auto samples = media::opus_samples(packet);
    must_hold(samples.has_value() == (frames_of(packet).front().coding >= 0), "libopus knows what Opus is");
    const bool is_right = !regrouper.waits() && samples == kSamplesPerFrame && packet.size() <= kMaxOpusBytes;
    listener.told(packet);
    const std::vector<OpusPiece> pieces = regrouper.take(packet);
    for (const OpusPiece& piece : pieces) listener.hears(piece);
    if (!is_right) continue;
    must_hold(pieces.size() == 1 &&
                  std::equal(packet.begin(), packet.end(), pieces[0].bytes.begin(), pieces[0].bytes.end()),
              "what is right stays as it is");
  }
  if (const auto rest = regrouper.take_rest("the track ends")) listener.hears(*rest);
  must_hold(!regrouper.waits(), "nothing waits behind the end");
  listener.ends();
}

}  // namespace

std::vector<Seed> seeds() {
  const auto input = [](const std::vector<Bytes>& packets) {
    Bytes all;
    for (const Bytes& packet : packets) {
      all.resize(all.size() + 2);
      store_be16(std::span(all).last(2), static_cast<std::uint16_t>(packet.size()));
      all.insert(all.end(), packet.begin(), packet.end());
    }
    return all;
  };
  const Bytes two_and_a_half = {0xE0, 1, 2, 3};      // CELT, one frame of 2.5 ms
  const Bytes ten = {0xF0, 4, 5, 6};                 // of 10 ms
  const Bytes two_tens = {0xF1, 1, 2, 3, 4};         // code 1
  const Bytes uneven = {0xF2, 1, 9, 8, 7};           // code 2
  const Bytes sixty = {0x18, 1, 2, 3};               // SILK, 60 ms in one frame
  const Bytes three = {0xFB, 0x03, 1, 2, 3};         // code 3: three frames of 20 ms
  const Bytes padded = {0xFB, 0x41, 2, 0xAA, 0, 0};  // one, and two bytes of padding
  const Bytes variable = {0xEB, 0x82, 1, 7, 8, 9};   // two frames of 5 ms with sizes of their own
  return {{"small", input({two_and_a_half, two_and_a_half, ten, ten, ten})},
          {"codes", input({two_tens, uneven, three, padded, variable})},
          {"large", input({ten, sixty, Bytes(kOpusSilence.begin(), kOpusSilence.end())})},
          {"damage", input({ten, {}, {0xFF}, ten, ten})}};
}

}  // namespace vcplay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  vcplay::fuzz::regroup(vcplay::fuzz::Input({data, size}));
  return 0;
}
