// Asks before any connection is made on behalf of a medium.
#pragma once

#include <sys/socket.h>

namespace vcplay::media {

/// Says to which addresses a medium may connect. It sees the very address that the kernel is about to be
/// given, so that a name which leads elsewhere when it is resolved again gains nothing.
class ConnectionRule {
 public:
  virtual ~ConnectionRule() = default;
  /// False: the connection fails, as if it were not permitted (EACCES).
  [[nodiscard]] virtual bool may_connect(const sockaddr& address) noexcept = 0;
};

/// While it lives, `rule` is asked before each TCP connection that this thread makes, in whatever library.
/// They nest; the innermost is asked alone. FFmpeg connects on the thread that calls it.
class RuledConnections {
 public:
  explicit RuledConnections(ConnectionRule& rule) noexcept;
  ~RuledConnections();
  RuledConnections(const RuledConnections&) = delete;
  RuledConnections& operator=(const RuledConnections&) = delete;

 private:
  ConnectionRule* outer_;
};

}  // namespace vcplay::media
