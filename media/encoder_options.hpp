// How packets are made, and when none need to be.
#pragma once

namespace vcplay::media {

/// What a person may want of the Opus packets that go out.
struct EncoderOptions {
  enum class Passthrough { automatic, off };
  enum class Application { audio, voip, lowdelay };  // libopus's words for what it is tuned to

  Passthrough passthrough = Passthrough::automatic;
  Application application = Application::audio;
  int complexity = 9;   // 0 to 10: how much work goes into a packet; libopus's own default
  bool fec = false;     // packets repeat the one before, in less detail
  int packet_loss = 0;  // percent, that the encoder is to reckon with
  /// Above so many bit/s packets do not pass through, until set_bitrate() tells the channel's
  /// own; 0: not known.
  int limit = 0;
};

}  // namespace vcplay::media
