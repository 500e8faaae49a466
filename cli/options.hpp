// The command line as plain data: what a person asked for, checked.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/secret.hpp"
#include "base/snowflake.hpp"
#include "channel/policies.hpp"
#include "cli/exit_status.hpp"
#include "cli/targets.hpp"
#include "cli/title_template.hpp"
#include "media/pipeline.hpp"

namespace vcplay::cli {

enum class Verb { play, rehearse, check, channels, encode };

/// What Discord shows next to the bot's name while it sends.
enum class Speaking { microphone, soundshare, priority };

/// How several channels hear one stream.
enum class Sync {
  automatic,  // each where it can be, else together
  each,       // every channel hears all of it, from its own first moment on
  together,   // all hear the same at the same time
};

/// Time as a calendar has it.
using WallTime = std::chrono::system_clock::time_point;

/// Which of how many shards, as IDENTIFY wants it.
struct Shard {
  int index = 0;
  int count = 1;
};

/// Everything that one run was asked to do. Whatever is in here has been checked.
struct Options {
  Verb verb = Verb::play;
  std::vector<media::Media> media;  // in the order of the command line; `play` has one at least

  /// `play` and `check` have one at least; a rehearsal without any chooses its own. In a rehearsal a guild
  /// may be 0: any.
  std::vector<Target> targets;
  std::optional<Snowflake> guild;         // of --guild: what `channels` lists, what a rehearsal calls its own
  Sync sync = Sync::automatic;            // as it was given
  std::optional<std::size_t> max_joined;  // calls at a time; nothing: as many as there are targets
  std::optional<WallTime> at;             // when the first sound is to be heard; nothing: as soon as can be
  SecretString token;       // of --token, wiped from the process list; find_token() knows the other sources
  std::string token_file;   // of --token-file
  std::string api_url;      // https, without a slash at the end; empty: Discord's
  std::string gateway_url;  // wss; empty: ask REST
  std::string ca_file;      // empty: only the system's trust anchors
  std::optional<Shard> shard;

  double volume = 1.0;  // linear, 0 to 4
  media::SoundOptions sound;
  std::optional<int> bitrate;  // bit/s; nothing: the channel's own
  media::ProgramOptions program;
  media::EncoderOptions encoder;
  media::LiveOptions live;
  media::Origin origin = media::Origin::trusted;  // who chose the MEDIA
  TitleTemplate title;                            // of the status line
  std::optional<TitleTemplate> channel_status;    // what the channel's status says; nothing: leave it alone
  Speaking speaking = Speaking::microphone;
  Duration lead_in = 200ms;
  channel::WhenAlone when_alone = channel::WhenAlone::play;
  channel::OnMove on_move = channel::OnMove::follow;
  channel::OnKick on_kick = channel::OnKick::exit;
  channel::OnSuppressed on_suppressed = channel::OnSuppressed::wait;
  bool allow_plaintext = false;
  Duration wait_if_busy{};  // for another player in the guild with this bot; 0: end at once

  bool json = false;
  std::string output;  // `rehearse`: what the listener heard, .wav or .ogg; `encode`: the file to write
  bool fast = false;   // `rehearse` only
  bool serve = false;  // `rehearse` only
  std::string script;  // `rehearse` only: a file that says what goes wrong when; empty: nothing
  int listeners = 1;   // `rehearse` only: members who listen, in each channel
  int guilds = 1;      // `rehearse` only: with a voice channel each, where no targets are named
  Duration churn{};    // `rehearse` only: so often one of them comes or goes; 0: never

  bool quiet = false;  // no status line
  log::Level log_level = log::Level::warning;
};

/// A command line that was read: a run to start, or something to print and leave.
struct ParseOutcome {
  std::optional<Options> options;  // nothing: print, then exit with `status`
  bool version = false;            // print version_text() and exit with 0
  std::string output;              // help, for standard output
  std::string complaint;           // one sentence and a hint, for standard error
  ExitStatus status = ExitStatus::all_played;
};

/// Whether the MEDIA go on for as long as they are let: a pipe, a station, --loop inf.
[[nodiscard]] bool is_endless(const Options& options);
/// What --sync comes to for these MEDIA: each or together.
[[nodiscard]] Sync sync_of(const Options& options);

/// Reads the command line and the defaults in VCPLAY_GUILD and VCPLAY_CHANNEL. Never throws for what a person
/// typed. The bytes of a --token in `argv` are overwritten at once.
[[nodiscard]] ParseOutcome parse(int argc, char** argv);

[[nodiscard]] std::string_view version() noexcept;  // "0.2.0"

/// What --version prints; `libraries` are lines such as "libavformat 59.27.100".
[[nodiscard]] std::string version_text(const std::vector<std::string>& libraries);

}  // namespace vcplay::cli
