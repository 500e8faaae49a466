// One REST call without its socket: the request, what an answer means and when to ask again.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "base/clock.hpp"
#include "base/secret.hpp"
#include "net/https_client.hpp"
#include "net/url.hpp"
#include "rest/api.hpp"

namespace vcplay::rest {

/// GET `path` below `base`, with the headers that Discord wants on every call.
[[nodiscard]] net::HttpRequest get(const net::Url& base, std::string_view path, const SecretString& token);
/// PATCH or PUT of the same, with a body of JSON.
[[nodiscard]] net::HttpRequest change(const net::Url& base, std::string_view path, const SecretString& token,
                                      std::string_view method, std::string json_body);

/// Send the same request again at this time.
struct Again {
  TimePoint at;
};
/// The body of the answer that counts, or another try, or the end.
using Verdict = std::variant<std::string, Again, Failure>;

/// Judges the answers to one call, within its patience. Whatever they say, each further try waits
/// a quarter of a second at least, twice as long as the one before up to two seconds, and there
/// are kMostRepeats of them.
class Attempts {
 public:
  static constexpr int kMostRepeats = 12;

  /// `subject` is what is asked for, in words: "channel 81384788765712384". `success` is the one
  /// status that answers it.
  Attempts(std::string subject, std::string host, TimePoint give_up, int success = 200) noexcept;

  [[nodiscard]] Verdict judge(const net::HttpResponse& response, TimePoint now);
  /// How long a request sent now may take.
  [[nodiscard]] Duration timeout(TimePoint now) const noexcept;

 private:
  [[nodiscard]] Verdict again_after(Duration delay, TimePoint now, Failure otherwise);
  [[nodiscard]] Verdict rate_limited(const net::HttpResponse& response, TimePoint now);
  [[nodiscard]] Verdict unreachable(const net::HttpResponse& response, TimePoint now);
  [[nodiscard]] Failure refused(int status, int code) const;
  /// Doubles with each call that `tried` counts.
  [[nodiscard]] static Duration backoff(int& tried) noexcept;

  std::string subject_;
  std::string host_;
  TimePoint give_up_;
  int success_;
  int failures_ = 0;     // 5xx and lost connections
  int rate_limits_ = 0;  // 429
  int repeats_ = 0;      // of the request
};

}  // namespace vcplay::rest
