#include "soak/player.hpp"

#include <utility>

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

channel::ChannelConfig channel_for(const rehearsal::Discord& discord) {
  channel::ChannelConfig config;
  config.guild = discord.options().guild;
  config.channel = discord.options().channel;
  return config;
}

}  // namespace

Player::Player(const rehearsal::Discord& discord) {
  trust_.add_anchors(discord.ca_pem());
  bot_.emplace(loop_, trust_, bot_for(discord));
  channel_.emplace(*bot_, channel_for(discord), log_, stats_, senders_, *this);
  loop_.post([this] { channel_->start(); });
  network_ = std::thread([this] { loop_.run(); });
  tape_ = std::thread([this] { wind_tape(); });
}

Player::~Player() {
  tape_stops_ = true;
  tape_.join();
  loop_.post([this] {
    channel_.reset();
    bot_.reset();
    loop_.stop();
  });
  network_.join();
}

bool Player::is_playing() const { return ended_.wait_for(0s) != std::future_status::ready; }

std::optional<Error> Player::stop() {
  if (is_playing()) {
    loop_.post([this] { channel_->stop(); });
  }
  if (ended_.wait_for(kStopTime) != std::future_status::ready) {
    return Error(Cause::unexpected, "The player was told to stop and did not.");
  }
  return ended_.get();
}

void Player::on_end(std::optional<Error> error) noexcept {
  why_ = std::move(error);
  bot_->close([this] { end_.set_value(std::move(why_)); });
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
