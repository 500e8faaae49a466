#include "base/log.hpp"

#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/secret.hpp"
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

 private:
  static void replace_all(std::string& line, std::string_view secret) {
    for (auto at = line.find(secret); at != std::string::npos; at = line.find(secret, at)) {
      line.replace(at, secret.size(), "[hidden]");
    }
  }
  Mutex mutex_;
  std::vector<SecretString> secrets_ GUARDED_BY(mutex_);
};

struct State {
  std::atomic<Level> level{Level::warning};
  HiddenList hidden;
  std::shared_ptr<SwitchSink> sink = std::make_shared<SwitchSink>();
  spdlog::logger logger{"vcplay", sink};
  State() { logger.set_level(spdlog::level::trace); }
};

/// Never destroyed: threads of C libraries may log while the process ends.
State& state() {
  static State* const the = new State;
  return *the;
}

}  // namespace

void set_level(Level level) noexcept { state().level.store(level, std::memory_order_relaxed); }

bool enabled(Level level) noexcept { return level <= state().level.load(std::memory_order_relaxed); }

void set_sink(Sink sink) { state().sink->replace(sink ? std::move(sink) : Sink(write_to_stderr)); }

void write_to_stderr(Level level, std::string_view line) {
  const std::string whole = fmt::format("{}{}\n", prefix(level), line);
  // A closed standard error is nobody's to complain to.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, whole.data(), whole.size());
}

void hide(std::string_view secret) {
  if (secret.size() >= 8) state().hidden.add(secret);  // shorter ones would black out ordinary words
}

Muted::Muted() noexcept { ++muted; }
Muted::~Muted() { --muted; }

void write(Level level, std::string_view line) {
  if (!enabled(level) || muted > 0) return;
  std::string clean(line);
  state().hidden.apply(clean);
  state().logger.log(to_spdlog(level), display_safe(clean));
}

}  // namespace vcplay::log
