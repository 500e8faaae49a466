// Measures files before their turn comes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "media/loudness_cache.hpp"
#include "media/loudness_tags.hpp"
#include "media/pipeline.hpp"

namespace vcplay::media {

/// What is known of one file's loudness: by its tags, else by measuring it.
struct KnownLoudness {
  TaggedLoudness tagged;
  std::optional<Measured> measured;
};

/// Decodes files on a thread of its own, as fast as that thread gets time, to learn how loud they are.
/// The thread yields to those that play, and starts when there is something to measure. Every
/// function: the media thread.
class LoudnessScan {
 public:
  /// Which of a file's tags spares the measuring.
  enum class Wish : std::uint8_t { track, album };
  /// What passes `filters` (libavfilter's; empty: none) is measured behind them, whatever its tags say.
  LoudnessScan(Wish wish, const std::string& cache_folder, const std::string& filters);
  /// Stops the thread. One that hangs in a read is left behind.
  ~LoudnessScan();
  LoudnessScan(const LoudnessScan&) = delete;
  LoudnessScan& operator=(const LoudnessScan&) = delete;

  /// Asks for a file's loudness, behind all that was asked for before. Its identity, or nothing when it is no
  /// file that could be measured.
  std::optional<std::uint64_t> want(const Media& media);
  /// Has it measured next of all.
  void hurry(std::uint64_t identity);
  /// What is known by now; nothing while it is not measured yet.
  [[nodiscard]] std::optional<KnownLoudness> known(std::uint64_t identity) const;

 private:
  class Work;
  std::shared_ptr<Work> work_;  // shared with the thread
};

}  // namespace vcplay::media
