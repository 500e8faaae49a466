#include "bot/link.hpp"

#include <fmt/format.h>

#include <string>

#include "base/milliseconds.hpp"
#include "base/text.hpp"

namespace vcplay::bot {

void Link::Socket::on_open() {
  is_open = true;
  if (is_present) self.owner_.on_link_open();
}

void Link::Socket::on_text(std::string_view text) {
  if (is_present) self.owner_.on_link_text(text);
}

void Link::Socket::on_binary(ByteView bytes) {
  if (is_present) self.owner_.on_link_binary(bytes);
}

void Link::closed(const Socket& socket, const net::CloseInfo& info) {
  const bool was_present = socket.is_present;
  // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): `info` may go with the socket
  const net::CloseInfo how = info;
  for (std::list<Socket>* const list : {&present_, &parted_}) {
    list->remove_if([&](const Socket& other) { return &other == &socket; });
  }
  if (was_present) owner_.on_link_closed(how);
  if (is_gone()) owner_.on_links_gone();
}

void Link::open(const net::Url& url) {
  present_.clear();
  present_.emplace_back(*this, url);
}

void Link::send_text(std::string_view text) {
  if (!present_.empty()) present_.front().socket.send_text(text);
}

void Link::send_binary(ByteView bytes) {
  if (!present_.empty()) present_.front().socket.send_binary(bytes);
}

void Link::close(std::uint16_t code, std::string_view reason) {
  if (!present_.empty()) present_.front().socket.close(code, reason);
}

void Link::part(std::uint16_t code) {
  if (present_.empty()) return;
  if (!present_.front().is_open) return present_.clear();
  present_.front().is_present = false;
  if (code != 0) present_.front().socket.close(code, "");
  parted_.splice(parted_.end(), present_);
}

Error link_error(std::string_view what, const net::Url& url, const net::CloseInfo& info) {
  const std::string where = fmt::format("{} at {}", what, url.host_and_port());
  const auto sentence = [&](std::string_view reason, Hint hint = Hint::none) {
    return Error(Cause::network, fmt::format("{}: {}.", where, reason), hint);
  };
  const std::string detail = info.detail.empty() ? "no reason given" : display_safe(info.detail, 200);
  switch (info.kind) {
    case net::CloseKind::resolve_failed:
      return sentence("the host name cannot be resolved (" + detail + ")");
    case net::CloseKind::connect_failed:
      return sentence("cannot connect (" + detail + ")");
    case net::CloseKind::certificate_refused:
      return sentence("the certificate is not to be trusted (" + detail + ")", Hint::trust_authority);
    case net::CloseKind::tls_failed:
      return sentence("TLS failed (" + detail + ")");
    case net::CloseKind::http_refused:
      return sentence(fmt::format("refused with HTTP {}", info.http_status));
    case net::CloseKind::timed_out:
      return sentence("no answer in time");
    case net::CloseKind::lost:
    case net::CloseKind::closed_by_peer:
    case net::CloseKind::closed_by_us:
      break;
  }
  return sentence("the connection was lost (" + detail + ")");
}

std::string retry_words(Duration after, int attempt) {
  const std::string when = after < 100ms ? "now" : fmt::format("in {:.1f} s", seconds(after));
  return fmt::format("Trying again {} (attempt {}).", when, attempt);
}

}  // namespace vcplay::bot
