#include "media/http_answer.hpp"

#include <charconv>
#include <cstring>

#include "media/playlist.hpp"

namespace vcplay::media {
namespace {

// As libavformat's http.c says it, since 5.1 at the latest. A version that says it
// otherwise tells us nothing.
constexpr const char* kError = "HTTP error %d %s\n";
constexpr const char* kHeader = "header='%s'\n";
constexpr const char* kInflate = "inflate return value: %d, %s\n";
constexpr int kDataError = -3;  // zlib's Z_DATA_ERROR
constexpr std::string_view kChunk = "Chunked encoding data size: ";

thread_local HttpAnswer answer;

/// One behind the B of "bytes A-B/*"; -1 for anything else.
std::int64_t end_of_range(std::string_view range) {
  const std::size_t dash = range.find('-');
  if (dash == std::string_view::npos || !range.ends_with("/*")) return -1;
  std::int64_t last = 0;
  const std::string_view digits = range.substr(dash + 1, range.size() - dash - 3);
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), last);
  const bool is_number = error == std::errc{} && stop == digits.data() + digits.size();
  return is_number && last >= 0 && last < INT64_MAX ? last + 1 : -1;
}

}  // namespace

void HttpAnswer::take_header(std::string_view line) {
  constexpr std::size_t kLongestName = 32;
  if (line.starts_with("HTTP/") || line.starts_with("ICY ")) *this = {};
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  const std::string_view name = line.substr(0, colon);
  std::string_view rest = line.substr(colon + 1);
  const std::string_view value = take_line(rest);
  if (same_word(name, "Content-Range")) range_end = end_of_range(value);
  if (same_word(name, "Transfer-Encoding")) is_chunked = same_word(value, "chunked");
  if (same_word(name, "Content-Encoding") && !same_word(value, "identity"))
    encoding = value.substr(0, kLongestName);
}

HttpAnswer& http_answer() noexcept { return answer; }

void watch_http(const char* format, va_list arguments) noexcept {
  const bool is_error = std::strcmp(format, kError) == 0;
  const bool is_header = std::strcmp(format, kHeader) == 0;
  const bool is_chunk = std::strncmp(format, kChunk.data(), kChunk.size()) == 0;
  const bool is_inflated = std::strcmp(format, kInflate) == 0;
  if (!is_error && !is_header && !is_chunk && !is_inflated) return;
  va_list copy;
  va_copy(copy, arguments);
  try {
    if (is_error) answer.error = va_arg(copy, int);
    if (is_header) answer.take_header(va_arg(copy, const char*));
    if (is_inflated && va_arg(copy, int) == kDataError) answer.is_encoded = false;
    if (is_chunk) answer.has_last_chunk = va_arg(copy, std::uint64_t) == 0;
  } catch (...) {
    answer = {};  // no memory: nothing is known
  }
  va_end(copy);
}

}  // namespace vcplay::media
