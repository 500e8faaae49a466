#include "cli/option_values.hpp"

#include <fmt/core.h>
#include <strings.h>

#include <charconv>
#include <cmath>

#include "base/error.hpp"
#include "base/text.hpp"
#include "base/time_text.hpp"
#include "net/url.hpp"

namespace vcplay::cli {
namespace {

// RFC 6716 s2.1.1: Opus's useful range.
constexpr double kMinBitrate = 6'000;
constexpr double kMaxBitrate = 510'000;
constexpr Duration kMaxLeadIn = 10s;
constexpr Duration kMinChurn = 100ms;
constexpr Duration kMaxChurn = std::chrono::hours(1);
constexpr Duration kUsualWait = std::chrono::hours(1);
constexpr Duration kMaxWait = std::chrono::hours(24);
constexpr std::uint32_t kMaxLoops = 1'000'000;
constexpr int kMaxListeners = 100;
constexpr std::size_t kShownColumns = 40;  // of what was typed

template <typename... Args>
[[noreturn]] void refuse(fmt::format_string<Args...> format, Args&&... args) {
  throw Error(Cause::usage, fmt::format(format, std::forward<Args>(args)...));
}

std::string shown(std::string_view text) { return fmt::format("'{}'", display_safe(text, kShownColumns)); }

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() &&
         ::strncasecmp(text.data() + text.size() - end.size(), end.data(), end.size()) == 0;
}

bool take_end(std::string_view& text, std::string_view end) {
  if (!ends_with(text, end)) return false;
  text.remove_suffix(end.size());
  return true;
}

bool take_start(std::string_view& text, std::string_view start) {
  if (text.size() < start.size() || ::strncasecmp(text.data(), start.data(), start.size()) != 0) return false;
  text.remove_prefix(start.size());
  return true;
}

/// The finite number that all of `text` spells. The locale has no say in it.
template <typename Number>
std::optional<Number> read_number(std::string_view text) {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  if constexpr (std::is_floating_point_v<Number>) {
    if (!std::isfinite(value)) return std::nullopt;
  }
  return value;
}

[[noreturn]] void refuse_id(std::string_view text, std::string_view source, std::string_view thing) {
  refuse(
      "{}: {} is no {} id. 'vcplay channels' lists the ids of all servers and voice channels; or give the "
      "voice "
      "channel's link to --channel.",
      source, shown(text), thing);
}

/// The path after a channel link's host, or nothing when `text` is none.
std::optional<std::string_view> channel_path(std::string_view text) {
  const bool has_scheme = take_start(text, "https://");
  for (const std::string_view prefix : {"ptb.", "canary.", "www."}) {
    if (take_start(text, prefix)) break;
  }
  if (take_start(text, "discord.com/channels/") || take_start(text, "discordapp.com/channels/")) return text;
  if (has_scheme) return std::string_view{};
  return std::nullopt;
}

}  // namespace

Snowflake parse_guild(std::string_view text, std::string_view source) {
  const auto id = Snowflake::parse(text);
  if (!id) refuse_id(text, source, "guild");
  return *id;
}

ChannelName parse_channel(std::string_view text, std::string_view source) {
  const auto path = channel_path(text);
  if (!path) {
    const auto id = Snowflake::parse(text);
    if (!id) refuse_id(text, source, "channel");
    return {std::nullopt, *id};
  }
  const std::size_t slash = path->find('/');
  const std::string_view guild = path->substr(0, slash);
  if (guild == "@me")
    refuse("{}: this link leads to direct messages; a bot joins voice channels of servers.", source);
  const std::string_view rest =
      slash == std::string_view::npos ? std::string_view{} : path->substr(slash + 1);
  const auto guild_id = Snowflake::parse(guild);
  const auto channel_id = Snowflake::parse(rest.substr(0, rest.find_first_of("/?#")));
  if (!guild_id || !channel_id) {
    refuse("{}: {} is no channel link; one looks like https://discord.com/channels/GUILD/CHANNEL.", source,
           shown(text));
  }
  return {guild_id, *channel_id};
}

double parse_volume(std::string_view text) {
  std::string_view digits = text;
  take_end(digits, "%");
  const auto percent = read_number<double>(digits);
  if (!percent || *percent < 0 || *percent > 400)
    refuse("--volume wants 0 to 400 (percent), not {}.", shown(text));
  return *percent / 100;
}

void parse_normalize(std::string_view text, media::SoundOptions& sound) {
  constexpr double kReplayGain = -18.0;  // LUFS, what ReplayGain 2.0 aims at
  constexpr double kR128 = -23.0;        // EBU R 128
  std::string_view mode = text;
  if (text == "off" || text == "track" || text == "album") {
    sound.normalize = text == "off"     ? media::Normalize::off
                      : text == "track" ? media::Normalize::track
                                        : media::Normalize::album;
    sound.target_lufs = kReplayGain;
    return;
  }
  std::optional<double> target = kR128;
  if (!take_start(mode, "R128")) target.reset();
  if (target && !mode.empty()) target = take_start(mode, "=") ? read_number<double>(mode) : std::nullopt;
  if (!target || *target < -40 || *target > -5) {
    refuse("--normalize wants off, track, album, R128 or R128=LUFS (-40 to -5), not {}.", shown(text));
  }
  sound.normalize = media::Normalize::track;
  sound.target_lufs = *target;
}

Duration parse_fade(std::string_view text, std::string_view option) {
  const auto time = read_time(text);
  if (!time || *time < Duration::zero() || *time > media::kLongestFade) {
    refuse("{} wants a time from 0 to 30 s, such as 5 or 500ms, not {}.", option, shown(text));
  }
  return *time;
}

std::optional<int> parse_bitrate(std::string_view text) {
  if (text == "auto") return std::nullopt;
  std::string_view digits = text;
  const double unit = take_end(digits, "k") ? 1000 : 1;
  const auto number = read_number<double>(digits);
  const double bits = number.value_or(0) * unit;
  if (!number || bits < kMinBitrate || bits > kMaxBitrate) {
    const bool forgot_unit = number && unit == 1 && *number >= 6 && *number <= 510;
    refuse("--bitrate wants 'auto' or 6k to 510k (bits per second), not {}{}", shown(text),
           forgot_unit ? fmt::format("; did you mean {}k?", digits) : ".");
  }
  return static_cast<int>(std::lround(bits));
}

media::EncoderOptions::Passthrough parse_passthrough(std::string_view text) {
  if (text == "auto") return media::EncoderOptions::Passthrough::automatic;
  if (text == "off") return media::EncoderOptions::Passthrough::off;
  refuse("--passthrough wants auto or off, not {}.", shown(text));
}

media::EncoderOptions::Application parse_application(std::string_view text) {
  if (text == "audio") return media::EncoderOptions::Application::audio;
  if (text == "voip") return media::EncoderOptions::Application::voip;
  if (text == "lowdelay") return media::EncoderOptions::Application::lowdelay;
  refuse("--application wants audio, voip or lowdelay, not {}.", shown(text));
}

int parse_complexity(std::string_view text) {
  const auto complexity = read_number<int>(text);
  if (!complexity || *complexity < 0 || *complexity > 10) {
    refuse("--complexity wants 0 (least work) to 10 (best), not {}.", shown(text));
  }
  return *complexity;
}

bool parse_fec(std::string_view text) {
  if (text == "on") return true;
  if (text == "off") return false;
  refuse("--fec wants on or off, not {}.", shown(text));
}

int parse_packet_loss(std::string_view text) {
  std::string_view digits = text;
  take_end(digits, "%");
  const auto percent = read_number<int>(digits);
  if (!percent || *percent < 0 || *percent > 100) {
    refuse("--packet-loss wants 0 to 100 (percent), not {}.", shown(text));
  }
  return *percent;
}

/// A plain number is milliseconds, as in `--latency 300`.
Duration parse_latency(std::string_view text) {
  using Live = media::LiveOptions;
  const auto plain = read_number<std::int64_t>(text);
  const auto time =
      plain ? std::optional<Duration>(std::chrono::milliseconds(std::clamp<std::int64_t>(*plain, 0, 100'000)))
            : read_time(text);
  if (!time || *time < Live::kShortestLatency || *time > Live::kLongestLatency) {
    refuse("--latency wants 40 to 1000 (milliseconds), not {}.", shown(text));
  }
  return *time;
}

Duration parse_lead_in(std::string_view text) {
  const auto time = read_time(text);
  if (!time || *time < Duration::zero() || *time > kMaxLeadIn) {
    refuse("--lead-in wants a time from 0 to 10 s, such as 200ms or 0.2, not {}.", shown(text));
  }
  return *time;
}

Duration parse_churn(std::string_view text) {
  const auto time = read_time(text);
  if (!time || *time < kMinChurn || *time > kMaxChurn) {
    refuse("--churn wants a time from 100ms to 1 h, such as 5 or 500ms, not {}.", shown(text));
  }
  return *time;
}

OnMove parse_on_move(std::string_view text) {
  if (text == "follow") return OnMove::follow;
  if (text == "return") return OnMove::go_back;
  if (text == "exit") return OnMove::exit;
  refuse("--on-move wants follow, return or exit, not {}.", shown(text));
}

OnKick parse_on_kick(std::string_view text) {
  if (text == "exit") return OnKick::exit;
  if (text == "rejoin") return OnKick::rejoin;
  refuse("--on-kick wants exit or rejoin, not {}.", shown(text));
}

OnSuppressed parse_on_suppressed(std::string_view text) {
  if (text == "wait") return OnSuppressed::wait;
  if (text == "exit") return OnSuppressed::exit;
  refuse("--on-suppressed wants wait or exit, not {}.", shown(text));
}

WhenAlone parse_when_alone(std::string_view text) {
  if (text == "play") return WhenAlone::play;
  if (text == "wait") return WhenAlone::wait;
  if (text == "exit") return WhenAlone::exit;
  refuse("--when-alone wants play, wait or exit, not {}.", shown(text));
}

Duration parse_if_busy(std::string_view text) {
  if (text == "exit") return Duration::zero();
  std::string_view time = text;
  if (!take_start(time, "wait")) time = "never";
  if (time.empty()) return kUsualWait;
  const auto longest = take_start(time, "=") ? read_time(time) : std::nullopt;
  if (!longest || *longest < Duration::zero() || *longest > kMaxWait) {
    refuse("--if-busy wants exit, wait or wait=SECONDS (up to a day), not {}.", shown(text));
  }
  return *longest;
}

int parse_listeners(std::string_view text) {
  const auto count = read_number<int>(text);
  if (!count || *count < 0 || *count > kMaxListeners) {
    refuse("--listeners wants 0 to {}, not {}.", kMaxListeners, shown(text));
  }
  return *count;
}

Speaking parse_speaking(std::string_view text) {
  if (text == "microphone") return Speaking::microphone;
  if (text == "soundshare") return Speaking::soundshare;
  if (text == "priority") return Speaking::priority;
  refuse("--speaking wants microphone, soundshare or priority, not {}.", shown(text));
}

Shard parse_shard(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto index = read_number<int>(text.substr(0, slash));
  const auto count =
      slash == std::string_view::npos ? std::nullopt : read_number<int>(text.substr(slash + 1));
  if (!index || !count || *index < 0 || *index >= *count) {
    refuse("--shard wants I/N with I from 0 to N-1, such as 0/2, not {}.", shown(text));
  }
  return {*index, *count};
}

int parse_rate(std::string_view text) {
  const auto rate = read_number<int>(text);
  if (rate == 0) refuse("--rate 0 would be no sound at all; it wants samples per second, such as 48000.");
  if (!rate || *rate < 1'000 || *rate > 768'000) {
    refuse("--rate wants 1000 to 768000 (samples per second), not {}.", shown(text));
  }
  return *rate;
}

int parse_channels(std::string_view text) {
  const auto channels = read_number<int>(text);
  if (!channels || *channels < 1 || *channels > 8) refuse("--channels wants 1 to 8, not {}.", shown(text));
  return *channels;
}

Duration parse_position(std::string_view text, std::string_view option) {
  const auto time = read_time(text);
  if (!time || *time < Duration::zero()) {
    refuse("{} wants a time such as 90, 1:30 or 1:02:03.5, not {}.", option, shown(text));
  }
  return *time;
}

std::string parse_audio_track(std::string_view text) {
  const auto number = read_number<int>(text);
  const bool is_word =
      !text.empty() &&
      text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-0123456789") ==
          std::string_view::npos;
  if (number ? *number < 1 : !is_word) {
    refuse("--audio-track wants a number from 1 on or a language such as eng, not {}.", shown(text));
  }
  return std::string(text);
}

std::uint32_t parse_loop(std::string_view text) {
  if (text == "inf") return 0;
  const auto rounds = read_number<std::uint32_t>(text);
  if (!rounds || *rounds == 0 || *rounds > kMaxLoops) {
    refuse("--loop wants a number of rounds from 1 to {}, or inf, not {}.", kMaxLoops, shown(text));
  }
  return *rounds;
}

std::uint64_t parse_seed(std::string_view text) {
  const auto seed = read_number<std::uint64_t>(text);
  if (!seed) refuse("--seed wants a whole number, such as the one that -v told, not {}.", shown(text));
  return *seed;
}

std::string parse_url(std::string_view text, std::string_view option, std::string_view scheme) {
  const auto url = net::Url::parse(text);
  if (!url || url->scheme != scheme) {
    refuse("{} wants a URL that starts with {}://, not {}.", option, scheme, shown(text));
  }
  while (!text.empty() && text.back() == '/') text.remove_suffix(1);
  return std::string(text);
}

std::string parse_opus_file(std::string_view text) {
  const std::size_t slash = text.rfind('/');
  const std::string_view name = slash == std::string_view::npos ? text : text.substr(slash + 1);
  const bool known =
      (ends_with(name, ".opus") && name.size() > 5) || (ends_with(name, ".ogg") && name.size() > 4);
  if (!known) refuse("--output wants a file name that ends in .opus or .ogg, not {}.", shown(text));
  return std::string(text);
}

std::string parse_output(std::string_view text) {
  const bool known = (ends_with(text, ".wav") || ends_with(text, ".ogg")) && text.size() > 4;
  if (!known) refuse("--output wants a file name that ends in .wav or .ogg, not {}.", shown(text));
  return std::string(text);
}

}  // namespace vcplay::cli
