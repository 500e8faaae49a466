// The token goes to Discord alone: what becomes of other names that a server gives.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "base/thread_annotations.hpp"
#include "channel/channel.hpp"
#include "net/event_loop_impl.hpp"
#include "rehearsal/discord.hpp"
#include "words/wait.hpp"

namespace vcplay::channel {
namespace {

using ::testing::HasSubstr;

/// Remembers how it ended, and what was tried again.
class Listener final : public ChannelListener {
 public:
  void on_phase(Phase phase, TimePoint) override {
    if (phase == Phase::joining_channel && !std::exchange(has_asked_, true)) joining_.set_value();
    if (phase == Phase::ready) ready_.set_value();
  }
  void on_channel(const ChannelFacts&) override {}
  void on_session(const SessionFacts&) override {}
  void on_encryption(const EncryptionFacts&) override {}
  void on_underrun(bool) override {}
  void on_reconnect(const ReconnectFacts&) override {}
  void on_end(std::optional<Error> error) noexcept override { end_.set_value(std::move(error)); }

  std::optional<Error> wait() {
    auto future = end_.get_future();
    if (future.wait_for(60s) != std::future_status::ready) return Error(Cause::usage, "it never ended");
    return future.get();
  }
  bool asks_to_join() { return joining_.get_future().wait_for(60s) == std::future_status::ready; }
  bool is_ready() { return ready_.get_future().wait_for(60s) == std::future_status::ready; }

 private:
  bool has_asked_ = false;
  std::promise<void> joining_;
  std::promise<void> ready_;
  std::promise<std::optional<Error>> end_;
};

/// A Channel to a Discord that calls itself discord.com, or whatever `options` say. All names lead to this
/// machine, and are written down.
class Internet {
 public:
  explicit Internet(rehearsal::DiscordOptions options, const std::string& api_host = "discord.com")
      : discord_(with_names(std::move(options))) {
    discord_.start();
    trust_.add_anchors(discord_.ca_pem());
    loop_.impl().look_up = [this](const std::string& host) {
      const Lock hold(mutex_);
      asked_for_.push_back(host);
      return net::Addresses{{"127.0.0.1"}, ""};
    };
    bot::BotConfig bot;
    bot.token = SecretString(discord_.options().accounts.front().token);
    ChannelConfig config;
    config.guild = discord_.options().guild;
    config.channel = discord_.options().channel;
    bot.api_url = net::Url::parse(discord_.api_url());
    bot.api_url->host = api_host;
    bot_.emplace(loop_, trust_, std::move(bot));
    channel_.emplace(*bot_, config, log_, stats_, senders_, listener);
    loop_.post([this] { channel_->start(); });
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~Internet() {
    loop_.post([this] {
      channel_.reset();
      bot_.reset();
      loop_.stop();
    });
    thread_.join();
  }

  std::vector<std::string> asked_for() {
    const Lock hold(mutex_);
    return asked_for_;
  }
  rehearsal::Discord& discord() { return discord_; }
  void stop() {
    loop_.post([this] { channel_->stop(); });
  }

  Listener listener;

 private:
  static rehearsal::DiscordOptions with_names(rehearsal::DiscordOptions options) {
    options.certificate_names = {"127.0.0.1", "discord.com", "gateway.discord.gg", "evil.example"};
    if (options.url_host.empty()) options.url_host = "discord.com";
    return options;
  }

  Mutex mutex_;
  std::vector<std::string> asked_for_ GUARDED_BY(mutex_);
  rehearsal::Discord discord_;
  net::TlsTrust trust_;
  net::EventLoop loop_;
  stream::FrameLog log_;
  const std::shared_ptr<send::SenderStats> stats_ = std::make_shared<send::SenderStats>();
  send::MonotonicPacer pacer_;
  send::SendThreads senders_{pacer_};
  std::optional<bot::Bot> bot_;
  std::optional<Channel> channel_;
  std::thread thread_;
};

TEST(Hosts, OfRestsGatewayAreDiscordsOrNotSpokenTo) {
  rehearsal::DiscordOptions options;
  options.url_host = "evil.example";
  Internet internet(options);
  const auto error = internet.listener.wait();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->cause(), Cause::network);
  EXPECT_THAT(error->what(), HasSubstr("named evil.example as its gateway, which is no server of Discord's"));
  EXPECT_THAT(internet.asked_for(), ::testing::Not(::testing::Contains("evil.example")));
}

TEST(Hosts, OfVoiceAreDiscordsOrNotSpokenTo) {
  rehearsal::DiscordOptions options;
  options.voice_endpoint = "evil.example:443";
  Internet internet(options);
  const auto error = internet.listener.wait();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->cause(), Cause::network);
  EXPECT_THAT(error->what(), HasSubstr("a voice server that is not Discord's: evil.example:443"));
  EXPECT_THAT(internet.asked_for(), ::testing::Not(::testing::Contains("evil.example")));
  EXPECT_TRUE(internet.discord().report().left_cleanly);
}

/// What the log says, from information on.
class LogLines {
 public:
  LogLines() {
    log::set_level(log::Level::info);
    log::set_sink([this](log::Level, std::string_view line) {
      const Lock hold(mutex_);
      text_ += std::string(line) + "\n";
    });
  }
  ~LogLines() {
    log::set_sink(nullptr);
    log::set_level(log::Level::warning);
  }
  std::string text() {
    const Lock hold(mutex_);
    return text_;
  }
  bool wait_for(const std::string& words) {
    return testing::eventually(words, [&] { return text().find(words) != std::string::npos; });
  }

 private:
  Mutex mutex_;
  std::string text_ GUARDED_BY(mutex_);
};

TEST(Hosts, OfAResumeAreDiscordsOrTheFirstOneIsAskedAgain) {
  LogLines log_lines;
  rehearsal::DiscordOptions options;
  options.resume_host = "evil.example";
  options.ignores_join = true;
  Internet internet(options);
  ASSERT_TRUE(internet.listener.asks_to_join());
  internet.discord().inject({.kind = rehearsal::FaultKind::drop_gateway});
  EXPECT_TRUE(log_lines.wait_for("Discord's gateway: the session is resumed."));
  EXPECT_THAT(log_lines.text(),
              HasSubstr("Discord's gateway named evil.example for a resume, which is no server of "
                        "Discord's: it is asked again itself."));
  EXPECT_THAT(internet.asked_for(), ::testing::Not(::testing::Contains("evil.example")));
}

TEST(Hosts, AreTheUsersChoiceWhereHeNamedTheFirst) {
  rehearsal::DiscordOptions options;
  options.url_host = "evil.example";
  Internet internet(options, "evil.example");
  EXPECT_TRUE(internet.listener.is_ready()) << "with --api-url of his own";
}

}  // namespace
}  // namespace vcplay::channel
