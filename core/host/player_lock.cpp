#include "host/player_lock.hpp"

#include <fmt/core.h>
#include <poll.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/log.hpp"

namespace vcplay::host {
namespace {

// The kernel tells nobody who waits with a deadline that a lock is free: ask so often.
constexpr Duration kRetry = 200ms;
// Another run that tidies up has the file of a crashed player for a moment.
constexpr Duration kTidying = 50ms;

std::string whom(const Held& held) {
  if (held.by) return fmt::format("vcplay (process {})", *held.by);
  return "another vcplay, in another container or on another machine,";
}

[[noreturn]] void refuse(const Held& held, Snowflake guild, Duration waited) {
  if (waited > Duration::zero()) {
    throw Error(
        Cause::busy,
        fmt::format("After {} s of waiting {} is still playing in guild {} with this bot.",
                    std::chrono::ceil<std::chrono::seconds>(waited).count(), whom(held), guild.str()));
  }
  std::string name = whom(held);
  if (!held.by) name[0] = 'A';
  throw Error(Cause::busy, fmt::format("{} is already playing in guild {} with this bot.", name, guild.str()),
              Hint::wait_for_other_player);
}

/// Waits for `time`, or until `fd` is readable: then it returns true.
bool interrupted_within(int fd, Duration time) {
  pollfd interrupt{fd, POLLIN, 0};
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(time).count();
  return ::poll(&interrupt, 1, static_cast<int>(milliseconds)) > 0;
}

}  // namespace

std::optional<PlayerLock> PlayerLock::acquire(const StateFolder& folder, const BotKey& bot, Snowflake guild,
                                              const Patience& patience) {
  const std::string name = fmt::format("{}_{}.player", bot.str(), guild.str());
  const TimePoint deadline = Clock::now() + std::max(patience.longest, kTidying);
  bool told = !patience.on_wait || patience.longest <= Duration::zero();
  try {
    while (true) {
      auto opened = LockedFile::open(folder, name);
      if (auto* const file = std::get_if<LockedFile>(&opened)) return PlayerLock(std::move(*file));
      const Held& held = std::get<Held>(opened);
      const Duration left = deadline - Clock::now();
      if (left <= Duration::zero()) refuse(held, guild, patience.longest);
      if (!std::exchange(told, true)) patience.on_wait(whom(held));
      if (interrupted_within(patience.interrupt, std::min(left, kRetry))) return std::nullopt;
    }
  } catch (const Error& error) {
    if (error.cause() == Cause::busy) throw;
    log::warning("{} Nothing keeps a second vcplay out of this guild.", error.what());
    return PlayerLock(std::nullopt);
  }
}

PlayerLock::~PlayerLock() {
  if (file_) file_->remove();
}

}  // namespace vcplay::host
