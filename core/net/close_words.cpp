#include "base/text.hpp"
#include "net/websocket.hpp"

namespace vcplay::net {
namespace {

std::string_view what_happened(CloseKind kind) noexcept {
  switch (kind) {
    case CloseKind::resolve_failed:
      return "its name has no address";
    case CloseKind::connect_failed:
      return "it takes no connection";
    case CloseKind::certificate_refused:
      return "its certificate is not to be trusted";
    case CloseKind::tls_failed:
      return "TLS failed";
    case CloseKind::timed_out:
      return "it did not answer in time";
    case CloseKind::http_refused:
      return "it refused the connection";
    case CloseKind::lost:
    case CloseKind::closed_by_peer:
    case CloseKind::closed_by_us:
      break;
  }
  return "the connection was lost";
}

}  // namespace

std::string in_words(const CloseInfo& info) {
  constexpr std::size_t kColumns = 160;
  std::string words(what_happened(info.kind));
  if (info.http_status != 0) words += " with HTTP " + std::to_string(info.http_status);
  const std::string detail = display_safe(info.detail, kColumns);
  return detail.empty() ? words : words + " (" + detail + ")";
}

}  // namespace vcplay::net
