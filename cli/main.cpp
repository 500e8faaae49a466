// From the command line to the exit status.
#include <fcntl.h>
#include <fmt/core.h>
#include <pthread.h>
#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <vector>

#include "base/libraries.hpp"
#include "base/log.hpp"
#include "cli/channels.hpp"
#include "cli/check.hpp"
#include "cli/encode.hpp"
#include "cli/exit_status.hpp"
#include "cli/hints.hpp"
#include "cli/options.hpp"
#include "cli/output.hpp"
#include "cli/play.hpp"
#include "cli/rehearse.hpp"
#include "cli/signals.hpp"
#include "cli/token.hpp"
#include "crypto/libraries.hpp"
#include "media/pipeline.hpp"
#include "net/libraries.hpp"
#include "rehearsal/libraries.hpp"

namespace vcplay::cli {
namespace {

std::vector<std::string> all_library_versions() {
  std::vector<std::string> all = media::library_versions();
  for (const auto& more : {crypto::library_versions(), net::library_versions(), rehearsal::library_versions(),
                           vcplay::library_versions()}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

RunResult run(const Options& options) {
  media::route_ffmpeg_log();
  for (const media::Media& media : options.media) {
    if (!media.format.empty()) media::check_format(media.format);
  }
  if (!options.sound.filters.empty()) media::check_filters(options.sound.filters);
  switch (options.verb) {
    case Verb::play:
      return play(options);
    case Verb::rehearse:
      return options.serve ? serve(options) : rehearse(options);
    case Verb::check:
      return check(options);
    case Verb::channels:
      return channels(options);
    case Verb::encode:
      return encode(options);
  }
  return {};
}

int report(const Error& error) {
  const int status = number(to_exit_status(error.cause()));
  if (*error.what() == '\0') return status;  // whom it concerns knows it
  // Whatever could not be played has had its own sentence already.
  if (error.cause() == Cause::no_media || error.cause() == Cause::some_media) {
    log::info("{}", with_hint(error));
  } else {
    log::error("{}", with_hint(error));
  }
  return status;
}

int print_and_leave(const ParseOutcome& parsed) {
  std::fputs(parsed.complaint.c_str(), stderr);
  if (parsed.version) write_output(version_text(all_library_versions()));
  write_output(parsed.output);
  return number(parsed.status);
}

/// A caller may have closed standard input, output or error: without this a socket would take its number, and
/// what is meant for a person would go out on it.
void occupy_standard_descriptors() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (::fcntl(fd, F_GETFD) < 0 && ::open("/dev/null", O_RDWR) < 0) return;
  }
}

/// A thread's stack counts as data from its beginning on, used or not, and there is a ceiling above that
/// while media play (media::MemoryCeiling). FFmpeg, libopus and TLS need a tenth of this.
void take_small_stacks() {
  constexpr std::size_t kStackBytes = 2U << 20U;
  pthread_attr_t attributes;
  if (::pthread_attr_init(&attributes) != 0) return;
  if (::pthread_attr_setstacksize(&attributes, kStackBytes) == 0) ::pthread_setattr_default_np(&attributes);
  ::pthread_attr_destroy(&attributes);
}

RunResult run_to_the_end(const Options& options) {
  try {
    return run(options);
  } catch (const Error& error) {
    return {.error = error, .signal = std::nullopt};
  } catch (const std::exception& error) {
    return {.error = Error(Cause::unexpected, fmt::format("Unexpected failure: {}.", error.what())),
            .signal = std::nullopt};
  }
}

int main(int argc, char** argv) {
  occupy_standard_descriptors();
  harden_process();
  take_small_stacks();
  try {
    const ParseOutcome parsed = parse(argc, argv);
    if (!parsed.options) return print_and_leave(parsed);
    log::set_level(parsed.options->log_level);
    log::Background background;  // no thread that a run starts may wait for a terminal
    const RunResult result = run_to_the_end(*parsed.options);
    const int status = result.error ? report(*result.error) : 0;
    background.finish();
    if (result.signal) raise_again(*result.signal);
    return status;
  } catch (const Error& error) {
    return report(error);
  } catch (const std::exception& error) {
    log::error("Unexpected failure: {}.", error.what());
    return number(ExitStatus::unexpected);
  }
}

}  // namespace
}  // namespace vcplay::cli

int main(int argc, char** argv) { return vcplay::cli::main(argc, argv); }
