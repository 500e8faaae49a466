// Which addresses a stranger's medium may be fetched from.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <stdexcept>
#include <string>

#include "media/public_address.hpp"

namespace vcplay::media {
namespace {

/// An address in the form in which the kernel gets it.
class Address {
 public:
  explicit Address(const std::string& text, std::uint16_t port = 80) {
    auto* const four = reinterpret_cast<sockaddr_in*>(&storage_);
    auto* const six = reinterpret_cast<sockaddr_in6*>(&storage_);
    if (::inet_pton(AF_INET, text.c_str(), &four->sin_addr) == 1) {
      four->sin_family = AF_INET;
      four->sin_port = htons(port);
    } else if (::inet_pton(AF_INET6, text.c_str(), &six->sin6_addr) == 1) {
      six->sin6_family = AF_INET6;
      six->sin6_port = htons(port);
    } else {
      throw std::runtime_error(text + " is no address");
    }
  }
  [[nodiscard]] const sockaddr& get() const { return reinterpret_cast<const sockaddr&>(storage_); }

 private:
  sockaddr_storage storage_{};
};

TEST(PublicAddress, IsOneThatEverybodyReaches) {
  for (const char* const text : {"1.1.1.1",
                                 "8.8.8.8",
                                 "9.255.255.255",
                                 "11.0.0.0",
                                 "100.63.255.255",
                                 "100.128.0.0",
                                 "126.255.255.255",
                                 "128.0.0.0",
                                 "169.253.255.255",
                                 "169.255.0.0",
                                 "172.15.255.255",
                                 "172.32.0.0",
                                 "192.0.1.0",
                                 "192.0.3.0",
                                 "192.167.255.255",
                                 "192.169.0.0",
                                 "198.17.255.255",
                                 "198.20.0.0",
                                 "198.51.99.255",
                                 "203.0.112.255",
                                 "203.0.114.0",
                                 "223.255.255.255",
                                 "2606:4700:4700::1111",
                                 "2a00:1450:4001::1",
                                 "2001:200::1",
                                 "2001:4860:4860::8888",
                                 "2003::1",
                                 "3ffe::1",
                                 "64:ff9b::8.8.8.8"}) {
    EXPECT_TRUE(is_public(Address(text).get())) << text;
  }
}

TEST(PublicAddress, IsNoneOfIPv4sSpecialOnes) {
  for (const char* const text :
       {"0.0.0.0",         "0.1.2.3",        "10.0.0.0",       "10.255.255.255",  "100.64.0.0",
        "100.127.255.255", "127.0.0.0",      "127.0.0.1",      "127.255.255.255", "169.254.0.0",
        "169.254.169.254", "172.16.0.0",     "172.31.255.255", "192.0.0.1",       "192.0.0.170",
        "192.0.2.1",       "192.88.99.1",    "192.168.0.0",    "192.168.255.255", "198.18.0.0",
        "198.19.255.255",  "198.51.100.1",   "203.0.113.255",  "224.0.0.1",       "239.255.255.255",
        "240.0.0.0",       "255.255.255.255"}) {
    EXPECT_FALSE(is_public(Address(text).get())) << text;
  }
}

TEST(PublicAddress, IsNoneOfIPv6sSpecialOnes) {
  for (const char* const text :
       {"::",          "::1",           "::7f00:1",       "100::1",     "64:ff9b:1::1",
        "2001::1",     "2001:2::1",     "2001:10::1",     "2001:20::1", "2001:db8::1",
        "2001:1ff::1", "2002:7f00:1::", "2002:808:808::", "3fff::1",    "4000::1",
        "5f00::1",     "fc00::1",       "fd12:3456::1",   "fe80::1",    "febf::1",
        "fec0::1",     "ff02::1",       "ff0e::1",        "fe00::"}) {
    EXPECT_FALSE(is_public(Address(text).get())) << text;
  }
}

TEST(PublicAddress, IsNoneThatWrapsIPv4ButBehindNat64) {
  for (const char* const text : {"::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
                                 "::ffff:8.8.8.8", "::8.8.8.8", "::ffff:0:8.8.8.8"}) {
    EXPECT_FALSE(is_public(Address(text).get())) << text;
  }
  EXPECT_FALSE(is_public(Address("64:ff9b::127.0.0.1").get()));
  EXPECT_FALSE(is_public(Address("64:ff9b::192.168.1.1").get()));
}

TEST(PublicAddress, IsNoSocketOfThisMachines) {
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  EXPECT_FALSE(is_public(reinterpret_cast<const sockaddr&>(local)));
}

TEST(PublicAddress, IsWrittenWithItsPort) {
  EXPECT_EQ(address_text(Address("192.0.2.7", 8080).get()), "192.0.2.7:8080");
  EXPECT_EQ(address_text(Address("2001:db8::7", 443).get()), "[2001:db8::7]:443");
  EXPECT_EQ(port_of(Address("1.2.3.4", 443).get()), 443);
}

}  // namespace
}  // namespace vcplay::media
