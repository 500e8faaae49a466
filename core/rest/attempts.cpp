#include "rest/attempts.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/json.hpp"

namespace vcplay::rest {
namespace {

// Discord, API reference, "User Agent": without one of this form the edge may block us.
constexpr std::string_view kUserAgent = "DiscordBot (https://github.com/vcplay/vcplay, " VCPLAY_VERSION ")";

// Discord, "JSON Error Codes".
constexpr int kUnknownChannel = 10003;
constexpr int kUnknownGuild = 10004;
constexpr int kUnknownMember = 10007;
constexpr int kMissingAccess = 50001;

constexpr Duration kLongestRequest = 10s;
constexpr Duration kFirstBackoff = 250ms;
constexpr int kMostDoublings = 3;     // 0.25, 0.5, 1, 2, 2 … s
constexpr Duration kEdgePause = 60s;  // a 429 that is not the API's own: an address is blocked, for minutes
constexpr Duration kRateLimitMargin = 50ms;  // clocks differ; coming early counts as another offence
constexpr double kLongestPauseSeconds = 86'400.0;

/// What is no sane time to wait is none.
Duration pause_of(double seconds) {
  if (!(seconds > 0.0)) return {};
  const std::chrono::duration<double> pause(std::min(seconds, kLongestPauseSeconds));
  return std::chrono::duration_cast<Duration>(pause);
}

/// Retry-After in seconds; the form with a date is not used by Discord.
Duration pause_of_header(std::string_view value) {
  double seconds = 0.0;
  const auto [stop, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  return error == std::errc{} && stop == value.data() + value.size() ? pause_of(seconds) : Duration{};
}

// Of an error Discord's own answer is short; what is longer is somebody else's page.
constexpr json::Field kErrorFields[] = {{"code"}, {"retry_after"}};

nlohmann::json read_error(const std::string& body) { return json::parse(body, {}, kErrorFields); }

int error_code(const nlohmann::json& body) {
  return static_cast<int>(json::integer_in(body, "code", 0, INT32_MAX).value_or(0));
}

Failure network_failure(int status, const std::string& sentence) {
  return {status, 0, Error(Cause::network, sentence)};
}

}  // namespace

net::HttpRequest get(const net::Url& base, std::string_view path, const SecretString& token) {
  net::HttpRequest request;
  request.url = base;
  while (!request.url.path.empty() && request.url.path.back() == '/') request.url.path.pop_back();
  request.url.path += path;
  request.headers = {{"Authorization", fmt::format("Bot {}", token.reveal())},
                     {"User-Agent", std::string(kUserAgent)}};
  return request;
}

net::HttpRequest change(const net::Url& base, std::string_view path, const SecretString& token,
                        std::string_view method, std::string json_body) {
  net::HttpRequest request = get(base, path, token);
  request.method = method;
  request.headers.emplace_back("Content-Type", "application/json");
  request.body = std::move(json_body);
  return request;
}

Attempts::Attempts(std::string subject, std::string host, TimePoint give_up, int success) noexcept
    : subject_(std::move(subject)), host_(std::move(host)), give_up_(give_up), success_(success) {}

Duration Attempts::timeout(TimePoint now) const noexcept {
  // A second at least: what is sent at the last moment still deserves its answer.
  return std::clamp<Duration>(give_up_ - now, 1s, kLongestRequest);
}

Verdict Attempts::judge(const net::HttpResponse& response, TimePoint now) {
  if (response.status == success_) return response.body;
  if (response.status == 0 || response.status >= 500) return unreachable(response, now);
  if (response.status == 429) return rate_limited(response, now);
  return refused(response.status, error_code(read_error(response.body)));
}

Verdict Attempts::unreachable(const net::HttpResponse& response, TimePoint now) {
  if (response.status != 0) {
    return again_after(
        backoff(failures_), now,
        network_failure(response.status, fmt::format("Discord's API at {} is out of order (HTTP {}).", host_,
                                                     response.status)));
  }
  Failure failure = network_failure(
      0, fmt::format("Discord's API at {} cannot be reached: {}.", host_, net::in_words(response.failure)));
  // Another try would meet the same certificate.
  if (response.failure.kind == net::CloseKind::certificate_refused) {
    return Failure{0, 0, Error(Cause::network, failure.error.what(), Hint::trust_authority)};
  }
  return again_after(backoff(failures_), now, std::move(failure));
}

Verdict Attempts::rate_limited(const net::HttpResponse& response, TimePoint now) {
  const auto seconds = json::number(read_error(response.body), "retry_after");
  const Duration pause =
      std::max(pause_of_header(response.retry_after), seconds ? pause_of(*seconds) : kEdgePause);
  const auto whole_seconds = std::max<long>(std::chrono::ceil<std::chrono::seconds>(pause).count(), 1);
  return again_after(
      std::max(pause + kRateLimitMargin, backoff(rate_limits_)), now,
      network_failure(
          429, fmt::format("Discord's API at {} takes no more requests for now (429): try again in {} s.",
                           host_, whole_seconds)));
}

Verdict Attempts::again_after(Duration delay, TimePoint now, Failure otherwise) {
  if (now + delay >= give_up_ || ++repeats_ > kMostRepeats) return otherwise;
  return Again{now + delay};
}

Duration Attempts::backoff(int& tried) noexcept {
  return kFirstBackoff * (1 << std::min(tried++, kMostDoublings));
}

Failure Attempts::refused(int status, int code) const {
  const auto failure = [&](Cause cause, const std::string& sentence, Hint hint = Hint::none) {
    return Failure{status, code, Error(cause, sentence, hint)};
  };
  const std::string number =
      code == 0 ? fmt::format("HTTP {}", status) : fmt::format("HTTP {}, code {}", status, code);
  if (status == 401) {
    return failure(Cause::token_refused, "Discord refused the token (401).", Hint::check_token);
  }
  if (code == kUnknownChannel || code == kUnknownMember) {
    return failure(Cause::not_permitted, fmt::format("Discord knows no {}: check the id.", subject_));
  }
  if (code == kUnknownGuild) {
    // Its channels are asked for at the same time: whoever answers first, the guild is what is unknown.
    const std::size_t guild = std::min(subject_.find("guild "), subject_.size());
    return failure(
        Cause::not_permitted,
        fmt::format("Discord knows no {}: check the guild's id, and that the bot is in that guild.",
                    guild == subject_.size() ? "such guild" : subject_.substr(guild)));
  }
  if (code == kMissingAccess) {
    return failure(
        Cause::not_permitted,
        fmt::format("The bot has no access to {}: invite it to the guild, or give it the permission View "
                    "Channel.",
                    subject_));
  }
  if (status == 403) {
    return failure(Cause::not_permitted,
                   fmt::format("{} forbids the bot to ask for {} ({}).", host_, subject_, number));
  }
  if (status == 404) {
    return failure(Cause::not_permitted,
                   fmt::format("{} found nothing when asked for {} ({}).", host_, subject_, number),
                   Hint::check_id_or_api_address);
  }
  if (status < 400) {
    return failure(Cause::network,
                   fmt::format("{} answered with HTTP {} instead of {}; redirects are not followed.", host_,
                               status, subject_),
                   Hint::check_api_address);
  }
  return failure(Cause::unexpected, fmt::format("{} refused to give {} ({}).", host_, subject_, number));
}

}  // namespace vcplay::rest
