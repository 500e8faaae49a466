// What is asked by REST, what the status of an answer means, and when to ask again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "rest/api.hpp"
#include "rest/attempts.hpp"
#include "rest/bodies.hpp"
#include "words/rest_words.hpp"

namespace vcplay::rest {
namespace {

using nlohmann::json;
using test::kPatience;
using test::kToken;
using test::url;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

constexpr TimePoint kStart{1000s};

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

/// One REST call, its answers, and a clock that moves when told.
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
  Hint hint = Hint::none;
};

TEST(RestAnswer, IsNotAskedForAgainWhenRefused) {
  const std::vector<Refusal> refusals = {
      {401, R"({"message":"401: Unauthorized","code":0})", Cause::token_refused, 0, "(401)",
       Hint::check_token},
      {401, "", Cause::token_refused, 0, "refused the token", Hint::check_token},
      {403, R"({"message":"Missing Access","code":50001})", Cause::not_permitted, 50001,
       "no access to channel 381870553235193857"},
      {403, R"({"message":"x","code":40333})", Cause::not_permitted, 40333, "HTTP 403, code 40333"},
      {403, "<html>", Cause::not_permitted, 0, "HTTP 403"},
      {404, R"({"message":"Unknown Channel","code":10003})", Cause::not_permitted, 10003,
       "Discord knows no channel 381870553235193857"},
      {404, R"({"message":"Unknown Guild","code":10004})", Cause::not_permitted, 10004,
       "check the guild's id, and that the bot is in that guild"},
      {404, R"({"message":"Unknown Member","code":10007})", Cause::not_permitted, 10007, "Discord knows no"},
      {404, "<html>", Cause::not_permitted, 0, "found nothing", Hint::check_id_or_api_address},
      {400, R"({"code":50035})", Cause::unexpected, 50035, "HTTP 400, code 50035"},
      {400, R"({"code":"50035"})", Cause::unexpected, 0, "HTTP 400"},
      {301, "", Cause::network, 0, "redirects are not followed", Hint::check_api_address},
      {204, "", Cause::network, 0, "HTTP 204", Hint::check_api_address},
  };
  for (const Refusal& refusal : refusals) {
    const Verdict verdict = Story().answers(refusal.status, refusal.body);
    ASSERT_TRUE(std::holds_alternative<Failure>(verdict)) << refusal.status;
    EXPECT_EQ(failure(verdict).status, refusal.status);
    EXPECT_EQ(failure(verdict).code, refusal.code) << refusal.status;
    EXPECT_EQ(failure(verdict).error.cause(), refusal.cause) << refusal.status;
    EXPECT_THAT(failure(verdict).error.what(), HasSubstr(refusal.words));
    EXPECT_EQ(failure(verdict).error.hint(), refusal.hint) << refusal.status;
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

TEST(RestAnswer, NamesTheGuildThatNobodyKnowsWhateverWasAskedOfIt) {
  for (const char* const subject : {"guild 123", "the channels of guild 123", "member 4 of guild 123"}) {
    Attempts attempts(subject, "discord.example:443", kStart + kPatience);
    net::HttpResponse unknown;
    unknown.status = 404;
    unknown.body = R"({"message":"Unknown Guild","code":10004})";
    EXPECT_THAT(failure(attempts.judge(unknown, kStart)).error.what(),
                HasSubstr("Discord knows no guild 123: check"));
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
  EXPECT_EQ(failure(verdict).error.hint(), Hint::trust_authority);
}

TEST(RestRateLimit, IsSatOutAsTold) {
  const auto told = [](const char* body, const char* header) {
    Story story;
    return pause(story.answers(429, body, header), story.now);
  };
  EXPECT_EQ(told(R"({"message":"slow","retry_after":0.5,"global":false})", ""), 550ms);
  EXPECT_EQ(told(R"({"retry_after":0.5})", "2"), 2050ms) << "the longer of the two";
  EXPECT_EQ(told(R"({"retry_after":3})", "2"), 3050ms);
  EXPECT_EQ(told(R"({"retry_after":-7})", ""), 250ms) << "which is no time to wait";
  EXPECT_EQ(told(R"({"retry_after":1})", "Wed, 21 Oct 2026 07:28:00 GMT"), 1050ms);
}

TEST(RestRateLimit, NeverLetsAnybodyAskInHaste) {
  for (const auto& [body, header] : {std::pair(R"({"retry_after":0})", ""),
                                     {R"({"retry_after":-1e9})", ""},
                                     {R"({"retry_after":1e-9})", ""},
                                     {R"({"retry_after":0})", "0"},
                                     {R"({"retry_after":0})", "-5"},
                                     {R"({"retry_after":0})", "nan"},
                                     {R"({"retry_after":0})", "-inf"}}) {
    Story story;
    std::vector<Duration> pauses;
    for (int i = 0; i < 5; ++i) {
      pauses.push_back(pause(story.answers(429, body, header), story.now));
      story.now += pauses.back();
    }
    EXPECT_THAT(pauses, testing::ElementsAre(250ms, 500ms, 1s, 2s, 2s)) << body << header;
  }
}

TEST(RestRateLimit, IsNotSatOutForEver) {
  for (const char* const header : {"inf", "1e300", "86401"}) {
    Story patient(24h);
    EXPECT_TRUE(std::holds_alternative<Failure>(patient.answers(429, R"({"retry_after":0})", header)))
        << header;
  }
}

TEST(RestAnswer, IsSoughtSoManyTimesAndNoMore) {
  for (const int status : {429, 503}) {
    Story patient(24h);
    for (int i = 0; i < Attempts::kMostRepeats; ++i) {
      patient.now += pause(patient.answers(status, R"({"retry_after":0})"), patient.now);
    }
    const Verdict last = patient.answers(status, R"({"retry_after":0})");
    ASSERT_TRUE(std::holds_alternative<Failure>(last)) << status;
    EXPECT_EQ(failure(last).status, status);
    EXPECT_EQ(failure(last).error.cause(), Cause::network);
  }
}

TEST(RestRateLimit, SaysNoSecondThatIsNone) {
  Story hasty(100ms);
  EXPECT_THAT(failure(hasty.answers(429, R"({"retry_after":0})")).error.what(),
              HasSubstr("try again in 1 s"));
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

}  // namespace
}  // namespace vcplay::rest
