// Websocket messages as they come, in frames and pieces of any size: what is put together is what was sent,
// and never more than the most.
#include <algorithm>
#include <utility>

#include "net/message_queue.hpp"
#include "target.hpp"

namespace {

/// What libwebsockets would say of the piece that is handed over.
struct Piece {
  bool is_first = false;
  bool is_last = false;
  bool is_binary = false;
  std::size_t left = 0;  // of its frame
};
Piece piece;

std::size_t written = 0;  // bytes of messages
int room = 0;             // messages until the peer's pipe is full

}  // namespace

// Stand in front of libwebsockets' own, for which there would have to be a connection.
extern "C" {
int lws_is_first_fragment(lws* /*wsi*/) { return piece.is_first ? 1 : 0; }
int lws_is_final_fragment(lws* /*wsi*/) { return piece.is_last ? 1 : 0; }
int lws_frame_is_binary(lws* /*wsi*/) { return piece.is_binary ? 1 : 0; }
std::size_t lws_remaining_packet_payload(lws* /*wsi*/) { return piece.left; }
int lws_send_pipe_choked(lws* /*wsi*/) { return room > 0 ? 0 : 1; }
int lws_partial_buffered(lws* /*wsi*/) { return 0; }
int lws_callback_on_writable(lws* /*wsi*/) { return 1; }
void lws_close_reason(lws* /*wsi*/, int /*status*/, unsigned char* /*reason*/, std::size_t size) {
  vcplay::fuzz::must_hold(size <= 123, "a reason fits a control frame");
}
int lws_write(lws* /*wsi*/, unsigned char* bytes, std::size_t size, int /*kind*/) {
  for (std::size_t i = 0; i < size; ++i)
    vcplay::fuzz::must_hold(bytes[i] == 'x', "what is sent is what was said");
  written += size;
  --room;
  return static_cast<int>(size);
}
}

namespace vcplay::fuzz {
namespace {

constexpr std::size_t kMost = 1'000;
constexpr std::size_t kLarge = 4'096;

/// Frames one after the other, each in pieces.
void look_at_incoming(Input& input) {
  net::MessageAssembler assembler(kMost);
  Bytes expected;
  bool goes_on = false;
  while (!input.done()) {
    const std::uint8_t flags = input.u8();
    const bool ends = (flags & 1U) != 0;
    const ByteView frame = input.take(input.u16() % kLarge);
    const std::size_t claimed = frame.size() + ((flags & 2U) != 0 ? input.u16() : 0);
    if (!goes_on) {
      expected.clear();
      piece.is_binary = (flags & 4U) != 0;
    }
    const std::size_t step = 1 + input.u8();
    ByteView rest = frame;
    bool is_first = !goes_on;
    do {
      const ByteView part = rest.first(std::min(step, rest.size()));
      rest = rest.subspan(part.size());
      piece.left = rest.size() + claimed - frame.size();
      piece.is_first = std::exchange(is_first, false);
      piece.is_last = ends && rest.empty() && claimed == frame.size();
      expected.insert(expected.end(), part.begin(), part.end());
      using Result = net::MessageAssembler::Result;
      const Result result = assembler.add(nullptr, part);
      if (result == Result::too_big) {
        must_hold(expected.size() + piece.left > kMost, "what is refused is too large");
        return;
      }
      must_hold(expected.size() + piece.left <= kMost, "nothing larger than the most is taken");
      must_hold((result == Result::incomplete) == !piece.is_last, "a message ends where it ends");
      if (result == Result::incomplete) continue;
      must_hold((result == Result::binary) == piece.is_binary, "it is of the kind that it was");
      must_hold(std::equal(assembler.message().begin(), assembler.message().end(), expected.begin(),
                           expected.end()),
                "it is what was sent");
    } while (!rest.empty());
    goes_on = !piece.is_last;
    if (claimed != frame.size()) return;  // the rest of the frame never comes
  }
}

void look_at_outgoing(Input input) {
  net::MessageQueue queue(kMost);
  written = 0;
  std::size_t accepted = 0;
  bool has_refused = false;
  while (!input.done() && !queue.closing()) {
    const std::uint8_t what = input.u8();
    if (what % 4 == 0) {
      room = input.u8() % 4;
      static_cast<void>(queue.flush(nullptr));
    } else if (what == 255) {
      queue.push_close(1000, std::string(input.u8(), 'r'));
    } else {
      const std::string message(input.u16() % kLarge, 'x');
      const bool taken = what % 2 == 0 ? queue.push_text(message) : queue.push_binary(as_bytes(message));
      must_hold(!(has_refused && taken), "what is overfull takes nothing more");
      has_refused = has_refused || !taken;
      if (taken) accepted += message.size();
    }
    must_hold(written <= accepted && accepted - written <= kMost, "no more waits than the most");
  }
  room = 1'000'000;
  static_cast<void>(queue.flush(nullptr));
  must_hold(written == accepted, "all that was taken is sent");
}

}  // namespace

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  const auto add = [&all](const char* name, Bytes input) { all.push_back({name, std::move(input)}); };
  Bytes small = {1, 0, 5, 'h', 'e', 'l', 'l', 'o', 3};
  add("one_message", small);
  add("two_frames", {0, 0, 2, 'a', 'b', 0, 1, 0, 1, 'c', 0});
  add("a_liar", {3, 0, 1, 'a', 0xFF, 0xFF, 0});
  Bytes large = {5, 4, 0};
  large.insert(large.end(), 1'024, 'x');
  large.push_back(200);
  add("too_large", large);
  add("outgoing", {2, 0, 100, 1, 3, 0, 4, 3, 2, 2, 0, 255, 10});
  return all;
}

}  // namespace vcplay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vcplay;
  fuzz::Input input({data, size});
  fuzz::look_at_incoming(input);
  fuzz::look_at_outgoing(fuzz::Input({data, size}));
  return 0;
}
