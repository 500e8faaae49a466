// What an HTTP server says of the body that it sends, as FFmpeg reads it and keeps it to itself.
#pragma once

#include <cstdarg>
#include <cstdint>
#include <string>
#include <string_view>

namespace vcplay::media {

/// The latest answer that FFmpeg got on this thread.
struct HttpAnswer {
  int error = 0;  // its status, where that is one: 400 and more
  std::int64_t range_end =
      -1;  // one behind the last byte of a range (RFC 9110 s14.4) whose whole nobody knows; -1: none
  bool is_chunked = false;  // RFC 9112 s7.1
  bool has_last_chunk = false;
  std::string encoding;    // "gzip"; empty: none
  bool is_encoded = true;  // as far as one can see

  /// A line of its head.
  void take_header(std::string_view line);
};
[[nodiscard]] HttpAnswer& http_answer() noexcept;

/// One of FFmpeg's log lines, of any level, with the arguments of its format: they are left as they are.
[[gnu::format(printf, 1, 0)]] void watch_http(const char* format, va_list arguments) noexcept;

}  // namespace vcplay::media
