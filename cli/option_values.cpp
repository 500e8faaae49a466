#include "cli/option_values.hpp"

#include "base/time_text.hpp"
#include "cli/value_words.hpp"
#include "net/url.hpp"

namespace vcplay::cli {
namespace {

constexpr Duration kMaxLeadIn = 10s;
constexpr Duration kMinChurn = 100ms;
constexpr Duration kMaxChurn = std::chrono::hours(1);
constexpr Duration kUsualWait = std::chrono::hours(1);
constexpr Duration kMaxWait = std::chrono::hours(24);
constexpr int kMaxListeners = 100;

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

channel::OnMove parse_on_move(std::string_view text) {
  if (text == "follow") return channel::OnMove::follow;
  if (text == "return") return channel::OnMove::go_back;
  if (text == "exit") return channel::OnMove::exit;
  refuse("--on-move wants follow, return or exit, not {}.", shown(text));
}

channel::OnKick parse_on_kick(std::string_view text) {
  if (text == "exit") return channel::OnKick::exit;
  if (text == "rejoin") return channel::OnKick::rejoin;
  refuse("--on-kick wants exit or rejoin, not {}.", shown(text));
}

channel::OnSuppressed parse_on_suppressed(std::string_view text) {
  if (text == "wait") return channel::OnSuppressed::wait;
  if (text == "exit") return channel::OnSuppressed::exit;
  refuse("--on-suppressed wants wait or exit, not {}.", shown(text));
}

channel::WhenAlone parse_when_alone(std::string_view text) {
  if (text == "play") return channel::WhenAlone::play;
  if (text == "wait") return channel::WhenAlone::wait;
  if (text == "exit") return channel::WhenAlone::exit;
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
      read_number<int>(slash == std::string_view::npos ? std::string_view() : text.substr(slash + 1));
  if (!index || !count || *index < 0 || *index >= *count) {
    refuse("--shard wants I/N with I from 0 to N-1, such as 0/2, not {}.", shown(text));
  }
  return {*index, *count};
}

std::string parse_url(std::string_view text, std::string_view option, std::string_view scheme) {
  const auto url = net::Url::parse(text);
  if (!url || url->scheme != scheme) {
    refuse("{} wants a URL that starts with {}://, not {}.", option, scheme, shown(text));
  }
  while (!text.empty() && text.back() == '/') text.remove_suffix(1);
  return std::string(text);
}

}  // namespace vcplay::cli
