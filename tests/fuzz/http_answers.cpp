// The heads of any HTTP answers, line by line: what is kept of one is little, and nothing of the one before.
#include "media/http_answer.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "target.hpp"

namespace vcplay::fuzz {
namespace {

using media::HttpAnswer;

bool is_same(const HttpAnswer& one, const HttpAnswer& other) {
  return one.error == other.error && one.range_end == other.range_end && one.is_chunked == other.is_chunked &&
         one.has_last_chunk == other.has_last_chunk && one.encoding == other.encoding &&
         one.is_encoded == other.is_encoded;
}

/// What is left of `lines`, of which each ends with a line feed.
HttpAnswer read(HttpAnswer answer, std::string_view lines) {
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
    answer.take_header(line);
    must_hold(answer.range_end >= -1, "a range ends behind its first byte, or nobody knows");
    must_hold(answer.encoding.size() <= 32, "an encoding's name is short");
  }
  return answer;
}

}  // namespace

std::vector<Seed> seeds() {
  const std::pair<const char*, std::string> heads[] = {
      {"range", "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 5-99/*\r\n"},
      {"known", "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 5-99/100\r\n"},
      {"beyond", "HTTP/1.1 206 OK\r\nContent-Range: bytes 0-9223372036854775807/*\r\n"},
      {"huge", "HTTP/1.1 206 OK\r\nContent-Range: bytes 0-99999999999999999999/*\r\n"},
      {"below", "HTTP/1.1 206 OK\r\nContent-Range: bytes --5/*\r\n"},
      {"chunked", "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked \r\nContent-Encoding: gzip\r\n"},
      {"identity", "ICY 200 OK\nContent-Encoding:identity\nicy-name: a radio\n"},
      {"long", "Content-Encoding: " + std::string(200, 'x') + "\r\n"},
      {"redirect", "HTTP/1.1 302 Found\r\nTransfer-Encoding: chunked\r\n\r\nHTTP/1.0 200 OK\r\n"},
  };
  std::vector<Seed> all;
  for (const auto& [name, head] : heads) all.push_back({name, Bytes(head.begin(), head.end())});
  return all;
}

}  // namespace vcplay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vcplay;
  const std::string_view lines(reinterpret_cast<const char*>(data), size);
  fuzz::HttpAnswer fresh;
  fresh.take_header("HTTP/1.1 200 OK");
  fuzz::HttpAnswer used;
  used.error = 404;
  used.range_end = 7;
  used.is_chunked = used.has_last_chunk = true;
  used.encoding = "gzip";
  used.is_encoded = false;
  used.take_header("HTTP/1.1 200 OK");
  fuzz::must_hold(fuzz::is_same(fuzz::read(fresh, lines), fuzz::read(used, lines)),
                  "nothing is left of the answer before");
  return 0;
}
