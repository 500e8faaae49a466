// Which names are Discord's.
#include "net/hosts.hpp"

#include <gtest/gtest.h>

#include <string>

#include "net/url.hpp"

namespace vcplay::net::test {
namespace {

TEST(DiscordsHosts, AreItsDomainsAndAllBelowThem) {
  for (const char* const host : {"discord.com", "discord.gg", "discord.media", "gateway.discord.gg",
                                 "gateway-us-east1-b.discord.gg", "c-fra14-1a2b3c4d.discord.media",
                                 "a.b.c.discord.media", "GateWay.DISCORD.gg", "gateway.discord.gg."}) {
    EXPECT_TRUE(is_discords(host)) << host;
  }
}

TEST(DiscordsHosts, AreNoOthers) {
  using namespace std::string_literals;
  for (const std::string& host : {""s,
                                  "."s,
                                  "com"s,
                                  "gg"s,
                                  "discord"s,
                                  "discord.com.evil.example"s,
                                  "discord.gg.evil"s,
                                  "evil-discord.gg"s,
                                  "evildiscord.com"s,
                                  "discord.ggg"s,
                                  "discord.gg.."s,
                                  ".discord.gg"s,
                                  "a..discord.gg"s,
                                  "a..b.discord.gg"s,
                                  ".a.discord.gg"s,
                                  "discord,gg"s,
                                  "discordxgg"s,
                                  "discord.media.attacker.net"s,
                                  "discordapp.com"s,
                                  "discord.co"s,
                                  "user@discord.gg"s,
                                  "evil.example/.discord.gg"s,
                                  "evil.example#.discord.gg"s,
                                  "evil.example:443.discord.gg"s,
                                  "evil\\.discord.gg"s,
                                  "evil.example\0.discord.gg"s,
                                  "discord.gg "s,
                                  "[::1]"s,
                                  "::1"s,
                                  "127.0.0.1"s,
                                  "162.159.128.233"s,
                                  "d\u0456scord.com"s,
                                  "\uff44iscord.com"s}) {
    EXPECT_FALSE(is_discords(host)) << host;
  }
}

TEST(DiscordsHosts, AreNotHiddenInOtherUrls) {
  for (const char* const text :
       {"wss://gateway.discord.gg@evil.example/", "wss://evil.example/gateway.discord.gg",
        "wss://evil.example?gateway.discord.gg", "wss://evil.example#@gateway.discord.gg",
        "wss://evil.example\\@gateway.discord.gg", "wss://gateway.discord.gg.evil.example"}) {
    const auto url = Url::parse(text);
    EXPECT_FALSE(url && is_discords(url->host)) << text;
  }
  EXPECT_TRUE(is_discords(Url::parse("wss://gateway.discord.gg:443/?v=10")->host));
  EXPECT_TRUE(is_discords(Url::from_voice_endpoint("rotterdam1.discord.media:443")->host));
}

}  // namespace
}  // namespace vcplay::net::test
