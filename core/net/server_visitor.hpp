// One connection to a Server: one HTTP request, or a websocket.
#pragma once

#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <string>

#include "net/event_loop_impl.hpp"
#include "net/message_queue.hpp"
#include "net/server.hpp"

struct lws;
struct lws_vhost;

namespace vcplay::net {

class Visitor;

/// Where visitors are received: outlives its Server until the last of them has left.
struct Hall {
  Hall(EventLoop& owner, ServerHandler& host, lws_vhost* place)
      : loop(owner), mailbox(owner.impl().mailbox), handler(&host), vhost(place) {}
  ~Hall();
  Hall(const Hall&) = delete;
  Hall& operator=(const Hall&) = delete;

  void receive(std::shared_ptr<Hall> self, int fd);
  void close() noexcept;  // the Server is gone
  [[nodiscard]] bool open() const noexcept { return handler != nullptr; }

  EventLoop& loop;
  std::shared_ptr<Mailbox> mailbox;
  ServerHandler* handler;
  lws_vhost* vhost;
  static inline std::atomic<std::uint64_t> next_id{1};
  std::map<Visitor*, std::shared_ptr<Visitor>> visitors;
};

/// Turns what libwebsockets says about one connection into calls of the ServerHandler.
class Visitor final : public ServerSocket, public std::enable_shared_from_this<Visitor> {
 public:
  explicit Visitor(std::shared_ptr<Hall> hall) : hall_(std::move(hall)), id_(hall_->next_id++) {}

  void send_text(std::string_view text) override;
  void send_binary(ByteView bytes) override;
  void close(std::uint16_t code, std::string_view reason) override;
  void drop() override;
  [[nodiscard]] std::uint64_t id() const noexcept override { return id_; }

  void enter(lws* wsi) noexcept { wsi_ = wsi; }

  // ── from libwebsockets ──
  int handle(lws* wsi, int reason, void* in, std::size_t size);
  [[nodiscard]] Hall& hall() noexcept { return *hall_; }

 private:
  int on_http(int reason, ByteView bytes);
  int on_websocket(int reason, ByteView bytes);

  int on_request_headers();
  int on_request_body(ByteView piece);
  int answer();
  int refuse(unsigned status);
  int write_body(std::string_view body);

  int on_upgrade();
  int flush();
  void on_piece(ByteView piece);
  void was_queued(bool queued);
  [[nodiscard]] int go_on() const noexcept { return dropped_ || !hall_->open() ? -1 : 0; }

  const std::shared_ptr<Hall> hall_;
  const std::uint64_t id_;
  lws* wsi_ = nullptr;
  ServerRequest request_;
  std::size_t body_size_ = 0;                                  // what its Content-Length says
  static constexpr std::size_t kMostBytes = 16 * 1024 * 1024;  // of one message, and of all that waits
  MessageQueue outgoing_{kMostBytes};
  MessageAssembler incoming_{kMostBytes};
  std::uint16_t peer_code_ = 0;
  bool answered_ = false;
  bool is_websocket_ = false;
  bool dropped_ = false;
};

}  // namespace vcplay::net
