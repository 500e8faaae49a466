#include "media/total_length.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/signals_blocked.hpp"
#include "base/thread_annotations.hpp"
#include "media/event.hpp"
#include "media/program.hpp"
#include "media/remote.hpp"
#include "media/source.hpp"

namespace vcplay::media {
namespace {

ProgramOptions one_round(ProgramOptions options) {
  options.rounds = 1;
  options.shuffle = false;
  return options;
}

/// What has an end, if it is there at all.
bool is_file(const std::string& location) {
  std::error_code ignored;
  const auto type = std::filesystem::status(location, ignored).type();
  if (type == std::filesystem::file_type::not_found) return location.find("://") == std::string::npos;
  return type == std::filesystem::file_type::regular;
}

/// What the thread that adds up and the one that waits share.
class Sum {
 public:
  Sum(std::vector<Media> media, const ProgramOptions& options, Duration most)
      : rounds_(options.rounds),
        most_(most),
        program_(std::move(media), one_round(options), {stop, progress_, trust_, web_}) {}

  /// Nothing leaves it: what cannot be added up has no length.
  void run() noexcept {
    const log::Muted muted;  // whoever plays the file says what is wrong with it
    try {
      const std::optional<Duration> length = add_up();
      const Lock lock(mutex_);
      length_ = length;
    } catch (...) {
      // There is no memory left, and no length.
    }
    ended.raise();
  }
  [[nodiscard]] std::optional<Duration> length() {
    const Lock lock(mutex_);
    return length_;
  }

  Event stop;
  Event ended;

 private:
  [[nodiscard]] std::optional<Duration> add_up() {
    Duration sum = Duration::zero();
    while (const std::optional<Program::Item> item = program_.next()) {
      if (!item->failure.empty()) continue;
      if (item->may_tarry || !is_file(item->media.location)) return std::nullopt;
      try {
        const std::optional<Duration> one =
            Source(item->media, 0, {stop, progress_, trust_, web_}).info().duration;
        if (!one || stop.raised()) return std::nullopt;
        sum += *one;
      } catch (const Error&) {
        continue;
      }
      if (sum > most_ / rounds_) break;
    }
    return sum * rounds_;
  }

  const std::uint32_t rounds_;
  const Duration most_;
  const TrustAnchors trust_{std::string()};
  const WebRules web_;  // it opens files alone
  Progress progress_;
  Program program_;
  Mutex mutex_;
  std::optional<Duration> length_ GUARDED_BY(mutex_);
};

}  // namespace

std::optional<Duration> total_length(const std::vector<Media>& media, const ProgramOptions& options,
                                     Duration most, Duration patience) {
  if (media.empty()) return Duration::zero();
  if (options.rounds == 0 || options.reopen) return std::nullopt;
  const auto sum = std::make_shared<Sum>(media, options, most);
  std::thread thread;
  {
    const SignalsBlocked blocked;
    thread = std::thread([sum] { sum->run(); });
  }
  const bool is_known = sum->ended.wait_for(patience);
  sum->stop.raise();
  if (!is_known) {
    thread.detach();
    return std::nullopt;
  }
  thread.join();
  return sum->length();
}

}  // namespace vcplay::media
