// Words for stories about the net room: a loop on a thread, what its owner heard, a loopback server.
#pragma once

#include <condition_variable>
#include <deque>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "net/event_loop.hpp"
#include "net/https_client.hpp"
#include "net/server.hpp"
#include "net/tls.hpp"
#include "net/url.hpp"
#include "net/websocket.hpp"

namespace vcplay::net::test {

/// How long a test waits for something that is sure to happen. Long, so that a loaded machine never fails it.
inline constexpr std::chrono::seconds kGenerous{60};

/// An EventLoop and the thread that runs it.
class LoopThread {
 public:
  LoopThread() : thread_([this] { loop_.run(); }) {}
  ~LoopThread() {
    loop_.stop();
    thread_.join();
  }
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

  /// Runs `function` on the loop's thread and waits for what it returns.
  template <typename Function>
  auto run(Function function) {
    auto task = std::make_shared<std::packaged_task<decltype(function())()>>(std::move(function));
    auto result = task->get_future();
    loop_.post([task] { (*task)(); });
    if (result.wait_for(kGenerous) != std::future_status::ready) throw std::runtime_error("the loop hangs");
    return result.get();
  }
  EventLoop& operator*() noexcept { return loop_; }
  EventLoop* operator->() noexcept { return &loop_; }

 private:
  EventLoop loop_;
  std::thread thread_;
};

/// Something that lives on a loop's thread: built there, destroyed there.
template <typename T>
class OnLoop {
 public:
  template <typename... Args>
  explicit OnLoop(LoopThread& loop, Args&&... args) : loop_(loop) {
    loop_.run([&] { object_ = std::make_unique<T>(*loop_, std::forward<Args>(args)...); });
  }
  ~OnLoop() {
    loop_.run([this] { object_.reset(); });
  }
  OnLoop(const OnLoop&) = delete;
  OnLoop& operator=(const OnLoop&) = delete;

  /// On the loop's thread only.
  T& operator*() noexcept { return *object_; }
  T* operator->() noexcept { return object_.get(); }
  std::unique_ptr<T>& owner() noexcept { return object_; }

 private:
  LoopThread& loop_;
  std::unique_ptr<T> object_;
};

/// What was heard on another thread, in order.
template <typename T>
class Heard {
 public:
  void add(T thing) {
    const std::lock_guard lock(mutex_);
    things_.push_back(std::move(thing));
    news_.notify_all();
  }
  /// The next one, waited for.
  T next() {
    std::unique_lock lock(mutex_);
    if (!news_.wait_for(lock, kGenerous, [this] { return !things_.empty(); })) {
      throw std::runtime_error("nothing more was heard");
    }
    T thing = std::move(things_.front());
    things_.pop_front();
    return thing;
  }
  [[nodiscard]] bool empty() {
    const std::lock_guard lock(mutex_);
    return things_.empty();
  }

 private:
  std::mutex mutex_;
  std::condition_variable news_;
  std::deque<T> things_;
};

/// Writes down what a WebSocket tells its owner: "open", "text …", "binary …"; the end apart.
struct Owner : WebSocketHandler {
  void on_open() override { heard.add("open"); }
  void on_text(std::string_view text) override { heard.add("text " + std::string(text)); }
  void on_binary(ByteView bytes) override { heard.add("binary " + std::string(as_text(bytes))); }
  void on_close(const CloseInfo& info) override { ends.add(info); }

  Heard<std::string> heard;
  Heard<CloseInfo> ends;
};

/// A server's host that echoes messages, does what text tells it ("close 4004 why", "drop", "keep this") and
/// answers requests by path.
struct Host : ServerHandler {
  ServerReply on_request(const ServerRequest& request) override {
    requests.add(request);
    const auto reply = replies.find(request.path);
    return reply == replies.end() ? ServerReply{404, R"({"message":"unknown"})", {}} : reply->second;
  }
  int on_upgrade(std::string_view path, std::string_view /*query*/) override {
    return path == "/refused" ? 503 : 101;
  }
  void on_websocket(ServerSocket& /*socket*/, std::string_view path, std::string_view query) override {
    upgrades.add(std::string(path) + "?" + std::string(query));
  }
  void on_text(ServerSocket& socket, std::string_view text) override {
    if (text == "drop") return socket.drop();
    if (text.starts_with("close ")) {
      const auto code = static_cast<std::uint16_t>(std::stoi(std::string(text.substr(6, 4))));
      return socket.close(code, text.size() > 11 ? text.substr(11) : std::string_view{});
    }
    if (text.starts_with("keep ")) return kept.add(std::string(text));
    socket.send_text(text);
  }
  void on_binary(ServerSocket& socket, ByteView bytes) override { socket.send_binary(bytes); }
  void on_websocket_closed(ServerSocket& /*socket*/, std::uint16_t code) override { closes.add(code); }

  std::map<std::string, ServerReply> replies;  // filled before the first request
  Heard<ServerRequest> requests;
  Heard<std::string> upgrades;
  Heard<std::string> kept;
  Heard<std::uint16_t> closes;
};

/// The certificate that most stories use: making one takes a while.
inline const ServerIdentity& loopback_identity() {
  static const ServerIdentity identity = ServerIdentity::make({"localhost", "127.0.0.1", "::1"});
  return identity;
}

/// A trust that knows the loopback identity's authority.
struct Trusting : TlsTrust {
  Trusting() { add_anchors(loopback_identity().ca_pem); }
};

inline Url at(std::string_view scheme, std::string_view host, std::uint16_t port,
              std::string_view path = "/") {
  return {std::string(scheme), std::string(host), port, std::string(path)};
}

}  // namespace vcplay::net::test
