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
