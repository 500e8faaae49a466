#include "base/log.hpp"

#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/repeats.hpp"
#include "base/secret.hpp"
#include "base/standard_error.hpp"
#include "base/text.hpp"
#include "base/thread_annotations.hpp"

namespace vcplay::log {
namespace {

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::error:
      return spdlog::level::err;
    case Level::warning:
      return spdlog::level::warn;
    case Level::info:
      return spdlog::level::info;
    case Level::debug:
      return spdlog::level::debug;
  }
  return spdlog::level::debug;
}

std::string_view prefix(Level level) {
  switch (level) {
    case Level::error:
      return "vcplay: ";
    case Level::warning:
      return "vcplay: warning: ";
    case Level::info:
      return "vcplay: ";
    case Level::debug:
      return "vcplay: debug: ";
  }
  return "vcplay: ";
}

thread_local int muted = 0;

/// Hands spdlog's serialised messages to whoever draws on standard error at present.
class SwitchSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  void replace(Sink next) {
    const std::lock_guard hold(mutex_);
    sink_ = std::move(next);
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    const std::string_view line{message.payload.data(), message.payload.size()};
    sink_(from_spdlog(message.level), line);
  }
  void flush_() override {}

 private:
  static Level from_spdlog(spdlog::level::level_enum level) {
    if (level >= spdlog::level::err) return Level::error;
    if (level == spdlog::level::warn) return Level::warning;
    return level == spdlog::level::info ? Level::info : Level::debug;
  }
  Sink sink_ = write_to_stderr;
};

/// The secrets that no line may show.
class HiddenList {
 public:
  void add(std::string_view secret) {
    const Lock hold(mutex_);
    const auto is_it = [secret](const SecretString& known) { return known.reveal() == secret; };
    if (std::any_of(secrets_.begin(), secrets_.end(), is_it)) return;
    // The first is what the process lives by; of the others only the young ones mean anything any more.
    if (secrets_.size() >= kMostHidden) secrets_.erase(secrets_.begin() + 1);
    secrets_.emplace_back(secret);
  }
  void apply(std::string& line) {
    const Lock hold(mutex_);
    for (const SecretString& secret : secrets_) replace_all(line, secret.reveal());
  }
  /// The same for the beginning of a text: what might be the first part of a secret goes as well.
  void apply_to_beginning(std::string& text) {
    const Lock hold(mutex_);
    std::size_t longest = 0;
    for (const SecretString& secret : secrets_) {
      replace_all(text, secret.reveal());
      longest = std::max(longest, secret.reveal().size());
    }
    text.resize(text.size() - std::min(text.size(), longest));
  }

 private:
  static void replace_all(std::string& line, std::string_view secret) {
    for (auto at = line.find(secret); at != std::string::npos; at = line.find(secret, at)) {
      line.replace(at, secret.size(), "[hidden]");
    }
  }
  Mutex mutex_;
  std::vector<SecretString> secrets_ GUARDED_BY(mutex_);
};

/// The count of warnings that come again and again, while somebody keeps it.
class Patience {
 public:
  void begin() {
    const Lock hold(mutex_);
    repeats_.emplace();
  }
  [[nodiscard]] std::vector<Repeats::LeftOut> take_left_out() {
    const Lock hold(mutex_);
    return repeats_ ? repeats_->take_left_out() : std::vector<Repeats::LeftOut>{};
  }
  void end() {
    const Lock hold(mutex_);
    repeats_.reset();
  }
  /// Nothing: `line` is one too many.
  [[nodiscard]] std::optional<std::uint64_t> next(Place place, std::string_view line) {
    const Lock hold(mutex_);
    return repeats_ ? repeats_->next({place.file, place.line}, line, Clock::now()) : 0;
  }

 private:
  Mutex mutex_;
  std::optional<Repeats> repeats_ GUARDED_BY(mutex_);
};

struct State {
  std::atomic<Level> level{Level::warning};
  HiddenList hidden;
  std::atomic<bool> unread{false};  // nobody read standard error when it was waited for
  Patience patience;
  std::shared_ptr<SwitchSink> sink = std::make_shared<SwitchSink>();
  spdlog::logger logger{"vcplay", sink};
  State() {
    logger.set_level(spdlog::level::trace);
    logger.set_error_handler(
        [](const std::string&) {});  // spdlog's own writes to standard error, and may wait
  }
};

/// Never destroyed: threads of C libraries may log while the process ends.
State& state() {
  static State* const the = new State;
  return *the;
}

// Far more than is shown, so that an address or a secret that begins in what is shown is seen whole.
constexpr std::size_t kMostReadBytes = 64 * 1024;

/// `text` from its first blank on; nothing without one. What stands before it may be the end of anything.
std::string_view from_first_blank(std::string_view text) {
  return text.substr(std::min(text.find(' '), text.size()));
}

/// `line` without secrets, and without most of its middle when it is absurdly long.
std::string without_secrets(std::string_view line) {
  std::string clean(line.substr(0, kMostReadBytes));
  if (clean.size() == line.size()) {
    state().hidden.apply(clean);
    return clean;
  }
  state().hidden.apply_to_beginning(clean);
  std::string end(from_first_blank(line.substr(line.size() - kMostLineBytes)));
  state().hidden.apply(end);
  return clean + "…" + end;
}

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

/// A sentence says at its end what is wrong: it is the middle that goes.
std::string cut_to_size(std::string line) {
  if (line.size() <= kMostLineBytes) return line;
  constexpr std::size_t kEnd = 1024;
  std::size_t from = kMostLineBytes - kEnd - std::string_view("…").size();
  std::size_t to = line.size() - kEnd;
  while (from > 0 && continues_character(line[from])) --from;
  while (to < line.size() && continues_character(line[to])) ++to;
  return line.replace(from, to - from, "…");
}

std::string harmless(std::string_view line) { return cut_to_size(display_safe(without_secrets(line))); }

std::string and_more(std::string line, std::uint64_t left_out) {
  return left_out == 0 ? line : fmt::format("{} (and {} more like this before)", line, left_out);
}

}  // namespace

void set_level(Level level) noexcept { state().level.store(level, std::memory_order_relaxed); }

bool enabled(Level level) noexcept { return level <= state().level.load(std::memory_order_relaxed); }

void set_sink(Sink sink) { state().sink->replace(sink ? std::move(sink) : Sink(write_to_stderr)); }

void write_to_stderr(Level level, std::string_view line) {
  using Urgency = LineWriter::Urgency;
  StandardError::instance().line(fmt::format("{}{}\n", prefix(level), line),
                                 level == Level::error ? Urgency::last_words : Urgency::ordinary);
}

void show_below(std::string text) { StandardError::instance().show_below(std::move(text)); }

void hide(std::string_view secret) {
  if (secret.size() >= 8) state().hidden.add(secret);  // shorter ones would black out ordinary words
}

Muted::Muted() noexcept { ++muted; }
Muted::~Muted() { --muted; }

void write(Level level, std::string_view line) noexcept {
  if (!enabled(level) || muted > 0) return;
  try {
    state().logger.log(to_spdlog(level), harmless(line));
  } catch (...) {
    return;  // no memory for it
  }
}

void write(Level level, Place place, fmt::string_view format, fmt::format_args args) noexcept {
  if (!enabled(level) || muted > 0) return;
  try {
    std::string line = harmless(fmt::vformat(format, args));
    if (level == Level::warning) {
      const auto left_out = state().patience.next(place, line);
      if (!left_out) return;
      line = and_more(std::move(line), *left_out);
    }
    state().logger.log(to_spdlog(level), line);
  } catch (...) {
    return;  // no memory for it
  }
}

// ── Background ──

Background::Background() {
  state().unread = false;
  state().patience.begin();
  StandardError::instance().go_to_background();
}

Background::~Background() {
  finish();
  state().patience.end();
  StandardError::instance().come_back();
}

void Background::finish() noexcept {
  constexpr Duration kReaderPatience = 1s;
  try {
    for (const Repeats::LeftOut& kind : state().patience.take_left_out()) {
      write(Level::warning, fmt::format("… and {} more like this: {}", kind.count, kind.sample));
    }
  } catch (...) {  // no memory: what is written already shall be seen all the same
  }
  // Once is enough.
  state().unread = !StandardError::instance().flush(state().unread ? Duration::zero() : kReaderPatience);
}

}  // namespace vcplay::log
