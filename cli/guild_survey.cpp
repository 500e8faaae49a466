#include "cli/guild_survey.hpp"

#include <fmt/core.h>

#include <utility>

namespace vcplay::cli {
namespace {

constexpr Duration kSilence = 15s;
constexpr Duration kPatience = 12s;  // of one call: its own words come before those about silence
constexpr int kQuestionsAtOnce = 6;  // two guilds; Discord takes 50 calls a second from a bot

}  // namespace

void GuildSurvey::start(net::EventLoop& loop, const net::TlsTrust& trust, std::function<void()> done) {
  loop_ = &loop;
  done_ = std::move(done);
  silence_ = std::make_unique<net::Timer>(loop, [this] {
    fail(Error(Cause::network, fmt::format("Discord's API at {} said nothing for {} s.",
                                           api_url_.host_and_port(), kSilence / 1s)));
  });
  silence_->start_at(loop.now() + kSilence);
  api_ = std::make_unique<rest::Api>(loop, trust, api_url_, std::move(token_), kPatience);
  api_->me([this](rest::Result<resources::User> answer) { know_me(std::move(answer)); });
}

void GuildSurvey::stop() {
  silence_.reset();
  api_.reset();
}

void GuildSurvey::know_me(rest::Result<resources::User> answer) {
  if (const auto* const failure = std::get_if<rest::Failure>(&answer)) return fail(failure->error);
  me_ = std::get<resources::User>(std::move(answer));
  if (only_) return know_guilds(std::vector<rest::GuildName>{{*only_, ""}});
  api_->my_guilds(
      [this](rest::Result<std::vector<rest::GuildName>> names) { know_guilds(std::move(names)); });
}

void GuildSurvey::know_guilds(rest::Result<std::vector<rest::GuildName>> answer) {
  if (const auto* const failure = std::get_if<rest::Failure>(&answer)) return fail(failure->error);
  for (rest::GuildName& name : std::get<std::vector<rest::GuildName>>(answer)) {
    SurveyedGuild& place = guilds_.emplace_back();
    place.guild.id = name.id;
    place.guild.name = std::move(name.name);
  }
  ask_more();
}

void GuildSurvey::ask_more() {
  if (!done_) return;  // it has failed
  silence_->start_at(loop_->now() + kSilence);
  while (next_ < guilds_.size() && open_questions_ < kQuestionsAtOnce) ask_for(guilds_[next_++]);
  if (open_questions_ == 0) finish();
}

template <typename T, typename Keep>
std::function<void(rest::Result<T>)> GuildSurvey::into(SurveyedGuild& place, Keep keep) {
  ++open_questions_;
  return [this, &place, keep](rest::Result<T> answer) {
    --open_questions_;
    if (const auto* const failure = std::get_if<rest::Failure>(&answer)) {
      // One guild may refuse us. A network or a token that is gone refuses all, and a single guild
      // is all there is.
      if (failure->error.cause() != Cause::not_permitted || only_) return fail(failure->error);
      place.error = failure->error;
    } else {
      keep(std::get<T>(std::move(answer)));
    }
    ask_more();
  };
}

void GuildSurvey::ask_for(SurveyedGuild& place) {
  resources::Guild& guild = place.guild;
  api_->guild(guild.id, into<resources::Guild>(place, [&guild](resources::Guild whole) {
                whole.channels = std::move(guild.channels);
                whole.members = std::move(guild.members);
                guild = std::move(whole);
              }));
  api_->member(guild.id, me_.id, into<resources::Member>(place, [&guild](resources::Member member) {
                 guild.members.push_back(std::move(member));
               }));
  api_->channels(guild.id, into<std::vector<resources::Channel>>(
                               place, [&guild](std::vector<resources::Channel> channels) {
                                 guild.channels = std::move(channels);
                               }));
}

void GuildSurvey::fail(const Error& error) {
  if (!error_) error_ = error;
  finish();
}

void GuildSurvey::finish() {
  if (done_) std::exchange(done_, nullptr)();
}

}  // namespace vcplay::cli
