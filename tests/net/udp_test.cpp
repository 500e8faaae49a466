// The UDP socket against a plain one.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/error.hpp"
#include "net/udp_socket.hpp"
#include "words/net_words.hpp"

namespace vcplay::net::test {
namespace {

/// An unconnected UDP socket on 127.0.0.1, blocking.
class PlainUdp {
 public:
  PlainUdp() {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address_);
    EXPECT_EQ(::bind(fd_, generic(), size), 0);
    EXPECT_EQ(::getsockname(fd_, generic(), &size), 0);
  }
  ~PlainUdp() { ::close(fd_); }
  PlainUdp(const PlainUdp&) = delete;
  PlainUdp& operator=(const PlainUdp&) = delete;

  [[nodiscard]] std::uint16_t port() const { return ntohs(address_.sin_port); }
  std::string receive() {
    std::array<char, 2048> buffer{};
    const ssize_t size = ::recv(fd_, buffer.data(), buffer.size(), 0);
    return {buffer.data(), static_cast<std::size_t>(size > 0 ? size : 0)};
  }
  void send_to(std::uint16_t port, std::string_view text) {
    sockaddr_in to = address_;
    to.sin_port = htons(port);
    ::sendto(fd_, text.data(), text.size(), 0, reinterpret_cast<sockaddr*>(&to), sizeof(to));
  }

 private:
  sockaddr* generic() { return reinterpret_cast<sockaddr*>(&address_); }
  int fd_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address_{};
};

std::optional<std::string> receive(UdpSocket& socket) {
  std::array<std::uint8_t, 2048> buffer{};
  const std::optional<std::size_t> size = socket.receive(buffer);
  if (!size) return std::nullopt;
  return std::string(as_text(ByteView(buffer).first(*size)));
}

TEST(UdpSockets, SendToTheirPeer) {
  PlainUdp peer;
  UdpSocket socket = UdpSocket::connect_to("127.0.0.1", peer.port());
  EXPECT_EQ(socket.local_address(), "127.0.0.1");
  EXPECT_EQ(socket.send(as_bytes("one")), SendResult::sent);
  EXPECT_EQ(socket.send(as_bytes("two")), SendResult::sent);
  EXPECT_EQ(peer.receive(), "one");
  EXPECT_EQ(peer.receive(), "two");
}

TEST(UdpSockets, ReceiveFromTheirPeerAlone) {
  PlainUdp peer;
  PlainUdp stranger;
  UdpSocket socket = UdpSocket::connect_to("127.0.0.1", peer.port());
  EXPECT_EQ(receive(socket), std::nullopt);
  stranger.send_to(socket.local_port(), "psst");
  peer.send_to(socket.local_port(), "one");
  peer.send_to(socket.local_port(), "");
  peer.send_to(socket.local_port(), "two");
  EXPECT_EQ(receive(socket), "one");  // loopback delivers before sendto() returns
  EXPECT_EQ(receive(socket), "");
  EXPECT_EQ(receive(socket), "two");
  EXPECT_EQ(receive(socket), std::nullopt);
}

TEST(UdpSockets, CountARefusedPortAndGoOn) {
  std::uint16_t port = 0;
  {
    const PlainUdp gone;
    port = gone.port();
  }
  UdpSocket socket = UdpSocket::connect_to("127.0.0.1", port);
  EXPECT_EQ(socket.send(as_bytes("one")), SendResult::sent);  // its ICMP answer waits in the socket
  EXPECT_EQ(receive(socket), std::nullopt);
  EXPECT_EQ(socket.receive_errors(), 1U);
  EXPECT_EQ(socket.send(as_bytes("two")), SendResult::sent);
  EXPECT_EQ(socket.send(as_bytes("three")), SendResult::sent);  // sent although an error was waiting
  EXPECT_EQ(socket.last_error(), ECONNREFUSED);
}

TEST(UdpSockets, TellWhatTheSystemRefuses) {
  PlainUdp peer;
  UdpSocket socket = UdpSocket::connect_to("127.0.0.1", peer.port());
  const Bytes huge(70'000);
  EXPECT_EQ(socket.send(huge), SendResult::failed);
  EXPECT_EQ(socket.last_error(), EMSGSIZE);
  EXPECT_EQ(socket.send(as_bytes("small")), SendResult::sent);
  EXPECT_EQ(peer.receive(), "small");
}

TEST(UdpSockets, CountWhatBecameOfEachDatagram) {
  PlainUdp peer;
  UdpSocket socket = UdpSocket::connect_to("127.0.0.1", peer.port());
  static_cast<void>(socket.send(as_bytes("one")));
  static_cast<void>(socket.send(as_bytes("two")));
  static_cast<void>(socket.send(Bytes(70'000)));
  const UdpCounts counts = socket.counts();
  EXPECT_EQ(counts.sent, 2U);
  EXPECT_EQ(counts.other, 1U);
  EXPECT_EQ(counts.failed(), 1U);
}

TEST(UdpSockets, CountEachRefusalOnceWhoeverMeetsIt) {
  std::uint16_t port = 0;
  {
    const PlainUdp gone;
    port = gone.port();
  }
  UdpSocket socket = UdpSocket::connect_to("127.0.0.1", port);
  static_cast<void>(socket.send(as_bytes("one")));
  EXPECT_EQ(receive(socket), std::nullopt);  // reads the error of "one"
  static_cast<void>(socket.send(as_bytes("two")));
  static_cast<void>(socket.send(as_bytes("three")));  // reads the error of "two"
  EXPECT_EQ(socket.counts().refused, 2U);
  EXPECT_EQ(socket.counts().sent, 3U);
  EXPECT_EQ(socket.counts().unreachable, 0U);
}

TEST(UdpSockets, MoveWithTheirDescriptor) {
  PlainUdp peer;
  UdpSocket first = UdpSocket::connect_to("127.0.0.1", peer.port());
  const int fd = first.fd();
  UdpSocket second = std::move(first);
  EXPECT_EQ(second.fd(), fd);
  first = UdpSocket::connect_to("127.0.0.1", peer.port());
  first = std::move(second);
  EXPECT_EQ(first.fd(), fd);
  EXPECT_EQ(first.send(as_bytes("moved")), SendResult::sent);
  EXPECT_EQ(peer.receive(), "moved");
}

TEST(UdpSockets, TakeNumericAddressesOnly) {
  for (const char* text : {"localhost", "", "1.2.3", "discord.gg", "::g"}) {
    try {
      UdpSocket::connect_to(text, 1);
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.cause(), Cause::network);
    }
  }
}

TEST(UdpSockets, WakeTheLoopThatWatchesThem) {
  PlainUdp peer;
  UdpSocket socket = UdpSocket::connect_to("127.0.0.1", peer.port());
  LoopThread loop;
  Heard<std::string> heard;
  OnLoop<FdWatch> watch(loop, socket.fd(), [&] {
    while (const std::optional<std::string> text = receive(socket)) heard.add(*text);
  });
  peer.send_to(socket.local_port(), "one");
  EXPECT_EQ(heard.next(), "one");
  peer.send_to(socket.local_port(), "two");
  EXPECT_EQ(heard.next(), "two");
}

}  // namespace
}  // namespace vcplay::net::test
