// A peer that closes with any code and any reason: what a person reads of it, and what
// becomes of the session.
#include "gateway/close.hpp"
#include "net/websocket.hpp"
#include "shown.hpp"
#include "target.hpp"
#include "voice/close.hpp"

namespace vcplay::fuzz {
namespace {

void look_at_voice(std::optional<std::uint16_t> code, std::string_view reason, bool described) {
  const Error why = voice::why_closed(code, reason);
  must_be_a_sentence(why.what());
  const auto over = voice::end_by(code, described, why);
  if (!over) return must_hold(described, "what was not described yet is not resumed");
  must_hold(over->code == code, "an end says by which code it came");
  must_hold(over->most_renewals >= 0 && over->most_renewals <= 5, "nothing is renewed for ever");
  must_hold(over->pause >= Duration::zero() && over->pause <= 5s, "a pause is short");
  must_be_a_sentence(over->reason.what());
}

void look_at_gateway(std::optional<std::uint16_t> code, std::string_view reason) {
  const Error why = gateway::why_closed(code, reason, 1, 2);
  must_be_a_sentence(why.what());
  const bool ends = gateway::after_close(code) == gateway::AfterClose::give_up;
  must_hold(ends || why.cause() == Cause::network, "what is tried again is a matter of the network");
}

}  // namespace

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  const auto add = [&](const char* name, Bytes head, std::string_view reason) {
    head.insert(head.end(), reason.begin(), reason.end());
    all.push_back({name, std::move(head)});
  };
  add("voice_session", {7, 0x0f, 0xa6}, "Session is no longer valid.");
  add("voice_dave", {7, 0x0f, 0xb1}, "E2EE/DAVE protocol required");
  add("voice_server_gone", {0x17, 0x0f, 0xab}, "");
  add("gateway_token", {7, 0x0f, 0xa4}, "Authentication failed.");
  add("gateway_shard", {6, 0x0f, 0xaa}, "Invalid shard");
  add("no_frame", {6, 0, 0}, "Connection reset by peer");
  add("tls", {2, 0, 0}, "self-signed certificate");
  add("hostile", {7, 0x03, 0xe8},
      "\x1b]0;pwned\x07\x1b[2J\r\nvcplay: https://user:password@example.org/?token=1 \xe2\x80\xae \xc2\x9b"
      "31m \xff\xfe\xc0\x80\xed\xa0\x80");
  return all;
}

}  // namespace vcplay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vcplay;
  using fuzz::must_be_a_sentence;
  fuzz::Input input({data, size});
  const std::uint8_t head = input.u8();
  const std::uint16_t number = input.u16();
  const auto code = number == 0 ? std::nullopt : std::optional(number);
  const std::string reason(as_text(input.rest()));
  constexpr int kKinds = static_cast<int>(net::CloseKind::closed_by_us) + 1;
  const net::CloseInfo info{static_cast<net::CloseKind>((head & 15) % kKinds), code, reason, number};
  must_be_a_sentence(net::in_words(info));
  fuzz::look_at_voice(code, reason, (head & 16) != 0);
  fuzz::look_at_gateway(code, reason);
  return 0;
}
