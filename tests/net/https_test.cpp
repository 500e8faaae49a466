// Single HTTPS requests: against our own server, and against one whose every byte is written here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "words/net_words.hpp"
#include "words/raw_tls_peer.hpp"

namespace vcplay::net::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

HttpRequest request(const std::string& method, std::uint16_t port, const std::string& path,
                    std::string body = {}) {
  HttpRequest made;
  made.method = method;
  made.url = at("https", "localhost", port, path);
  made.body = std::move(body);
  made.timeout = 30s;
  return made;
}

class HttpsCalls : public ::testing::Test {
 protected:
  HttpResponse ask(const HttpRequest& question) {
    Heard<HttpResponse> answers;
    OnLoop<HttpsCall> call(loop, trust, question,
                           [&](HttpResponse response) { answers.add(std::move(response)); });
    HttpResponse response = answers.next();
    EXPECT_TRUE(answers.empty());
    return response;
  }

  LoopThread loop;
  Trusting trust;
};

// ── with our own server ──

class RestCalls : public HttpsCalls {
 protected:
  Host host;
  std::unique_ptr<OnLoop<Server>> server;
  void SetUp() override {
    host.replies["/echo"] = {200, R"({"ok":true})", {}};
    host.replies["/none"] = {204, "", {}};
    host.replies["/empty"] = {200, "", {}};
    host.replies["/large"] = {200, std::string(5 * 1024 * 1024, 'j'), {}};
    host.replies["/dated"] = {200, "{}", {{"Date", "Sun, 06 Nov 1994 08:49:37 GMT"}}};
    host.replies["/limited"] = {429,
                                R"({"retry_after":1.5})",
                                {{"retry-after", "2"},
                                 {"x-ratelimit-remaining", "0"},
                                 {"x-ratelimit-reset-after", "1.5"},
                                 {"x-ratelimit-scope", "user"}}};
    host.replies["/moved"] = {302, "{}", {{"location", "/echo"}}};
    server = std::make_unique<OnLoop<Server>>(loop, loopback_identity(), host);
  }
  std::uint16_t port() { return (*server)->port(); }
};

TEST_F(RestCalls, CarryEveryMethodAndItsBody) {
  for (const std::string method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
    for (const std::string body : {R"({"a":1})", ""}) {
      if (method == "GET" && !body.empty()) continue;
      HttpRequest question = request(method, port(), "/echo?b=2&c=3", body);
      question.headers = {
          {"Authorization", "Bot abc"}, {"User-Agent", "DiscordBot"}, {"Content-Type", "application/json"}};
      const HttpResponse response = ask(question);
      EXPECT_EQ(response.status, 200) << method << response.failure.detail;
      EXPECT_EQ(response.body, R"({"ok":true})");
      const ServerRequest heard = host.requests.next();
      EXPECT_EQ(heard.method, method);
      EXPECT_EQ(heard.path, "/echo");
      EXPECT_EQ(heard.query, "b=2&c=3");
      EXPECT_EQ(heard.body, body);
      EXPECT_EQ(heard.authorization, "Bot abc");
      EXPECT_EQ(heard.user_agent, "DiscordBot");
      EXPECT_EQ(heard.content_type, "application/json");
    }
  }
}

TEST_F(RestCalls, TellStatusAndRateLimits) {
  EXPECT_EQ(ask(request("GET", port(), "/none")).status, 204);
  EXPECT_EQ(ask(request("POST", port(), "/none", "{}")).status, 204);
  EXPECT_EQ(ask(request("GET", port(), "/empty")).status, 200);
  const HttpResponse unknown = ask(request("GET", port(), "/nowhere"));
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(unknown.body, R"({"message":"unknown"})");
  const HttpResponse limited = ask(request("GET", port(), "/limited"));
  EXPECT_EQ(limited.status, 429);
  EXPECT_EQ(limited.retry_after, "2");
  EXPECT_EQ(limited.ratelimit_remaining, "0");
  EXPECT_EQ(limited.ratelimit_reset_after, "1.5");
  EXPECT_EQ(limited.ratelimit_scope, "user");
  EXPECT_EQ(limited.date, "");
  EXPECT_EQ(ask(request("GET", port(), "/dated")).date, "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST_F(RestCalls, HandARedirectBack) {
  EXPECT_EQ(ask(request("GET", port(), "/moved")).status, 302);
  EXPECT_EQ(host.requests.next().path, "/moved");
  EXPECT_TRUE(host.requests.empty());
}

TEST_F(RestCalls, CarryMegabytes) {
  const std::string body(1024 * 1024, 'b');
  EXPECT_EQ(ask(request("POST", port(), "/echo", body)).status, 200);
  EXPECT_TRUE(host.requests.next().body == body);
  const HttpResponse large = ask(request("GET", port(), "/large"));
  EXPECT_EQ(large.status, 200);
  EXPECT_TRUE(large.body == host.replies["/large"].body);
}

TEST_F(RestCalls, RunSideBySide) {
  Heard<HttpResponse> answers;
  std::vector<std::unique_ptr<OnLoop<HttpsCall>>> calls;
  for (int i = 0; i < 20; ++i) {
    calls.push_back(std::make_unique<OnLoop<HttpsCall>>(
        loop, trust, request("GET", port(), "/echo"),
        [&](HttpResponse response) { answers.add(std::move(response)); }));
  }
  for (int i = 0; i < 20; ++i) EXPECT_EQ(answers.next().status, 200);
}

TEST_F(RestCalls, MayBeDestroyedByTheirOwnAnswer) {
  Heard<int> statuses;
  std::unique_ptr<HttpsCall> call;
  loop.run([&] {
    call = std::make_unique<HttpsCall>(*loop, trust, request("GET", port(), "/echo"),
                                       [&](HttpResponse response) {
                                         call.reset();
                                         statuses.add(response.status);
                                       });
  });
  EXPECT_EQ(statuses.next(), 200);
}

// ── byte by byte ──

TEST_F(HttpsCalls, DestroyedBeforeTheirAnswerNeverCallBack) {
  Heard<std::string> said;
  const RawTlsPeer peer(loopback_identity(), [&](Conversation& talk) {
    said.add(talk.read_until("\r\n\r\n"));
    talk.wait_for_end();
    talk.write("HTTP/1.1 204 No Content\r\n\r\n");
    said.add("too late");
  });
  const auto never = [](HttpResponse) { ADD_FAILURE(); };
  for (int i = 0; i < 3; ++i) {
    loop.run([&] { const HttpsCall at_once(*loop, trust, request("GET", peer.port(), "/"), never); });
    {
      OnLoop<HttpsCall> after_asking(loop, trust, request("GET", peer.port(), "/"), never);
      EXPECT_THAT(said.next(), HasSubstr("GET / HTTP"));
    }
    EXPECT_EQ(said.next(), "too late");
  }
}

TEST_F(HttpsCalls, SayWhatTheyMustAndNoMore) {
  Heard<std::string> said;
  const RawTlsPeer peer(loopback_identity(), [&](Conversation& talk) {
    std::string head = talk.read_until("\r\n\r\n");
    said.add(head + talk.read(2));
    talk.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody");
    talk.wait_for_end();
  });
  HttpRequest question = request("PATCH", peer.port(), "/a?b=c", "{}");
  question.headers = {{"Authorization", "Bot abc"}};
  EXPECT_EQ(ask(question).body, "body");
  const std::string text = said.next();
  EXPECT_TRUE(text.starts_with("PATCH /a?b=c HTTP/1.1\r\n"));
  EXPECT_THAT(text, HasSubstr("\r\nHost: localhost:" + std::to_string(peer.port()) + "\r\n"));
  EXPECT_THAT(text, HasSubstr("\r\nAuthorization: Bot abc\r\n"));
  EXPECT_THAT(text, HasSubstr("\r\nContent-Length: 2\r\n"));
  EXPECT_TRUE(text.ends_with("\r\n\r\n{}"));
  EXPECT_THAT(text, Not(HasSubstr("Origin")));
}

struct Answer {
  const char* bytes;
  int status;
  const char* body;
};

class RawAnswers : public HttpsCalls, public ::testing::WithParamInterface<Answer> {};

TEST_P(RawAnswers, AreReadAsTheyAreMeant) {
  const Answer expected = GetParam();
  const RawTlsPeer peer(loopback_identity(), [&](Conversation& talk) {
    talk.read_until("\r\n\r\n");
    talk.write(expected.bytes);
    // Where the answer tells its own end, the client hangs up first. Else the end is ours.
    if (expected.status != 0 &&
        std::string_view(expected.bytes).find("until the end") == std::string_view::npos) {
      talk.wait_for_end();
    }
  });
  const HttpResponse response = ask(request("GET", peer.port(), "/"));
  EXPECT_EQ(response.status, expected.status) << response.failure.detail;
  EXPECT_EQ(response.body, expected.body);
  EXPECT_TRUE(expected.status != 0 || response.failure.kind == CloseKind::lost) << response.failure.detail;
}

INSTANTIATE_TEST_SUITE_P(
    All, RawAnswers,
    ::testing::Values(
        Answer{"HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n", 204, ""},
        Answer{"HTTP/1.1 304 Not Modified\r\n\r\n", 304, ""},
        Answer{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", 200,
               "abcde"},
        Answer{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, ""},
        Answer{"HTTP/1.1 500 Oops\r\nX-Note: until the end\r\nConnection: close\r\n\r\nabc", 500, "abc"},
        Answer{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", 0, ""},  // cut short
        Answer{"", 0, ""}, Answer{"not HTTP at all\r\n\r\n", 0, ""}, Answer{"HTTP/1.1 200", 0, ""}));

TEST_F(HttpsCalls, FindHeadersInAnyCase) {
  const RawTlsPeer peer(loopback_identity(), [&](Conversation& talk) {
    talk.read_until("\r\n\r\n");
    talk.write(
        "HTTP/1.1 429 Too Many Requests\r\nX-RateLimit-Remaining: 0\r\nRETRY-AFTER: 7\r\n"
        "x-ratelimit-Reset-After: 6.5\r\nX-Filler: " +
        std::string(8000, 'f') + "\r\nX-RateLimit-Scope: global\r\nContent-Length: 2\r\n\r\n{}");
    talk.wait_for_end();
  });
  const HttpResponse response = ask(request("GET", peer.port(), "/"));
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(response.ratelimit_remaining, "0");
  EXPECT_EQ(response.retry_after, "7");
  EXPECT_EQ(response.ratelimit_reset_after, "6.5");
  EXPECT_EQ(response.ratelimit_scope, "global");
}

TEST_F(HttpsCalls, FailWhenTheBodyIsLongerThan16MiB) {
  const RawTlsPeer peer(loopback_identity(), [&](Conversation& talk) {
    talk.read_until("\r\n\r\n");
    talk.write("HTTP/1.1 200 OK\r\nContent-Length: 17000000\r\n\r\n");
    const std::string piece(1'000'000, 'x');
    for (int i = 0; i < 17; ++i) talk.write(piece);
  });
  const HttpResponse response = ask(request("GET", peer.port(), "/"));
  EXPECT_EQ(response.status, 0);
  EXPECT_EQ(response.failure.kind, CloseKind::lost);
  EXPECT_THAT(response.failure.detail, HasSubstr("16 MiB"));
}

TEST_F(HttpsCalls, EndAtTheirDeadline) {
  const RawTlsPeer peer(loopback_identity(), [&](Conversation& talk) { talk.wait_for_end(); });
  HttpRequest question = request("GET", peer.port(), "/");
  question.timeout = 300ms;
  const HttpResponse response = ask(question);
  EXPECT_EQ(response.status, 0);
  EXPECT_EQ(response.failure.kind, CloseKind::timed_out);
  EXPECT_THAT(response.failure.detail, HasSubstr("answer"));
}

TEST_F(HttpsCalls, TakeNoHeaderWithALineBreakInIt) {
  HttpRequest question = request("GET", 1, "/");
  question.headers = {{"Authorization", "Bot abc\r\nX-Evil: 1"}};
  loop.run([&] { EXPECT_THROW(HttpsCall(*loop, trust, question, [](HttpResponse) {}), Error); });
}

TEST_F(HttpsCalls, FailWithHeadersThatDoNotFit) {
  const RawTlsPeer peer(loopback_identity(), [&](Conversation& talk) { talk.wait_for_end(); });
  HttpRequest question = request("GET", peer.port(), "/");
  question.headers = {{"X-Long", std::string(5000, 'x')}};
  const HttpResponse response = ask(question);
  EXPECT_EQ(response.status, 0);
  EXPECT_THAT(response.failure.detail, HasSubstr("too long"));
}

}  // namespace
}  // namespace vcplay::net::test
