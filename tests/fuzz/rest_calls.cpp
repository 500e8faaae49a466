// A server that answers a REST call with any status, any headers and any body, again and again: when the call
// is tried again, and that it ends.
#include <ctime>
#include <limits>

#include "net/http_answer.hpp"
#include "rest/attempts.hpp"
#include "rest/http_date.hpp"
#include "shown.hpp"
#include "story.hpp"

namespace vcplay::fuzz {
namespace {

using namespace rest;

enum Kind : std::uint8_t { kStatus, kDate, kRetryAfter, kPiece, kComplete, kLost, kKinds };

constexpr TimePoint kStart{1000s};
constexpr int kCloseKinds = static_cast<int>(net::CloseKind::closed_by_us) + 1;  // the last one

/// What came of one request so far, as the socket's side puts it together.
class Call {
 public:
  explicit Call(std::uint8_t head)
      : patience_(std::chrono::seconds(head)),
        success_(head % 2 == 0 ? 200 : 204),
        attempts_("channel 81384788765712384", "discord.com:443", kStart + patience_, success_) {}

  void happen(const Step& step) {
    Input input(step.body);
    switch (step.kind % kKinds) {
      case kStatus:
        sent_.clear();  // of an answer that begins anew nothing has come
        answer_.begin({.status = input.u16()});
        return;
      case kDate:
        return look_at_date(as_text(step.body));
      case kRetryAfter:
        retry_after_ = as_text(step.body);
        return;
      case kPiece:
        return add(input.u8(), as_text(input.rest()));
      case kComplete:
        if (!answer_.begun()) return;  // an answer ends when it has begun
        answer_.complete();
        return end({});
      default:
        return end(
            {static_cast<net::CloseKind>(input.u8() % kCloseKinds), {}, std::string(as_text(input.rest()))});
    }
  }

 private:
  static void look_at_date(std::string_view text) {
    const auto theirs = parse_http_date(text);
    const auto ahead = clock_ahead_of(text, std::chrono::system_clock::time_point(1'800'000'000s));
    must_hold(theirs.has_value() == ahead.has_value(), "a clock is measured by a date");
    if (!theirs) return;
    must_hold(*ahead <= 24h * 365 * 200 && *ahead >= -24h * 365 * 200,
              "no clock is farther off than can be said");
    // The C library's opinion, which writes the day of the week that it really was; a leap second
    // is the next one.
    const std::time_t seconds = theirs->time_since_epoch().count();
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    char again[64];
    const std::size_t size = std::strftime(again, sizeof again, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    const std::string_view written(again, size);
    must_hold(text.substr(23, 2) == "60" || parts.tm_year < -900 || written.substr(5) == text.substr(5),
              "a date is read as it is written");
    must_hold(
        std::string_view("Mon Tue Wed Thu Fri Sat Sun").find(text.substr(0, 3)) != std::string_view::npos,
        "a date begins with a day of the week");
  }

  void add(std::size_t times, std::string_view piece) {
    for (std::size_t i = 0; i <= times * 64; ++i) {
      if (answer_.add(piece)) {
        sent_ += piece;
        continue;
      }
      must_hold(sent_.size() + piece.size() > net::HttpAnswer::kMostBytes, "what fits is taken");
      return end({net::CloseKind::lost, {}, "the answer is longer than 16 MiB"});
    }
  }

  void end(net::CloseInfo info) {
    const bool is_whole = answer_.is_complete();
    net::HttpResponse response = answer_.take(std::move(info));
    response.retry_after = is_whole ? retry_after_ : std::string();
    must_hold(is_whole || (response.status == 0 && response.body.empty()), "half an answer is none");
    must_hold(!is_whole || response.body == sent_, "an answer is all of its pieces");
    if (!over_) judge(response);
    answer_ = {};
    sent_.clear();
  }

  void judge(const net::HttpResponse& response) {
    const Verdict verdict = attempts_.judge(response, now_);
    must_hold(attempts_.timeout(now_) >= 1s && attempts_.timeout(now_) <= 10s, "a request has its time");
    if (const auto* const again = std::get_if<Again>(&verdict)) {
      must_hold(again->at > now_ && again->at < kStart + patience_, "a try comes later, and not too late");
      must_hold(response.status == 0 || response.status == 429 || response.status >= 500,
                "a refusal is not asked for again");
      now_ = again->at;
      must_hold(++tries_ <= Attempts::kMostRepeats, "nothing is tried for ever");
      return;
    }
    over_ = true;
    if (const auto* const failure = std::get_if<Failure>(&verdict)) {
      must_be_a_sentence(failure->error.what());
      must_hold(response.status != success_, "what was done did not fail");
      return;
    }
    must_hold(response.status == success_ && std::get<std::string>(verdict) == response.body,
              "what counts is the answer that was asked for");
  }

  const Duration patience_;
  const int success_;
  Attempts attempts_;
  net::HttpAnswer answer_;
  std::string sent_;
  std::string retry_after_;
  TimePoint now_ = kStart;
  int tries_ = 0;
  bool over_ = false;
};

Step text(Kind kind, std::string_view body) { return {kind, Bytes(body.begin(), body.end())}; }
Step status(std::uint16_t number) {
  Step step{kStatus, Bytes(2)};
  store_be16(step.body, number);
  return step;
}
Step piece(std::string_view body) { return text(kPiece, std::string(1, char{}).append(body)); }

}  // namespace

std::vector<Seed> seeds() {
  const Step complete{kComplete, {}};
  const Step date = text(kDate, "Sun, 06 Nov 1994 08:49:37 GMT");
  const Story limited{
      60,
      {status(429), text(kRetryAfter, "1.5"), piece("{\"retry_after\":"), piece("2.25}"), complete,
       status(429), text(kRetryAfter, "nan"), piece("<html>"), complete, status(502), complete,
       text(kLost, "\x08the connection ended \x1b[31m"), status(200), date, piece("{}"), complete}};
  const Story refused{20,
                      {status(403), date, piece(R"({"message":"Missing Access","code":50001})"), complete}};
  const Story unknown{20, {status(404), piece(R"({"code":10003.0})"), complete, status(200), complete}};
  const Story done{21, {status(503), complete, status(204), date, complete}};
  const Story leap{
      20, {text(kDate, "Sat, 31 Dec 2016 23:59:60 GMT"), text(kDate, "Mon, 29 Feb 0000 00:00:00 GMT")}};
  Story huge{20, {status(200), {kPiece, Bytes(1'100, 'x')}, complete}};
  huge.steps[1].body[0] = 255;
  return {{"limited", limited.write()}, {"refused", refused.write()}, {"unknown", unknown.write()},
          {"done", done.write()},       {"leap", leap.write()},       {"huge", huge.write()}};
}

}  // namespace vcplay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vcplay::fuzz;
  const Story story = Story::read({data, size});
  Call call(story.head);
  for (const Step& step : story.steps) call.happen(step);
  return 0;
}
