// Websocket messages on their way out and in; the same for both ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"

struct lws;

namespace vcplay::net {

/// Sends messages, then a close frame, whenever libwebsockets says that the connection is writeable.
class MessageQueue {
 public:
  /// `most` bytes may wait for a peer that does not read.
  explicit MessageQueue(std::size_t most) : most_(most) {}

  // False: there is no room for it, and nothing more is taken.
  [[nodiscard]] bool push_text(std::string_view text) { return push(as_bytes(text), true); }
  [[nodiscard]] bool push_binary(ByteView bytes) { return push(bytes, false); }
  void push_close(std::uint16_t code, std::string_view reason);  // the first one counts
  [[nodiscard]] bool closing() const noexcept { return close_.has_value(); }

  /// In WRITEABLE, and only there. Returns what libwebsockets is to hear: -1 closes.
  [[nodiscard]] int flush(lws* wsi);

 private:
  struct Message {
    Bytes buffer;  // room for libwebsockets' header, then the payload
    bool text;
  };
  struct Close {
    std::uint16_t code;
    Bytes reason;
  };
  bool push(ByteView payload, bool text);

  const std::size_t most_;
  std::size_t waiting_ = 0;  // bytes
  bool overfull_ = false;
  std::deque<Message> messages_;
  std::optional<Close> close_;
  bool handed_over_ = false;  // the close frame is libwebsockets' to send
};

/// Puts a message together from the pieces in which it arrives.
class MessageAssembler {
 public:
  enum class Result { incomplete, text, binary, too_big };

  explicit MessageAssembler(std::size_t most) : most_(most) {}
  /// In RECEIVE, and only there. After `text` or `binary`, message() is whole until the next call. `too_big`
  /// comes as soon as the message tells that it will be.
  [[nodiscard]] Result add(lws* wsi, ByteView piece);
  [[nodiscard]] ByteView message() const noexcept { return whole_; }

 private:
  const std::size_t most_;
  Bytes pieces_;
  ByteView whole_;
  bool delivered_ = true;
  bool binary_ = false;
};

}  // namespace vcplay::net
