// Addresses that a stranger's medium may lead to: what is special is never taken for public, however it is
// wrapped.
#include "media/public_address.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "target.hpp"

namespace vcplay::fuzz {
namespace {

using Four = std::array<std::uint8_t, 4>;
using Sixteen = std::array<std::uint8_t, 16>;

const sockaddr& generic(const sockaddr_storage& storage) {
  return reinterpret_cast<const sockaddr&>(storage);
}

sockaddr_storage address_of(const Four& bytes, std::uint16_t port) {
  sockaddr_in four{};
  four.sin_family = AF_INET;
  four.sin_port = htons(port);
  std::memcpy(&four.sin_addr, bytes.data(), bytes.size());
  sockaddr_storage storage{};
  std::memcpy(&storage, &four, sizeof four);
  return storage;
}

sockaddr_storage address_of(const Sixteen& bytes, std::uint16_t port) {
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(port);
  std::memcpy(&six.sin6_addr, bytes.data(), bytes.size());
  sockaddr_storage storage{};
  std::memcpy(&storage, &six, sizeof six);
  return storage;
}

/// By the kernel's own macros, which know the most dangerous ones.
bool is_inner(std::uint32_t address) {
  return address >> 24U == 127 || address >> 24U == 10 || address >> 24U == 0 || address >> 20U == 0xAC1 ||
         address >> 16U == 0xC0A8 || address >> 16U == 0xA9FE || address >> 28U >= 0xE;
}

void look_at_four(const Four& bytes, std::uint16_t port) {
  const sockaddr_storage storage = address_of(bytes, port);
  const bool is_public = media::is_public(generic(storage));
  must_hold(!(is_public && is_inner(load_be32(bytes))), "no address inside is public");
  must_hold(media::port_of(generic(storage)) == port, "a port is what it was");
  const std::string text = media::address_text(generic(storage));
  must_hold(text.ends_with(':' + std::to_string(port)) && text.size() <= 21,
            "it is written as everybody does");
  // The same one in IPv6: mapped, and 6to4, never; by NAT64 as it is.
  Sixteen mapped{};
  mapped[10] = mapped[11] = 0xFF;
  Sixteen nat64 = {0, 0x64, 0xFF, 0x9B};
  Sixteen six_to_four = {0x20, 0x02};
  std::copy(bytes.begin(), bytes.end(), mapped.begin() + 12);
  std::copy(bytes.begin(), bytes.end(), nat64.begin() + 12);
  std::copy(bytes.begin(), bytes.end(), six_to_four.begin() + 2);
  must_hold(!media::is_public(generic(address_of(mapped, port))), "no mapped address is public");
  must_hold(!media::is_public(generic(address_of(six_to_four, port))), "nor one of 6to4");
  must_hold(media::is_public(generic(address_of(nat64, port))) == is_public, "behind NAT64 it is what it is");
}

void look_at_six(const Sixteen& bytes, std::uint16_t port) {
  const sockaddr_storage storage = address_of(bytes, port);
  const auto& address = reinterpret_cast<const sockaddr_in6&>(storage).sin6_addr;
  const bool is_inner = IN6_IS_ADDR_LOOPBACK(&address) || IN6_IS_ADDR_UNSPECIFIED(&address) ||
                        IN6_IS_ADDR_LINKLOCAL(&address) || IN6_IS_ADDR_SITELOCAL(&address) ||
                        IN6_IS_ADDR_MULTICAST(&address) || IN6_IS_ADDR_V4MAPPED(&address) ||
                        IN6_IS_ADDR_V4COMPAT(&address) || (bytes[0] & 0xFEU) == 0xFC;
  must_hold(!(is_inner && media::is_public(generic(storage))), "no address inside is public");
  must_hold(media::port_of(generic(storage)) == port, "a port is what it was");
  must_hold(media::address_text(generic(storage)).front() == '[', "it is written as everybody does");
}

}  // namespace

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  const auto add = [&all](Bytes bytes) {
    bytes.insert(bytes.begin(), {1, 187});  // a port
    all.push_back({"address_" + std::to_string(all.size()), std::move(bytes)});
  };
  for (const Four& four : {Four{127, 0, 0, 1}, Four{10, 0, 0, 1}, Four{169, 254, 169, 254}, Four{8, 8, 8, 8},
                           Four{192, 168, 1, 1}, Four{255, 255, 255, 255}, Four{100, 64, 0, 1}}) {
    add({four.begin(), four.end()});
  }
  for (const Sixteen& six :
       {Sixteen{0x20, 0x01, 0x48, 0x60}, Sixteen{0xFE, 0x80}, Sixteen{0xFC}, Sixteen{0xFF, 2},
        Sixteen{0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0, 127, 0, 0, 1}}) {
    add({six.begin(), six.end()});
  }
  return all;
}

}  // namespace vcplay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vcplay;
  fuzz::Input input({data, size});
  const std::uint16_t port = input.u16();
  const ByteView bytes = input.take(16);
  fuzz::Four four{};
  fuzz::Sixteen sixteen{};
  std::copy_n(bytes.begin(), std::min(bytes.size(), four.size()), four.begin());
  std::copy(bytes.begin(), bytes.end(), sixteen.begin());
  fuzz::look_at_four(four, port);
  fuzz::look_at_six(sixteen, port);
  // Of other kinds nothing is known.
  sockaddr_storage other{};
  other.ss_family = static_cast<sa_family_t>(port);
  if (other.ss_family != AF_INET && other.ss_family != AF_INET6) {
    fuzz::must_hold(!media::is_public(fuzz::generic(other)),
                    "what is no address of the internet is not public");
  }
  return 0;
}
