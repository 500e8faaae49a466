#include "cli/exit_status.hpp"

namespace vcplay::cli {
namespace {

constexpr ExitStatusRow kTable[] = {
    {ExitStatus::all_played, "all_played", "All media were played."},
    {ExitStatus::unexpected, "unexpected", "An unexpected failure."},
    {ExitStatus::usage, "usage", "The command line was wrong."},
    {ExitStatus::no_media, "no_media", "No media could be played."},
    {ExitStatus::some_media, "some_media", "Some media failed, the rest was played."},
    {ExitStatus::token_refused, "token_refused", "Discord refused the token."},
    {ExitStatus::not_permitted, "not_permitted", "Not permitted, channel or guild unknown, or channel full."},
    {ExitStatus::network, "network", "Discord could not be reached or was lost for good."},
    {ExitStatus::removed, "removed", "The bot was removed from the channel."},
    {ExitStatus::encryption, "encryption", "End-to-end encryption failed or is required."},
    {ExitStatus::busy, "busy", "Another vcplay is already playing in this guild with this bot."},
    {ExitStatus::identify_budget, "identify_budget", "The day's budget of identifies is used up."},
    {ExitStatus::rehearsal_fault, "rehearsal_fault", "The rehearsal found faults."},
    {ExitStatus::output, "output", "Output could not be written."},
    {ExitStatus::nobody_there, "nobody_there", "Nobody was there to listen."},
    {ExitStatus::some_targets, "some_targets", "Some channels failed, the others heard it."},
};

}  // namespace

std::span<const ExitStatusRow> exit_status_table() noexcept { return kTable; }

ExitStatus to_exit_status(Cause cause) noexcept {
  switch (cause) {
    case Cause::unexpected:
      return ExitStatus::unexpected;
    case Cause::usage:
      return ExitStatus::usage;
    case Cause::no_media:
      return ExitStatus::no_media;
    case Cause::some_media:
      return ExitStatus::some_media;
    case Cause::token_refused:
      return ExitStatus::token_refused;
    case Cause::not_permitted:
      return ExitStatus::not_permitted;
    case Cause::network:
      return ExitStatus::network;
    case Cause::removed:
      return ExitStatus::removed;
    case Cause::encryption:
      return ExitStatus::encryption;
    case Cause::busy:
      return ExitStatus::busy;
    case Cause::identify_budget:
      return ExitStatus::identify_budget;
    case Cause::rehearsal_fault:
      return ExitStatus::rehearsal_fault;
    case Cause::output:
      return ExitStatus::output;
    case Cause::nobody_there:
      return ExitStatus::nobody_there;
    case Cause::some_targets:
      return ExitStatus::some_targets;
  }
  return ExitStatus::unexpected;
}

std::string_view name(ExitStatus status) noexcept {
  return kTable[static_cast<std::size_t>(number(status))].name;
}

}  // namespace vcplay::cli
