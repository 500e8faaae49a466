// Standard error: lines, and on a terminal one below them that changes.
#pragma once

#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/line_writer.hpp"
#include "base/terminal_painter.hpp"
#include "base/thread_annotations.hpp"

namespace vcplay {

/// The one way to standard error. Whoever has a line writes it and may wait for its reader, or, in the
/// background, hands it to a thread and waits for nobody. Any thread but the sender.
class StandardError {
 public:
  /// Never destroyed: threads of C libraries may log while the process ends.
  static StandardError& instance();

  void line(std::string whole, LineWriter::Urgency urgency);  // with its '\n'
  void show_below(std::string text);

  /// Where the system has no thread for it, everything stays as it is.
  void go_to_background();
  /// As LineWriter::flush(); true also when nothing is in the background.
  bool flush(Duration patience);
  void come_back();

 private:
  Mutex mutex_;
  std::shared_ptr<LineWriter> writer_ GUARDED_BY(mutex_);  // nothing: in the foreground
  TerminalPainter painter_ GUARDED_BY(mutex_);             // for the foreground
  std::string below_ GUARDED_BY(mutex_);

  StandardError();
  void put(std::string_view lines) REQUIRES(mutex_);
};

}  // namespace vcplay
