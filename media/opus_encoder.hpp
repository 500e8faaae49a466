// PCM in, Opus packets out.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/opus_frame.hpp"
#include "media/encoder_options.hpp"
#include "media/opus_bridge.hpp"

struct OpusEncoder;  // libopus's own

namespace vcplay::media {

/// Encodes 20 ms after 20 ms of stereo: one encoder for the whole run, so that tracks join without
/// a click. Lives on the media thread.
class OpusEncoder {
 public:
  explicit OpusEncoder(int bitrate, const EncoderOptions& options = {});

  /// From the next packet on; clamped to what Opus can do in one 20 ms packet.
  void set_bitrate(int bits_per_second);

  /// Forgets all samples that came.
  void reset();
  /// The next packet follows silence that was not made here: whatever a decoder makes of that, nothing is
  /// predicted from it.
  void follow_silence();
  /// The next packet follows one that another encoder made of nearly the same sound as the packets before
  /// were made of here. `alike`: all of them are CELT.
  void follow_other(bool alike);
  /// The next packet is to need less of the one before it.
  void predict(bool may);
  /// 5 ms for a packet of another encoder's to end in (kBridgeSamples, after predict(false)); nothing when
  /// they are not CELT.
  [[nodiscard]] std::optional<CeltFrame> encode_bridge(std::span<const float> pcm, const BridgeForm& form);

  /// Encodes interleaved stereo samples, 960 of them or what else Opus takes for a frame; returns the bytes
  /// that the packet takes in `out`.
  [[nodiscard]] std::uint16_t encode(std::span<const float> pcm, std::span<std::uint8_t, kMaxOpusBytes> out);

  /// By how many samples the decoder's output runs behind our input.
  [[nodiscard]] std::size_t lookahead() const noexcept { return lookahead_; }

 private:
  void leave_seam();
  void choose_channels(std::span<const float> pcm);

  struct Free {
    void operator()(::OpusEncoder* encoder) const noexcept;
  };
  std::unique_ptr<::OpusEncoder, Free> encoder_;
  int bitrate_ = 0;
  bool at_seam_ = false;
  bool is_mono_ = false;
  int mono_frames_ = kEnoughMono;  // in a row; a stream that begins as mono is mono at once
  static constexpr int kEnoughMono = 10;
  std::size_t lookahead_ = 0;
};

}  // namespace vcplay::media
