// From a track's Opus packets to OpusFrames, without an encoder where none is needed.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/said_once.hpp"
#include "media/bitrate_window.hpp"
#include "media/event.hpp"
#include "media/frame_maker.hpp"
#include "media/opus_decoder.hpp"
#include "media/opus_packets.hpp"
#include "media/packets_ahead.hpp"
#include "media/source.hpp"

namespace vcplay::media {

/// Lets a track's packets go out as they are, and from where that cannot be decodes them and encodes them
/// anew. Packets pass again from silence or from the next track or link of a chain on. Lives on the media
/// thread, for all tracks.
class OpusPassthrough {
 public:
  /// `limit`: bit/s above which a track does not pass; 0: none is known yet. `said`: what
  /// needs no saying again.
  OpusPassthrough(FrameMaker& maker, const std::atomic<int>& limit, const Event& stop, SaidOnce& said)
      : maker_(maker), limit_(limit), stop_(stop), said_(said), ahead_(stop) {}

  struct Callbacks {
    /// Before the first frame: why the track is encoded from its beginning on (empty: it passes).
    std::function<void(const std::string& reason)> began;
    /// It says what plays from the present frame on.
    std::function<void(std::string title)> titled;
    /// A packet has passed. Why those after it cannot, for the rest of the track: half a second of them may
    /// still do. Empty: they can.
    std::function<std::string()> passed;
    /// Samples that are to be encoded. False: nobody wants them elsewhere than in the FrameMaker.
    std::function<bool(std::span<const float> interleaved)> decoded;
  };
  /// Plays all of `source`. Throws as Source does.
  void play(Source& source, const Callbacks& tell);
  /// Samples of another track follow: after packets, the encoder goes on where they ended.
  void hand_over();

  /// How many frames of the latest track were not encoded anew.
  [[nodiscard]] std::uint64_t passed() const noexcept { return passed_; }
  /// Why the others of it did not, and from where on; empty: all passed but the last, whose end is cut off.
  [[nodiscard]] const std::string& account() const noexcept { return account_; }

 private:
  using Packet = PacketsAhead::Packet;
  enum class Return { in_silence, at_a_border, never };
  /// Not to pass any longer.
  struct Wish {
    std::string reason;
    Return again = Return::in_silence;
    std::size_t waited = 0;  // packets
  };

  void begin_next_link();
  [[nodiscard]] std::string reason_to_encode_from_the_start();
  [[nodiscard]] std::string trouble_ahead() const;
  [[nodiscard]] std::string sound_ahead();
  [[nodiscard]] float peak_before();
  [[nodiscard]] std::string over_limit();
  void begin_passing();
  void begin_encoding();
  void tell_account();

  void take(const Packet& packet);
  void pass(const Packet& packet);
  void put(const OpusPiece& piece);
  [[nodiscard]] bool may_stop_here();
  void stop_passing(const std::string& reason, Return again);
  void account_for(const std::string& reason);
  void encode(const Packet& packet);
  void encode_samples();
  void pass_again_in_silence();
  void preroll();

  FrameMaker& maker_;
  const std::atomic<int>& limit_;
  const Event& stop_;
  SaidOnce& said_;
  const Callbacks* tell_ = nullptr;  // of the current track
  OpusDecoder decoder_;
  std::deque<std::vector<std::uint8_t>> history_;  // the last packets that passed, each of 20 ms

  // Of the current track:
  PacketsAhead ahead_;
  OpusRegrouper regrouper_;
  BitrateWindow bitrate_;
  bool passing_ = false;
  bool is_understood_ = true;  // else it is silent
  Return return_ = Return::in_silence;
  Wish wish_;              // while it passes
  int needed_limit_ = 0;   // bit/s, that it would take to pass; 0: any
  std::size_t skip_ = 0;   // samples still to be left out
  std::size_t quiet_ = 0;  // samples, up to now, without a sound
  std::vector<float> pcm_;
  std::uint64_t passed_ = 0;
  std::uint64_t taken_samples_ = 0;
  std::string location_;
  std::string account_;
};

}  // namespace vcplay::media
