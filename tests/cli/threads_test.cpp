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

#include "cli/errand.hpp"
#include "cli/mailbox.hpp"
#include "cli/network_thread.hpp"
#include "cli/signals.hpp"
#include "rehearsal/discord.hpp"
#include "words/starved_memory.hpp"
#include "words/wait.hpp"

namespace vcplay::cli {
namespace {

/// Hears of a Channel, and throws once it has joined.
class Thrower final : public channel::ChannelListener {
 public:
  explicit Thrower(std::function<void()> trouble) : trouble_(std::move(trouble)) {}

  void on_phase(channel::Phase phase, TimePoint) override {
    if (phase == channel::Phase::ready && trouble_) std::exchange(trouble_, nullptr)();
  }
  void on_channel(const channel::ChannelFacts&) override {}
  void on_session(const channel::SessionFacts&) override {}
  void on_encryption(const channel::EncryptionFacts&) override {}
  void on_underrun(bool) override {}
  void on_reconnect(const channel::ReconnectFacts&) override {}
  void on_end(std::optional<Error> error) noexcept override { end_.set_value(std::move(error)); }

  std::optional<Error> wait() {
    auto future = end_.get_future();
    if (future.wait_for(60s) != std::future_status::ready) return Error(Cause::usage, "it never ended");
    return future.get();
  }

 private:
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
    channel::ChannelConfig channel;
    channel.guild = discord.options().guild;
    channel.channel = discord.options().channel;
    network.emplace(std::move(bot), channel, "", discord.ca_pem(), log, stats, pacer, thrower);
    network->start();
  }

  rehearsal::Discord discord{rehearsal::DiscordOptions{}};
  stream::FrameLog log;
  send::SenderStats stats;
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
    for (std::size_t i = 0; i < others; ++i) mailbox.on_underrun(true);
    {
      const vcplay::testing::NoMemory none;
      mailbox.on_failure(failure);
      mailbox.on_pipeline_end();
      mailbox.on_end(error);
    }
    const std::vector<Message> messages = mailbox.take();
    ASSERT_THAT(messages, ::testing::SizeIs(others + 3));
    EXPECT_EQ(std::get<PipelineFailed>(messages[others]).sentence, "The media thread has no memory left.");
    EXPECT_TRUE(std::holds_alternative<PipelineEnded>(messages[others + 1]));
    EXPECT_STREQ(std::get<ConnectionEnded>(messages[others + 2]).error->what(), error->what());
  }
}

TEST(Mailboxes, LoseNothingWhereItCannotBeTaken) {
  Mailbox mailbox;
  mailbox.on_end(std::nullopt);
  {
    const vcplay::testing::NoMemory none;
    EXPECT_THROW(static_cast<void>(mailbox.take()), std::bad_alloc);
  }
  EXPECT_THAT(mailbox.take(), ::testing::SizeIs(1));
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
