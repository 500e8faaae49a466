#include "cli/other_words.hpp"

#include <algorithm>
#include <array>

namespace vcplay::cli {
namespace {

struct Elsewhere {
  std::string_view theirs;
  std::string_view ours;
};

/// What they ask for happens by itself.
constexpr std::string_view kNothing = "MEDIA alone, without it";

constexpr auto kOptions = std::to_array<Elsewhere>({
    // mpv, mpc
    {"--speed", "--af atempo=1.25"},
    {"--repeat", "--loop"},
    {"--loop-file", "--loop"},
    {"--loop-playlist", "--loop"},
    {"--random", "--shuffle"},
    {"--vol", "--volume"},
    {"--gain", "--volume"},
    {"--mute", "--volume 0"},
    {"--replaygain", "--normalize track"},
    {"--aid", "--audio-track"},
    {"--alang", "--audio-track"},
    {"--msg-level", "-v"},
    {"--really-quiet", "-q"},
    {"--silent", "-q"},
    {"--playlist", "the playlist itself, as a MEDIA"},
    {"--single", "one MEDIA"},
    {"--seek", "--start"},
    {"--audio-device", "--channel"},
    {"--no-terminal", "-q"},
    {"--video", kNothing},
    {"--no-video", kNothing},
    {"--vid", kNothing},
    {"--no-audio-display", kNothing},
    // vlc
    {"--start-time", "--start"},
    {"--stop-time", "--end"},
    {"--run-time", "--length"},
    {"--play-and-exit", kNothing},
    {"--no-loop", kNothing},
    // ffmpeg, ffplay, aplay
    {"-ss", "--start"},
    {"-sseof", "--start"},
    {"-t", "--length"},
    {"-to", "--end"},
    {"-i", kNothing},
    {"-ar", "--rate"},
    {"-r", "--rate"},
    {"-ac", "--channels"},
    {"-ab", "--bitrate"},
    {"-b:a", "--bitrate"},
    {"-b", "--bitrate"},
    {"-stream_loop", "--loop"},
    {"-filter:a", "--af"},
    {"-af", "--af"},
    {"-vol", "--volume"},
    {"-loop", "--loop"},
    {"-map", "--audio-track"},
    {"-ast", "--audio-track"},
    {"-vn", kNothing},
    {"-nodisp", kNothing},
    {"-autoexit", kNothing},
    {"-re", kNothing},
    {"-hide_banner", kNothing},
    {"-nostats", "-q"},
    {"-loglevel", "-q, or -v"},
    {"-D", "--channel"},
    {"-d", "--length"},
});

constexpr auto kVerbs = std::to_array<Elsewhere>({
    {"add", "play"},
    {"say", "play"},
    {"sing", "play"},
    {"start", "play"},
    {"stream", "play"},
    {"dry-run", "rehearse"},
    {"test", "check"},
    {"doctor", "check"},
    {"status", "check"},
    {"list", "channels"},
    {"ls", "channels"},
    {"guilds", "channels"},
    {"servers", "channels"},
    {"convert", "encode"},
    {"transcode", "encode"},
});

template <std::size_t N>
std::optional<std::string_view> look_up(const std::array<Elsewhere, N>& table,
                                        std::string_view theirs) noexcept {
  const auto found = std::find_if(table.begin(), table.end(),
                                  [theirs](const Elsewhere& one) { return one.theirs == theirs; });
  return found == table.end() ? std::nullopt : std::optional(found->ours);
}

}  // namespace

std::optional<std::string_view> option_elsewhere(std::string_view name) noexcept {
  return look_up(kOptions, name);
}

std::optional<std::string_view> verb_elsewhere(std::string_view word) noexcept {
  return look_up(kVerbs, word);
}

bool looks_like_media(std::string_view word) noexcept {
  if (word == "-" || word.find('/') != std::string_view::npos) return true;
  const std::size_t dot = word.rfind('.');
  return dot != std::string_view::npos && dot > 0 && dot + 1 < word.size();
}

}  // namespace vcplay::cli
