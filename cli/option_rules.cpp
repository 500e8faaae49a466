#include "cli/option_rules.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
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

/// The channels that were typed, and those of the file. A plain id is one of `guild`.
void name_targets(Draft& draft, std::optional<Snowflake> guild) {
  std::vector<Target>& targets = draft.options.targets;
  for (const std::string& channel : draft.channels) {
    const bool is_id = Snowflake::parse(channel).has_value();
    if (is_id && !guild && draft.channels.size() == 1) {
      refuse("There is no guild: give --guild ID or the channel's link, or set VCPLAY_GUILD.");
    }
    targets.push_back(parse_target(channel, guild, "--channel"));
  }
  if (draft.targets_file.empty()) return;
  const bool is_input = draft.targets_file == "-";
  const auto& media = draft.options.media;
  if (is_input &&
      std::any_of(media.begin(), media.end(), [](const auto& one) { return one.location == "-"; })) {
    refuse("'-' (standard input) cannot be both MEDIA and --targets.");
  }
  const std::string name = is_input ? "standard input" : display_safe(draft.targets_file, 100);
  std::vector<Target> listed = parse_targets(read_targets(draft.targets_file), guild, name);
  std::move(listed.begin(), listed.end(), std::back_inserter(targets));
}

/// A --guild beside links alone says where they ought to lead.
void compare_with_guild(const Draft& draft) {
  if (!draft.guild || draft.channels.size() != 1 || !draft.targets_file.empty()) return;
  const Target& only = draft.options.targets.front();
  if (only.guild == *draft.guild) return;
  refuse("The channel's link leads to guild {}, but the guild given is {}.", only.guild.str(),
         draft.guild->str());
}

/// What the environment says, where nobody typed it.
void name_usual_channel(Draft& draft, std::optional<Snowflake> guild) {
  const std::string channel = environment("VCPLAY_CHANNEL");
  if (channel.empty()) {
    refuse("There is no channel: give --channel ID (or its link), or set VCPLAY_CHANNEL.");
  }
  const ChannelName named = parse_channel(channel, "VCPLAY_CHANNEL");
  if (named.guild && guild && *named.guild != *guild) {
    refuse("The channel's link leads to guild {}, but the guild given is {}.", named.guild->str(),
           guild->str());
  }
  if (named.guild) guild = named.guild;
  if (!guild) refuse("There is no guild: give --guild ID or the channel's link, or set VCPLAY_GUILD.");
  draft.options.targets.push_back({*guild, named.channel, "VCPLAY_CHANNEL"});
}

/// Where to play: options first, then the environment; a link brings its guild along.
void set_places(Draft& draft) {
  const std::string usual = environment("VCPLAY_GUILD");
  std::optional<Snowflake> guild = draft.guild;
  if (!guild && !usual.empty()) guild = parse_guild(usual, "VCPLAY_GUILD");
  if (draft.channels.empty() && draft.targets_file.empty()) return name_usual_channel(draft, guild);
  name_targets(draft, guild);
  compare_with_guild(draft);
}

/// A rehearsal takes the command line of a play as it is, and its loopback Discord then has those very ids.
/// The list of channels is of one guild or of all. What the environment says is meant for neither.
void set_optional_places(Draft& draft) {
  name_targets(draft, draft.guild.value_or(Snowflake{}));
  if (!draft.options.targets.empty()) compare_with_guild(draft);
  if (draft.options.guilds > 1 && !draft.options.targets.empty()) {
    refuse("--guilds makes guilds of its own: it goes without --channel and --targets.");
  }
}

/// What several channels can hear, and in which order.
void set_order(Draft& draft) {
  Options& options = draft.options;
  refuse_doubles(options.targets);
  if (draft.part) options.targets = part_of(std::move(options.targets), *draft.part);
  const std::size_t count = std::max(options.targets.size(), static_cast<std::size_t>(options.guilds));
  if (count < 2) return;
  if (options.sync == Sync::each && is_endless(options)) {
    refuse("--sync each is for MEDIA that end: what goes on for ever is heard together.");
  }
  if (sync_of(options) == Sync::each) return;
  if (options.max_joined && *options.max_joined < count) {
    refuse("--max-joined {} leaves channels for a later wave, which cannot hear what is played together.",
           *options.max_joined);
  }
  if (const auto pair = neighbours(options.targets)) {
    refuse(
        "Channels {} ({}) and {} ({}) are in one guild, where a bot can be in one at a time: what is "
        "played together or without an end cannot be heard in both.",
        pair->first.channel.str(), pair->first.source, pair->second.channel.str(), pair->second.source);
  }
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
  draft.options.guild = draft.guild;
  if (draft.options.verb == Verb::play || draft.options.verb == Verb::check) {
    set_places(draft);
  } else {
    set_optional_places(draft);
  }
  set_order(draft);
  set_words(draft);
}

bool is_endless(const Options& options) {
  if (options.program.rounds == 0 || options.program.reopen) return true;
  if (options.live.which == media::LiveOptions::Which::every) return true;
  return std::any_of(options.media.begin(), options.media.end(), [](const media::Media& one) {
    struct stat status {};
    const bool is_file = ::stat(one.location.c_str(), &status) == 0;
    if (one.location == "-" || (is_file && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode))) return true;
    return !is_file && one.location.find("://") != std::string::npos;
  });
}

Sync sync_of(const Options& options) {
  if (options.sync != Sync::automatic) return options.sync;
  return is_endless(options) ? Sync::together : Sync::each;
}

}  // namespace vcplay::cli
