// What FFmpeg logs while it reads any HTTP answer: heads, sizes of chunks, results of inflating, errors.
#include <algorithm>
#include <cinttypes>
#include <cstdarg>
#include <string>
#include <string_view>
#include <utility>

#include "media/http_answer.hpp"
#include "target.hpp"

namespace vcplay::fuzz {
namespace {

constexpr int kDataError = -3;  // zlib's Z_DATA_ERROR

/// The kinds of lines, which the first byte of each names.
enum Kind : std::uint8_t { kHeader, kChunk, kInflate, kError, kOther };
constexpr std::uint8_t kKinds = kOther + 1;

/// Logs a line as FFmpeg does.
[[gnu::format(printf, 1, 2)]] void say(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  media::watch_http(format, arguments);
  va_end(arguments);
}

/// What the lines so far say, as plainly as it can be put.
struct Expected {
  bool has_last_chunk = false;
  bool is_encoded = true;
  int error = 0;
};

void say_header(Input& input, Expected& expected) {
  const ByteView bytes = input.take(input.u8());
  std::string line(as_text(bytes));
  line.resize(std::min(line.find('\0'), line.size()));  // it is a C string's
  if (line.starts_with("HTTP/") || line.starts_with("ICY ")) expected = {};
  say("header='%s'\n", line.c_str());
}

void say_chunk(Input& input, Expected& expected) {
  std::uint64_t size = 0;
  for (int i = 0; i < 8; ++i) size = size << 8 | input.u8();
  expected.has_last_chunk = size == 0;
  say("Chunked encoding data size: %" PRIu64 "\n", size);
}

void say_inflate(Input& input, Expected& expected) {
  const auto result = static_cast<std::int8_t>(input.u8());
  if (result == kDataError) expected.is_encoded = false;
  say("inflate return value: %d, %s\n", result, "incorrect header check");
}

void say_error(Input& input, Expected& expected) {
  expected.error = input.u16();
  say("HTTP error %d %s\n", expected.error, "for a reason");
}

}  // namespace

std::vector<Seed> seeds() {
  const auto header = [](std::string_view line) {
    std::string bytes = {static_cast<char>(kHeader), static_cast<char>(line.size())};
    return bytes.append(line);
  };
  const std::string whole(1, static_cast<char>(kChunk));
  const std::string head = header("HTTP/1.1 200 OK") + header("Transfer-Encoding: chunked");
  const std::pair<const char*, std::string> stories[] = {
      {"last_chunk", head + whole + std::string(7, '\0') + "\x20" + whole + std::string(8, '\0')},
      {"cut", head + whole + std::string(8, '\xff')},
      {"no_gzip", head + header("Content-Encoding: gzip") + static_cast<char>(kInflate) + "\xfd"},
      {"error", std::string(1, static_cast<char>(kError)) + "\x01\x94" + head},
      {"other", std::string(1, static_cast<char>(kOther)) + header("ICY 200 OK")},
  };
  std::vector<Seed> all;
  for (const auto& [name, story] : stories) all.push_back({name, Bytes(story.begin(), story.end())});
  return all;
}

}  // namespace vcplay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vcplay::fuzz;
  Input input({data, size});
  Expected expected;
  const vcplay::media::HttpAnswer& answer = vcplay::media::http_answer();
  say("header='%s'\n", "HTTP/1.1 200 OK");
  while (!input.done()) {
    switch (input.u8() % kKinds) {
      case kHeader:
        say_header(input, expected);
        break;
      case kChunk:
        say_chunk(input, expected);
        break;
      case kInflate:
        say_inflate(input, expected);
        break;
      case kError:
        say_error(input, expected);
        break;
      default:
        say("Opening '%s' for reading\n", "https://example.org/");
        break;
    }
    must_hold(answer.has_last_chunk == expected.has_last_chunk, "the last chunk is the empty one");
    must_hold(answer.is_encoded == expected.is_encoded, "what cannot be inflated is not encoded");
    must_hold(answer.error == expected.error, "an error is the last one's");
    must_hold(answer.range_end >= -1, "a range ends behind its first byte, or nobody knows");
    must_hold(answer.encoding.size() <= 32, "an encoding's name is short");
  }
  return 0;
}
