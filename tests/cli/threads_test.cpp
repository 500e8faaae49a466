// Whatever goes wrong on a thread ends in a sentence, never in std::terminate.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <future>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "base/log.hpp"
#include "cli/errand.hpp"
#include "cli/mailbox.hpp"
#include "cli/network_thread.hpp"
#include "cli/signals.hpp"
#include "rehearsal/discord.hpp"
#include "words/starved_memory.hpp"
#include "words/wait.hpp"

namespace vcplay::cli {
namespace {

/// Hears of a Fleet, and throws once a channel has been joined.
class Thrower final : public fleet::FleetListener {
 public:
  explicit Thrower(std::function<void()> trouble) : trouble_(std::move(trouble)) {}

  void on_begin(std::size_t, std::shared_ptr<const send::SenderStats>) override {}
  void on_phase(std::size_t, channel::Phase phase, TimePoint) override {
    if (phase == channel::Phase::ready && trouble_) std::exchange(trouble_, nullptr)();
  }
  void on_channel(std::size_t, const channel::ChannelFacts&) override {}
  void on_session(std::size_t, const channel::SessionFacts&) override {}
  void on_encryption(std::size_t, const channel::EncryptionFacts&) override {}
  void on_underrun(std::size_t, bool) override {}
  void on_reconnect(std::size_t, const channel::ReconnectFacts&) override {}
  void on_later_limits(std::optional<int>, bool) override {}
  void on_notice(std::size_t, const channel::Notice&) override {}
  void on_end(std::size_t, std::optional<Error> error) noexcept override { why_ = std::move(error); }
  void on_fleet_end(std::optional<Error> error) noexcept override {
    end_.set_value(error ? std::move(error) : std::move(why_));
  }

  std::optional<Error> wait() {
    auto future = end_.get_future();
    if (future.wait_for(60s) != std::future_status::ready) return Error(Cause::usage, "it never ended");
    return future.get();
  }

 private:
  std::optional<Error> why_;  // network thread
  std::function<void()> trouble_;
  std::promise<std::optional<Error>> end_;
};

/// A network thread that joins a loopback Discord.
class Joining {
 public:
  explicit Joining(Thrower& thrower, const std::function<Duration()>& may_identify = {},
                   rehearsal::Discord::ListenerSink sink = {}) {
    if (sink) discord.set_listener_sink(std::move(sink));
    discord.start();
    bot::BotConfig bot;
    bot.token = SecretString(discord.options().accounts.front().token);
    bot.gateway_url = net::Url::parse(discord.gateway_url());
    bot.may_identify = may_identify;
    fleet::FleetConfig fleet;
    fleet.targets = {{discord.options().guild, discord.options().channel}};
    network.emplace(std::move(bot), std::move(fleet), "", discord.ca_pem(), log, pacer, thrower);
    network->start();
  }

  rehearsal::Discord discord{rehearsal::DiscordOptions{}};
  stream::FrameLog log;
  send::MonotonicPacer pacer;
  std::optional<NetworkThread> network;
};

TEST(NetworkThreads, LeaveTheChannelWhenSomethingUnheardOfHappens) {
  const std::vector<std::pair<std::function<void()>, std::string>> troubles = {
      {[] { throw std::runtime_error("the sky fell"); }, "The network thread failed: the sky fell."},
      {[] { throw std::bad_alloc(); }, "The network thread failed: there is no memory left."},
      {[] { throw 7; }, "The network thread failed."},
      {[] { throw Error(Cause::unexpected, "A sentence."); }, "A sentence."}};
  for (const auto& [trouble, sentence] : troubles) {
    Thrower thrower(trouble);
    Joining joining(thrower);
    const std::optional<Error> error = thrower.wait();
    ASSERT_TRUE(error);
    EXPECT_EQ(error->what(), sentence);
    EXPECT_EQ(error->cause(), Cause::unexpected);
    joining.network.reset();
    EXPECT_TRUE(joining.discord.report().left_cleanly) << sentence;
  }
}

TEST(NetworkThreads, EndWhenItHappensBeforeTheyHaveJoined) {
  Thrower thrower({});
  Joining joining(thrower, []() -> Duration { throw std::logic_error("no turn"); });
  const std::optional<Error> error = thrower.wait();
  ASSERT_TRUE(error);
  EXPECT_STREQ(error->what(), "The network thread failed: no turn.");
}

TEST(NetworkThreads, SayThatThereIsNoMemoryLeftWithoutAny) {
  Thrower thrower([] {
    const std::runtime_error reason("a sentence that does not fit into a string without memory");
    vcplay::testing::starve_this_thread();
    throw reason;
  });
  Joining joining(thrower);
  const std::optional<Error> error = thrower.wait();
  ASSERT_TRUE(error);
  EXPECT_STREQ(error->what(), "The network thread failed: there is no memory left.");
  EXPECT_EQ(error->cause(), Cause::unexpected);
}

TEST(Mailboxes, TakeTheLastWordsWithoutMemory) {
  const std::optional<Error> error = Error(Cause::network, "The connection was lost.");
  const std::string failure = "The media thread failed, in a sentence that takes memory.";
  for (std::size_t others = 0; others < 100; ++others) {
    Mailbox mailbox;
    mailbox.on_begin(7, nullptr);
    for (std::size_t i = 0; i < others; ++i) mailbox.on_underrun(7, true);
    {
      const vcplay::testing::NoMemory none;
      mailbox.on_failure(failure);
      mailbox.on_pipeline_end();
      mailbox.on_end(7, error);
      mailbox.on_fleet_end(std::nullopt);
    }
    std::vector<Message> messages = mailbox.take();
    ASSERT_THAT(messages, ::testing::SizeIs(others + 5));
    EXPECT_TRUE(std::holds_alternative<TargetBegun>(std::get<OfTarget>(messages[0]).what));
    messages.erase(messages.begin());
    EXPECT_EQ(std::get<PipelineFailed>(messages[others]).sentence, "The media thread has no memory left.");
    EXPECT_TRUE(std::holds_alternative<PipelineEnded>(messages[others + 1]));
    const auto& ended = std::get<OfTarget>(messages[others + 2]);
    EXPECT_EQ(ended.target, 7U);
    EXPECT_STREQ(std::get<TargetEnded>(ended.what).error->what(), error->what());
    EXPECT_TRUE(std::holds_alternative<FleetEnded>(messages[others + 3]));
  }
}

TEST(Mailboxes, LoseNothingWhereItCannotBeTaken) {
  Mailbox mailbox;
  mailbox.on_fleet_end(std::nullopt);
  {
    const vcplay::testing::NoMemory none;
    EXPECT_THROW(static_cast<void>(mailbox.take()), std::bad_alloc);
  }
  EXPECT_THAT(mailbox.take(), ::testing::SizeIs(1));
}

/// What the mailbox of a run in these channels logs of one of them.
std::vector<std::string> logged(const std::vector<std::string>& channels, std::size_t target,
                                const std::vector<channel::Notice>& notices) {
  std::vector<std::string> lines;
  log::set_level(log::Level::info);
  log::set_sink([&](log::Level, std::string_view line) { lines.emplace_back(line); });
  Mailbox mailbox(channels);
  for (const channel::Notice& notice : notices) mailbox.on_notice(target, notice);
  log::set_sink(nullptr);
  log::set_level(log::Level::warning);
  return lines;
}

TEST(Mailboxes, NameTheChannelWhereThereAreSeveral) {
  const std::vector<channel::Notice> notices = {
      {log::Level::info, "The bot speaks on the stage."},
      {log::Level::warning, "It is lost.", Hint::none, "And found."}};
  EXPECT_THAT(logged({}, 0, notices),
              ::testing::ElementsAre("The bot speaks on the stage.", "It is lost. And found."));
  EXPECT_THAT(logged({"channel 1", "channel 2"}, 1, notices),
              ::testing::ElementsAre("In channel 2: The bot speaks on the stage.",
                                     "In channel 2: It is lost. And found."));
}

TEST(Notices, FromOnePlaceAreOfOneKind) {
  const auto lost = [] { return channel::Notice(log::Level::warning, "The connection is lost."); };
  const channel::Notice other(log::Level::warning, "The bot is muted.");
  EXPECT_EQ(lost().place.line, lost().place.line);
  EXPECT_NE(lost().place.line, other.place.line);
}

/// Fails in one way or another.
class Failing final : public Errand {
 public:
  explicit Failing(std::function<void()> trouble) : trouble_(std::move(trouble)) {}

 private:
  void start(net::EventLoop&, const net::TlsTrust&, std::function<void()>) override { trouble_(); }
  void stop() override {}
  std::function<void()> trouble_;
};

TEST(Errands, HandOnWhatTheirThreadThrows) {
  Signals signals;
  EXPECT_THROW(static_cast<void>(Failing([] { throw std::bad_alloc(); }).run("", signals)), std::bad_alloc);
  EXPECT_THROW(static_cast<void>(Failing([] { throw 7; }).run("", signals)), int);
}

TEST(RehearsedDiscord, TellsWhyItBrokeDown) {
  Thrower quiet({});
  Joining joining(quiet, {}, [](ByteView, const float*, std::size_t) { throw std::runtime_error("deaf"); });
  EXPECT_FALSE(joining.discord.failure());
  for (int i = 0; i < 10; ++i) {
    OpusFrame* const frame = joining.log.claim();
    ASSERT_NE(frame, nullptr);
    std::copy(kOpusSilence.begin(), kOpusSilence.end(), frame->bytes.begin());
    frame->size = kOpusSilence.size();
    joining.log.publish();
  }
  ASSERT_TRUE(
      vcplay::testing::eventually("it broke down", [&] { return joining.discord.failure().has_value(); }));
  EXPECT_STREQ(joining.discord.failure()->what(), "The rehearsal's Discord broke down: deaf.");
  EXPECT_EQ(joining.discord.failure()->cause(), Cause::unexpected);
}

}  // namespace
}  // namespace vcplay::cli
