#include "channel/path_watch.hpp"

namespace vcplay::channel {
namespace {

// Longer than a handover between access points; far shorter than listeners' patience.
constexpr Duration kPatience = 5s;

}  // namespace

PathWatch::Finding PathWatch::look(const PathLook& look, TimePoint now) {
  // A refusal answers a datagram that counted as sent, and routers send few of them: one spoils the look.
  const bool refused = look.counts.refused > before_.refused;
  const bool sent = look.counts.sent > before_.sent && !refused;
  const std::uint64_t failed = look.counts.failed() - before_.failed();
  before_ = look.counts;

  // A new address settles for a moment: an interface may lose one and get it back.
  const bool moved = look.route && *look.route != own_address_ && look.route == route_before_;
  route_before_ = look.route;
  if (moved) return Finding::address_changed;

  if (sent) {
    nowhere_since_.reset();
    if (!in_trouble_) return Finding::nothing_new;
    in_trouble_ = false;
    failures_ += failed;
    return Finding::trouble_ended;
  }
  if (!look.route) nowhere_since_.reset();
  if (failed == 0) return Finding::nothing_new;
  const bool is_new = !in_trouble_;
  in_trouble_ = true;
  failures_ = is_new ? failed : failures_ + failed;
  if (look.route) {
    if (!nowhere_since_) nowhere_since_ = now;
    if (now - *nowhere_since_ >= kPatience) return Finding::gets_nowhere;
  }
  return is_new ? Finding::trouble_began : Finding::nothing_new;
}

}  // namespace vcplay::channel
