#include "cli/help.hpp"

#include <fmt/core.h>

#include <string_view>

#include "cli/option_table.hpp"

namespace vcplay::cli {
namespace {

constexpr std::size_t kColumns = 79;
constexpr std::size_t kHelpColumn = 28;

constexpr std::string_view kOverview =
    R"(Usage: vcplay play [options] MEDIA...
       vcplay rehearse [options] MEDIA...
       vcplay check [options] [MEDIA...]
       vcplay channels [options]
       vcplay encode [options] MEDIA... -o FILE.opus

Plays audio files, directories, playlists, URLs or standard input into a
Discord voice channel. "rehearse" plays into a loopback Discord inside the
program instead: it needs no token and no network, and reports what a listener
heard. "check" says whether a play would succeed, "channels" where the bot
could play. "encode" makes a file that plays without an encoder.

  vcplay play --help        how to play
  vcplay rehearse --help    how to rehearse
  vcplay check --help       how to check
  vcplay channels --help    how to find the ids
  vcplay encode --help      how to prepare a file
  vcplay help VERB          the same
  vcplay --version, -V      versions of vcplay and of its libraries
  man vcplay                everything
)";

constexpr std::string_view kPlay = R"(Usage: vcplay play [options] MEDIA...
Plays files, directories, playlists, URLs or standard input (-) into a Discord
voice channel.

  -g, --guild ID          server to play in (environment: VCPLAY_GUILD)
  -c, --channel ID|LINK   voice channel, or its link instead of both ids
      --token-file FILE   bot token; or set DISCORD_TOKEN
  -f, --format NAME       input format, for raw PCM with --rate and --channels
      --loop N|inf        play everything so many times, or for ever
      --shuffle           in random order
      --volume PERCENT    0 to 400 (default 100)
      --bitrate auto|BITS such as 96k (default: the channel's own)
      --when-alone MODE   while nobody is there: play, wait or exit
      --json              events on standard output, one JSON object a line
  -v, -vv, -q             more, much more or fewer words
      --help-all          all options; "man vcplay" tells the whole story

Examples:
  vcplay play -g 81384788765712384 -c 381870553235193857 song.mp3
  vcplay play -c https://discord.com/channels/GUILD/CHANNEL --volume 80 *.flac
  ffmpeg -i film.mkv -f wav - | vcplay play --token-file ~/.token -c LINK -
)";

constexpr std::string_view kRehearse = R"(Usage: vcplay rehearse [options] MEDIA...
Plays into a loopback Discord inside the program and reports what was heard.
Needs no token and no network. Exit status 12: it found faults.

  -f, --format NAME       input format, for raw PCM with --rate and --channels
      --volume PERCENT    0 to 400 (default 100)
      --bitrate auto|BITS such as 96k (default: the channel's own)
      --output FILE       keep what the listener heard, as .wav or .ogg
      --fast              do not wait for real time
      --listeners N       how many listen (default 1)
      --script FILE       what goes wrong when, such as "at 3s drop gateway"
      --json              the report as one JSON object on standard output
      --serve             keep the loopback Discord running for other clients
  -v, -vv, -q             more, much more or fewer words
      --help-all          all options; "man vcplay" tells the whole story

Examples:
  vcplay rehearse song.mp3
  vcplay rehearse --fast --output heard.wav album/*.flac
  vcplay rehearse --json --volume 150 song.mp3 | jq .
)";

constexpr std::string_view kCheck = R"(Usage: vcplay check [options] [MEDIA...]
Says whether "vcplay play" with the same words would succeed: token, identifies
left, gateway, route for UDP, guild, channel, permissions, clock, each MEDIA.
Nothing is played and no identify is used up. One line per check; exit status:
0, or that of the first check that failed.

  -g, --guild ID          server to play in (environment: VCPLAY_GUILD)
  -c, --channel ID|LINK   voice channel, or its link instead of both ids
      --token-file FILE   bot token; or set DISCORD_TOKEN
      --json              one JSON object on standard output
  -q                      only what failed
  -v, -vv                 more, much more words
      --help-all          all options; "man vcplay" tells the whole story

Examples:
  vcplay check -g 81384788765712384 -c 381870553235193857 song.mp3
  vcplay check -c LINK --json *.flac | jq '.checks[] | select(.result != "ok")'
  vcplay check -q -c LINK && echo ready
)";

constexpr std::string_view kChannels = R"(Usage: vcplay channels [options]
Lists the guilds and voice channels that the bot sees: id, type, bitrate,
limit, name, and why it could not play there. No identify is used up.

  -g, --guild ID          this guild only
      --token-file FILE   bot token; or set DISCORD_TOKEN
      --json              one JSON object on standard output
  -v, -vv, -q             more, much more or fewer words
      --help-all          all options; "man vcplay" tells the whole story

Examples:
  vcplay channels
  vcplay channels -g 81384788765712384 --token-file ~/.token
  vcplay channels --json | jq -r '.guilds[].channels[] | select(.may_play).id'
)";

constexpr std::string_view kEncode = R"(Usage: vcplay encode [options] MEDIA... -o FILE.opus
Writes what a play would send as one Ogg Opus file, which later passes through
"vcplay play" as it is: prepared once, it costs next to nothing each time.
Needs no token and no network. A file of that name is replaced at the end.

  -o, --output FILE       the file to write, .opus or .ogg
  -f, --format NAME       input format, for raw PCM with --rate and --channels
      --volume PERCENT    0 to 400 (default 100)
      --bitrate BITS      such as 96k (default 64k, which every channel takes)
      --application MODE  audio (default), voip or lowdelay
      --complexity 0-10   how much work goes into a packet (default 9)
      --json              one JSON object on standard output
  -v, -vv, -q             more, much more or fewer words
      --help-all          all options; "man vcplay" tells the whole story

Examples:
  vcplay encode --volume 80 gong.wav -o gong.opus
  ffmpeg -i talk.mkv -f wav - | vcplay encode --application voip - -o talk.opus
  vcplay encode --bitrate 96k intro.flac song.flac -o show.opus
)";

/// `text` broken between words, every line but the first one indented.
std::string wrap(std::string_view text, std::size_t indent, std::size_t columns) {
  std::string out;
  std::size_t column = indent;
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    const bool first = column == indent;
    if (!first && column + 1 + space > columns) {
      out += '\n' + std::string(indent, ' ');
      column = indent;
    } else if (!first) {
      out += ' ';
      ++column;
    }
    out += text.substr(0, space);
    column += space;
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  return out;
}

std::string describe(const OptionRow& row) {
  std::string left = row.short_name.empty() ? "      " : fmt::format("  {}, ", row.short_name);
  left += row.name;
  if (!row.argument.empty()) left += fmt::format(" {}", row.argument);
  if (left.size() + 2 > kHelpColumn) {
    left += '\n' + std::string(kHelpColumn, ' ');
  } else {
    left.resize(kHelpColumn, ' ');
  }
  return left + wrap(row.help, kHelpColumn, kColumns) + '\n';
}

}  // namespace

std::string overview() { return std::string(kOverview); }

std::string short_help(Verb verb) {
  switch (verb) {
    case Verb::play:
      return std::string(kPlay);
    case Verb::rehearse:
      return std::string(kRehearse);
    case Verb::check:
      return std::string(kCheck);
    case Verb::channels:
      return std::string(kChannels);
    case Verb::encode:
      return std::string(kEncode);
  }
  return {};
}

std::string full_help(Verb verb) {
  const std::string usage = short_help(verb).substr(0, short_help(verb).find('\n'));
  std::string help = usage + "\n\nOptions:\n";
  for (const OptionRow& row : option_table()) {
    if (row.belongs_to(verb)) help += describe(row);
  }
  if (verb == Verb::channels) return help;
  help +=
      "\nMEDIA is a file, a directory, a playlist (M3U, PLS, XSPF, CUE), an http(s) URL\n"
      "or - for standard input. After \"--\" every word is MEDIA, whatever it begins\n"
      "with.\n";
  return help;
}

}  // namespace vcplay::cli
