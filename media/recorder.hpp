// What a listener heard, kept in a file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.hpp"

namespace vcplay::media {

/// Writes either decoded samples as 16-bit WAV or untouched Opus packets as Ogg, by the file's ending.
/// One thread at a time.
class Recorder {
 public:
  /// Will make `path` (.wav or .ogg): what is there stays until finish(), and for ever when nothing is heard.
  /// Throws Error{output} naming the file and the system's reason.
  explicit Recorder(const std::string& path);
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  /// 960 × 2 interleaved samples at 48 kHz and the Opus packet that they were decoded from. An empty packet
  /// means that it was lost; a WAV gets the decoder's concealment, an Ogg a gap. Failures wait for finish().
  void add(ByteView opus, const float* interleaved, std::size_t samples_per_channel);
  /// Completes the file. Throws Error{output} when anything could not be written.
  void finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vcplay::media
