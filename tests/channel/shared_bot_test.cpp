// Several Channels on one Bot: each has its own life, and the session is theirs together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <list>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "channel/channel.hpp"
#include "rehearsal/discord.hpp"

namespace vcplay::channel {
namespace {

using ::testing::HasSubstr;

/// One channel with its listener, who says when it is in and when it is over.
class Target final : public ChannelListener {
 public:
  Target(bot::Bot& bot, Snowflake guild, Snowflake room)
      : channel(bot, config(guild, room), log_, stats_, senders_, *this) {}

  void on_phase(Phase phase, TimePoint) override {
    if (phase == Phase::ready && !std::exchange(was_ready_, true)) ready_.set_value();
  }
  void on_channel(const ChannelFacts&) override {}
  void on_session(const SessionFacts&) override {}
  void on_encryption(const EncryptionFacts&) override {}
  void on_underrun(bool) override {}
  void on_reconnect(const ReconnectFacts&) override {}
  void on_end(std::optional<Error> error) noexcept override { end_.set_value(std::move(error)); }

  bool is_ready() { return ready_.get_future().wait_for(30s) == std::future_status::ready; }
  std::optional<Error> wait() {
    if (over_.wait_for(30s) != std::future_status::ready) return Error(Cause::usage, "it never ended");
    return over_.get();
  }
  [[nodiscard]] bool is_over() const { return over_.wait_for(0s) == std::future_status::ready; }

 private:
  static ChannelConfig config(Snowflake guild, Snowflake room) {
    ChannelConfig config;
    config.guild = guild;
    config.channel = room;
    return config;
  }

  stream::FrameLog log_;
  const std::shared_ptr<send::SenderStats> stats_ = std::make_shared<send::SenderStats>();
  send::MonotonicPacer pacer_;
  send::SendThreads senders_{pacer_};
  bool was_ready_ = false;
  std::promise<void> ready_;
  std::promise<std::optional<Error>> end_;
  std::future<std::optional<Error>> over_ = end_.get_future();

 public:
  Channel channel;
};

/// A Bot on a network thread of its own, against a loopback Discord, and the Channels that share it.
class Tour {
 public:
  explicit Tour(rehearsal::DiscordOptions options = {}, std::optional<std::pair<int, int>> shard = {})
      : discord(std::move(options)) {
    discord.start();
    trust_.add_anchors(discord.ca_pem());
    bot::BotConfig config;
    config.token = SecretString(discord.options().accounts.front().token);
    config.api_url = net::Url::parse(discord.api_url());
    config.shard = shard;
    config.may_identify = [this] {
      ++identifies;
      return Duration::zero();
    };
    bot_.emplace(loop_, trust_, std::move(config));
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~Tour() {
    on_loop([this] {
      targets_.clear();
      bot_.reset();
    });
    loop_.stop();
    thread_.join();
  }

  Target& plays_in(Snowflake guild) {
    Target* target = nullptr;
    on_loop([&] {
      target = &targets_.emplace_back(*bot_, guild, discord.options().channel);
      target->channel.start();
    });
    return *target;
  }
  void stop(Target& target) {
    on_loop([&] { target.channel.stop(); });
  }
  void destroy(Target& target) {
    on_loop([&] { targets_.remove_if([&](const Target& each) { return &each == &target; }); });
  }
  /// False: it has not closed in time.
  bool closes() {
    std::promise<void> closed;
    on_loop([&] { bot_->close([&] { closed.set_value(); }); });
    return closed.get_future().wait_for(30s) == std::future_status::ready;
  }

  rehearsal::Discord discord;
  int identifies = 0;  // the loop's thread; to be read when nothing is under way

 private:
  void on_loop(std::function<void()> task) {
    std::promise<void> done;
    loop_.post([&] {
      task();
      done.set_value();
    });
    done.get_future().wait();
  }

  net::TlsTrust trust_;
  net::EventLoop loop_;
  std::optional<bot::Bot> bot_;
  std::list<Target> targets_;
  std::thread thread_;
};

constexpr Snowflake kNowhere{300000000000000001};

TEST(SharedBot, OutlivesTheTroubleOfOneChannel) {
  Tour tour;
  Target& in = tour.plays_in(tour.discord.options().guild);
  Target& out = tour.plays_in(kNowhere);
  const auto error = out.wait();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->cause(), Cause::not_permitted);
  EXPECT_THAT(error->what(), HasSubstr("not in guild 300000000000000001"));
  tour.destroy(out);
  EXPECT_TRUE(in.is_ready());
  EXPECT_FALSE(in.is_over());
  tour.stop(in);
  EXPECT_FALSE(in.wait());
  EXPECT_TRUE(tour.closes());
  EXPECT_TRUE(tour.discord.report().left_cleanly);
}

TEST(SharedBot, TellsWhoeverComesLaterWhatIsKnown) {
  Tour tour;
  Target& first = tour.plays_in(tour.discord.options().guild);
  ASSERT_TRUE(first.is_ready());
  const auto missing = tour.plays_in(kNowhere).wait();
  ASSERT_TRUE(missing);
  EXPECT_EQ(missing->cause(), Cause::not_permitted);
  const auto twice = tour.plays_in(tour.discord.options().guild).wait();
  ASSERT_TRUE(twice);
  EXPECT_EQ(twice->cause(), Cause::busy);
  EXPECT_FALSE(first.is_over()) << "it was there before";
}

TEST(SharedBot, VisitsAGuildAgainWithoutANewIdentify) {
  Tour tour;
  for (int visit = 0; visit < 3; ++visit) {
    Target& target = tour.plays_in(tour.discord.options().guild);
    ASSERT_TRUE(target.is_ready()) << visit;
    tour.stop(target);
    EXPECT_FALSE(target.wait()) << visit;
    tour.destroy(target);
  }
  EXPECT_TRUE(tour.closes());
  EXPECT_EQ(tour.identifies, 1);
  EXPECT_TRUE(tour.discord.report().left_cleanly);
}

TEST(SharedBot, BearsAChannelThatGoesInTheMidstOfItsJoin) {
  Tour tour;
  for (int i = 0; i < 5; ++i) tour.destroy(tour.plays_in(tour.discord.options().guild));
  Target& target = tour.plays_in(tour.discord.options().guild);
  EXPECT_TRUE(target.is_ready());
  tour.stop(target);
  EXPECT_FALSE(target.wait());
  EXPECT_TRUE(tour.closes());
}

constexpr Snowflake kElsewhere{kNowhere.value + (1ULL << 22)};  // of two shards it is on the second

/// The guild is on the first shard. This Discord refuses the second one.
rehearsal::DiscordOptions two_shards() {
  rehearsal::DiscordOptions options;
  options.demanded_shards = 2;
  return options;
}

TEST(SharedBot, OpensAShardForEachThatIsNeeded) {
  Tour tour(two_shards());
  Target& in = tour.plays_in(tour.discord.options().guild);
  Target& out = tour.plays_in(kElsewhere);
  const auto error = out.wait();  // in its turn, five seconds behind the first
  ASSERT_TRUE(error);
  EXPECT_THAT(error->what(), HasSubstr("Discord refused shard 1/2"));
  EXPECT_TRUE(in.is_ready());
  EXPECT_FALSE(in.is_over()) << "it is on the other shard";
  tour.stop(in);
  EXPECT_FALSE(in.wait());
  EXPECT_TRUE(tour.closes());
  EXPECT_EQ(tour.identifies, 2);
}

TEST(SharedBot, TellsAtOnceWhomItsOneShardLeavesOut) {
  Tour tour(two_shards(), std::pair{0, 2});
  const auto error = tour.plays_in(kElsewhere).wait();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->cause(), Cause::not_permitted);
  EXPECT_THAT(error->what(), HasSubstr("belongs to shard 1/2, not to 0/2"));
  EXPECT_TRUE(tour.plays_in(tour.discord.options().guild).is_ready());
  EXPECT_TRUE(tour.closes());
  EXPECT_EQ(tour.identifies, 1);
}

}  // namespace
}  // namespace vcplay::channel
