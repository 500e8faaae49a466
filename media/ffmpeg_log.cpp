// FFmpeg's log lines, on their way to ours.
#include <array>
#include <cstdarg>
#include <cstddef>
#include <cstdio>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "base/log.hpp"
#include "media/ffmpeg.hpp"
#include "media/formats.hpp"
#include "media/http_answer.hpp"
#include "media/pipeline.hpp"

namespace vcplay::media {
namespace {

/// The line that FFmpeg is still writing on this thread: it hands over lines in pieces.
struct Unfinished {
  std::string line;
  std::string speaker;    // whose it is: "mp3float: "
  std::string said;       // what was passed on last: a broken file repeats itself thousands of times
  std::string complaint;  // the first one
};

thread_local Unfinished unfinished;

/// We keep every decoder but the audio ones from being opened; that FFmpeg says so each time helps nobody.
bool is_our_own_doing(std::string_view line) {
  return line.find("not on whitelist 'aac") != std::string_view::npos;
}

void pass_on(int level, const std::string& line) {
  if (level <= AV_LOG_ERROR && unfinished.complaint.empty()) unfinished.complaint = line;
  std::string said = unfinished.speaker + line;
  if (said == unfinished.said) return;
  if (level <= AV_LOG_ERROR) {
    log::info("FFmpeg: {}", said);
  } else {
    log::debug("FFmpeg: {}", said);
  }
  unfinished.said = std::move(said);
}

std::string name_of(void* object) {
  const AVClass* const type = object == nullptr ? nullptr : *static_cast<AVClass**>(object);
  if (type == nullptr || type->item_name == nullptr) return {};
  return std::string(type->item_name(object)) + ": ";
}

[[gnu::format(printf, 3, 0)]] void append(void* object, int level, const char* format, va_list arguments) {
  std::string& line = unfinished.line;
  if (line.empty()) unfinished.speaker = name_of(object);
  std::array<char, 1024> text{};
  const bool cut_off =
      std::vsnprintf(text.data(), text.size(), format, arguments) >= static_cast<int>(text.size());
  line += text.data();
  const bool complete = cut_off || line.size() > 4 * text.size() || (!line.empty() && line.back() == '\n');
  if (!complete) return;
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
  if (line.find(kUnsafeFormat) == 0) line = kUnsafeFormat;  // the list has hundreds of names
  if (!line.empty() && !is_our_own_doing(line)) pass_on(level, line);
  line.clear();
}

// Called by C code on any thread: nothing may be thrown out of it.
[[gnu::format(printf, 3, 0)]] void on_log(void* object, int level, const char* format, va_list arguments) {
  level &= 0xff;  // above are colours
  watch_http(format, arguments);
  if (level > AV_LOG_VERBOSE) return;
  if (level > AV_LOG_ERROR && !log::enabled(log::Level::debug)) return;
  try {
    append(object, level, format, arguments);
  } catch (...) {
    unfinished.line.clear();
  }
}

}  // namespace

const std::string& first_complaint() noexcept { return unfinished.complaint; }
void forget_complaints() noexcept {
  unfinished.complaint.clear();
  http_answer().error = 0;
}

void route_ffmpeg_log() {
  static std::once_flag once;
  std::call_once(once, [] { av_log_set_callback(on_log); });
}

}  // namespace vcplay::media
