#include "media/normalizer.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "base/log.hpp"
#include "media/io.hpp"
#include "media/loudness_tags.hpp"
#include "media/source.hpp"

namespace vcplay::media {
namespace {

constexpr std::size_t kTracksAhead = 3;      // are measured before their turn
constexpr std::size_t kMostOfAnAlbum = 200;  // tracks
constexpr Duration kLook = 10ms;

// dB/s. From one track to the next a gain moves within 10 ms, not in a step; a measurement that comes late is
// nothing that a listener should notice; and what follows the programme may not pump.
constexpr double kAtABorder = 4000.0;
constexpr double kWhenMeasured = 2.0;
constexpr double kWhileYoung = 6.0;
constexpr double kDown = 2.0;
constexpr double kUp = 0.5;

constexpr double kUsualLufs = -18.0;  // a guess, before anything was heard

std::string_view folder_of(const Media& media) {
  const std::string_view location = media.location;
  const std::size_t slash = location.rfind('/');
  return slash == std::string_view::npos ? std::string_view(".") : location.substr(0, slash);
}

}  // namespace

Normalizer::Normalizer(const SoundOptions& options, Event& stop, Progress& progress)
    : options_(options),
      stop_(stop),
      progress_(progress),
      scan_(options.normalize == Normalize::album ? LoudnessScan::Wish::album : LoudnessScan::Wish::track,
            options.cache_folder, options.filters) {}

void Normalizer::begin_track(const Company& company, const Source& source) {
  const auto all = company.all;
  const std::size_t index = company.index;
  const TaggedLoudness tagged = tagged_loudness([&source](const char* name) { return source.tagged(name); });
  album_.clear();
  adaptive_.reset();
  hop_.clear();
  identity_.reset();
  ground_ = Ground::settled;
  std::optional<double> lufs = options_.normalize == Normalize::album ? tagged.album : tagged.track;
  if (!options_.filters.empty()) lufs.reset();  // tags know nothing of filters
  const bool by_tag = lufs.has_value();
  if (!lufs) lufs = look_up(company);
  const double speed = first_ ? HUGE_VAL : kAtABorder;
  if (lufs) {
    settle(*lufs, speed);
    log::info("{}: {:.1f} LUFS {}, played with {:+.1f} dB", named(all[index].location), *lufs,
              by_tag ? "by its tags" : "as measured", gain_for(*lufs));
  } else if (!identity_ || !scan_.known(*identity_)) {
    ground_ = Ground::adaptive;
    adaptive_.emplace();
    if (first_) ramp_.jump(std::min(0.0, gain_for(kUsualLufs)));
    log::info("{}: its loudness is found out while it plays", named(all[index].location));
  }  // else it is known to be silence, or to be no audio: any gain will do
  first_ = false;
  for (std::size_t next = index + 1; next < all.size() && next <= index + kTracksAhead; ++next) {
    scan_.want(all[next]);
  }
}

std::optional<double> Normalizer::look_up(const Company& company) {
  identity_ = scan_.want(company.all[company.index]);
  if (!identity_) return std::nullopt;
  scan_.hurry(*identity_);
  if (options_.normalize == Normalize::album) ask_for_album(company);
  wait_for_measurement();
  return measured();
}

/// An album is what a list names, or what lies in one folder.
void Normalizer::ask_for_album(const Company& company) {
  const std::string_view folder = folder_of(company.all[company.index]);
  for (const Media& one : company.all) {
    if (!company.one_list && folder_of(one) != folder) continue;
    if (album_.size() >= kMostOfAnAlbum) break;
    if (const auto identity = scan_.want(one)) album_.push_back(*identity);
  }
  ground_ = Ground::partial;
}

void Normalizer::wait_for_measurement() {
  const TimePoint deadline = Clock::now() + (first_ ? kPatience : kLaterPatience);
  const Progress::Wait wait(progress_, Progress::Awaits::measurement);
  const auto complete = [this] {
    const auto is_known = [this](std::uint64_t one) { return scan_.known(one).has_value(); };
    return is_known(*identity_) && std::all_of(album_.begin(), album_.end(), is_known);
  };
  // The scan wakes nobody: a hundred looks a second, for so short a time, cost nothing.
  while (!complete() && Clock::now() < deadline && !stop_.wait_for(kLook)) {
  }
}

/// By what is known at present: of an album the mean energy over time, as if it were one long track.
std::optional<double> Normalizer::measured() {
  if (album_.empty()) {
    const auto known = identity_ ? scan_.known(*identity_) : std::nullopt;
    return known && known->measured ? known->measured->lufs : std::nullopt;
  }
  double energy = 0;
  double seconds = 0;
  bool complete = true;
  for (const std::uint64_t identity : album_) {
    const auto known = scan_.known(identity);
    complete = complete && known;
    if (!known || !known->measured || !known->measured->lufs) continue;
    energy += std::pow(10.0, *known->measured->lufs / 10) * known->measured->seconds;
    seconds += known->measured->seconds;
  }
  if (complete) ground_ = Ground::settled;
  return seconds > 0 ? std::optional(10 * std::log10(energy / seconds)) : std::nullopt;
}

double Normalizer::gain_for(double lufs) const noexcept {
  return std::clamp(options_.target_lufs - lufs, kMostDown, kMostUp);
}

void Normalizer::settle(double lufs, double per_second) {
  if (std::isinf(per_second)) {
    ramp_.jump(gain_for(lufs));
  } else {
    ramp_.approach(gain_for(lufs), per_second);
  }
}

void Normalizer::apply(std::span<float> interleaved) {
  if (ground_ != Ground::settled) {
    if (const std::optional<double> lufs = measured()) {
      adaptive_.reset();
      if (ground_ == Ground::adaptive) ground_ = Ground::settled;
      settle(*lufs, kWhenMeasured);
    }
  }
  if (!adaptive_) return ramp_.apply(interleaved);
  while (!interleaved.empty()) {
    const std::size_t whole_hop = AdaptiveLoudness::kHop * kChannels;
    const std::size_t part = std::min(interleaved.size(), whole_hop - hop_.size());
    hop_.insert(hop_.end(), interleaved.begin(), interleaved.begin() + static_cast<std::ptrdiff_t>(part));
    if (hop_.size() == whole_hop) {
      adapt(hop_);
      hop_.clear();
    }
    ramp_.apply(interleaved.first(part));
    interleaved = interleaved.subspan(part);
  }
}

void Normalizer::adapt(std::span<const float> hop) {
  adaptive_->add(hop);
  const std::optional<double> lufs = adaptive_->estimate();
  if (!lufs) return;
  const double gain = gain_for(*lufs);
  ramp_.approach(gain, adaptive_->young() ? kWhileYoung : gain < ramp_.now() ? kDown : kUp);
}

}  // namespace vcplay::media
