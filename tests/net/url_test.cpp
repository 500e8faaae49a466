// What is a URL to us and what is not.
#include <gtest/gtest.h>

#include "net/url.hpp"

namespace vcplay::net::test {
namespace {

TEST(Urls, FallIntoTheirParts) {
  const std::optional<Url> url = Url::parse("WSS://Gateway.Discord.GG:8443/path?v=10&encoding=json");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->scheme, "wss");
  EXPECT_EQ(url->host, "gateway.discord.gg");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->path, "/path?v=10&encoding=json");
  EXPECT_EQ(url->host_and_port(), "gateway.discord.gg:8443");
}

TEST(Urls, HaveTheHttpsPortAndTheRootPathByDefault) {
  const std::optional<Url> url = Url::parse("https://discord.com");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->port, 443);
  EXPECT_EQ(url->path, "/");
  EXPECT_EQ(Url::parse("https://discord.com?v=10")->path, "/?v=10");
  EXPECT_EQ(Url::parse("https://discord.com/a#part")->path, "/a");
}

TEST(Urls, HoldIPv6AddressesWithoutBrackets) {
  const std::optional<Url> url = Url::parse("wss://[2001:DB8::1]:99/x");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "2001:db8::1");
  EXPECT_EQ(url->port, 99);
  EXPECT_EQ(url->host_and_port(), "[2001:db8::1]:99");
  EXPECT_EQ(Url::parse("https://[::1]")->port, 443);
  EXPECT_EQ(Url::parse("https://127.0.0.1:1")->host, "127.0.0.1");
}

class BadUrls : public ::testing::TestWithParam<const char*> {};

TEST_P(BadUrls, AreNotParsed) { EXPECT_FALSE(Url::parse(GetParam())) << GetParam(); }

INSTANTIATE_TEST_SUITE_P(All, BadUrls,
                         ::testing::Values("", "discord.com", "http://discord.com", "ws://discord.com",
                                           "ftp://discord.com", "https:/discord.com", "https://",
                                           "https:///path", "https://:443", "https://host:", "https://host:0",
                                           "https://host:65536", "https://host:-1", "https://host:+1",
                                           "https://host:1x", "https://host:80:81", "https://user@host",
                                           "https://user:password@host/", "https://ho st/",
                                           "https://host/a b", "https://host/\r\nX: y", "https://host/\t",
                                           "https://h\xC3\xB6st/", "https://ho\"st", "https://.host",
                                           "https://ho..st", "https://[::1", "https://[]", "https://[host]",
                                           "https://[127.0.0.1]", "https://[::1]8443", "https://[::g]",
                                           "https://::1/", "https://-host", "https://ho%73t/"));

TEST(Urls, ThatAreTooLongForARequestLineAreNotParsed) {
  EXPECT_TRUE(Url::parse("https://host/" + std::string(1400, 'a')));
  EXPECT_FALSE(Url::parse("https://host/" + std::string(2000, 'a')));
  EXPECT_FALSE(Url::parse("https://" + std::string(300, 'a') + "/"));
}

TEST(VoiceEndpoints, AreHostsWithOrWithoutAPort) {
  const std::optional<Url> url = Url::from_voice_endpoint("c-fra01-1234.discord.media:2053");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->scheme, "wss");
  EXPECT_EQ(url->host, "c-fra01-1234.discord.media");
  EXPECT_EQ(url->port, 2053);
  EXPECT_EQ(url->path, "/");
  EXPECT_EQ(Url::from_voice_endpoint("host")->port, 443);
  EXPECT_EQ(Url::from_voice_endpoint("[::1]:7000")->host, "::1");
}

TEST(VoiceEndpoints, LoseTheirSchemeAndTheOldPort) {
  EXPECT_EQ(Url::from_voice_endpoint("wss://host:8443/")->port, 8443);
  EXPECT_EQ(Url::from_voice_endpoint("ws://host")->scheme, "wss");
  EXPECT_EQ(Url::from_voice_endpoint("host:80")->port, 443);
}

TEST(VoiceEndpoints, ThatMakeNoSenseAreNotParsed) {
  for (const char* text :
       {"", ":443", "host:", "host:0", "host:99999", "user@host", "host/path", "ho st", "host\n", "//host"}) {
    EXPECT_FALSE(Url::from_voice_endpoint(text)) << text;
  }
}

}  // namespace
}  // namespace vcplay::net::test
