#include "net/message_queue.hpp"

#include <libwebsockets.h>

#include <algorithm>
#include <utility>

namespace vcplay::net {
namespace {

constexpr std::size_t kMaxReasonBytes = 123;  // RFC 6455 s5.5: a control frame holds 125, two are the code
constexpr std::size_t kKeptCapacity = 64 * 1024;  // what an assembler keeps after a larger message

}  // namespace

bool MessageQueue::push(ByteView payload, bool text) {
  if (closing()) return true;  // RFC 6455 s5.5.1: no data after a close frame
  // Each message costs its buffer and its place in the queue.
  const std::size_t size = payload.size() + LWS_PRE + sizeof(Message);
  overfull_ = overfull_ || size > most_ - waiting_;
  if (overfull_) return false;
  waiting_ += size;
  Bytes buffer(LWS_PRE + payload.size());
  std::copy(payload.begin(), payload.end(), buffer.begin() + LWS_PRE);
  messages_.push_back({std::move(buffer), text});
  return true;
}

void MessageQueue::push_close(std::uint16_t code, std::string_view reason) {
  if (closing()) return;
  const ByteView bytes = as_bytes(reason.substr(0, kMaxReasonBytes));
  close_ = Close{code, Bytes(bytes.begin(), bytes.end())};
}

int MessageQueue::flush(lws* wsi) {
  bool wrote = false;
  // While libwebsockets holds back the rest of an earlier message, a further one would break the stream.
  while (!messages_.empty() && lws_send_pipe_choked(wsi) == 0) {
    Message message = std::move(messages_.front());
    messages_.pop_front();
    waiting_ -= message.buffer.size() + sizeof(Message);
    const lws_write_protocol kind = message.text ? LWS_WRITE_TEXT : LWS_WRITE_BINARY;
    if (lws_write(wsi, message.buffer.data() + LWS_PRE, message.buffer.size() - LWS_PRE, kind) < 0) return -1;
    wrote = true;
  }
  if (!messages_.empty() || (closing() && (wrote || lws_partial_buffered(wsi) != 0))) {
    lws_callback_on_writable(
        wsi);  // a close frame that meets unsent data is lost: it waits for a turn of its own
    return 0;
  }
  if (!closing() || std::exchange(handed_over_, true)) return 0;  // closing twice cuts the close frame off
  lws_close_reason(wsi, static_cast<lws_close_status>(close_->code), close_->reason.data(),
                   close_->reason.size());
  return -1;
}

MessageAssembler::Result MessageAssembler::add(lws* wsi, ByteView piece) {
  if (delivered_) {
    pieces_.clear();
    if (pieces_.capacity() > kKeptCapacity) pieces_.shrink_to_fit();
    delivered_ = false;
  }
  if (lws_is_first_fragment(wsi) != 0) binary_ = lws_frame_is_binary(wsi) != 0;
  if (pieces_.size() > most_ || piece.size() > most_ - pieces_.size() ||
      lws_remaining_packet_payload(wsi) > most_ - pieces_.size() - piece.size()) {
    return Result::too_big;
  }
  const bool last = lws_is_final_fragment(wsi) != 0;
  // Room for the rest of the frame at once: what grows step by step is there twice while it does.
  const std::size_t wanted = pieces_.size() + piece.size() + lws_remaining_packet_payload(wsi);
  if (!last && wanted > pieces_.capacity()) {
    pieces_.reserve(std::max(wanted, std::min(most_, 2 * pieces_.capacity())));
  }
  if (last && pieces_.empty()) {
    whole_ = piece;  // the usual case, without a copy
  } else {
    pieces_.insert(pieces_.end(), piece.begin(), piece.end());
    whole_ = pieces_;
  }
  if (!last) return Result::incomplete;
  delivered_ = true;
  return binary_ ? Result::binary : Result::text;
}

}  // namespace vcplay::net
