// Words for stories about one bot in several guilds: one connection to the main gateway, a
// call in each guild.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "rehearsal/fault_script.hpp"
#include "words/call_words.hpp"

namespace vcplay::rehearsal::test {

/// A Discord of so many guilds.
inline DiscordOptions guilds(std::size_t count, DiscordOptions options = encrypted()) {
  options.further_places = made_up_places({options.guild, options.channel}, count - 1);
  return options;
}

inline constexpr Snowflake kSecondRoom{381870553235193900};
/// A Discord of one guild, with a second channel to play in.
inline DiscordOptions two_rooms() {
  DiscordOptions options = encrypted();
  options.further_places = {{options.guild, kSecondRoom}};
  return options;
}

/// Expects that these options are refused in a sentence with `words`.
inline void expect_refused(const DiscordOptions& options, const std::string& words) {
  try {
    const House house(options);
    ADD_FAILURE() << "it was built";
  } catch (const Error& error) {
    EXPECT_EQ(error.cause(), Cause::usage);
    EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
  }
}

/// The bot's call in one place. What it says by the main gateway goes out on the bot's one connection.
class FleetCall : public DavePlayer {
 public:
  FleetCall(PaperDiscord& host, PaperSocket& the_line, const Place& where, std::uint16_t port)
      : DavePlayer(host), place(where), line_(the_line) {
    address.port = port;
    begin_group();
  }

  /// Op 4 for this guild.
  void ask(const json& channel) {
    const json data = {
        {"guild_id", place.guild.str()}, {"channel_id", channel}, {"self_mute", false}, {"self_deaf", false}};
    discord.gateway.on_text(line_, json{{"op", 4}, {"d", data}}.dump(), discord.now);
    discord.settle(discord.now);
  }
  /// The latest dispatch of this name that is about the bot in this guild.
  [[nodiscard]] json told(const std::string& name) const {
    for (auto text = line_.texts.rbegin(); text != line_.texts.rend(); ++text) {
      const json message = json::parse(*text);
      if (message.value("t", json()) != name || message.at("d").at("guild_id") != place.guild.str()) continue;
      if (message.at("d").value("user_id", account.user.str()) == account.user.str()) return message.at("d");
    }
    throw std::logic_error("no such dispatch came");
  }
  [[nodiscard]] json identity_here(const json& changes = json::object()) const {
    json data = {{"server_id", place.guild.str()},
                 {"user_id", account.user.str()},
                 {"session_id", told("VOICE_STATE_UPDATE").at("session_id")},
                 {"token", told("VOICE_SERVER_UPDATE").at("token")},
                 {"max_dave_protocol_version", 1}};
    data.update(changes);
    return {{"op", 0}, {"d", data}};
  }
  /// Everything up to SPEAKING.
  void get_ready() {
    ask(place.channel.str());
    enter();
    speak(1);
  }
  void enter() {
    connect_voice();
    voice_says(identity_here());
    ssrc = voice.last(2).at("d").at("ssrc").get<std::uint32_t>();
    discover();
    select();
    listen();
  }
  void leave() {
    ask(nullptr);
    discord.advance(1ms);
    hang_up_voice();
  }
  void hang_up_voice() {
    discord.voice.on_closed(voice, 1000, discord.now);
    discord.settle(discord.now);
  }
  /// To another place, with a voice session and a group of its own.
  void go_to(const Place& next) {
    leave();
    place = next;
    voice = PaperSocket();
    begin_group();
    get_ready();
  }
  [[nodiscard]] bool is_in_voice() const {
    return discord.find_hall(place.channel)->world.voice_state(account.user) != nullptr;
  }

  Place place;

 private:
  void begin_group() {
    std::destroy_at(&session);
    std::construct_at(&session, dave::Config{account.user, place.channel, mls::PrivateKey::generate(),
                                             dave::Plaintext::allowed});
    line = std::make_unique<dave::SilenceOnly>();
    media = "nothing yet";
  }

  PaperSocket& line_;
};

/// The first account, and its call in each place.
struct Fleet {
  explicit Fleet(DiscordOptions options) : discord(std::move(options)), bot(discord) {
    std::uint16_t port = 51'000;
    for (const Place& place : discord.places())
      calls.push_back(std::make_unique<FleetCall>(discord, bot.gateway, place, port++));
  }
  void get_ready() {
    bot.log_in();
    for (const auto& one : calls) one->get_ready();
  }
  /// A packet every 20 ms in each of `where`, or in all.
  void play(int packets, std::vector<std::size_t> where = {}) {
    if (where.empty()) {
      for (std::size_t i = 0; i < calls.size(); ++i) where.push_back(i);
    }
    for (int i = 0; i < packets; ++i) {
      discord.advance(20ms);
      for (const std::size_t one : where) play_one(one);
    }
  }
  /// Falls silent and leaves, while these go on.
  void end(std::size_t which, const std::vector<std::size_t>& others = {}) {
    for (int i = 0; i < 5; ++i) {
      discord.advance(20ms);
      calls[which]->deliver(calls[which]->packet(silence()));
      for (const std::size_t one : others) play_one(one);
    }
    calls[which]->speak(0);
    calls[which]->leave();
  }
  void hang_up() {
    discord.gateway.on_closed(bot.gateway, 1000, discord.now);
    discord.settle(discord.now);
  }
  [[nodiscard]] Report report(std::size_t which) const {
    return discord.report_of(discord.account().user, discord.places().at(which));
  }
  [[nodiscard]] std::vector<std::string> broken(std::size_t which) const {
    std::vector<std::string> rules;
    for (const Finding& finding : report(which).findings) rules.push_back(finding.rule);
    return rules;
  }
  [[nodiscard]] FleetCall& call(std::size_t which) { return *calls.at(which); }

  void play_one(std::size_t which) {
    calls[which]->listen();
    if (const auto frame = calls[which]->frame(sound())) calls[which]->deliver(calls[which]->packet(*frame));
  }

  PaperDiscord discord;
  PaperPlayer bot;  // its connection to the main gateway
  std::vector<std::unique_ptr<FleetCall>> calls;
};

}  // namespace vcplay::rehearsal::test
