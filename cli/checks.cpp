#include "cli/checks.hpp"

#include <fmt/chrono.h>

#include <ctime>
#include <utility>

#include "base/text.hpp"
#include "cli/hints.hpp"
#include "resources/permissions.hpp"

namespace vcplay::cli {
namespace {

using resources::Permission;

constexpr Duration kClockTolerance = 60s;
// The guard that counts identifies warns and refuses at the same shares.
constexpr int kFewestIdentifies = 5;
constexpr int kRefusedPercent = 90;
constexpr int kWarnedPercent = 50;
constexpr std::int64_t kUsualTotal = 1000;  // a day

Finding good(std::string check, std::string sentence) {
  return {std::move(check), Mark::good, std::move(sentence)};
}
Finding warning(std::string check, std::string sentence) {
  return {std::move(check), Mark::warning, std::move(sentence)};
}
Finding failed(std::string check, Cause cause, std::string sentence) {
  return {std::move(check), Mark::failed, std::move(sentence), cause};
}
Finding failed(std::string check, const Error& error) {
  return failed(std::move(check), error.cause(), with_hint(error));
}
Finding skipped(std::string check, std::string_view missing) {
  return {std::move(check), Mark::skipped, fmt::format("Not checked: {}.", missing)};
}

std::string quoted(const std::string& name) {
  constexpr std::size_t kColumns = 60;
  return fmt::format("\"{}\"", display_safe(name, kColumns));
}

/// The answer itself, or null when there is none.
template <typename T>
const T* given(const DiscordFacts::Answer<T>& answer) noexcept {
  return answer ? std::get_if<T>(&*answer) : nullptr;
}

/// Why there is no answer: it failed, or nobody asked.
template <typename T>
Finding refused(std::string check, const DiscordFacts::Answer<T>& answer, std::string_view missing) {
  if (answer) return failed(std::move(check), std::get<rest::Failure>(*answer).error);
  return skipped(std::move(check), missing);
}

/// "3 h 20 min", "90 s".
std::string span_in_words(Duration span) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(span).count();
  if (seconds < 120) return fmt::format("{} s", seconds);
  if (seconds < 7200) return fmt::format("{} min", seconds / 60);
  if (seconds < 2 * 86'400) return fmt::format("{} h {} min", seconds / 3600, seconds / 60 % 60);
  return fmt::format("{} days", seconds / 86'400);
}

/// Why REST told nothing at all, where that is not the token's fault.
const rest::Failure* silence_of_api(const DiscordFacts& facts) noexcept {
  const auto* const failure = facts.me ? std::get_if<rest::Failure>(&*facts.me) : nullptr;
  return failure == nullptr || failure->error.cause() == Cause::token_refused ? nullptr : failure;
}

/// What everything else that REST is asked for stands on.
std::string_view comes_first(const DiscordFacts& facts) noexcept {
  return silence_of_api(facts) == nullptr ? "the token comes first" : "Discord's API has to answer first";
}

// ── one function per check ──

Finding judge_silence(const rest::Failure& failure) {
  Finding finding = failed("api", failure.error);
  const bool is_reached = failure.status != 0 || failure.error.hint() != Hint::none;
  if (!is_reached) {
    finding.sentence += " Is this machine online, and does its firewall let HTTPS through?";
  }
  return finding;
}

Finding judge_token(const DiscordFacts& facts) {
  const resources::User* const me = given(facts.me);
  if (silence_of_api(facts) != nullptr) return skipped("token", comes_first(facts));
  if (me == nullptr) {
    return refused("token", facts.me, "--gateway-url without --api-url leaves no REST API to ask");
  }
  if (!me->bot) {
    return warning("token", fmt::format("It belongs to {} ({}), who is no bot: Discord wants a bot's token.",
                                        quoted(me->name), me->id.str()));
  }
  return good("token", fmt::format("It belongs to the bot {} ({}).", quoted(me->name), me->id.str()));
}

Finding judge_clock(const DiscordFacts& facts) {
  if (!facts.clock_ahead) return skipped("clock", "no answer told the time");
  const Duration ahead = *facts.clock_ahead;
  if (ahead <= kClockTolerance && ahead >= -kClockTolerance) {
    return good("clock", "It agrees with Discord's.");
  }
  return warning("clock",
                 fmt::format("This machine's clock is {} {} Discord's: set it, for example by NTP, because "
                             "certificates and time-outs are judged by it.",
                             span_in_words(ahead < Duration::zero() ? -ahead : ahead),
                             ahead < Duration::zero() ? "behind" : "ahead of"));
}

Finding judge_identifies(const DiscordFacts& facts) {
  const rest::GatewayBot* const gateway = given(facts.gateway_bot);
  if (gateway == nullptr) return refused("identifies", facts.gateway_bot, comes_first(facts));
  const std::int64_t left = gateway->identifies_left;
  const std::int64_t total = gateway->identifies_total;
  // Whichever counts more, Discord or this machine.
  const auto here = static_cast<std::int64_t>(facts.identifies_here);
  const auto used = [&](int percent) {
    return (total - left) * 100 >= total * percent || here * 100 >= kUsualTotal * percent;
  };
  std::string count = fmt::format("{} of {} are left, the count starts anew in {}", left, total,
                                  span_in_words(gateway->reset_after));
  if (here > 0) count += fmt::format("; this machine counted {} within 24 hours", here);
  if (left < kFewestIdentifies || used(kRefusedPercent)) {
    return failed("identifies", Cause::identify_budget,
                  count +
                      ": wait for that, because Discord resets the token of whoever uses them up; keep one "
                      "player running and feed it through a pipe.");
  }
  if (used(kWarnedPercent)) {
    return warning("identifies", count + ": something starts this bot very often.");
  }
  return good("identifies", count + ".");
}

Finding judge_gateway(const DiscordFacts& facts) {
  if (!facts.gateway_hello) return skipped("gateway", "nobody told its address");
  if (const auto* const error = std::get_if<Error>(&*facts.gateway_hello)) return failed("gateway", *error);
  return good("gateway",
              fmt::format("{} says hello over TLS with a trusted certificate; nothing was identified.",
                          std::get<std::string>(*facts.gateway_hello)));
}

Finding judge_udp(const DiscordFacts& facts) {
  if (!facts.udp_route) return skipped("udp", "there is no address to look for a route to");
  if (const auto* const error = std::get_if<Error>(&*facts.udp_route)) return failed("udp", *error);
  return good("udp",
              fmt::format("There is a route, from {}; whether a firewall lets voice through shows only "
                          "in a join.",
                          std::get<std::string>(*facts.udp_route)));
}

Finding judge_guild(const DiscordFacts& facts) {
  const resources::Guild* const guild = given(facts.guild);
  if (guild == nullptr) return refused("guild", facts.guild, comes_first(facts));
  if (given(facts.member) == nullptr) return refused("guild", facts.member, comes_first(facts));
  return good("guild", fmt::format("The bot is in {} ({}).", quoted(guild->name), guild->id.str()));
}

Finding judge_channel(const DiscordFacts& facts, const Wanted& wanted) {
  const resources::Channel* const channel = given(facts.channel);
  if (channel == nullptr) return refused("channel", facts.channel, comes_first(facts));
  const std::string_view type = resources::type_in_words(channel->type);
  if (channel->guild != wanted.guild) {
    return failed("channel", Cause::not_permitted,
                  channel->guild.value == 0
                      ? fmt::format("{} is in no guild: check --channel.", quoted(channel->name))
                      : fmt::format("{} is in guild {}, not in {}: check --guild and --channel.",
                                    quoted(channel->name), channel->guild.str(), wanted.guild.str()));
  }
  if (!channel->has_voice()) {
    return failed("channel", Cause::not_permitted,
                  fmt::format("{} is {}: choose a voice channel.", quoted(channel->name), type));
  }
  return good("channel",
              fmt::format("{} is {} at {} kb/s.", quoted(channel->name), type, channel->bitrate / 1000));
}

const char* word_of(Permission permission) noexcept {
  if (permission == resources::kViewChannel) return "view";
  return permission == resources::kConnect ? "connect" : "speak";
}

Finding judge_permission(const resources::Guild& guild, const resources::Channel& channel, Snowflake user,
                         std::uint64_t permissions, Permission permission, std::string_view now) {
  const char* const check = word_of(permission);
  std::string why = resources::why_not_permitted(guild, channel, user, permission, permissions, now);
  if (!why.empty()) return failed(check, Cause::not_permitted, std::move(why));
  if (permission == resources::kViewChannel)
    return good(check, "The bot may see the channel (View Channel).");
  if (permission == resources::kConnect) return good(check, "The bot may join the channel (Connect).");
  return good(check, "The bot may speak in the channel (Speak).");
}

Finding judge_limit(const resources::Channel& channel, std::uint64_t permissions) {
  if (channel.user_limit == 0) return good("limit", "The channel takes any number of people.");
  if ((permissions & resources::kMoveMembers) != 0) {
    return good("limit",
                fmt::format("The limit of {} does not bind this bot (Move Members).", channel.user_limit));
  }
  return good("limit", fmt::format("The limit is {}; whether a place is free shows only in a join.",
                                   channel.user_limit));
}

void judge_wishes(std::vector<Finding>& findings, const resources::Channel& channel, const Wanted& wanted,
                  std::uint64_t permissions) {
  if (wanted.bitrate && *wanted.bitrate > channel.bitrate) {
    findings.push_back(
        warning("bitrate", fmt::format("--bitrate {} is more than the channel's {}, which will be used.",
                                       *wanted.bitrate, channel.bitrate)));
  }
  if (wanted.priority && (permissions & resources::kPrioritySpeaker) == 0) {
    findings.push_back(warning("priority",
                               "Without the permission Priority Speaker the bot will speak as an "
                               "ordinary member."));
  }
  if (wanted.channel_status && (permissions & resources::kSetVoiceChannelStatus) == 0) {
    findings.push_back(warning("status",
                               "Without the permission Set Voice Channel Status the channel will not show "
                               "what plays."));
  }
}

/// Each permission stands on the one before: without that Discord does not even look at the next.
void judge_permissions(std::vector<Finding>& findings, const resources::Guild& guild,
                       const resources::Channel& channel, Snowflake user, std::uint64_t permissions,
                       std::string_view now) {
  bool blocked = false;
  for (const Permission permission : {resources::kViewChannel, resources::kConnect, resources::kSpeak}) {
    const bool on_stage = permission == resources::kSpeak && channel.type == resources::kGuildStageVoice;
    if (blocked) {
      findings.push_back(
          skipped(on_stage ? "stage" : word_of(permission), "the permission above comes first"));
    } else if (on_stage) {
      findings.push_back(judge_stage(permissions));
    } else {
      findings.push_back(judge_permission(guild, channel, user, permissions, permission, now));
    }
    blocked = blocked || findings.back().mark == Mark::failed;
  }
}

/// What depends on who the bot is in the guild, once guild, member and channel are known and belong together.
void judge_place(std::vector<Finding>& findings, resources::Guild guild, const resources::Channel& channel,
                 const resources::Member& member, const Wanted& wanted, std::string_view now) {
  guild.members = {member};
  const std::uint64_t permissions = resources::permissions_in(guild, channel, member.user, now).value_or(0);
  judge_permissions(findings, guild, channel, member.user, permissions, now);
  findings.push_back(judge_limit(channel, permissions));
  findings.push_back(judge_afk(guild, channel));
  judge_wishes(findings, channel, wanted, permissions);
}

}  // namespace

Finding judge_stage(std::uint64_t permissions) {
  if ((permissions & resources::kMuteMembers) != 0) {
    return good(
        "stage",
        "The bot may take the word on this stage (Mute Members). Stages have no end-to-end encryption.");
  }
  if ((permissions & resources::kRequestToSpeak) != 0) {
    return warning("stage",
                   "The bot can only raise its hand on this stage (Request to Speak): somebody must "
                   "invite it to speak, or give it the permission Mute Members there. Stages have no "
                   "end-to-end encryption.");
  }
  return failed(
      "stage", Cause::not_permitted,
      "The bot may neither take the word on this stage nor raise its hand: give it the permission Mute "
      "Members or Request to Speak there.");
}

Finding judge_afk(const resources::Guild& guild, const resources::Channel& channel) {
  if (guild.afk_channel != channel.id) return good("afk", "It is not the guild's AFK channel.");
  return warning("afk",
                 "It is the guild's AFK channel, where Discord silences everybody: choose another one.");
}

std::vector<Finding> judge(const DiscordFacts& facts, const Wanted& wanted, std::string_view now_iso8601) {
  std::vector<Finding> findings;
  if (const auto* const silence = silence_of_api(facts)) findings.push_back(judge_silence(*silence));
  for (const auto judge_one :
       {judge_token, judge_clock, judge_identifies, judge_gateway, judge_udp, judge_guild}) {
    findings.push_back(judge_one(facts));
  }
  findings.push_back(judge_channel(facts, wanted));
  const resources::Guild* const guild = given(facts.guild);
  const resources::Member* const member = given(facts.member);
  const resources::Channel* const channel = given(facts.channel);
  const bool belong_together = guild != nullptr && member != nullptr && findings.back().mark == Mark::good;
  if (belong_together) {
    judge_place(findings, *guild, *channel, *member, wanted, now_iso8601);
  } else {
    for (const char* const check : {"view", "connect", "speak", "limit", "afk"}) {
      findings.push_back(skipped(check, "guild and channel must be right first"));
    }
  }
  return findings;
}

std::string utc_now() { return fmt::format("{:%Y-%m-%dT%H:%M:%S}", fmt::gmtime(std::time(nullptr))); }

}  // namespace vcplay::cli
