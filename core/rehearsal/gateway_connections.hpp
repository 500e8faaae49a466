// The clients of one gateway.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "base/deadline.hpp"
#include "rehearsal/acknowledgements.hpp"
#include "rehearsal/gateway_connection.hpp"
#include "rehearsal/ledger.hpp"

namespace vcplay::rehearsal {

/// The connections of one gateway, each a GatewayConnection and what that gateway knows of it besides, in the
/// order in which they were opened.
template <typename Connection>
class GatewayConnections {
 public:
  using iterator = typename std::map<std::uint64_t, Connection>::iterator;

  explicit GatewayConnections(Books& books) : books_(books) {}

  /// Those that are opened before `when` end before HELLO.
  void refuse_until(TimePoint when) noexcept { refused_until_ = when; }
  [[nodiscard]] TimePoint refused_until() const noexcept { return refused_until_; }
  /// It is closing when it was refused.
  Connection& open(net::ServerSocket& socket, TimePoint now) {
    Connection& connection = all_[socket.id()];
    connection.socket = &socket;
    connection.opened = now;
    if (now < refused_until_) connection.drop();
    return connection;
  }
  /// A connection of another server of ours goes on here.
  Connection& take_in(GatewayConnections& from, std::uint64_t id) {
    return all_.insert(from.all_.extract(id)).position->second;
  }
  void erase(iterator one) { all_.erase(one); }

  [[nodiscard]] iterator begin() noexcept { return all_.begin(); }
  [[nodiscard]] iterator end() noexcept { return all_.end(); }
  [[nodiscard]] auto begin() const noexcept { return all_.begin(); }
  [[nodiscard]] auto end() const noexcept { return all_.end(); }
  [[nodiscard]] iterator find(std::uint64_t id) { return all_.find(id); }
  /// nullptr when it is not there, or not open.
  [[nodiscard]] Connection* find_open(std::uint64_t id) {
    const auto found = all_.find(id);
    return found == all_.end() || !found->second.is_open() ? nullptr : &found->second;
  }
  /// The one opened last of those that `fits` is true of, or nullptr.
  template <typename Fits>
  [[nodiscard]] Connection* newest(const Fits& fits) {
    const auto found =
        std::find_if(all_.rbegin(), all_.rend(), [&](const auto& entry) { return fits(entry.second); });
    return found == all_.rend() ? nullptr : &found->second;
  }
  [[nodiscard]] Ledger& ledger(const Connection& connection) {
    return connection.person == nullptr ? books_.of_nobody() : books_.of(connection.person->user);
  }

  /// Answers a heartbeat with `message`, when and if the account is to have an answer.
  void acknowledge(const Connection& connection, std::string message, TimePoint now) {
    const Snowflake user = connection.person == nullptr ? Snowflake{} : connection.person->user;
    const auto text = acknowledgements.answer(user, connection.socket->id(), std::move(message), now);
    if (text) connection.socket->send_text(*text);
  }
  void send_late_acknowledgements(TimePoint now) {
    while (const auto late = acknowledgements.next(now)) {
      if (Connection* const connection = find_open(late->connection))
        connection->socket->send_text(late->text);
    }
  }
  /// Of a heartbeat, or of an acknowledgement that waits.
  [[nodiscard]] std::optional<TimePoint> deadline() const {
    std::optional<TimePoint> earliest = acknowledgements.deadline();
    for (const auto& [id, connection] : all_) {
      if (!connection.closing) earliest = earlier(earliest, connection.heartbeat_due);
    }
    return earliest;
  }

  Acknowledgements acknowledgements;

 private:
  Books& books_;
  TimePoint refused_until_{};
  std::map<std::uint64_t, Connection> all_;
};

}  // namespace vcplay::rehearsal
