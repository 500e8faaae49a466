// What a person is told who typed something wrong: one clear sentence.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <ostream>
#include <string>

#include "words/command_line.hpp"

namespace vcplay::cli {
namespace {

using test::CommandLine;
using test::kChannel;
using test::kGuild;
using test::kLink;
using test::Words;
using testing::HasSubstr;

/// A wrong command line and what it earns.
struct Mistake {
  Words words;
  std::string sentence;
};

void PrintTo(const Mistake& mistake, std::ostream* out) {
  for (const std::string& word : mistake.words) *out << '\'' << word << "' ";
}

class WrongCommandLine : public CommandLine, public testing::WithParamInterface<Mistake> {};

TEST_P(WrongCommandLine, EarnsOneClearSentence) {
  const std::string complaint = CommandLine::complaint(GetParam().words);
  EXPECT_EQ(complaint.substr(0, complaint.find('\n')), "vcplay: " + GetParam().sentence);
  EXPECT_THAT(complaint,
              testing::MatchesRegex("[^\n]*\nTry 'vcplay( play| rehearse| check| channels)? --help'.\n"));
}

Words with_channel(Words words) {
  words.insert(words.begin(), {"play", "-c", kLink});
  return words;
}

const std::string kVerbs = "'play', 'rehearse', 'check', 'channels' or 'encode'";
const std::string kWhereIdsAre =
    " 'vcplay channels' lists the ids of all servers and voice channels; or give the voice channel's link to "
    "--channel.";

const Mistake kMistakes[] = {
    {{}, "Say what to do: " + kVerbs + "."},
    {{"pley", "a"}, "There is no verb 'pley'; did you mean play?"},
    {{"channel"}, "There is no verb 'channel'; did you mean channels?"},
    {{"check", "a"}, "There is no channel: give --channel ID (or its link), or set VCPLAY_CHANNEL."},
    {{"check", "--serve"}, "--serve belongs to 'vcplay rehearse'."},
    {{"channels", "a"}, "'vcplay channels' plays nothing: it goes without MEDIA, such as 'a'."},
    {{"channels", "--volume", "80"}, "--volume belongs to 'vcplay play'."},
    {with_channel({"--loop", "0", "a"}),
     "--loop wants a number of rounds from 1 to 1000000, or inf, not '0'."},
    {with_channel({"--loop", "often", "a"}),
     "--loop wants a number of rounds from 1 to 1000000, or inf, not 'often'."},
    {with_channel({"--loop", "2", "-"}), "'-' (standard input) can be played only once: not with --loop."},
    {with_channel({"--start", "soon", "a"}),
     "--start wants a time such as 90, 1:30 or 1:02:03.5, not 'soon'."},
    {with_channel({"--end", "-1", "a"}), "--end wants a time such as 90, 1:30 or 1:02:03.5, not '-1'."},
    {with_channel({"--start", "10", "--end", "0:10", "a"}),
     "Nothing would be played: --end is not behind --start, or --length is 0."},
    {with_channel({"--length", "0", "a"}),
     "Nothing would be played: --end is not behind --start, or --length is 0."},
    {with_channel({"--length", "1", "--end", "2", "a"}),
     "--length and --end say the same thing: give one of them."},
    {with_channel({"--audio-track", "0", "a"}),
     "--audio-track wants a number from 1 on or a language such as eng, not '0'."},
    {with_channel({"--audio-track", "", "a"}),
     "--audio-track wants a number from 1 on or a language such as eng, not ''."},
    {with_channel({"--set-status", "%artst%", "a"}),
     "--set-status: there is no tag %artst%; did you mean %artist%?"},
    {with_channel({"--title", "[%title%", "a"}),
     "--title: a '[' has no ']' behind it; '#[' is the sign itself."},
    {with_channel({"--seed", "7", "a"}), "--seed is for --shuffle: give both."},
    {with_channel({"--shuffle", "--seed", "-1", "a"}),
     "--seed wants a whole number, such as the one that -v told, not '-1'."},
    {{"song.mp3"}, "There is no verb 'song.mp3'; did you mean 'vcplay play song.mp3'?"},
    {{"~/Music"}, "There is no verb '~/Music'; did you mean 'vcplay play ~/Music'?"},
    {{"-"}, "There is no verb '-'; did you mean 'vcplay play -'?"},
    {{"frobnicate"}, "The first word is " + kVerbs + ", not 'frobnicate'."},
    {{"--volume", "80"},
     "The first word is " + kVerbs + ", and options stand behind it: vcplay play --volume …"},
    {{"--token=secret", "play"},
     "The first word is " + kVerbs + ", and options stand behind it: vcplay play --token …"},
    {with_channel({"--tokn=secret", "a"}), "There is no option '--tokn'; did you mean --token?"},
    {{"-v"}, "-v (more words) stands behind a verb, such as vcplay play -v; -V tells the version."},
    {{"--versio"}, "There is no option '--versio'; did you mean --version?"},
    {{"-version"}, "There is no option '-version'; did you mean --version?"},
    {{"--hlep"}, "There is no option '--hlep'; did you mean --help?"},
    {{"ls"}, "There is no verb 'ls'; did you mean channels?"},
    {{"help", "pley"}, "There is no verb 'pley'; did you mean play?"},
    {with_channel({"-ss", "90", "a"}), "There is no option '-ss'; did you mean --start?"},
    {with_channel({"a", "-t", "30"}), "There is no option '-t'; did you mean --length?"},
    {with_channel({"--speed=2", "a"}), "There is no option '--speed=2'; did you mean --af atempo=1.25?"},
    {with_channel({"--repeat", "a"}), "There is no option '--repeat'; did you mean --loop?"},
    {with_channel({"--random", "a"}), "There is no option '--random'; did you mean --shuffle?"},
    {with_channel({"--vol", "3", "a"}), "There is no option '--vol'; did you mean --volume?"},
    {with_channel({"-i", "a"}), "There is no option '-i'; did you mean MEDIA alone, without it?"},
    {with_channel({"-af", "volume=2", "a"}), "There is no option '-af'; did you mean --af?"},
    {with_channel({"a", "-vol", "80"}), "There is no option '-vol'; did you mean --volume?"},
    {with_channel({"-filter:a", "volume=2", "a"}), "There is no option '-filter:a'; did you mean --af?"},
    {with_channel({"-loop", "0", "a"}), "There is no option '-loop'; did you mean --loop?"},
    {with_channel({"--seek", "90", "a"}), "There is no option '--seek'; did you mean --start?"},
    {with_channel({"--start-time=90", "a"}), "There is no option '--start-time=90'; did you mean --start?"},
    {with_channel({"-vn", "a"}), "There is no option '-vn'; did you mean MEDIA alone, without it?"},
    {with_channel({"--no-video", "a"}),
     "There is no option '--no-video'; did you mean MEDIA alone, without it?"},
    {with_channel({"-nodisp", "a"}), "There is no option '-nodisp'; did you mean MEDIA alone, without it?"},
    {with_channel({"-autoexit", "a"}),
     "There is no option '-autoexit'; did you mean MEDIA alone, without it?"},
    {with_channel({"--volume", "-vol", "a"}), "--volume wants 0 to 400 (percent), not '-vol'."},
    {with_channel({"-c", kLink, "a"}), "--channel: channel " + kChannel + " is named twice."},
    {with_channel({}), "There is no MEDIA: name files, or '-' for standard input."},
    {with_channel({"file://server/a"}),
     "MEDIA names 'file://server/a', which is a file of another computer."},
    {with_channel({"file://"}), "MEDIA names 'file://', which names no file."},
    {with_channel({"a", ""}), "One MEDIA is an empty word; is a variable in your script unset?"},
    {with_channel({"-", "a", "-"}), "'-' (standard input) can be played only once."},
    {with_channel({"-x.mp3"}), "There is no option '-x.mp3'; a MEDIA that begins with '-' goes after '--'."},
    {with_channel({"--volum", "3", "a"}), "There is no option '--volum'; did you mean --volume?"},
    {with_channel({"--vloume=3", "a"}), "There is no option '--vloume=3'; did you mean --volume?"},
    {with_channel({"--speeking", "a"}), "There is no option '--speeking'; did you mean --speaking?"},
    {with_channel({"-volume", "3", "a"}), "There is no option '-volume'; did you mean --volume?"},
    {with_channel({"--frobnicate", "a"}),
     "There is no option '--frobnicate'; a MEDIA that begins with '-' goes after '--'."},
    {with_channel({"--\x1b[2J\n", "a"}),
     R"(There is no option '--\x1b[2J\n'; a MEDIA that begins with '-' goes after '--'.)"},
    {with_channel({"--fast", "a"}), "--fast belongs to 'vcplay rehearse'."},
    {with_channel({"a", "--volume"}), "--volume needs a value: --volume PERCENT."},
    {with_channel({"a", "-f"}), "--format needs a value: --format NAME."},
    {with_channel({"a", "--token"}), "--token needs a value: --token VALUE."},
    {with_channel({"a", "--volume="}), "--volume wants 0 to 400 (percent), not ''."},
    {with_channel({"a", "-qv"}), "-q and -v contradict each other."},
    {with_channel({"a", "-vx"}), "There is no option '-x'; a MEDIA that begins with '-' goes after '--'."},
    {with_channel({"a", "-5"}), "There is no option '-5'; a MEDIA that begins with '-' goes after '--'."},
    {with_channel({"a", "--json=yes"}), "--json takes no value."},
    {with_channel({"--volume", "401", "a"}), "--volume wants 0 to 400 (percent), not '401'."},
    {with_channel({"--volume", "-5", "a"}), "--volume wants 0 to 400 (percent), not '-5'."},
    {with_channel({"--volume", "nan", "a"}), "--volume wants 0 to 400 (percent), not 'nan'."},
    {with_channel({"--volume", "loud", "a"}), "--volume wants 0 to 400 (percent), not 'loud'."},
    {with_channel({"--volume", "1,5", "a"}), "--volume wants 0 to 400 (percent), not '1,5'."},
    {with_channel({"--normalize", "loud", "a"}),
     "--normalize wants off, track, album, R128 or R128=LUFS (-40 to -5), not 'loud'."},
    {with_channel({"--normalize=R128=16", "a"}),
     "--normalize wants off, track, album, R128 or R128=LUFS (-40 to -5), not 'R128=16'."},
    {with_channel({"--normalize", "R128=", "a"}),
     "--normalize wants off, track, album, R128 or R128=LUFS (-40 to -5), not 'R128='."},
    {with_channel({"--normalize", "R128-16", "a"}),
     "--normalize wants off, track, album, R128 or R128=LUFS (-40 to -5), not 'R128-16'."},
    {with_channel({"--crossfade", "31", "a"}),
     "--crossfade wants a time from 0 to 30 s, such as 5 or 500ms, not '31'."},
    {with_channel({"--fade-in", "-1", "a"}),
     "--fade-in wants a time from 0 to 30 s, such as 5 or 500ms, not '-1'."},
    {with_channel({"--fade-out", "soft", "a"}),
     "--fade-out wants a time from 0 to 30 s, such as 5 or 500ms, not 'soft'."},
    {with_channel({"--bitrate", "96", "a"}),
     "--bitrate wants 'auto' or 6k to 510k (bits per second), not '96'; did you mean 96k?"},
    {with_channel({"--bitrate", "1M", "a"}),
     "--bitrate wants 'auto' or 6k to 510k (bits per second), not '1M'."},
    {with_channel({"--bitrate", "511k", "a"}),
     "--bitrate wants 'auto' or 6k to 510k (bits per second), not '511k'."},
    {with_channel({"--passthrough", "on", "a"}), "--passthrough wants auto or off, not 'on'."},
    {with_channel({"--application", "music", "a"}),
     "--application wants audio, voip or lowdelay, not 'music'."},
    {with_channel({"--complexity", "11", "a"}), "--complexity wants 0 (least work) to 10 (best), not '11'."},
    {with_channel({"--complexity", "best", "a"}),
     "--complexity wants 0 (least work) to 10 (best), not 'best'."},
    {with_channel({"--fec", "yes", "a"}), "--fec wants on or off, not 'yes'."},
    {with_channel({"--packet-loss", "101", "a"}), "--packet-loss wants 0 to 100 (percent), not '101'."},
    {with_channel({"--lead-in", "200", "a"}),
     "--lead-in wants a time from 0 to 10 s, such as 200ms or 0.2, not '200'."},
    {with_channel({"--when-alone", "maybe", "a"}), "--when-alone wants play, wait or exit, not 'maybe'."},
    {with_channel({"--on-move", "stay", "a"}), "--on-move wants follow, return or exit, not 'stay'."},
    {with_channel({"--on-kick", "sulk", "a"}), "--on-kick wants exit or rejoin, not 'sulk'."},
    {with_channel({"--on-suppressed", "shout", "a"}), "--on-suppressed wants wait or exit, not 'shout'."},
    {with_channel({"--if-busy", "wait=", "a"}),
     "--if-busy wants exit, wait or wait=SECONDS (up to a day), not 'wait='."},
    {with_channel({"--if-busy", "wait=-1", "a"}),
     "--if-busy wants exit, wait or wait=SECONDS (up to a day), not 'wait=-1'."},
    {with_channel({"--if-busy", "waiting", "a"}),
     "--if-busy wants exit, wait or wait=SECONDS (up to a day), not 'waiting'."},
    {with_channel({"--if-busy", "wait=86401", "a"}),
     "--if-busy wants exit, wait or wait=SECONDS (up to a day), not 'wait=86401'."},
    {with_channel({"--listeners", "3", "a"}), "--listeners belongs to 'vcplay rehearse'."},
    {{"rehearse", "--listeners", "101", "a"}, "--listeners wants 0 to 100, not '101'."},
    {{"rehearse", "--churn", "50ms", "a"},
     "--churn wants a time from 100ms to 1 h, such as 5 or 500ms, not '50ms'."},
    {with_channel({"--lead-in", "-1", "a"}),
     "--lead-in wants a time from 0 to 10 s, such as 200ms or 0.2, not '-1'."},
    {with_channel({"--speaking", "loud", "a"}),
     "--speaking wants microphone, soundshare or priority, not 'loud'."},
    {with_channel({"--shard", "2/2", "a"}),
     "--shard wants I/N with I from 0 to N-1, such as 0/2, not '2/2'."},
    {with_channel({"--shard", "1", "a"}), "--shard wants I/N with I from 0 to N-1, such as 0/2, not '1'."},
    {with_channel({"-f", "s16le", "--rate", "0", "-"}),
     "--rate 0 would be no sound at all; it wants samples per second, such as 48000."},
    {with_channel({"-f", "s16le", "--rate", "48k", "-"}),
     "--rate wants 1000 to 768000 (samples per second), not '48k'."},
    {with_channel({"-f", "s16le", "--channels", "0", "-"}), "--channels wants 1 to 8, not '0'."},
    {with_channel({"--rate", "48000", "-"}),
     "--rate and --channels describe raw PCM and need its --format, such as --format s16le."},
    {with_channel({"--api-url", "http://h/api", "a"}),
     "--api-url wants a URL that starts with https://, not 'http://h/api'."},
    {with_channel({"--gateway-url", "ws://u:pw@h/?k=v", "a"}),
     "--gateway-url wants a URL that starts with wss://, not "
     "'ws://***@h/?***'."},
    {with_channel({"--gateway-url", "https://h", "a"}),
     "--gateway-url wants a URL that starts with wss://, not 'https://h'."},
    {with_channel({"--token-file", "-", "a"}),
     "--token-file cannot be '-': standard input is for MEDIA; use a file or <(command)."},
    {with_channel({"-q", "-v", "a"}), "-q and -v contradict each other."},
    {{"play", "a"}, "There is no channel: give --channel ID (or its link), or set VCPLAY_CHANNEL."},
    {{"play", "-c", kChannel, "a"},
     "There is no guild: give --guild ID or the channel's link, or set VCPLAY_GUILD."},
    {{"play", "-g", "111111111111111111", "-c", kLink, "a"},
     "The channel's link leads to guild 81384788765712384, but the guild given is 111111111111111111."},
    {{"play", "-g", "my server", "-c", kChannel, "a"}, "--guild: 'my server' is no guild id." + kWhereIdsAre},
    {{"play", "-g", kGuild, "-c", "general", "a"}, "--channel: 'general' is no channel id." + kWhereIdsAre},
    {{"play", "-c", "https://discord.com/channels/@me/381870553235193857", "a"},
     "--channel: this link leads to direct messages; a bot joins voice channels of servers."},
    {{"play", "-c", "https://discord.gg/abc", "a"},
     "--channel: 'https://discord.gg/abc' is no channel link; one looks like "
     "https://discord.com/channels/GUILD/CHANNEL."},
    {{"play", "-c", "https://discord.com/channels/81384788765712384", "a"},
     "--channel: 'https://discord.com/channels/8138478876…' is no channel link; one looks like "
     "https://discord.com/channels/GUILD/CHANNEL."},
    {{"rehearse", "--output", "heard.mp3", "a"},
     "--output wants a file name that ends in .wav or .ogg, not 'heard.mp3'."},
    {{"rehearse", "--output", ".wav", "a"},
     "--output wants a file name that ends in .wav or .ogg, not '.wav'."},
    {with_channel({"--script", "day.txt", "a"}), "--script belongs to 'vcplay rehearse'."},
    {{"rehearse", "--script", "-", "a"},
     "--script cannot be '-': standard input is for MEDIA; use a file or <(command)."},
    {{"rehearse", "a", "--script="}, "--script needs the name of a file."},
    {{"rehearse", "--fast", "--script", "day.txt", "a"},
     "--script goes by real time, which --fast does not wait for: take one of them."},
    {{"rehearse", "--serve", "a"}, "--serve plays nothing: it goes without MEDIA, --fast and --output."},
};

INSTANTIATE_TEST_SUITE_P(Table, WrongCommandLine, testing::ValuesIn(kMistakes));

TEST_F(CommandLine, NamesTheVariableThatIsWrong) {
  ::setenv("VCPLAY_CHANNEL", "general", 1);
  EXPECT_THAT(complaint({"play", "a"}), HasSubstr("VCPLAY_CHANNEL: 'general' is no channel id."));
}

TEST_F(CommandLine, NeverRepeatsAToken) {
  EXPECT_THAT(complaint({"play", "--token", "s3cr3t-t0k3n", "--volume", "x", "a"}),
              testing::Not(HasSubstr("s3cr3t")));
}

}  // namespace
}  // namespace vcplay::cli
