#include "media/program.hpp"

#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "base/log.hpp"

namespace vcplay::media {
namespace {

constexpr std::size_t kNeighbours = 100;  // of an album, to each side

bool is_fifo(const std::string& path) {
  struct stat about {};
  return path != "-" && !is_address(path) && ::stat(path.c_str(), &about) == 0 && S_ISFIFO(about.st_mode);
}

/// One of 0 … count - 1, the same on every machine for the same seed.
std::size_t draw(std::mt19937_64& random, std::size_t count) {
  const std::uint64_t fair =
      random.max() - random.max() % count;  // above it the lower ones would come more often
  std::uint64_t number = random();
  while (number >= fair) number = random();
  return static_cast<std::size_t>(number % count);
}

}  // namespace

std::string left_out(const std::string& location) {
  return named(location) + " is left out: no sound came out of it for 10 s";
}

Program::Program(std::vector<Media> words, const ProgramOptions& options, World world)
    : words_(std::move(words)), options_(options), world_(world), random_(options.seed) {
  if (options_.shuffle) log::info("Shuffled: --seed {} brings this order again", options_.seed);
}

std::optional<Program::Item> Program::next(Excursion* excursion) {
  excursion_ = excursion;
  while (!world_.stop.raised()) {
    if (gathered_) gather();
    if (fifo_ && is_fifo(fifo_->media.location)) return given(*fifo_);
    if (auto entry = next_track()) return given(std::move(*entry));
    if (rounds_ > 0 && given_ == 0 && !world_.stop.raised()) return nothing_found();
    const bool was_last = options_.rounds != 0 && rounds_ >= options_.rounds;
    if (rounds_ > 0 && (was_last || !round_played_)) return std::nullopt;
    begin_round();
  }
  return std::nullopt;
}

/// Of a round: only directories without audio files.
Program::Item Program::nothing_found() {
  Entry entry{words_.front(), {}};
  entry.failure = fmt::format("{}{} no audio files", named(words_.front().location),
                              words_.size() == 1 ? " has" : " and what else is named have");
  return given(std::move(entry));
}

Program::Neighbours Program::neighbours() const {
  Neighbours near;
  if (levels_.empty() || levels_.back().at == 0) return near;
  const Level& list = levels_.back();
  const std::size_t here = list.at - 1;
  const std::size_t begin = here - std::min(here, kNeighbours);
  const std::size_t end = std::min(list.entries.size(), here + 1 + kNeighbours);
  for (std::size_t i = begin; i < end; ++i) near.media.push_back(list.entries[i].media);
  near.place = here - begin;
  near.one_list = levels_.size() > 1 && !options_.shuffle;
  return near;
}

Program::Item Program::given(Entry entry) {
  given_ += 1;
  const bool waits = fifo_.has_value();
  if (!waits && options_.reopen && entry.failure.empty() && is_fifo(entry.media.location)) {
    fifo_ = entry;
    keeper_.emplace(entry.media.location);
  }
  narrow(entry);
  const bool counts = options_.rounds == 1 && !fifo_;
  return {std::move(entry.media), std::move(entry.failure), counts ? known_tracks() : 0, waits};
}

/// To the part of each track that the options ask for.
void Program::narrow(Entry& entry) const {
  const Duration zero = entry.media.start.value_or(Duration::zero());
  if (options_.start && *options_.start > Duration::zero()) {
    if (!entry.media.start) entry.media.start_as_written = options_.start_as_written;
    entry.media.start = zero + *options_.start;
  }
  if (options_.end)
    entry.media.end = std::min(entry.media.end.value_or(Duration::max()), zero + *options_.end);
  const bool has_end = entry.media.end && entry.media.start;
  if (has_end && *entry.media.start >= *entry.media.end && entry.failure.empty()) {
    entry.failure =
        named(entry.media.location) + ": the playlist's part of it is over before it was to begin";
  }
}

void Program::begin_round() {
  rounds_ += 1;
  entries_ = 0;
  list_bytes_ = 0;
  folders_.clear();
  given_ = 0;
  round_played_ = false;
  Level words;
  for (const Media& word : words_) words.entries.push_back({word, {}});
  levels_.push_back(std::move(words));
  if (!options_.shuffle) return;
  gathered_.emplace();
  gather();
}

/// All tracks of the round, in a new order.
void Program::gather() {
  while (auto entry = next_track()) gathered_->push_back(std::move(*entry));
  Level all;
  all.entries = std::move(*gathered_);
  gathered_.reset();
  for (std::size_t i = all.entries.size(); i > 1; --i) {
    std::swap(all.entries[i - 1], all.entries[draw(random_, i)]);
  }
  all.has_tracks_only = true;
  levels_.push_back(std::move(all));
}

std::optional<Program::Entry> Program::next_track() {
  while (!world_.stop.raised()) {
    if (auto lost = std::exchange(looked_into_, std::nullopt)) {
      lost->failure = left_out(lost->media.location);
      return lost;
    }
    auto entry = take();
    if (!entry || !entry->failure.empty() || levels_.back().has_tracks_only) return entry;
    entry->failure = reason_against(entry->media);
    if (!entry->failure.empty()) {
      entry->media.location = shortened(entry->media.location);
      return entry;
    }
    world_.progress.enter(entry->media.location);
    looked_into_ = entry;
    bool is_list = false;
    try {
      is_list = open(entry->media);
    } catch (const std::exception& failure) {
      entry->failure = failure.what();
    }
    looked_into_.reset();
    if (!is_list) return entry;
  }
  return std::nullopt;
}

/// What its name alone tells; empty: nothing is against it.
std::string Program::reason_against(const Media& media) const {
  constexpr std::size_t kLongestName =
      16'384;  // bytes; of files it is 4096, and few servers take more than 8192
  if (media.location.size() > kLongestName)
    return named(media.location) + " is longer than any name or address";
  if (world_.web.origin == Origin::untrusted && !is_address(media.location)) {
    return named(media.location) + " is no address of http or https, and --untrusted plays nothing else";
  }
  return {};
}

void Program::expand(const Media& list, PlaylistKind kind) {
  given_ -= 1;
  Level instead;
  instead.entries.push_back({list, {}});
  instead.entries.back().media.nature = Media::Nature::track;
  instead.remote = true;
  try {
    Media seen = list;
    if (open_address(seen, kind)) return;
    instead.entries.back().media.format = seen.format;
  } catch (const std::exception& failure) {
    instead.entries.back().failure = failure.what();
  }
  instead.has_tracks_only = true;
  levels_.push_back(std::move(instead));
}

std::optional<Program::Entry> Program::take() {
  while (!levels_.empty()) {
    Level& level = levels_.back();
    if (level.at < level.entries.size())
      return level.entries[level.at++];  // its level stays until the next one is asked for
    levels_.pop_back();
  }
  return std::nullopt;
}

std::uint32_t Program::known_tracks() const noexcept {
  std::size_t waiting = 0;
  for (const Level& level : levels_) waiting += level.entries.size() - level.at;
  return given_ + static_cast<std::uint32_t>(waiting);
}

}  // namespace vcplay::media
