#include "cli/option_table.hpp"

#include "base/error.hpp"

namespace vcplay::cli {
namespace {

/// The medium whose format the options describe; parse() copies it to every MEDIA.
media::Media& format_of(Draft& draft) { return draft.options.media.front(); }

void set_token_file(Draft& draft, std::string_view value) {
  if (value == "-") {
    throw Error(Cause::usage,
                "--token-file cannot be '-': standard input is for MEDIA; use a file or <(command).");
  }
  if (value.empty()) throw Error(Cause::usage, "--token-file needs the name of a file.");
  draft.options.token_file = value;
}

constexpr VerbSet kEveryVerb = {Verb::play, Verb::rehearse, Verb::check, Verb::channels, Verb::encode};
constexpr VerbSet kMeetingDiscord = {Verb::play, Verb::rehearse, Verb::check, Verb::channels};
constexpr VerbSet kPlaying = {Verb::play, Verb::rehearse, Verb::check};  // one command line serves them all
constexpr VerbSet kSounding = {Verb::play, Verb::rehearse, Verb::check, Verb::encode};  // all that take MEDIA
constexpr VerbSet kRehearsing = {Verb::rehearse};

constexpr VerbRow kVerbs[] = {{Verb::play, "play"},
                              {Verb::rehearse, "rehearse"},
                              {Verb::check, "check"},
                              {Verb::channels, "channels"},
                              {Verb::encode, "encode"}};

void set_script(Draft& draft, std::string_view value) {
  if (value == "-") {
    throw Error(Cause::usage,
                "--script cannot be '-': standard input is for MEDIA; use a file or <(command).");
  }
  if (value.empty()) throw Error(Cause::usage, "--script needs the name of a file.");
  draft.options.script = value;
}

constexpr OptionRow kTable[] = {
    {"--guild", "-g", "ID", kMeetingDiscord,
     "server to play in (environment: VCPLAY_GUILD), or the only one to list",
     [](Draft& draft, std::string_view value) { draft.guild = parse_guild(value, "--guild"); }},
    {"--channel", "-c", "ID|LINK", kPlaying,
     "voice channel, or its link, which needs no --guild (VCPLAY_CHANNEL); once for each channel",
     [](Draft& draft, std::string_view value) { draft.channels.emplace_back(value); }, true},
    {"--targets", "", "FILE", kPlaying,
     "further channels: a link or GUILD/CHANNEL a line, '#' comments; '-' is standard input",
     [](Draft& draft, std::string_view value) {
       if (value.empty()) throw Error(Cause::usage, "--targets needs the name of a file.");
       draft.targets_file = value;
     }},
    {"--part", "", "I/N", kPlaying,
     "play in this part of the targets alone: 0/5 to 4/5, or auto/5 where Kubernetes says which",
     [](Draft& draft, std::string_view value) { draft.part = parse_part(value); }},
    {"--sync", "", "MODE", kPlaying,
     "each: every channel hears all; together: all hear the same at once; default auto: each for what ends",
     [](Draft& draft, std::string_view value) { draft.options.sync = parse_sync(value); }},
    {"--max-joined", "", "N", kPlaying, "be in so many channels at a time, one wave after the other",
     [](Draft& draft, std::string_view value) { draft.options.max_joined = parse_max_joined(value); }},
    {"--at", "", "TIME", kPlaying,
     "when the first sound is heard: 18:00, 18:00:30 or 2026-12-24T18:00:00Z; joined before",
     [](Draft& draft, std::string_view value) { draft.options.at = parse_at(value); }},
    {"--token-file", "", "FILE", kMeetingDiscord,
     "file with the bot's token; else the systemd credential discord-token, else DISCORD_TOKEN",
     set_token_file},
    {"--token", "", "VALUE", kMeetingDiscord,
     "the bot's token itself; process lists show it, so prefer the others", nullptr},
    {"--format", "-f", "NAME", kSounding,
     "input format of MEDIA by FFmpeg's name, such as s16le; else detected",
     [](Draft& draft, std::string_view value) { format_of(draft).format = value; }},
    {"--rate", "", "HZ", kSounding, "sampling rate of raw PCM (with --format)",
     [](Draft& draft, std::string_view value) { format_of(draft).rate = parse_rate(value); }},
    {"--channels", "", "N", kSounding, "number of channels of raw PCM (with --format)",
     [](Draft& draft, std::string_view value) { format_of(draft).channels = parse_channels(value); }},
    {"--live", "", "", kPlaying, "pipes and addresses are made while they are heard; default: find out",
     [](Draft& draft, std::string_view) { draft.options.live.which = media::LiveOptions::Which::every; }},
    {"--latency", "", "MS", kPlaying, "how far behind a live input to stay, 40 to 1000; default 300",
     [](Draft& draft, std::string_view value) { draft.options.live.latency = parse_latency(value); }},
    {"--start", "", "TIME", kSounding, "where to begin in each track: 90, 1:30 or 1:02:03.5",
     [](Draft& draft, std::string_view value) {
       draft.options.program.start = parse_position(value, "--start");
       draft.options.program.start_as_written = value;
     }},
    {"--end", "", "TIME", kSounding, "where to end in each track, counted from its beginning",
     [](Draft& draft, std::string_view value) {
       draft.options.program.end = parse_position(value, "--end");
     }},
    {"--length", "", "TIME", kSounding, "how much of each track to play, instead of --end",
     [](Draft& draft, std::string_view value) { draft.length = parse_position(value, "--length"); }},
    {"--audio-track", "", "N|LANG", kSounding,
     "which audio track of a film: 2, or eng; default: the best one",
     [](Draft& draft, std::string_view value) { format_of(draft).audio_track = parse_audio_track(value); }},
    {"--reopen", "", "", kPlaying, "when the writer of a named pipe has gone, wait for the next one",
     [](Draft& draft, std::string_view) { draft.options.program.reopen = true; }},
    {"--untrusted", "", "", kSounding,
     "strangers chose MEDIA: addresses on the public internet alone, ports 80 and 443, small budgets",
     [](Draft& draft, std::string_view) { draft.options.origin = media::Origin::untrusted; }},
    {"--loop", "", "N|inf", kSounding, "play everything so many times, or for ever",
     [](Draft& draft, std::string_view value) { draft.options.program.rounds = parse_loop(value); }},
    {"--shuffle", "", "", kSounding, "play in random order, another one in each round of --loop",
     [](Draft& draft, std::string_view) { draft.options.program.shuffle = true; }},
    {"--seed", "", "N", kSounding, "shuffle as before: -v tells the seed of a run",
     [](Draft& draft, std::string_view value) { draft.seed = parse_seed(value); }},
    {"--volume", "", "PERCENT", kSounding, "0 to 400, default 100; peaks are limited to -1 dBTP",
     [](Draft& draft, std::string_view value) { draft.options.volume = parse_volume(value); }},
    {"--normalize", "", "MODE", kSounding,
     "loudness: off (default), track or album to -18 LUFS, R128[=LUFS] to -23 or as given",
     [](Draft& draft, std::string_view value) { parse_normalize(value, draft.options.sound); }},
    {"--fade-in", "", "TIME", kSounding, "let every track begin softly, up to 30 s",
     [](Draft& draft, std::string_view value) {
       draft.options.sound.fade_in = parse_fade(value, "--fade-in");
     }},
    {"--fade-out", "", "TIME", kSounding, "let every track end softly, up to 30 s",
     [](Draft& draft, std::string_view value) {
       draft.options.sound.fade_out = parse_fade(value, "--fade-out");
     }},
    {"--crossfade", "", "TIME", kSounding, "let each track pass into the next within TIME, up to 30 s",
     [](Draft& draft, std::string_view value) {
       draft.options.sound.crossfade = parse_fade(value, "--crossfade");
     }},
    {"--af", "", "GRAPH", kSounding,
     "FFmpeg's audio filters, such as atempo=1.25 or highpass=f=120,acompressor",
     [](Draft& draft, std::string_view value) { draft.options.sound.filters = value; }},
    {"--bitrate", "", "auto|BITS", kSounding,
     "Opus bitrate, such as 96k; default auto: the channel's own (encode: 64k)",
     [](Draft& draft, std::string_view value) { draft.options.bitrate = parse_bitrate(value); }},
    {"--passthrough", "", "auto|off", kSounding,
     "auto (default): Opus that fits goes out as it is; off: it is decoded and encoded anew",
     [](Draft& draft, std::string_view value) {
       draft.options.encoder.passthrough = parse_passthrough(value);
     }},
    {"--complexity", "", "0-10", kSounding, "how much work the encoder puts into a packet; default 9",
     [](Draft& draft, std::string_view value) {
       draft.options.encoder.complexity = parse_complexity(value);
     }},
    {"--application", "", "MODE", kSounding,
     "what the encoder is tuned to: audio (default), voip or lowdelay",
     [](Draft& draft, std::string_view value) {
       draft.options.encoder.application = parse_application(value);
     }},
    {"--fec", "", "on|off", kSounding,
     "packets that make up for a lost one, at the price of the sound; default off",
     [](Draft& draft, std::string_view value) { draft.options.encoder.fec = parse_fec(value); }},
    {"--packet-loss", "", "PERCENT", kSounding, "how many packets the encoder thinks are lost; default 0",
     [](Draft& draft, std::string_view value) {
       draft.options.encoder.packet_loss = parse_packet_loss(value);
     }},
    {"--speaking", "", "MODE", kPlaying, "microphone (default), soundshare or priority",
     [](Draft& draft, std::string_view value) { draft.options.speaking = parse_speaking(value); }},
    {"--title", "", "TEMPLATE", kPlaying, "what the status line calls a track, such as '%artist% - %title%'",
     [](Draft& draft, std::string_view value) { draft.options.title = TitleTemplate(value, "--title"); }},
    {"--set-status", "", "TEMPLATE", kPlaying,
     "show what plays as the channel's status, such as '[%artist% - ]%title%'",
     [](Draft& draft, std::string_view value) {
       draft.options.channel_status = TitleTemplate(value, "--set-status");
     }},
    {"--lead-in", "", "TIME", kPlaying, "silence before the first sound, such as 0.5 or 500ms; default 200ms",
     [](Draft& draft, std::string_view value) { draft.options.lead_in = parse_lead_in(value); }},
    {"--when-alone", "", "MODE", kPlaying,
     "while nobody is there: play (default), wait for somebody, or exit with status 14",
     [](Draft& draft, std::string_view value) { draft.options.when_alone = parse_when_alone(value); }},
    {"--on-move", "", "MODE", kPlaying,
     "when a moderator moves the bot: follow (default), return to the channel, or exit with status 8",
     [](Draft& draft, std::string_view value) { draft.options.on_move = parse_on_move(value); }},
    {"--on-kick", "", "MODE", kPlaying,
     "when the bot is removed from the channel: exit with status 8 (default), or rejoin",
     [](Draft& draft, std::string_view value) { draft.options.on_kick = parse_on_kick(value); }},
    {"--on-suppressed", "", "MODE", kPlaying,
     "in the audience of a stage: wait to be invited (default), or exit with status 6",
     [](Draft& draft, std::string_view value) { draft.options.on_suppressed = parse_on_suppressed(value); }},
    {"--allow-plaintext", "", "", kPlaying,
     "play on when the server wants the audio without end-to-end encryption",
     [](Draft& draft, std::string_view) { draft.options.allow_plaintext = true; }},
    {"--if-busy", "", "exit|wait[=SECONDS]", kPlaying,
     "when another vcplay plays in this guild with this bot: exit with status 10 (default), or wait",
     [](Draft& draft, std::string_view value) { draft.options.wait_if_busy = parse_if_busy(value); }},
    {"--json", "", "", kEveryVerb,
     "JSON on standard output: events as they happen (play), else one object at the end",
     [](Draft& draft, std::string_view) { draft.options.json = true; }},
    {"--output",
     "-o",
     "FILE",
     {Verb::rehearse, Verb::encode},
     "rehearse: keep what the listener heard, as .wav or .ogg; encode: the Ogg Opus file to write",
     [](Draft& draft, std::string_view value) {
       draft.options.output =
           draft.options.verb == Verb::encode ? parse_opus_file(value) : parse_output(value);
     }},
    {"--fast", "", "", kRehearsing, "do not wait for real time: check long files in seconds",
     [](Draft& draft, std::string_view) { draft.options.fast = true; }},
    {"--listeners", "", "N", kRehearsing, "members of the loopback call who listen; default 1",
     [](Draft& draft, std::string_view value) { draft.options.listeners = parse_listeners(value); }},
    {"--guilds", "", "N", kRehearsing, "play in a voice channel of each of N guilds, 1 to 1000",
     [](Draft& draft, std::string_view value) { draft.options.guilds = parse_guilds(value); }},
    {"--churn", "", "TIME", kRehearsing, "so often a listener beside the first one comes or goes",
     [](Draft& draft, std::string_view value) { draft.options.churn = parse_churn(value); }},
    {"--script", "", "FILE", kRehearsing,
     "have happen to the player what FILE says, such as 'at 3s drop gateway'", set_script},
    {"--serve", "", "", kRehearsing,
     "play nothing: keep the loopback Discord running for other clients and print where it is as JSON",
     [](Draft& draft, std::string_view) { draft.options.serve = true; }},
    {"--api-url", "", "URL", kMeetingDiscord, "REST API to use instead of Discord's (https)",
     [](Draft& draft, std::string_view value) {
       draft.options.api_url = parse_url(value, "--api-url", "https");
     }},
    {"--gateway-url", "", "URL", kPlaying, "gateway to use instead of the one that REST names (wss)",
     [](Draft& draft, std::string_view value) {
       draft.options.gateway_url = parse_url(value, "--gateway-url", "wss");
     }},
    {"--ca-file", "", "FILE", kEveryVerb, "further trusted certificates (PEM), beside the system's",
     [](Draft& draft, std::string_view value) { draft.options.ca_file = value; }},
    {"--shard", "", "I/N", kPlaying, "shard to identify as; default: the guild's own",
     [](Draft& draft, std::string_view value) { draft.options.shard = parse_shard(value); }},
    {"--verbose", "-v", "", kEveryVerb, "say what happens; twice: everything",
     [](Draft& draft, std::string_view) { ++draft.verbose; }},
    {"--quiet", "-q", "", kEveryVerb, "errors only, and no status line",
     [](Draft& draft, std::string_view) { draft.options.quiet = true; }},
    {"--help", "-h", "", kEveryVerb, "a short help that fits the screen", nullptr},
    {"--help-all", "", "", kEveryVerb, "all options", nullptr},
    {"--version", "-V", "", kEveryVerb, "versions of vcplay and of the libraries that it runs with", nullptr},
};

}  // namespace

std::span<const OptionRow> option_table() noexcept { return kTable; }

std::span<const VerbRow> verb_table() noexcept { return kVerbs; }

std::string_view verb_name(Verb verb) noexcept { return kVerbs[static_cast<std::size_t>(verb)].name; }

}  // namespace vcplay::cli
