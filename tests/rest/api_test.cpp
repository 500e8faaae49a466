// REST: what is asked, what the answers mean, when to ask again; then once over real TLS.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/server.hpp"
#include "rest/api.hpp"
#include "rest/attempts.hpp"
#include "rest/bodies.hpp"
#include "rest/http_date.hpp"

namespace vcplay::rest {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

constexpr TimePoint kStart{1000s};
constexpr Duration kPatience = 15s;
constexpr const char* kToken = "MTAwMDAw.GxAbCd.not-a-real-one";

net::Url url(const char* text) { return net::Url::parse(text).value(); }

// ── what is asked ──

TEST(RestRequest, CarriesWhatDiscordWantsOnEveryCall) {
  const net::HttpRequest request =
      get(url("https://discord.com/api/v10"), "/gateway/bot", SecretString(kToken));
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.url.host, "discord.com");
  EXPECT_EQ(request.url.path, "/api/v10/gateway/bot");
  EXPECT_TRUE(request.body.empty());
  EXPECT_THAT(request.headers, Contains(Pair("Authorization", "Bot MTAwMDAw.GxAbCd.not-a-real-one")));
  EXPECT_THAT(
      request.headers,
      Contains(Pair("User-Agent",
                    testing::MatchesRegex(
                        "DiscordBot \\(https://github.com/vcplay/vcplay, [0-9]+\\.[0-9]+\\.[0-9]+\\)"))));
}

TEST(RestRequest, GluesPathsWithOneSlash) {
  EXPECT_EQ(get(url("https://127.0.0.1:8443/api/v10/"), "/channels/1", SecretString(kToken)).url.path,
            "/api/v10/channels/1");
  EXPECT_EQ(get(url("https://127.0.0.1:8443"), "/channels/1", SecretString(kToken)).url.path, "/channels/1");
}

TEST(RestRequest, ModifiesWithABodyThatCallsItselfJson) {
  const net::HttpRequest request = change(url("https://discord.com/api/v10"), "/guilds/1/voice-states/@me",
                                          SecretString(kToken), "PATCH", R"({"suppress":false})");
  EXPECT_EQ(request.method, "PATCH");
  EXPECT_EQ(request.url.path, "/api/v10/guilds/1/voice-states/@me");
  EXPECT_EQ(request.body, R"({"suppress":false})");
  EXPECT_THAT(request.headers, AllOf(Contains(Pair("Content-Type", "application/json")),
                                     Contains(Pair("Authorization", std::string("Bot ") + kToken))));
}

TEST(RestRequest, AsksForTheWordOnAStage) {
  const Snowflake stage{381870553235193857};
  EXPECT_EQ(json::parse(body_of_unsuppress(stage)),
            json::parse(R"({"channel_id":"381870553235193857","suppress":false})"));
  EXPECT_EQ(json::parse(body_of_request(stage, "2026-11-21T12:00:00+00:00")),
            json::parse(R"({"channel_id":"381870553235193857",
                            "request_to_speak_timestamp":"2026-11-21T12:00:00+00:00"})"))
      << "and nothing of suppress, which needs another permission";
}

TEST(RestRequest, SetsAndClearsAVoiceStatus) {
  EXPECT_EQ(json::parse(body_of_voice_status("Kraftwerk - Autobahn")),
            json::parse(R"({"status":"Kraftwerk - Autobahn"})"));
  EXPECT_EQ(json::parse(body_of_voice_status("")), json::parse(R"({"status":null})"));
}

// ── what the answers mean ──

/// One call, its answers and the thread of time that it lives on.
struct Story {
  explicit Story(Duration patience = kPatience)
      : attempts("channel 381870553235193857", "discord.example:443", kStart + patience) {}

  Verdict answers(int status, std::string body = "", std::string retry_after = "") {
    net::HttpResponse response;
    response.status = status;
    response.body = std::move(body);
    response.retry_after = std::move(retry_after);
    return attempts.judge(response, now);
  }
  Verdict has_no_answer(net::CloseKind kind, std::string detail = "") {
    net::HttpResponse response;
    response.failure.kind = kind;
    response.failure.detail = std::move(detail);
    return attempts.judge(response, now);
  }
  Attempts attempts;
  TimePoint now = kStart;
};

Duration pause(const Verdict& verdict, TimePoint now) { return std::get<Again>(verdict).at - now; }
const Failure& failure(const Verdict& verdict) { return std::get<Failure>(verdict); }

TEST(RestAnswer, GivesItsBody) { EXPECT_EQ(std::get<std::string>(Story().answers(200, "{}")), "{}"); }

struct Refusal {
  int status;
  const char* body;
  Cause cause;
  int code;
  const char* words;
};

TEST(RestAnswer, IsNotAskedForAgainWhenRefused) {
  const std::vector<Refusal> refusals = {
      {401, R"({"message":"401: Unauthorized","code":0})", Cause::token_refused, 0, "DISCORD_TOKEN"},
      {401, "", Cause::token_refused, 0, "refused the token"},
      {403, R"({"message":"Missing Access","code":50001})", Cause::not_permitted, 50001,
       "no access to channel 381870553235193857"},
      {403, R"({"message":"x","code":40333})", Cause::not_permitted, 40333, "HTTP 403, code 40333"},
      {403, "<html>", Cause::not_permitted, 0, "HTTP 403"},
      {404, R"({"message":"Unknown Channel","code":10003})", Cause::not_permitted, 10003,
       "Discord knows no channel 381870553235193857"},
      {404, R"({"message":"Unknown Guild","code":10004})", Cause::not_permitted, 10004,
       "check the guild's id, and that the bot is in that guild"},
      {404, R"({"message":"Unknown Member","code":10007})", Cause::not_permitted, 10007, "Discord knows no"},
      {404, "<html>", Cause::not_permitted, 0, "--api-url"},
      {400, R"({"code":50035})", Cause::unexpected, 50035, "HTTP 400, code 50035"},
      {400, R"({"code":"50035"})", Cause::unexpected, 0, "HTTP 400"},
      {301, "", Cause::network, 0, "redirects are not followed"},
      {204, "", Cause::network, 0, "HTTP 204"},
  };
  for (const Refusal& refusal : refusals) {
    const Verdict verdict = Story().answers(refusal.status, refusal.body);
    ASSERT_TRUE(std::holds_alternative<Failure>(verdict)) << refusal.status;
    EXPECT_EQ(failure(verdict).status, refusal.status);
    EXPECT_EQ(failure(verdict).code, refusal.code) << refusal.status;
    EXPECT_EQ(failure(verdict).error.cause(), refusal.cause) << refusal.status;
    EXPECT_THAT(failure(verdict).error.what(), HasSubstr(refusal.words));
  }
}

TEST(RestAnswer, OfAModificationIsItsStatusAlone) {
  Attempts attempts("the word on stage 1", "discord.example:443", kStart + kPatience, 204);
  net::HttpResponse done;
  done.status = 204;
  EXPECT_EQ(std::get<std::string>(attempts.judge(done, kStart)), "");
  done.status = 403;
  done.body = R"({"message":"Missing Permissions","code":50013})";
  const Verdict verdict = attempts.judge(done, kStart);
  EXPECT_EQ(failure(verdict).status, 403);
  EXPECT_EQ(failure(verdict).code, 50013);
  EXPECT_EQ(failure(verdict).error.cause(), Cause::not_permitted);
  EXPECT_THAT(failure(verdict).error.what(), HasSubstr("ask for the word on stage 1"));
}

TEST(RestAnswer, IsAwaitedWithBackoffWhileTheServerIsOutOfOrder) {
  Story story;
  std::vector<Duration> pauses;
  for (const int status : {500, 502, 503, 504, 520}) {
    pauses.push_back(pause(story.answers(status, "<html>"), story.now));
    story.now += pauses.back();
  }
  EXPECT_THAT(pauses, testing::ElementsAre(250ms, 500ms, 1s, 2s, 2s));
  EXPECT_EQ(std::get<std::string>(story.answers(200, "{}")), "{}");
}

TEST(RestAnswer, IsGivenUpWhenPatienceEnds) {
  Story story;
  story.now = kStart + kPatience - 200ms;
  const Verdict verdict = story.answers(503);
  EXPECT_EQ(failure(verdict).status, 503);
  EXPECT_EQ(failure(verdict).error.cause(), Cause::network);
  EXPECT_THAT(failure(verdict).error.what(), AllOf(HasSubstr("discord.example:443"), HasSubstr("HTTP 503")));
}

TEST(RestAnswer, IsSoughtAgainAfterALostConnection) {
  for (const auto kind :
       {net::CloseKind::resolve_failed, net::CloseKind::connect_failed, net::CloseKind::tls_failed,
        net::CloseKind::timed_out, net::CloseKind::lost, net::CloseKind::closed_by_peer}) {
    Story story;
    EXPECT_EQ(pause(story.has_no_answer(kind), story.now), 250ms);
    story.now = kStart + kPatience;
    const Verdict verdict = story.has_no_answer(kind, "no route\x1b[2J to host");
    EXPECT_EQ(failure(verdict).status, 0);
    EXPECT_EQ(failure(verdict).error.cause(), Cause::network);
    EXPECT_THAT(failure(verdict).error.what(),
                AllOf(HasSubstr("discord.example:443"), HasSubstr("no route"), Not(HasSubstr("\x1b"))));
  }
}

TEST(RestAnswer, IsNotSoughtFromAnImpostor) {
  const Verdict verdict = Story().has_no_answer(net::CloseKind::certificate_refused, "hostname mismatch");
  EXPECT_EQ(failure(verdict).error.cause(), Cause::network);
  EXPECT_THAT(failure(verdict).error.what(), AllOf(HasSubstr("discord.example:443"), HasSubstr("certificate"),
                                                   HasSubstr("hostname mismatch")));
}

TEST(RestRateLimit, IsSatOutAsTold) {
  const auto told = [](const char* body, const char* header) {
    Story story;
    return pause(story.answers(429, body, header), story.now);
  };
  EXPECT_EQ(told(R"({"message":"slow","retry_after":0.5,"global":false})", ""), 550ms);
  EXPECT_EQ(told(R"({"retry_after":0.5})", "2"), 2050ms) << "the longer of the two";
  EXPECT_EQ(told(R"({"retry_after":3})", "2"), 3050ms);
  EXPECT_EQ(told(R"({"retry_after":-7})", ""), 50ms);
  EXPECT_EQ(told(R"({"retry_after":1})", "Wed, 21 Oct 2026 07:28:00 GMT"), 1050ms);
}

TEST(RestRateLimit, DoesNotSpendTheBackoff) {
  Story story;
  static_cast<void>(story.answers(429, R"({"retry_after":0.1})"));
  EXPECT_EQ(pause(story.answers(502), story.now), 250ms);
}

TEST(RestRateLimit, EndsACallThatHasNoTimeForIt) {
  const Verdict verdict = Story().answers(429, R"({"retry_after":64.2})");
  EXPECT_EQ(failure(verdict).status, 429);
  EXPECT_EQ(failure(verdict).error.cause(), Cause::network);
  EXPECT_THAT(failure(verdict).error.what(), HasSubstr("try again in 65 s"));
  EXPECT_TRUE(std::holds_alternative<Failure>(Story().answers(429, R"({"retry_after":1e300})")));
}

TEST(RestRateLimit, OfTheEdgeTakesMinutes) {
  for (const char* const body : {"", "<html>error 1015</html>", "{}", R"({"retry_after":"1"})"}) {
    EXPECT_THAT(failure(Story().answers(429, body)).error.what(), HasSubstr("try again in 60 s"));
    Story patient(10min);
    EXPECT_EQ(pause(patient.answers(429, body), patient.now), 60'050ms);
    EXPECT_EQ(pause(patient.answers(429, body, "120"), patient.now), 120'050ms);
  }
}

TEST(RestRequest, MayTakeWhatIsLeftOfThePatience) {
  const Story story;
  EXPECT_EQ(story.attempts.timeout(kStart), 10s);
  EXPECT_EQ(story.attempts.timeout(kStart + 12s), 3s);
  EXPECT_EQ(story.attempts.timeout(kStart + kPatience), 1s);
}

// ── what the bodies say ──

TEST(GatewayBotObject, IsReadWhole) {
  const auto result = read_gateway_bot(R"({"url":"wss://gateway.discord.gg/?v=9","shards":9,
      "session_start_limit":{"total":1000,"remaining":999,"reset_after":14400000,"max_concurrency":16}})");
  const auto& gateway = std::get<GatewayBot>(result);
  EXPECT_EQ(gateway.url.scheme, "wss");
  EXPECT_EQ(gateway.url.host, "gateway.discord.gg");
  EXPECT_EQ(gateway.url.path, "/") << "the query is ours to write";
  EXPECT_EQ(gateway.shards, 9);
  EXPECT_EQ(gateway.identifies_left, 999);
  EXPECT_EQ(gateway.identifies_total, 1000);
  EXPECT_EQ(gateway.reset_after, 4h);
  EXPECT_EQ(gateway.max_concurrency, 16);
}

TEST(GatewayBotObject, FallsBackFieldByField) {
  const auto result =
      read_gateway_bot(R"({"url":"wss://127.0.0.1:4444","shards":0,"session_start_limit":[]})");
  const auto& gateway = std::get<GatewayBot>(result);
  EXPECT_EQ(gateway.url.port, 4444);
  EXPECT_EQ(gateway.url.path, "/");
  EXPECT_EQ(gateway.shards, 1);
  EXPECT_EQ(gateway.identifies_left, 1000);
  EXPECT_EQ(
      std::get<GatewayBot>(read_gateway_bot(R"({"url":"wss://a","session_start_limit":{"remaining":0}})"))
          .identifies_left,
      0);
}

TEST(GatewayBotObject, NamesAWebsocketOverTls) {
  for (const char* const body :
       {"", "{}", "[]", R"({"url":5})", R"({"url":"https://gateway.discord.gg"})",
        R"({"url":"ws://gateway.discord.gg"})", R"({"url":"gateway.discord.gg"})", R"({"url":"wss://"})"}) {
    const auto result = read_gateway_bot(body);
    ASSERT_TRUE(std::holds_alternative<Failure>(result)) << body;
    EXPECT_EQ(std::get<Failure>(result).error.cause(), Cause::network);
    EXPECT_THAT(std::get<Failure>(result).error.what(), HasSubstr("wss://"));
  }
}

TEST(ChannelAnswer, NeedsAnId) {
  const auto result = read_channel(R"({"id":"381870553235193857","guild_id":"81384788765712384","type":2})");
  EXPECT_EQ(std::get<resources::Channel>(result).guild.str(), "81384788765712384");
  for (const char* const body : {"", "{}", R"({"id":{}})", R"({"id":"381870553235193857")"}) {
    EXPECT_TRUE(std::holds_alternative<Failure>(read_channel(body))) << body;
  }
}

TEST(UserAnswer, SaysWhoTheTokenBelongsTo) {
  const auto result = read_user(R"({"id":"1121110987654321000","username":"jukebox","bot":true})");
  const auto& user = std::get<resources::User>(result);
  EXPECT_EQ(user.id.str(), "1121110987654321000");
  EXPECT_EQ(user.name, "jukebox");
  EXPECT_TRUE(user.bot);
  EXPECT_FALSE(std::get<resources::User>(read_user(R"({"id":"1121110987654321000"})")).bot)
      << "whoever is no bot has no such field";
  EXPECT_TRUE(std::holds_alternative<Failure>(read_user(R"({"username":"jukebox"})")));
}

TEST(GuildAnswer, HasRolesOwnerAndAfkChannel) {
  const auto result = read_guild(R"({"id":"81384788765712384","name":"Den","owner_id":"80351110224678912",
      "afk_channel_id":"381870553235193002",
      "roles":[{"id":"81384788765712384","permissions":"3146752"},{"id":{}},7]})");
  const auto& guild = std::get<resources::Guild>(result);
  EXPECT_EQ(guild.name, "Den");
  EXPECT_EQ(guild.owner.str(), "80351110224678912");
  EXPECT_EQ(guild.afk_channel.str(), "381870553235193002");
  ASSERT_EQ(guild.roles.size(), 1U);
  EXPECT_EQ(guild.roles[0].permissions, 3146752U);
  EXPECT_TRUE(std::holds_alternative<Failure>(read_guild("[]")));
}

TEST(MemberAnswer, HasRolesAndTimeOut) {
  const auto result = read_member(R"({"user":{"id":"1121110987654321000"},"roles":["381870553235193777"],
      "communication_disabled_until":"2026-11-21T12:00:00+00:00"})");
  const auto& member = std::get<resources::Member>(result);
  EXPECT_EQ(member.user.str(), "1121110987654321000");
  ASSERT_EQ(member.roles.size(), 1U);
  EXPECT_EQ(member.communication_disabled_until, "2026-11-21T12:00:00+00:00");
  EXPECT_TRUE(std::holds_alternative<Failure>(read_member(R"({"roles":[]})")));
}

TEST(ChannelsAnswer, IsAListOfWhatCanBeRead) {
  const auto result = read_channels(R"([{"id":"381870553235193857","type":2},{"type":2},null,
      {"id":"381870553235193858","type":13}])");
  const auto& channels = std::get<std::vector<resources::Channel>>(result);
  ASSERT_EQ(channels.size(), 2U);
  EXPECT_EQ(channels[1].type, 13);
  EXPECT_TRUE(std::get<std::vector<resources::Channel>>(read_channels("[]")).empty());
  for (const char* const body : {"", "{}", "null", "7"}) {
    EXPECT_TRUE(std::holds_alternative<Failure>(read_channels(body))) << body;
  }
}

// ── what the Date says ──

TEST(HttpDate, IsReadInTheFormThatIsSent) {
  using namespace std::chrono;
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), sys_seconds(784111777s));
  EXPECT_EQ(parse_http_date("Thu, 01 Jan 1970 00:00:00 GMT"), sys_seconds(0s));
  EXPECT_EQ(parse_http_date("Fri, 29 Feb 2036 23:59:60 GMT"), sys_seconds(2087942400s)) << "a leap second";
  EXPECT_TRUE(parse_http_date("Fri, 31 Dec 9999 23:59:59 GMT"));
}

TEST(HttpDate, IsNothingElse) {
  for (const char* const text :
       {"", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 GMT ", "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nox 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:-7 GMT", "Sun, 06 Nov 1994 08:49:37 UTC"}) {
    EXPECT_EQ(parse_http_date(text), std::nullopt) << text;
  }
}

TEST(HttpDate, TellsHowFarOurClockIsAhead) {
  const std::chrono::system_clock::time_point now(784'111'777s + 900ms);
  EXPECT_EQ(clock_ahead_of("Sun, 06 Nov 1994 08:49:37 GMT", now), 0s);
  EXPECT_EQ(clock_ahead_of("Sun, 06 Nov 1994 08:47:37 GMT", now), 2min);
  EXPECT_EQ(clock_ahead_of("Sun, 06 Nov 1994 09:49:37 GMT", now), -1h);
  EXPECT_LT(clock_ahead_of("Fri, 31 Dec 9999 23:59:59 GMT", now), -1'000'000h) << "and no overflow";
  EXPECT_GT(clock_ahead_of("Sat, 01 Jan 0000 00:00:00 GMT", now), 1'000'000h);
  EXPECT_EQ(clock_ahead_of("yesterday", now), std::nullopt);
}

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

/// A loop with that Discord on it and an Api that trusts it.
struct Rehearsal {
  explicit Rehearsal(std::vector<net::ServerReply> replies) : discord(std::move(replies)) {
    trust.add_anchors(identity.ca_pem);
    net::Url base = url("https://127.0.0.1/api/v10");
    base.port = server.port();
    api = std::make_unique<Api>(loop, trust, base, SecretString(kToken), kPatience);
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
