#include "cli/option_rules.hpp"

#include <algorithm>
#include <cstdlib>
#include <random>
#include <stdexcept>
#include <utility>

#include "cli/value_words.hpp"
#include "media/reference.hpp"

namespace vcplay::cli {
namespace {

void set_media(Draft& draft, const std::vector<std::string>& names) {
  Options& options = draft.options;
  const media::Media format = std::exchange(options.media, {}).front();
  if (format.format.empty() && (format.rate != 0 || format.channels != 0)) {
    refuse("--rate and --channels describe raw PCM and need its --format, such as --format s16le.");
  }
  for (const std::string& name : names) {
    options.media.push_back(format);
    try {
      options.media.back().location = media::location_of(name);
    } catch (const std::runtime_error& failure) {
      refuse("MEDIA names {}, {}.", shown(name), failure.what());
    }
  }
  if (options.verb == Verb::channels && !names.empty()) {
    refuse("'vcplay channels' plays nothing: it goes without MEDIA, such as {}.", shown(names[0]));
  }
  if (options.serve && (!names.empty() || options.fast || !options.output.empty())) {
    refuse("--serve plays nothing: it goes without MEDIA, --fast and --output.");
  }
  if (!options.script.empty() && options.fast) {
    refuse("--script goes by real time, which --fast does not wait for: take one of them.");
  }
  if (options.verb == Verb::encode && options.program.rounds == 0) {
    refuse("--loop inf would never end: a file wants a number of rounds.");
  }
  if (options.verb == Verb::encode && options.output.empty()) {
    refuse("There is no file to write: give its name with -o FILE.opus.");
  }
  const bool plays = options.verb == Verb::play || options.verb == Verb::encode ||
                     (options.verb == Verb::rehearse && !options.serve);
  if (options.media.empty() && plays) refuse("There is no MEDIA: name files, or '-' for standard input.");
}

std::string environment(const char* name) {
  const char* const value = ::getenv(name);
  return value == nullptr ? "" : value;
}

/// Where to play: options first, then the environment; a link brings its guild along.
void set_place(Draft& draft) {
  const bool channel_is_typed = draft.channel.has_value();
  const std::string guild = environment("VCPLAY_GUILD");
  const std::string channel = environment("VCPLAY_CHANNEL");
  if (!draft.channel && !channel.empty()) draft.channel = parse_channel(channel, "VCPLAY_CHANNEL");
  if (!draft.channel) refuse("There is no channel: give --channel ID (or its link), or set VCPLAY_CHANNEL.");
  const bool link_rules = channel_is_typed && draft.channel->guild;
  if (!draft.guild && !guild.empty() && !link_rules) draft.guild = parse_guild(guild, "VCPLAY_GUILD");
  if (!draft.guild) draft.guild = draft.channel->guild;
  if (!draft.guild) refuse("There is no guild: give --guild ID or the channel's link, or set VCPLAY_GUILD.");
  if (draft.channel->guild && *draft.channel->guild != *draft.guild) {
    refuse("The channel's link leads to guild {}, but the guild given is {}.", draft.channel->guild->str(),
           draft.guild->str());
  }
  draft.options.guild = *draft.guild;
  draft.options.channel = draft.channel->channel;
}

/// A rehearsal takes the command line of a play as it is, and its loopback Discord then has those very ids.
/// The list of channels is of one guild or of all. What the environment says is meant for neither.
void set_optional_place(Draft& draft) {
  if (draft.guild) draft.options.guild = *draft.guild;
  if (!draft.channel) return;
  draft.options.channel = draft.channel->channel;
  if (draft.channel->guild) draft.options.guild = *draft.channel->guild;
}

/// Rounds and orders; called when the MEDIA are known.
void set_program(Draft& draft) {
  Options& options = draft.options;
  media::ProgramOptions& program = options.program;
  if (draft.length && program.end) refuse("--length and --end say the same thing: give one of them.");
  if (draft.length) program.end = program.start.value_or(Duration::zero()) + *draft.length;
  if (program.end && *program.end <= program.start.value_or(Duration::zero())) {
    refuse("Nothing would be played: --end is not behind --start, or --length is 0.");
  }
  if (draft.seed && !options.program.shuffle) refuse("--seed is for --shuffle: give both.");
  if (options.program.shuffle) options.program.seed = draft.seed ? *draft.seed : std::random_device()();
  const bool has_input = std::any_of(options.media.begin(), options.media.end(),
                                     [](const media::Media& one) { return one.location == "-"; });
  if (options.program.rounds != 1 && has_input)
    refuse("'-' (standard input) can be played only once: not with --loop.");
}

void set_words(Draft& draft) {
  if (draft.options.quiet && draft.verbose > 0) refuse("-q and -v contradict each other.");
  if (draft.options.quiet) draft.options.log_level = log::Level::error;
  if (draft.verbose == 1) draft.options.log_level = log::Level::info;
  if (draft.verbose > 1) draft.options.log_level = log::Level::debug;
}

}  // namespace

void settle(Draft& draft, const std::vector<std::string>& media) {
  set_media(draft, media);
  set_program(draft);
  if (draft.options.verb == Verb::play || draft.options.verb == Verb::check) {
    set_place(draft);
  } else {
    set_optional_place(draft);
  }
  set_words(draft);
}

}  // namespace vcplay::cli
