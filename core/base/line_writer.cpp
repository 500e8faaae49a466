#include "base/line_writer.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <string_view>
#include <thread>
#include <utility>

#include "base/signals_blocked.hpp"
#include "base/terminal_painter.hpp"
#include "base/thread_annotations.hpp"

namespace vcplay {
namespace {

constexpr std::size_t kPipeChunk = 4096;  // PIPE_BUF: so much goes into a pipe in one piece, or not at all

}  // namespace

struct LineWriter::Impl {
  Impl(int descriptor, Room most, Notice instead)
      : fd(descriptor), room(most), notice(std::move(instead)), painter(descriptor) {}

  void push(std::string line, Urgency urgency);
  void run() noexcept;
  [[nodiscard]] bool next(std::string& line, std::string& below_it);
  void put(std::string_view line, std::string_view below_it);
  void note(int failure) noexcept;
  [[nodiscard]] bool has_room(std::size_t size, Urgency urgency) const REQUIRES(mutex);
  [[nodiscard]] bool is_idle() const REQUIRES(mutex) {
    return lines.empty() && unsaid == 0 && !busy && !below_is_new;
  }

  const int fd;
  const Room room;
  const Notice notice;
  TerminalPainter painter;  // the thread's

  mutable Mutex mutex;
  std::condition_variable_any news;      // for the thread
  std::condition_variable_any progress;  // for flush()
  std::deque<std::string> lines GUARDED_BY(mutex);
  std::size_t bytes GUARDED_BY(mutex) = 0;     // of them
  std::uint64_t unsaid GUARDED_BY(mutex) = 0;  // dropped, and no line says so yet
  std::uint64_t dropped GUARDED_BY(mutex) = 0;
  std::string below GUARDED_BY(mutex);
  bool below_is_new GUARDED_BY(mutex) = false;
  bool busy GUARDED_BY(mutex) = false;  // the thread writes
  bool quit GUARDED_BY(mutex) = false;
  std::uint64_t pieces GUARDED_BY(mutex) = 0;  // that somebody has taken
  int error GUARDED_BY(mutex) = 0;
};

bool LineWriter::Impl::has_room(std::size_t size, Urgency urgency) const {
  if (urgency == Urgency::last_words) {
    if (lines.empty()) return true;  // however long: nothing else waits with it
    return lines.size() < room.lines + room.lines / 4 && bytes + size <= room.bytes + room.bytes / 4;
  }
  // Once something was dropped, half of the room has to come back: else every other line would tell of one.
  const std::size_t share = unsaid > 0 ? 2 : 1;
  return lines.size() < room.lines / share && bytes + size <= room.bytes / share;
}

void LineWriter::Impl::push(std::string line, Urgency urgency) {
  const Lock hold(mutex);
  if (!has_room(line.size(), urgency)) {
    ++unsaid;
    ++dropped;
    news.notify_one();  // where nothing else waits, this is what there is to say
    return;
  }
  if (unsaid > 0) {
    std::string instead = notice(unsaid);
    unsaid = 0;
    bytes += instead.size();
    lines.push_back(std::move(instead));
  }
  bytes += line.size();
  lines.push_back(std::move(line));
  news.notify_one();
}

/// Waits for something to write: a line, or a new text below. False: nobody wants it any more.
bool LineWriter::Impl::next(std::string& line, std::string& below_it) {
  const Lock hold(mutex);
  busy = false;
  progress.notify_all();
  while (lines.empty() && unsaid == 0 && !below_is_new && !quit) news.wait(mutex);
  if (quit) return false;
  line.clear();
  if (!lines.empty()) {
    line = std::move(lines.front());
    lines.pop_front();
    bytes -= line.size();
  } else if (unsaid > 0) {
    line = notice(std::exchange(unsaid, 0));
  }
  below_it = below;
  below_is_new = false;
  busy = true;
  return true;
}

void LineWriter::Impl::note(int failure) noexcept {
  const Lock hold(mutex);
  if (failure == 0) {
    ++pieces;
    progress.notify_all();
  } else if (error == 0) {
    error = failure;
  }
}

/// However long it takes: nobody waits for this thread.
void LineWriter::Impl::put(std::string_view line, std::string_view below_it) {
  const std::string frame = painter.frame(line, below_it);
  for (std::string_view rest = frame; !rest.empty();) {
    const ssize_t written = ::write(fd, rest.data(), std::min(rest.size(), kPipeChunk));
    if (written > 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
      note(0);
    } else if (errno == EAGAIN) {
      pollfd writable{fd, POLLOUT, 0};
      ::poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      return note(errno);
    }
  }
}

void LineWriter::Impl::run() noexcept {
  std::string line;
  std::string below_it;
  while (true) {
    try {
      if (!next(line, below_it)) return;
      put(line, below_it);
    } catch (...) {  // no memory for it: it is lost, the next one may not be
      note(ENOMEM);
    }
  }
}

LineWriter::LineWriter(int fd, Room room, Notice notice)
    : impl_(std::make_shared<Impl>(fd, room, std::move(notice))) {
  const SignalsBlocked blocked;  // a signal's SIGPIPE and SIGTTOU included: they are errors of write() here
  std::thread([impl = impl_] {
    pthread_setname_np(pthread_self(), "writer");
    impl->run();
  }).detach();
}

LineWriter::~LineWriter() {
  const Lock hold(impl_->mutex);
  impl_->quit = true;
  impl_->news.notify_one();
}

void LineWriter::push(std::string line, Urgency urgency) noexcept {
  try {
    impl_->push(std::move(line), urgency);
  } catch (...) {  // no memory
    const Lock hold(impl_->mutex);
    ++impl_->unsaid;
    ++impl_->dropped;
  }
}

void LineWriter::show_below(std::string text) noexcept {
  const Lock hold(impl_->mutex);
  impl_->below = std::move(text);
  impl_->below_is_new = true;
  impl_->news.notify_one();
}

bool LineWriter::flush(Duration patience) {
  Impl& impl = *impl_;
  const Lock hold(impl.mutex);
  std::uint64_t taken = impl.pieces;
  TimePoint give_up = Clock::now() + patience;
  while (!impl.is_idle()) {
    if (impl.pieces != taken) {
      taken = impl.pieces;
      give_up = Clock::now() + patience;
    }
    const bool late = impl.progress.wait_until(impl.mutex, give_up) == std::cv_status::timeout;
    if (late && impl.pieces == taken) return impl.is_idle();
  }
  return true;
}

int LineWriter::error() const noexcept {
  const Lock hold(impl_->mutex);
  return impl_->error;
}

std::uint64_t LineWriter::dropped() const noexcept {
  const Lock hold(impl_->mutex);
  return impl_->dropped;
}

}  // namespace vcplay
