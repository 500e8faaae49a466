#include "cli/option_values.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <tuple>

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
constexpr std::size_t kMaxJoined = 10'000;
constexpr int kMaxGuilds = 1'000;
constexpr auto kFarthest = std::chrono::hours(24 * 366);

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

/// Takes the number that `digits` characters at the beginning of `text` spell off; false: they spell none.
bool take_digits(std::string_view& text, std::size_t digits, int& number) {
  if (text.size() < digits) return false;
  const std::string_view spelt = text.substr(0, digits);
  if (spelt.find_first_not_of("0123456789") != std::string_view::npos) return false;
  text.remove_prefix(digits);
  number = 0;
  for (const char digit : spelt) number = number * 10 + (digit - '0');
  return true;
}

/// "18:00" or "18:00:30", as far as it goes: hour, minute, second of `time`.
bool take_clock(std::string_view& text, std::tm& time) {
  if (!take_digits(text, 2, time.tm_hour) || time.tm_hour > 23 || !take_start(text, ":")) return false;
  if (!take_digits(text, 2, time.tm_min) || time.tm_min > 59) return false;
  time.tm_sec = 0;
  if (!take_start(text, ":")) return true;
  return take_digits(text, 2, time.tm_sec) && time.tm_sec <= 59;
}

/// "2026-12-24": year, month and day of `time`.
bool take_date(std::string_view& text, std::tm& time) {
  int year = 0;
  int month = 0;
  if (!take_digits(text, 4, year) || !take_start(text, "-")) return false;
  if (!take_digits(text, 2, month) || month < 1 || month > 12 || !take_start(text, "-")) return false;
  if (!take_digits(text, 2, time.tm_mday) || time.tm_mday < 1 || time.tm_mday > 31) return false;
  time.tm_year = year - 1900;
  time.tm_mon = month - 1;
  return true;
}

/// ".25", which need not be there.
std::optional<std::chrono::milliseconds> take_fraction(std::string_view& text) {
  if (!take_start(text, ".")) return 0ms;
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0) return std::nullopt;
  std::string thousandths(text.substr(0, std::min<std::size_t>(digits, 3)));
  thousandths.resize(3, '0');
  text.remove_prefix(digits);
  return std::chrono::milliseconds(read_number<int>(thousandths).value_or(0));
}

/// The next `clock` of this time zone. A day on which it does not exist has it an hour later.
WallTime next_time_of_day(const std::tm& clock, WallTime now) {
  const std::time_t present = std::chrono::system_clock::to_time_t(now);
  std::tm day{};
  ::localtime_r(&present, &day);
  for (int days = 0;; ++days) {
    std::tm then = day;
    std::tie(then.tm_hour, then.tm_min, then.tm_sec) = std::tie(clock.tm_hour, clock.tm_min, clock.tm_sec);
    then.tm_mday += days;
    then.tm_isdst = -1;
    const auto time = std::chrono::system_clock::from_time_t(::mktime(&then));
    if (time > now || days == 1) return time;
  }
}

/// "+01:00" or "Z": how far ahead of UTC.
std::optional<std::chrono::seconds> read_offset(std::string_view text) {
  if (text == "Z" || text == "z") return 0s;
  const bool is_ahead = take_start(text, "+");
  std::tm offset{};
  if ((!is_ahead && !take_start(text, "-")) || !take_clock(text, offset) || !text.empty())
    return std::nullopt;
  const std::chrono::seconds span = std::chrono::hours(offset.tm_hour) + std::chrono::minutes(offset.tm_min);
  return is_ahead ? span : -span;
}

/// RFC 3339, section 5.6; nothing: it is none.
std::optional<WallTime> read_date_time(std::string_view text) {
  std::tm time{};
  if (!take_date(text, time)) return std::nullopt;
  if (!take_start(text, "T") && !take_start(text, " ")) return std::nullopt;
  if (!take_clock(text, time)) return std::nullopt;
  const auto fraction = take_fraction(text);
  const auto offset = read_offset(text);
  if (!fraction || !offset) return std::nullopt;
  const int day = time.tm_mday;
  const std::time_t seconds = ::timegm(&time);
  if (time.tm_mday != day) return std::nullopt;  // 30 February
  return std::chrono::system_clock::from_time_t(seconds) + *fraction - *offset;
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

Sync parse_sync(std::string_view text) {
  if (text == "each") return Sync::each;
  if (text == "together") return Sync::together;
  if (text == "auto") return Sync::automatic;
  refuse("--sync wants each, together or auto, not {}.", shown(text));
}

std::size_t parse_max_joined(std::string_view text) {
  const auto count = read_number<std::size_t>(text);
  if (!count || *count < 1 || *count > kMaxJoined) {
    refuse("--max-joined wants a number from 1 to {}, not {}.", kMaxJoined, shown(text));
  }
  return *count;
}

int parse_guilds(std::string_view text) {
  const auto count = read_number<int>(text);
  if (!count || *count < 1 || *count > kMaxGuilds) {
    refuse("--guilds wants a number from 1 to {}, not {}.", kMaxGuilds, shown(text));
  }
  return *count;
}

WallTime parse_at(std::string_view text, WallTime now) {
  std::tm clock{};
  std::string_view rest = text;
  if (take_clock(rest, clock) && rest.empty()) return next_time_of_day(clock, now);
  const auto time = read_date_time(text);
  if (!time) {
    refuse(
        "--at wants a time of day, such as 18:00 or 18:00:30, or a date and time such as "
        "2026-12-24T18:00:00+01:00, not {}.",
        shown(text));
  }
  if (*time <= now) refuse("--at {} is past.", display_safe(text, 40));
  if (*time - now > kFarthest) refuse("--at {} is more than a year away.", display_safe(text, 40));
  return *time;
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
