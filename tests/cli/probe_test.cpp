// `check` goes where a play would go, and nowhere else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <variant>
#include <vector>

#include "base/thread_annotations.hpp"
#include "cli/discord_probe.hpp"
#include "net/event_loop_impl.hpp"
#include "rehearsal/discord.hpp"
#include "words/net_words.hpp"

namespace vcplay::cli {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

/// A Discord with such an API that names evil.example as its gateway. All names lead to this machine, and are
/// written down.
class Internet {
 public:
  explicit Internet(const std::string& api_host) : discord_(named()) {
    discord_.start();
    trust_.add_anchors(discord_.ca_pem());
    loop_->impl().look_up = [this](const std::string& host) {
      const Lock hold(mutex_);
      asked_for_.push_back(host);
      return net::Addresses{{"127.0.0.1"}, ""};
    };
    bot_.token = SecretString(discord_.options().accounts.front().token);
    bot_.api_url = net::Url::parse(discord_.api_url());
    bot_.api_url->host = api_host;
  }

  DiscordFacts probe() {
    DiscordProbe probe(bot_, discord_.options().guild, discord_.options().channel, 10s);
    Errand& errand = probe;
    std::promise<void> done;
    loop_.run([&] { errand.start(*loop_, trust_, [&] { done.set_value(); }); });
    done.get_future().wait();
    loop_.run([&] { errand.stop(); });
    return probe.facts();
  }
  std::vector<std::string> asked_for() {
    const Lock hold(mutex_);
    return asked_for_;
  }

 private:
  static rehearsal::DiscordOptions named() {
    rehearsal::DiscordOptions options;
    options.certificate_names = {"127.0.0.1", "discord.com", "evil.example"};
    options.url_host = "evil.example";
    return options;
  }

  Mutex mutex_;
  std::vector<std::string> asked_for_ GUARDED_BY(mutex_);
  rehearsal::Discord discord_;
  bot::BotConfig bot_;
  net::TlsTrust trust_;
  net::test::LoopThread loop_;
};

TEST(ProbedHosts, OfTheGatewayAreDiscordsOrNotSpokenTo) {
  Internet internet("discord.com");
  const DiscordFacts facts = internet.probe();
  ASSERT_TRUE(facts.gateway_hello);
  const auto* const refusal = std::get_if<Error>(&*facts.gateway_hello);
  ASSERT_NE(refusal, nullptr);
  EXPECT_EQ(refusal->cause(), Cause::network);
  EXPECT_THAT(refusal->what(),
              HasSubstr("named evil.example as its gateway, which is no server of Discord's"));
  EXPECT_THAT(internet.asked_for(), Not(Contains("evil.example")));
}

TEST(ProbedHosts, AreTheUsersChoiceWhereHeNamedTheFirst) {
  Internet internet("evil.example");
  const DiscordFacts facts = internet.probe();
  ASSERT_TRUE(facts.gateway_hello);
  ASSERT_TRUE(std::holds_alternative<std::string>(*facts.gateway_hello)) << "with --api-url of his own";
  EXPECT_THAT(std::get<std::string>(*facts.gateway_hello), HasSubstr("evil.example:"));
}

}  // namespace
}  // namespace vcplay::cli
