// The Channel against a Discord that falls silent: each wait has a deadline and a name.
#include "channel/channel.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "rehearsal/discord.hpp"

namespace vcplay::channel {
namespace {

using ::testing::HasSubstr;

/// Remembers what happened; the test waits for the end.
class Listener final : public ChannelListener {
 public:
  void on_phase(Phase phase, TimePoint) override { phases.push_back(phase); }
  void on_channel(const ChannelFacts& facts) override { channel = facts; }
  void on_session(const SessionFacts&) override {}
  void on_encryption(const EncryptionFacts&) override {}
  void on_underrun(bool) override {}
  void on_reconnect(const ReconnectFacts&) override {}
  void on_end(std::optional<Error> error) noexcept override { end_.set_value(std::move(error)); }

  [[nodiscard]] std::optional<Error> wait() {
    auto future = end_.get_future();
    if (future.wait_for(30s) != std::future_status::ready)
      return Error(Cause::unexpected, "the channel never ended");
    return future.get();
  }

  std::vector<Phase> phases;
  ChannelFacts channel;

 private:
  std::promise<std::optional<Error>> end_;
};

/// A Channel on a network thread of its own, against a loopback Discord.
class Joining {
 public:
  /// With `api` REST is asked there for the gateway.
  explicit Joining(rehearsal::DiscordOptions options, const std::string& api = {}, bool stop_first = false)
      : discord_(std::move(options)) {
    discord_.start();
    trust_.add_anchors(discord_.ca_pem());
    bot::BotConfig bot;
    bot.token = SecretString(discord_.options().accounts.front().token);
    ChannelConfig config;
    config.guild = discord_.options().guild;
    config.channel = discord_.options().channel;
    if (api.empty()) bot.gateway_url = net::Url::parse(discord_.gateway_url());
    if (!api.empty()) bot.api_url = net::Url::parse(api);
    config.join_timeout = 2s;
    bot_.emplace(loop_, trust_, std::move(bot));
    channel_.emplace(*bot_, config, log_, stats_, senders_, listener_);
    if (stop_first) stop();
    loop_.post([this] { channel_->start(); });
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~Joining() {
    loop_.post([this] {
      channel_.reset();
      bot_.reset();
      loop_.stop();
    });
    thread_.join();
  }

  [[nodiscard]] Listener& listener() { return listener_; }
  [[nodiscard]] rehearsal::Discord& discord() { return discord_; }
  void stop() {
    loop_.post([this] { channel_->stop(); });
  }

 private:
  rehearsal::Discord discord_;
  net::TlsTrust trust_;
  net::EventLoop loop_;
  stream::FrameLog log_;
  const std::shared_ptr<send::SenderStats> stats_ = std::make_shared<send::SenderStats>();
  send::MonotonicPacer pacer_;
  send::SendThreads senders_{pacer_};
  Listener listener_;
  std::optional<bot::Bot> bot_;
  std::optional<Channel> channel_;
  std::thread thread_;
};

/// Where Discord falls silent and the words that say so.
struct Silence {
  std::string name;
  void (*furnish)(rehearsal::DiscordOptions&);
  Phase phase;
  std::string words;
};

void PrintTo(const Silence& silence, std::ostream* out) { *out << silence.name; }

class Silent : public ::testing::TestWithParam<Silence> {};

TEST_P(Silent, IsGivenUpWithItsPhaseNamed) {
  rehearsal::DiscordOptions options;
  GetParam().furnish(options);
  Joining joining(options);

  const std::optional<Error> error = joining.listener().wait();

  ASSERT_TRUE(error);
  EXPECT_EQ(error->cause(), Cause::network);
  EXPECT_THAT(error->what(), HasSubstr(GetParam().words));
  EXPECT_THAT(joining.listener().phases, ::testing::Contains(GetParam().phase));
  EXPECT_EQ(joining.listener().phases.back(), Phase::over);
}

const Silence kSilences[] = {
    {"NoHello", [](auto& o) { o.says_nothing_on_connect = true; }, Phase::identifying, "READY"},
    {"JoinIgnored", [](auto& o) { o.ignores_join = true; }, Phase::joining_channel, "request to join"},
    {"VoiceSilent", [](auto& o) { o.voice_says_nothing = true; }, Phase::identifying_voice, "voice server"},
    {"NoUdp", [](auto& o) { o.never_answers_discovery = true; }, Phase::discovering_address, "UDP"},
    {"NoDescription", [](auto& o) { o.never_describes_session = true; }, Phase::selecting_protocol,
     "describe the session"},
};

INSTANTIATE_TEST_SUITE_P(AtEachStep, Silent, ::testing::ValuesIn(kSilences),
                         [](const auto& row) { return row.param.name; });

TEST(Channel, TellsTheChannelOnTheWayIn) {
  rehearsal::DiscordOptions options;
  options.channel_bitrate = 96'000;
  options.never_describes_session = true;
  Joining joining(options);
  static_cast<void>(joining.listener().wait());
  EXPECT_EQ(joining.listener().channel.bitrate, 96'000);
  EXPECT_EQ(joining.listener().channel.channel_name, "Rehearsal");
}

TEST(Channel, SaysWhatItWaitedForWhereRestCannotBeReached) {
  Joining joining({}, "https://127.0.0.1:1/api/v10");  // where nobody listens
  const std::optional<Error> error = joining.listener().wait();
  ASSERT_TRUE(error);
  EXPECT_THAT(error->what(), HasSubstr("Discord's API at 127.0.0.1:1 cannot be reached: "));
  EXPECT_THAT(joining.listener().phases,
              ::testing::ElementsAre(Phase::finding_gateway, Phase::leaving, Phase::closing, Phase::over));
}

TEST(Channel, StopsBeforeItEverJoined) {
  rehearsal::DiscordOptions options;
  options.says_nothing_on_connect = true;
  Joining joining(options);
  joining.stop();
  EXPECT_FALSE(joining.listener().wait());
  EXPECT_EQ(joining.listener().phases.back(), Phase::over);
}

TEST(Channel, StopsBeforeItWasStarted) {
  Joining joining({}, {}, true);
  EXPECT_FALSE(joining.listener().wait());
  EXPECT_THAT(joining.listener().phases, ::testing::ElementsAre(Phase::leaving, Phase::closing, Phase::over));
}

TEST(Channel, LeavesWhatItHadJoined) {
  rehearsal::DiscordOptions options;
  options.never_describes_session = true;
  Joining joining(options);
  static_cast<void>(joining.listener().wait());
  EXPECT_TRUE(joining.discord().report().left_cleanly);
}

}  // namespace
}  // namespace vcplay::channel
