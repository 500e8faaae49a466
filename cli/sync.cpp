#include "cli/sync.hpp"

#include <algorithm>
#include <optional>

#include "base/log.hpp"
#include "cli/status_text.hpp"
#include "cli/value_words.hpp"
#include "media/total_length.hpp"
#include "stream/frame_log.hpp"

namespace vcplay::cli {
namespace {

constexpr Duration kPatience = 2s;
/// No channel has been joined yet whose bitrate would be known: that of a guild with one boost level.
constexpr int kUsualBitrate = 128'000;

/// As much of a stream as is kept for channels that come later.
Duration most_kept(int bitrate) {
  constexpr int kFramesPerSecond = 50;
  const auto bytes = static_cast<std::size_t>(bitrate / 8 / kFramesPerSecond);
  return static_cast<std::int64_t>(stream::FrameLog::room_for(bytes)) * kFrameDuration;
}

/// True where some can only begin when others have ended.
bool is_visited_in_turn(const Options& options, std::size_t count) {
  return neighbours(options.targets) || (options.max_joined && *options.max_joined < count);
}

}  // namespace

Sync settle_sync(const Options& options) {
  const Sync wanted = sync_of(options);
  const std::size_t count = std::max(options.targets.size(), static_cast<std::size_t>(options.guilds));
  if (count < 2 || wanted == Sync::together) return wanted;
  const int bitrate = options.bitrate.value_or(kUsualBitrate);
  const Duration most = most_kept(bitrate);
  const auto length = media::total_length(options.media, options.program, most, kPatience);
  if (length && *length <= most) return Sync::each;
  const bool has_choice = options.sync == Sync::automatic && !is_visited_in_turn(options, count);
  if (has_choice) {
    log::info("{}: all channels hear them at the same time.",
              length ? fmt::format("The MEDIA are longer than {}", format_time(most))
                     : "Nobody knows how long the MEDIA are");
    return Sync::together;
  }
  if (!length) return Sync::each;  // as far as there is room
  refuse(
      "The MEDIA are longer than {}, which is what is kept at {} kb/s for channels that begin later (64 "
      "MiB): "
      "play less, with a lower --bitrate, or {}.",
      format_time(most), bitrate / 1000,
      options.sync == Sync::automatic ? "in channels of different guilds, all at once"
                                      : "with --sync together");
}

}  // namespace vcplay::cli
