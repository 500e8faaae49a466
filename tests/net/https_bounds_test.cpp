// Answers that no honest server gives, byte by byte over TLS.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>

#include "words/net_words.hpp"
#include "words/raw_tls_peer.hpp"

namespace vcplay::net::test {
namespace {

class HttpsBounds : public ::testing::Test {
 protected:
  static constexpr std::size_t kMost = 1000;

  HttpResponse ask(const RawTlsPeer& peer, Duration timeout = 30s) {
    HttpRequest question;
    question.url = at("https", "localhost", peer.port());
    question.timeout = timeout;
    question.most_body_bytes = kMost;
    Heard<HttpResponse> answers;
    OnLoop<HttpsCall> call(loop, trust, question,
                           [&](HttpResponse response) { answers.add(std::move(response)); });
    HttpResponse response = answers.next();
    EXPECT_TRUE(answers.empty()) << "called back twice";
    return response;
  }
  enum class Then { waits, hangs_up };
  /// What becomes of an answer of these bytes.
  HttpResponse answered(const std::string& bytes, Then then = Then::waits) {
    const RawTlsPeer peer(loopback_identity(), [&](Conversation& talk) {
      talk.read_until("\r\n\r\n");
      talk.write(bytes);
      if (then == Then::waits) talk.wait_for_end();
    });
    return ask(peer);
  }

  LoopThread loop;
  Trusting trust;
};

const std::string kOk = "HTTP/1.1 200 OK\r\n";
const std::string kChunked = kOk + "Transfer-Encoding: chunked\r\n\r\n";

void expect_failure(const HttpResponse& response, const std::string& what) {
  EXPECT_EQ(response.status, 0) << what;
  EXPECT_EQ(response.body, "") << what;
  EXPECT_NE(response.failure.detail, "") << what;
}

TEST_F(HttpsBounds, TakeBodiesUpToTheirLength) {
  const std::string most(kMost, 'x');
  EXPECT_EQ(answered(kOk + "Content-Length: 1000\r\n\r\n" + most).body, most);
  EXPECT_EQ(answered(kChunked + "3e8\r\n" + most + "\r\n0\r\n\r\n").body, most);
}

TEST_F(HttpsBounds, RefuseALengthThatIsTooGreatBeforeAnythingOfItComes) {
  for (const char* const length : {"1001", "17000000000", "9223372036854775808", "18446744073709551616",
                                   "99999999999999999999999999999999"}) {
    expect_failure(answered(kOk + "Content-Length: " + length + "\r\n\r\n"), length);
  }
  EXPECT_EQ(answered(kOk + "Content-Length: 1001\r\n\r\n").failure.detail,
            "the answer is longer than 1000 bytes");
}

TEST_F(HttpsBounds, RefuseChunksThatComeToMore) {
  const std::string chunk = "c8\r\n" + std::string(200, 'x') + "\r\n";
  std::string chunks;
  for (int i = 0; i < 6; ++i) chunks += chunk;
  expect_failure(answered(kChunked + chunks), "six times 200 bytes");
  const HttpResponse one = answered(kChunked + "3e9\r\n" + std::string(1001, 'x'));
  expect_failure(one, "one chunk");
  EXPECT_EQ(one.failure.detail, "the answer is longer than 1000 bytes");
}

TEST_F(HttpsBounds, SurviveChunksOfNoSaneSize) {
  for (const char* const size : {"ffffffff", "7fffffff", "80000000", "fffffffffffffffff", "ffffffffffffffff",
                                 "-1", "fffffffb", "100000000", "xyz", ""}) {
    const HttpResponse response =
        answered(kChunked + "5\r\nhello\r\n" + size + "\r\n" + std::string(5000, 'x'), Then::hangs_up);
    EXPECT_LE(response.body.size(), kMost) << size;
  }
}

TEST_F(HttpsBounds, SurviveManyHeaders) {
  std::string flood = kOk;
  for (int i = 0; i < 10'000; ++i) flood += "X-Header-" + std::to_string(i) + ": value\r\n";
  expect_failure(answered(flood + "Content-Length: 2\r\n\r\n{}", Then::hangs_up), "ten thousand");
  expect_failure(answered(kOk + "X: " + std::string(1'000'000, 'x') + "\r\n\r\n", Then::hangs_up),
                 "one, of a megabyte");
}

TEST_F(HttpsBounds, TakeNoInterimAnswerForTheLastWord) {
  std::string flood;
  for (int i = 0; i < 10'000; ++i) flood += "HTTP/1.1 100 Continue\r\n\r\n";
  const HttpResponse response = answered(flood, Then::hangs_up);
  EXPECT_NE(response.status, 200);
  EXPECT_LE(response.body.size(), kMost);
}

TEST_F(HttpsBounds, EndAtTheirDeadlineThoughSomethingComesAllTheTime) {
  for (const std::string& head :
       {kOk + "Content-Length: 1000\r\n\r\n", kChunked, std::string("HTTP/1.1 200 "), kOk + "X-Slow: "}) {
    std::atomic<bool> over{false};
    const RawTlsPeer peer(loopback_identity(), [&](Conversation& talk) {
      talk.read_until("\r\n\r\n");
      talk.write(head);
      talk.trickle(head == kChunked ? "1\r\nx\r\n" : "x", over);
    });
    const HttpResponse response = ask(peer, 500ms);
    over = true;
    EXPECT_EQ(response.status, 0) << head;
    EXPECT_EQ(response.failure.kind, CloseKind::timed_out) << head << response.failure.detail;
  }
}

}  // namespace
}  // namespace vcplay::net::test
