#include "bot/guild_listeners.hpp"

#include <algorithm>
#include <vector>

namespace vcplay::bot {

Error already_plays_in(Snowflake guild) {
  return {Cause::busy, "The bot plays in guild " + guild.str() +
                           " already, and Discord lets it be in one channel of a guild alone."};
}

void GuildListeners::attach(Snowflake guild, ShardListener& listener, TimePoint now) {
  const auto [entry, is_new] = attached_.try_emplace(guild, Attached{&listener, ++attached_ever_});
  if (!is_new) throw already_plays_in(guild);
  const unsigned number = entry->second.number;
  const auto is_there = [&] {
    const auto found = attached_.find(guild);
    return found != attached_.end() && found->second.number == number;
  };
  listener.on_gateway_found();
  if (is_there() && is_open_) listener.on_gateway_open();
  if (!is_there()) return;
  if (failed_) return listener.on_gateway(gateway::Failed{*failed_});
  if (refused_) return listener.on_identify_refused(*refused_);
  if (session_.is_ready()) return catch_up(guild, attached_.at(guild));
  if (turn_at_ && *turn_at_ > now) listener.on_wait_for_turn(*turn_at_ - now);
}

void GuildListeners::detach(Snowflake guild, const ShardListener& listener) noexcept {
  const auto found = attached_.find(guild);
  if (found != attached_.end() && found->second.listener == &listener) attached_.erase(found);
}

bool GuildListeners::need_session() const {
  return std::any_of(attached_.begin(), attached_.end(),
                     [](const auto& entry) { return entry.second.listener->needs_session(); });
}

template <class Tell>
void GuildListeners::tell_all(Tell&& tell) {
  std::vector<std::pair<Snowflake, unsigned>> present;
  present.reserve(attached_.size());
  for (const auto& [guild, attached] : attached_) present.emplace_back(guild, attached.number);
  for (const auto& [guild, number] : present) {
    const auto found = attached_.find(guild);
    if (found != attached_.end() && found->second.number == number) tell(guild, found->second);
  }
}

/// What it has missed: who the bot is, and what became of its guild.
void GuildListeners::catch_up(Snowflake guild, Attached& attached) {
  ShardListener& listener = *attached.listener;
  const unsigned number = attached.number;
  attached.is_caught_up = true;
  listener.on_gateway(gateway::Ready{session_.user().value(), {}, {}, {}});
  const auto found = attached_.find(guild);
  if (found == attached_.end() || found->second.number != number) return;
  if (session_.is_described(guild)) return listener.on_gateway(gateway::GuildCreated{guild});
  if (auto reason = session_.why_missing(guild)) {
    listener.on_gateway(gateway::GuildMissing{std::move(*reason), guild});
  }
}

void GuildListeners::opened() {
  if (std::exchange(is_open_, true)) return;
  tell_all([](Snowflake, Attached& each) { each.listener->on_gateway_open(); });
}

void GuildListeners::hear(gateway::Action action) {
  if (const auto guild = gateway::guild_of(action)) {
    const auto found = attached_.find(*guild);
    // Of whoever is not caught up this is a part of what it will be told.
    if (found != attached_.end() && found->second.is_caught_up) {
      found->second.listener->on_gateway(std::move(action));
    }
    return;
  }
  if (const auto* const ready = std::get_if<gateway::Ready>(&action)) {
    return tell_all([&](Snowflake, Attached& each) {
      each.is_caught_up = true;
      each.listener->on_gateway(gateway::Ready{ready->user, {}, {}, {}});
    });
  }
  if (std::holds_alternative<gateway::Resumed>(action)) {
    return tell_all([&](Snowflake guild, Attached& each) {
      if (!each.is_caught_up) return catch_up(guild, each);
      each.listener->on_gateway(gateway::Resumed{});
    });
  }
  if (const auto* const failed = std::get_if<gateway::Failed>(&action)) failed_ = failed->error;
  tell_all([&](Snowflake, Attached& each) { each.listener->on_gateway(action); });
}

void GuildListeners::wait_for_turn(Duration wait, TimePoint now) {
  turn_at_ = now + wait;
  tell_all([&](Snowflake, Attached& each) { each.listener->on_wait_for_turn(wait); });
}

void GuildListeners::refuse(const Error& reason) {
  refused_ = reason;
  tell_all([&](Snowflake, Attached& each) { each.listener->on_identify_refused(reason); });
}

}  // namespace vcplay::bot
