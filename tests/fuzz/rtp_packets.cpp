// Packets on the media server's side: what was sealed opens to what was sent, what was changed does not open.
#include <algorithm>
#include <array>

#include "rtp/header.hpp"
#include "rtp/transport_cipher.hpp"
#include "target.hpp"

namespace vcplay::fuzz {
namespace {

using namespace rtp;

constexpr std::size_t kOverhead = kTransportTagBytes + kTransportNonceBytes;

// Any bytes as a packet: nothing in them is read beyond their end, and nobody but us has the key.
void receive(TransportMode mode, ByteView bytes) {
  Bytes packet(bytes.begin(), bytes.end());
  const auto header = parse_header(packet);
  if (!header) return;
  must_hold(header->clear_bytes >= kRtpHeaderBytes && header->clear_bytes <= packet.size(),
            "a header lies within its packet");
  must_hold(header->extension_bytes <= packet.size(), "an extension lies within its packet");
  // A key of its own: libFuzzer learns packets sealed under the other one from the comparison below.
  constexpr std::array<std::uint8_t, kTransportKeyBytes> kKey = {1, 2, 3};
  TransportOpener opener(mode, TransportKey(kKey));
  must_hold(!opener.open(packet, header->clear_bytes), "what was never sealed does not open");
}

void seal_change_open(TransportMode mode, Input input) {
  const Input changes(input.take(input.u8() % 8));
  const ByteView payload = input.take(kMaxProtocolFrameBytes);
  Bytes packet(kRtpHeaderBytes + payload.size() + kOverhead);
  Header{7, 960, 1}.write(packet);
  std::copy(payload.begin(), payload.end(), packet.begin() + kRtpHeaderBytes);
  TransportCipher cipher(mode, TransportKey());
  must_hold(cipher.seal(packet, payload.size()) == packet.size(), "a sealed packet has its 20 bytes more");
  Bytes received = changed(packet, changes);
  const bool is_changed = received != packet;
  const auto header = parse_header(received);
  if (!header) return must_hold(is_changed, "our own header can be read");
  const auto opened = TransportOpener(mode, TransportKey()).open(received, header->clear_bytes);
  must_hold(opened.has_value() != is_changed, "a packet opens exactly when nothing in it was changed");
  must_hold(!opened || as_text(opened->payload) == as_text(payload), "a packet opens to what was sealed");
}

}  // namespace

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  for (const std::uint8_t mode : Bytes{0, 1}) {
    const std::string name = std::to_string(mode);
    Bytes sealed = {static_cast<std::uint8_t>(mode | 2), 3, 0, 5, 1};
    sealed.resize(100, 0xfc);
    all.push_back({"changed_" + name, sealed});
    sealed[1] = 0;
    all.push_back({"as_it_is_" + name, sealed});
    Bytes packet(80, 0x11);
    Header{7, 960, 1}.write(packet);
    packet.insert(packet.begin(), mode);
    all.push_back({"received_" + name, packet});
    packet[1] = 0x92;  // an extension, two CSRCs
    all.push_back({"extended_" + name, packet});
  }
  return all;
}

}  // namespace vcplay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vcplay;
  fuzz::Input input({data, size});
  const std::uint8_t head = input.u8();
  const auto mode = (head & 1) == 0 ? rtp::TransportMode::aes256_gcm_rtpsize
                                    : rtp::TransportMode::xchacha20_poly1305_rtpsize;
  if ((head & 2) == 0) {
    fuzz::receive(mode, input.rest());
  } else {
    fuzz::seal_change_open(mode, input);
  }
  return 0;
}
