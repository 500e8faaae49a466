#include "soak/player.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/log.hpp"
#include "soak/witness.hpp"

namespace vcplay::soak {
namespace {

// A stop has 2 s; sanitizers make it slower.
constexpr Duration kStopTime = 5s;

bot::BotConfig bot_for(const rehearsal::Discord& discord) {
  bot::BotConfig config;
  config.token = SecretString(discord.options().accounts.front().token);
  config.api_url = net::Url::parse(discord.api_url());
  return config;
}

fleet::FleetConfig fleet_for(const rehearsal::Discord& discord) {
  fleet::FleetConfig config;
  for (const rehearsal::Place& place : rehearsal::places_of(discord.options())) {
    config.targets.push_back({place.guild, place.channel});
  }
  config.starts_together = config.targets.size() > 1;
  return config;
}

}  // namespace

Player::Player(const rehearsal::Discord& discord) {
  trust_.add_anchors(discord.ca_pem());
  bot_.emplace(loop_, trust_, bot_for(discord));
  fleet_.emplace(*bot_, fleet_for(discord), log_, senders_, *this);
  start();
}

/// All channels have begun when this returns.
void Player::start() {
  std::packaged_task<void()> begin([this] { fleet_->start({}); });
  std::future<void> begun = begin.get_future();
  loop_.post([&begin] { begin(); });
  network_ = std::thread([this] { loop_.run(); });
  begun.wait();
  tape_ = std::thread([this] { wind_tape(); });
}

Player::~Player() {
  tape_stops_ = true;
  tape_.join();
  loop_.post([this] {
    fleet_.reset();
    bot_.reset();
    loop_.stop();
  });
  network_.join();
}

std::optional<Error> Player::stop() {
  loop_.post([this] { fleet_->stop(); });
  if (ended_.wait_for(kStopTime) != std::future_status::ready) {
    return Error(Cause::unexpected, "The player was told to stop and did not.");
  }
  return ended_.get();
}

void Player::on_begin(std::size_t, std::shared_ptr<const send::SenderStats> stats) {
  stats_.push_back(std::move(stats));
}

void Player::on_notice(std::size_t target, const channel::Notice& notice) {
  const std::string line = fmt::format("In channel {}: {} {}", target + 1, notice.sentence, notice.then);
  log::write(notice.level, notice.place, "{}", fmt::make_format_args(line));
}

void Player::on_end(std::size_t, std::optional<Error> error) noexcept {
  somebody_ended_ = true;
  if (!why_) why_ = std::move(error);
}

void Player::on_fleet_end(std::optional<Error> error) noexcept {
  if (!why_) why_ = std::move(error);
  end_.set_value(std::move(why_));
}

/// Keeps the log full.
void Player::wind_tape() {
  for (std::uint64_t number = 0; !tape_stops_;) {
    OpusFrame* const frame = log_.claim();
    if (frame == nullptr) {
      std::this_thread::sleep_for(kFrameDuration);
      continue;
    }
    write_frame(number++, *frame);
    log_.publish();
  }
}

}  // namespace vcplay::soak
