// The channels of a Player: what is told of each, and what they have in common.
#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"
#include "cli/hints.hpp"
#include "cli/player.hpp"

namespace vcplay::cli {

void Player::handle(std::size_t target, TargetBegun& begun) {
  outcome_.targets[target].began = true;
  guests_[target].stats = std::move(begun.stats);
}

void Player::handle(std::size_t target, PhaseEntered& phase) {
  if (target == 0) outcome_.phases.push_back({phase.phase, phase.when});
  if (phase.phase == channel::Phase::lingering) outcome_.targets[target].was_sent_all = true;
  view_.on_phase(target, phase.phase);
}

void Player::handle(std::size_t target, channel::ChannelFacts& facts) {
  const int bitrate = std::min(setup_.bitrate.value_or(facts.bitrate), facts.bitrate);
  const std::string which =
      outcome_.targets.size() == 1
          ? std::string(facts.stage ? "The stage" : "The channel")
          : fmt::format("{} {}", facts.stage ? "Stage" : "Channel", facts.channel.str());
  log::info("{} is \"{}\" in guild \"{}\", at {} kb/s.", which, display_safe(facts.channel_name, 100),
            display_safe(facts.guild_name, 100), bitrate / 1000);
  view_.on_channel(target, facts);
  guests_[target].facts = std::move(facts);
  if (!first_facts_) first_facts_ = Clock::now();
  fit_bitrate(Clock::now());
}

void Player::handle(std::size_t target, channel::SessionFacts& facts) {
  if (outcome_.targets.size() == 1) {
    log::info("The bot is in the channel.");
  } else {
    log::info("The bot is in {}.", name_of(target));
  }
  if (!std::exchange(outcome_.targets[target].joined, true))
    outcome_.targets[target].joined_at = Clock::now();
  fingerprints_.set_own_user(facts.user);
  view_.on_session(target, facts);
}

void Player::handle(std::size_t target, EncryptionChanged& change) {
  fingerprints_.add(change.facts.members, outcome_.targets.size() == 1 ? "" : name_of(target));
  view_.on_encryption(target, change.facts);
  if (!change.facts.privacy_code.empty()) outcome_.targets[target].privacy_code = change.facts.privacy_code;
  if (target != 0) return;
  if (change.facts.line == channel::LineState::encrypted && !outcome_.first_key) {
    outcome_.first_key = change.when;
  }
  if (change.facts.epoch) outcome_.encryption = std::move(change.facts);
}

void Player::handle(std::size_t target, Underrun& underrun) { view_.on_underrun(target, underrun.began); }

void Player::handle(std::size_t target, Reconnecting& again) { view_.on_reconnect(target, again.facts); }

/// The sentence about one of several is said when it ends; that about the only one is the run's own.
void Player::handle(std::size_t target, TargetEnded& ended) {
  TargetOutcome& outcome = outcome_.targets[target];
  if (const auto guest = guests_.find(target); guest != guests_.end()) {
    Figures sent;
    if (guest->second.stats) {
      sent.add(*guest->second.stats);
      outcome_.late.add(*guest->second.stats);
      progress_.position = std::max(progress_.position, position_of(*guest->second.stats));
    }
    sent.speaking = false;
    outcome.packets = sent.packets;
    outcome.audio_packets = sent.audio_packets;
    outcome.lost = sent.dropped + sent.failed;
    parted_.add(sent);
    guests_.erase(guest);
  }
  outcome.error = std::move(ended.error);
  const bool is_stopping = outcome_.signal || outcome_.error || outcome_.all_tracks_failed();
  outcome.was_stopped = stop_deadline_ && is_stopping && !outcome.error && !outcome.was_sent_all;
  if (outcome.error && outcome_.targets.size() > 1) {
    log::error("In {}: {}", name_of(target), with_hint(*outcome.error));
  } else if (outcome_.targets.size() > 1) {
    log::info("The bot has left {}.", name_of(target));
  }
  view_.on_target_end(target, outcome);
  fit_bitrate(Clock::now());
}

/// "channel 381870553235193857 (General)", as far as it is known.
std::string Player::name_of(std::size_t target) const {
  const Target& place = outcome_.targets[target].target;
  const auto guest = guests_.find(target);
  const bool has_name =
      guest != guests_.end() && guest->second.facts && guest->second.facts->channel == place.channel;
  return fmt::format(
      "channel {}{}", place.channel.str(),
      has_name ? fmt::format(" ({})", display_safe(guest->second.facts->channel_name, 60)) : "");
}

/// One encoding is for all of them: the least of what they take, be it now or when their turn comes. Until
/// that is known nothing is encoded, for two seconds; whoever is not known by then has to bear with it.
void Player::fit_bitrate(TimePoint now) {
  constexpr Duration kPatience = 2s;
  constexpr int kLowest = 8'000;  // of any Discord channel
  const bool is_patient = !bitrate_ && first_facts_ && now - *first_facts_ < kPatience;
  if (!first_facts_ || (is_patient && !later_.are_known)) return;
  std::optional<int> limit = later_.least;
  for (const auto& [target, guest] : guests_) {
    if (!guest.facts && is_patient) return;
    if (guest.facts) limit = std::min(limit.value_or(guest.facts->bitrate), guest.facts->bitrate);
  }
  if (!limit) return;
  limit = std::max(*limit, kLowest);
  const int bitrate = std::min(setup_.bitrate.value_or(*limit), *limit);
  if (bitrate_ == bitrate) return;
  if (setup_.bitrate && bitrate < *setup_.bitrate) {
    log::info("--bitrate {} is more than the channel's {}; using {}", *setup_.bitrate, *limit, bitrate);
  }
  bitrate_ = bitrate;
  pipeline_.set_bitrate(bitrate);
  view_.on_bitrate(bitrate);
}

void Player::look() {
  progress_.sent = parted_;
  progress_.joined = 0;
  for (const auto& [target, guest] : guests_) {
    if (!guest.stats) continue;
    progress_.sent.add(*guest.stats);
    if (outcome_.targets[target].joined) ++progress_.joined;
    progress_.position = std::max(progress_.position, position_of(*guest.stats));
  }
  progress_.frames_queued = log_.size();
  progress_.live = pipeline_.live();
}

}  // namespace vcplay::cli
