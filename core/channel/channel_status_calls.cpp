// Says in the channel what is playing, and takes it back before the bot leaves.
#include "channel/channel_impl.hpp"
#include "resources/permissions.hpp"

namespace vcplay::channel {

void Channel::Impl::set_status(std::string_view text) {
  if (is_stopping || phase >= Phase::lingering) return;
  status.want(as_channel_status(text));
  put_status();
}

/// In time: whoever is not in the channel may not change its status.
void Channel::Impl::clear_status() {
  status.want("");
  put_status();
}

void Channel::Impl::put_status() {
  if (!call.is_live() && !is_ending()) return;  // not in the channel yet, or for the moment
  const std::optional<ChannelStatus::Put> put = status.next();
  if (!put) return;
  using Answer = ChannelStatus::Answer;
  if (bot.api() == nullptr)
    return status_failed(*put, Error(Cause::usage, "there is no REST API to set it with.", Hint::name_api),
                         Answer::refused);
  const auto permissions = permissions_in(channel_there(put->channel));
  if (permissions && (*permissions & resources::kSetVoiceChannelStatus) == 0) {
    return status_failed(
        *put, Error(Cause::not_permitted, "the bot lacks the permission Set Voice Channel Status there."),
        Answer::refused);
  }
  const auto told = [this, put](const rest::Result<std::monostate>& result) {
    if (const auto* const failure = std::get_if<rest::Failure>(&result)) {
      const bool for_good = failure->status == 403 || failure->status == 404;
      return status_failed(*put, failure->error, for_good ? Answer::refused : Answer::failed);
    }
    status_is_settled(Answer::done);
  };
  bot.api()->set_voice_status(put->channel, put->text, lifetime.bound(told));
}

void Channel::Impl::status_failed(const ChannelStatus::Put& put, const Error& why,
                                  ChannelStatus::Answer answer) {
  const std::string_view what = put.text.empty() ? "The channel's status could not be cleared"
                                                 : "The channel's status does not say what is playing";
  listener.on_notice({put.text.empty() ? log::Level::info : log::Level::warning,
                      fmt::format("{}: {}", what, why.what()), why.hint()});
  status_is_settled(answer);
}

void Channel::Impl::status_is_settled(ChannelStatus::Answer answer) {
  status.answered(answer);
  put_status();
  if (leave_waits_for_status && !status.is_busy()) leave_at_last();
}

}  // namespace vcplay::channel
