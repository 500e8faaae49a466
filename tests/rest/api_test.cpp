// Requests and answers over real TLS.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/server.hpp"
#include "rest/api.hpp"
#include "words/rest_words.hpp"

namespace vcplay::rest {
namespace {

using nlohmann::json;
using test::kPatience;
using test::kToken;
using test::url;
using testing::HasSubstr;
using testing::Not;

// ── over TLS ──

/// Answers requests from a list and remembers them.
class Discord final : public net::ServerHandler {
 public:
  explicit Discord(std::vector<net::ServerReply> replies) : replies_(std::move(replies)) {}

  net::ServerReply on_request(const net::ServerRequest& request) override {
    requests.push_back(request);
    return replies_.at(requests.size() - 1);
  }
  int on_upgrade(std::string_view, std::string_view) override { return 404; }
  void on_websocket(net::ServerSocket&, std::string_view, std::string_view) override {}
  void on_text(net::ServerSocket&, std::string_view) override {}
  void on_binary(net::ServerSocket&, ByteView) override {}
  void on_websocket_closed(net::ServerSocket&, std::uint16_t) override {}

  std::vector<net::ServerRequest> requests;

 private:
  std::vector<net::ServerReply> replies_;
};

/// A server for that Discord, and an Api that trusts its certificate.
struct Rehearsal {
  explicit Rehearsal(std::vector<net::ServerReply> replies, Duration patience = kPatience)
      : discord(std::move(replies)) {
    trust.add_anchors(identity.ca_pem);
    net::Url base = url("https://127.0.0.1/api/v10");
    base.port = server.port();
    api = std::make_unique<Api>(loop, trust, base, SecretString(kToken), patience);
  }
  void run() {
    watchdog.start_at(loop.now() + 20s);
    loop.run();
    EXPECT_FALSE(too_late);
  }
  net::EventLoop loop;
  net::ServerIdentity identity = net::ServerIdentity::make({"127.0.0.1"});
  Discord discord;
  net::Server server{loop, identity, discord};
  net::TlsTrust trust;
  std::unique_ptr<Api> api;
  bool too_late = false;
  net::Timer watchdog{loop, [this] {
                        too_late = true;
                        loop.stop();
                      }};
};

TEST(RestApi, AsksAgainAfterARateLimitAndAFailure) {
  Rehearsal rehearsal({{429, R"({"retry_after":0.001})", {}},
                       {503, "", {}},
                       {200, R"({"url":"wss://gateway.discord.gg"})", {}}});
  std::optional<Result<GatewayBot>> result;
  rehearsal.api->gateway_bot([&](Result<GatewayBot> answer) {
    result = std::move(answer);
    rehearsal.loop.stop();
  });
  rehearsal.run();
  ASSERT_TRUE(result);
  if (const auto* const refused = std::get_if<Failure>(&*result)) FAIL() << refused->error.what();
  EXPECT_EQ(std::get<GatewayBot>(*result).url.host, "gateway.discord.gg");
  ASSERT_EQ(rehearsal.discord.requests.size(), 3U);
  for (const net::ServerRequest& request : rehearsal.discord.requests) {
    EXPECT_EQ(request.path, "/api/v10/gateway/bot");
    EXPECT_EQ(request.authorization, std::string("Bot ") + kToken);
    EXPECT_THAT(request.user_agent, HasSubstr("DiscordBot (https://github.com/vcplay/vcplay, "));
  }
}

/// A page of GET /users/@me/guilds.
std::string guild_page(std::uint64_t first, std::size_t count) {
  json page = json::array();
  for (std::size_t i = 0; i < count; ++i) {
    page.push_back({{"id", std::to_string(first + i)}, {"name", "guild"}});
  }
  return page.dump();
}

TEST(RestApi, TurnsThePagesOfTheBotsGuilds) {
  constexpr std::uint64_t kFirst = 381870553235190000;
  Rehearsal rehearsal({{200, guild_page(kFirst, 200), {}},
                       {200, guild_page(kFirst + 200, 200), {}},
                       {200, guild_page(kFirst + 400, 3), {}}});
  std::vector<GuildName> guilds;
  rehearsal.api->my_guilds([&](Result<std::vector<GuildName>> answer) {
    guilds = std::get<std::vector<GuildName>>(std::move(answer));
    rehearsal.loop.stop();
  });
  rehearsal.run();
  ASSERT_EQ(guilds.size(), 403U);
  EXPECT_EQ(guilds.back().id.value, kFirst + 402);
  ASSERT_EQ(rehearsal.discord.requests.size(), 3U);
  EXPECT_EQ(rehearsal.discord.requests[0].path, "/api/v10/users/@me/guilds");
  EXPECT_EQ(rehearsal.discord.requests[0].query, "limit=200&after=0");
  EXPECT_EQ(rehearsal.discord.requests[1].query, "limit=200&after=381870553235190199");
  EXPECT_EQ(rehearsal.discord.requests[2].query, "limit=200&after=381870553235190399");
}

TEST(RestApi, DoesNotTurnTheSamePageForEver) {
  const std::string page = guild_page(381870553235190000, 200);
  Rehearsal rehearsal({{200, page, {}}, {200, page, {}}});
  std::size_t guilds = 0;
  rehearsal.api->my_guilds([&](Result<std::vector<GuildName>> answer) {
    guilds = std::get<std::vector<GuildName>>(answer).size();
    rehearsal.loop.stop();
  });
  rehearsal.run();
  EXPECT_EQ(guilds, 400U);
  EXPECT_EQ(rehearsal.discord.requests.size(), 2U);
}

TEST(RestApi, TakesNoEndlessBooks) {
  std::vector<net::ServerReply> book;
  for (std::size_t page = 0; page <= kMostGuilds / kGuildsPerPage; ++page) {
    book.push_back({200, guild_page(381870553235190000 + page * kGuildsPerPage, kGuildsPerPage), {}});
  }
  Rehearsal rehearsal(std::move(book));
  std::string why;
  rehearsal.api->my_guilds([&](Result<std::vector<GuildName>> answer) {
    why = std::get<Failure>(answer).error.what();
    EXPECT_EQ(std::get<Failure>(answer).error.hint(), Hint::name_one_guild);
    rehearsal.loop.stop();
  });
  rehearsal.run();
  EXPECT_THAT(why, HasSubstr("more than 20000 guilds."));
  EXPECT_EQ(rehearsal.discord.requests.size(), kMostGuilds / kGuildsPerPage);
}

TEST(RestApi, TakesOfEachAnswerNoMoreThanItCanHave) {
  const std::string long_url =
      R"({"url":"wss://gateway.discord.gg","padding":")" + std::string(64 * 1024, 'x') + "\"}";
  Rehearsal rehearsal(std::vector<net::ServerReply>(10, {200, long_url, {}}), 500ms);
  std::optional<Result<GatewayBot>> result;
  rehearsal.api->gateway_bot([&](Result<GatewayBot> answer) {
    result = std::move(answer);
    rehearsal.loop.stop();
  });
  rehearsal.run();
  ASSERT_TRUE(result && std::holds_alternative<Failure>(*result));
  EXPECT_THAT(std::get<Failure>(*result).error.what(), HasSubstr("the answer is longer than 64 KiB"));
}

TEST(RestApi, FailsWithTheFirstPageThatDoes) {
  Rehearsal rehearsal({{200, guild_page(381870553235190000, 200), {}}, {401, "", {}}});
  std::optional<int> status;
  rehearsal.api->my_guilds([&](Result<std::vector<GuildName>> answer) {
    status = std::get<Failure>(answer).status;
    rehearsal.loop.stop();
  });
  rehearsal.run();
  EXPECT_EQ(status, 401);
}

TEST(RestApi, AsksForTheWordOnAStage) {
  Rehearsal rehearsal({{204, "", {}}, {403, R"({"code":50013})", {}}});
  std::optional<Result<std::monostate>> spoken;
  std::optional<Result<std::monostate>> asked;
  const Snowflake guild{81384788765712384};
  const Snowflake stage{381870553235193857};
  rehearsal.api->become_speaker(guild, stage, [&](Result<std::monostate> answer) {
    spoken = std::move(answer);
    rehearsal.api->request_to_speak(guild, stage, "2026-11-21T12:00:00Z", [&](Result<std::monostate> second) {
      asked = std::move(second);
      rehearsal.loop.stop();
    });
  });
  rehearsal.run();
  ASSERT_TRUE(spoken && asked);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(*spoken));
  EXPECT_EQ(std::get<Failure>(*asked).code, 50013);
  ASSERT_EQ(rehearsal.discord.requests.size(), 2U);
  for (const net::ServerRequest& request : rehearsal.discord.requests) {
    EXPECT_EQ(request.method, "PATCH");
    EXPECT_EQ(request.path, "/api/v10/guilds/81384788765712384/voice-states/@me");
    EXPECT_EQ(request.content_type, "application/json");
  }
  EXPECT_EQ(json::parse(rehearsal.discord.requests[0].body).at("suppress"), false);
  EXPECT_EQ(json::parse(rehearsal.discord.requests[1].body).at("request_to_speak_timestamp"),
            "2026-11-21T12:00:00Z");
}

TEST(RestApi, AsksForEachThingAtItsPlace) {
  Rehearsal rehearsal({{200, R"({"id":"1121110987654321000"})", {}},
                       {200, R"({"id":"81384788765712384"})", {}},
                       {200, R"({"user":{"id":"1121110987654321000"}})", {}},
                       {200, "[]", {}}});
  Api& api = *rehearsal.api;
  const Snowflake guild{81384788765712384};
  api.me([&](const Result<resources::User>& me) {
    EXPECT_TRUE(std::holds_alternative<resources::User>(me));
    api.guild(guild, [&](const Result<resources::Guild>& answer) {
      EXPECT_TRUE(std::holds_alternative<resources::Guild>(answer));
      api.member(guild, Snowflake{1121110987654321000}, [&](const Result<resources::Member>& member) {
        EXPECT_TRUE(std::holds_alternative<resources::Member>(member));
        api.channels(guild, [&](const Result<std::vector<resources::Channel>>& channels) {
          EXPECT_TRUE(std::holds_alternative<std::vector<resources::Channel>>(channels));
          rehearsal.loop.stop();
        });
      });
    });
  });
  rehearsal.run();
  std::vector<std::string> paths;
  for (const net::ServerRequest& request : rehearsal.discord.requests) paths.push_back(request.path);
  EXPECT_THAT(paths, testing::ElementsAre("/api/v10/users/@me", "/api/v10/guilds/81384788765712384",
                                          "/api/v10/guilds/81384788765712384/members/1121110987654321000",
                                          "/api/v10/guilds/81384788765712384/channels"));
}

TEST(RestApi, ReadsTheClockOfWhoeverAnswers) {
  Rehearsal rehearsal(
      {{200, R"({"id":"1121110987654321000"})", {}}, {401, "", {{"Date", "Sun, 06 Nov 1994 08:49:37 GMT"}}}});
  EXPECT_EQ(rehearsal.api->clock_ahead(), std::nullopt);
  rehearsal.api->me([&](const Result<resources::User>&) {
    EXPECT_EQ(rehearsal.api->clock_ahead(), std::nullopt) << "that answer had no Date";
    rehearsal.api->me([&](const Result<resources::User>&) { rehearsal.loop.stop(); });
  });
  rehearsal.run();
  ASSERT_TRUE(rehearsal.api->clock_ahead());
  EXPECT_GT(*rehearsal.api->clock_ahead(), 24h * 365 * 30) << "a refusal's Date is as good as any";
}

TEST(RestApi, MayEndInsideItsOwnAnswer) {
  Rehearsal rehearsal({{401, R"({"code":0})", {}}});
  std::optional<Cause> cause;
  rehearsal.api->channel(Snowflake{381870553235193857}, [&](Result<resources::Channel> answer) {
    rehearsal.api.reset();
    cause = std::get<Failure>(answer).error.cause();
    rehearsal.loop.stop();
  });
  rehearsal.run();
  EXPECT_EQ(cause, Cause::token_refused);
  ASSERT_EQ(rehearsal.discord.requests.size(), 1U) << "a refused token is not shown twice";
  EXPECT_EQ(rehearsal.discord.requests[0].path, "/api/v10/channels/381870553235193857");
}

TEST(RestApi, DropsItsCallsSilently) {
  Rehearsal rehearsal({{200, "{}", {}}, {200, "{}", {}}});
  bool called = false;
  rehearsal.api->gateway_bot([&](const Result<GatewayBot>&) { called = true; });
  rehearsal.api.reset();
  rehearsal.loop.post([&] { rehearsal.loop.stop(); });
  rehearsal.run();
  EXPECT_FALSE(called);
}

TEST(RestApi, RefusesATokenThatWouldBreakTheHeader) {
  net::EventLoop loop;
  const net::TlsTrust trust;
  for (const char* const token : {"abc\r\nHost: evil", "a b", "\xc3\xa4"}) {
    try {
      const Api api(loop, trust, url("https://127.0.0.1"), SecretString(token), kPatience);
      ADD_FAILURE() << "accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.cause(), Cause::token_refused);
      EXPECT_THAT(error.what(), Not(HasSubstr(token)));
    }
  }
}

}  // namespace
}  // namespace vcplay::rest
